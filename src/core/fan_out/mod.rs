//! What the parts of a fan-out tell each other: the message that names an object to copy, and the line that says
//! what became of it.

pub mod copy_record;
pub mod message;
pub mod names;
