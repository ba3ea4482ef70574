//! The consumer on a real emulator that runs it: messages in, objects out, and every object accounted for.

mod stack;

mod dead_letters;
mod direct;
mod handler;
mod measured;
mod queue;
