//! The `planner` command: the embedded endpoint, the driver, run folders and the command line.
//!
//! Everything that is worked out rather than done is in `planner-core`, `planner-plan` and `planner-report`; what is
//! done at AWS is in `planner-aws`.

pub mod cli;
pub mod drive;
pub mod emulator;
pub mod runs;
