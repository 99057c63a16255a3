//! The exit codes. Scripts depend on them.

use std::process::ExitCode;

/// Wrong usage or configuration.
pub(crate) const USAGE: Code = Code(2);
/// The run could not be completed.
pub(crate) const INCOMPLETE: Code = Code(3);
/// A bug in econn itself.
pub(crate) const BUG: Code = Code(70);

/// An exit code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Code(pub(crate) u8);

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.0)
    }
}

/// Why there is no report: one line for stderr, and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    pub(crate) message: String,
}

impl Failure {
    /// The user asked for something that can't be.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: USAGE, message: message.into() }
    }

    /// What was asked for could not be done.
    pub(crate) fn incomplete(message: impl Into<String>) -> Self {
        Self { code: INCOMPLETE, message: message.into() }
    }
}
