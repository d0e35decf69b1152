//! What keeps a list from being had, or from being taken.

use std::fmt;
use std::time::Duration;

use prober::microsoft365::{Instance, ReadError, Version};
use prober::probe::DownloadFault;
use prober::text::Clean;
use thiserror::Error;

/// What the service is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asked {
    /// The newest version.
    Version,
    /// The list.
    Endpoints,
    /// What changed.
    Changes,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "the version of Microsoft's endpoint list",
            Self::Endpoints => "Microsoft's endpoint list",
            Self::Changes => "the changes of Microsoft's endpoint list",
        })
    }
}

/// What is asked for cannot be had, or cannot be taken.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("cannot take {asked} from {peer}")]
pub struct SourceFault {
    /// What was asked for.
    pub asked: Asked,
    /// Who was asked.
    pub peer: Clean,
    /// Why not.
    #[source]
    pub failing: Failing,
}

/// Why nothing was taken.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Failing {
    /// Nobody answered, or nobody who proved to be the one who was asked.
    #[error("nothing came")]
    Unreached(#[source] Box<DownloadFault>),
    /// Too many ask from here (429).
    #[error("too many requests: it asks to be left alone for {} s", wait.as_secs())]
    Limited {
        /// For how long it is left alone.
        wait: Duration,
    },
    /// There is nothing of that name (404): an instance that does not exist, or another kind of server.
    #[error("it knows of no such list (404)")]
    Missing,
    /// Another refusal.
    #[error("it answers {status}{}", .reason.as_ref().map(|reason| format!(" {reason}")).unwrap_or_default())]
    Refused {
        /// The status.
        status: u16,
        /// The reason phrase.
        reason: Option<Clean>,
    },
    /// What came is no document of the service's.
    #[error("it sends something else")]
    Unreadable(#[source] ReadError),
    /// It speaks of other instances.
    #[error("it says nothing of {0}")]
    OtherInstance(Instance),
    /// It is behind what is held: a cache on the way, or a copy that nobody keeps up to date.
    #[error("it offers version {offered}, and {held} is held already")]
    Older {
        /// What is held.
        held: Version,
        /// What it offers.
        offered: Version,
    },
    /// It is of a day that is months away: a mistake at the other end, or a clock here that is behind.
    #[error("it offers version {offered}, of a day that is months ahead of the clock here")]
    Ahead {
        /// What it offers.
        offered: Version,
    },
    /// What came is not of the version that it is said to be: somebody on the way had kept an earlier one.
    #[error(
        "it sends a list without the hosts that came with version {version}: a cache on the way has kept an earlier one"
    )]
    Stale {
        /// What it was to be.
        version: Version,
    },
}

impl SourceFault {
    /// What kind of fault it is, in a word of a closed set.
    pub fn kind(&self) -> &'static str {
        match &self.failing {
            Failing::Unreached(fault) => match **fault {
                DownloadFault::TooLarge { .. } => "too_large",
                DownloadFault::Unproven { .. } => "untrusted",
                DownloadFault::Unreached(_) | DownloadFault::BrokeOff(_) | DownloadFault::TooLate { .. } => {
                    "unreachable"
                }
            },
            Failing::Limited { .. } => "rate_limited",
            Failing::Missing => "not_found",
            Failing::Refused { .. } => "refused",
            Failing::Unreadable(_) | Failing::OtherInstance(_) => "unreadable",
            Failing::Older { .. } => "older",
            Failing::Ahead { .. } => "ahead",
            Failing::Stale { .. } => "stale",
        }
    }

    /// Whether somebody was there to say something: who answers is not asked again soon, whatever it was.
    pub(super) fn is_answer(&self) -> bool {
        match &self.failing {
            Failing::Unreached(fault) => matches!(**fault, DownloadFault::TooLarge { .. }),
            _ => true,
        }
    }
}
