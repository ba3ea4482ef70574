//! A kind of target on the command line.

use clap::ValueEnum;

use planner_core::scenario::file::TargetKind;

/// What stands at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TargetArgument {
    /// The endpoint inside this program.
    Embedded,
    /// An emulator or another S3 at a URL.
    Endpoint,
    /// A real account.
    Aws,
}

impl From<TargetArgument> for TargetKind {
    fn from(kind: TargetArgument) -> Self {
        match kind {
            TargetArgument::Embedded => Self::Embedded,
            TargetArgument::Endpoint => Self::Endpoint,
            TargetArgument::Aws => Self::Aws,
        }
    }
}
