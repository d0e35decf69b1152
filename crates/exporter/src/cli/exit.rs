//! How a command ends: an exit status that scripts rely on, and an error that people can act on.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use prober::State;
use prober::text::with_sources;

/// How a command ended that did what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Everything is well.
    Success,
    /// Something is blocked, or does not answer.
    Blocked,
    /// Something is unknown, and nothing blocked.
    Unknown,
}

impl Status {
    /// What a set of results comes to.
    pub(crate) fn of(states: impl IntoIterator<Item = State>) -> Self {
        states.into_iter().fold(Self::Success, |status, state| match (status, state) {
            (Self::Blocked, _) | (_, State::Blocked) => Self::Blocked,
            (Self::Unknown, _) | (_, State::Unknown) => Self::Unknown,
            (Self::Success, State::Reachable | State::Degraded) => Self::Success,
        })
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Success => 0,
            Status::Blocked => 1,
            Status::Unknown => 3,
        })
    }
}

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    error: Box<dyn Error + Send + Sync>,
}

impl Failure {
    /// The command line asks for what does not exist; clap's own status for such.
    pub(crate) fn usage(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { code: 2, error: error.into() }
    }

    /// The configuration is bad: `EX_CONFIG` of sysexits.h.
    pub(crate) fn config(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { code: 78, error: error.into() }
    }

    /// Anything else.
    pub(crate) fn other(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { code: 1, error: error.into() }
    }

    /// The exit status.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    /// The error and its sources, outermost first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_sources(&*self.error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocked_outranks_unknown_which_outranks_the_rest() {
        use State::{Blocked, Degraded, Reachable, Unknown};
        for (states, status) in [
            (&[][..], Status::Success),
            (&[Reachable, Degraded], Status::Success),
            (&[Reachable, Unknown, Degraded], Status::Unknown),
            (&[Unknown, Blocked, Unknown], Status::Blocked),
        ] {
            assert_eq!(Status::of(states.iter().copied()), status, "{states:?}");
        }
    }

    #[test]
    fn a_failure_names_its_sources() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot serve")]
        struct Outer(#[source] std::io::Error);
        let failure = Failure::other(Outer(std::io::Error::other("no socket")));
        assert_eq!(failure.to_string(), "cannot serve: no socket");
    }
}
