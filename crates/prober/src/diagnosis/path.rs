//! One path over all its endpoints.

use std::collections::HashMap;

use super::is_tenant;
use super::tally::Tally;
use crate::cause::Cause;
use crate::snapshot::Snapshot;

/// A path and what its results say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathStanding<'a> {
    /// The path's name.
    pub path: &'a str,
    /// The state.
    pub state: PathState,
    /// The cause that takes the whole path down, where it is a single one.
    pub cause: Option<Cause>,
}

/// What a path's results say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathState {
    /// Every endpoint of which something is known gets through.
    Up,
    /// Something gets through.
    Partial,
    /// Nothing does, and the path is why.
    Down,
    /// Nothing is known to get through, nor that the path is why.
    Unknown,
}

impl PathState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Up, Self::Partial, Self::Down, Self::Unknown];

    /// The name used in labels and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Partial => "partial",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

/// Where each path stands, in the order in which the paths first appear.
pub fn paths(snapshot: &Snapshot) -> Vec<PathStanding<'_>> {
    let mut tallies: Vec<(&str, Tally<'_>)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for row in snapshot.rows.iter().filter(|row| !is_tenant(row)) {
        let path = row.pair.path.name.as_str();
        let place = *places.entry(path).or_insert_with(|| {
            tallies.push((path, Tally::default()));
            tallies.len() - 1
        });
        if let Some((_, tally)) = tallies.get_mut(place) {
            tally.count(row, snapshot.generated_at);
        }
    }
    tallies.into_iter().map(|(path, tally)| tally.standing(path)).collect()
}
