//! Where the paths stand, in a line.

use prober::cause::State;
use prober::diagnosis::{PathState, paths};
use prober::snapshot::Snapshot;

use crate::rows::of_endpoints;

/// A path and what its results say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PathLine<'a> {
    /// The path's name.
    pub(super) name: &'a str,
    /// Its state in a word.
    pub(super) word: &'static str,
    /// The state of results that has the same tone.
    pub(super) tone: State,
    /// The cause that takes it down, in words.
    pub(super) cause: Option<&'static str>,
}

impl<'a> PathLine<'a> {
    /// The paths that endpoints use; of one that only controls use there is nothing to say.
    pub(super) fn all(snapshot: &'a Snapshot) -> Vec<Self> {
        let is_used = |path: &str| of_endpoints(snapshot).any(|row| row.pair.path.name == path);
        let used = paths(snapshot).into_iter().filter(|standing| is_used(standing.path));
        used.map(|standing| Self {
            name: standing.path,
            word: standing.state.as_str(),
            tone: tone(standing.state),
            cause: standing.cause.map(prober::Cause::words),
        })
        .collect()
    }
}

const fn tone(state: PathState) -> State {
    match state {
        PathState::Up => State::Reachable,
        PathState::Partial => State::Degraded,
        PathState::Down => State::Blocked,
        PathState::Unknown => State::Unknown,
    }
}
