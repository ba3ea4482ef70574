//! What the parts of a fan-out tell each other: the message that names an object to copy, and the line that says
//! what became of it.

pub mod copied;
pub mod message;
pub mod names;
