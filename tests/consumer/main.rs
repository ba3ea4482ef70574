//! The consumer on a real emulator that runs it: messages in, objects out, and every object accounted for.

#![cfg(feature = "consumer")]

mod stack;

mod dead_letters;
mod direct;
mod measured;
mod queue;
