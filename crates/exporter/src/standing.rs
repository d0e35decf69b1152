//! Where the site and its paths stand, as far as single results tell.

use prober::cause::Cause;
use prober::snapshot::{Row, Snapshot};

/// A path and what its results say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PathStanding<'a> {
    /// The path's name.
    pub(crate) path: &'a str,
    /// The state.
    pub(crate) state: PathState,
    /// The cause that takes the whole path down.
    pub(crate) cause: Option<Cause>,
}

/// What a path's results say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathState {
    /// Everything gets through.
    Up,
    /// Something does.
    Partial,
    /// Nothing does, and the path is why.
    Down,
    /// Nothing is known to get through.
    Unknown,
}

impl PathState {
    /// Every state.
    pub(crate) const ALL: [Self; 4] = [Self::Up, Self::Partial, Self::Down, Self::Unknown];

    /// The name used in labels and JSON.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Partial => "partial",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether the site gets anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SiteState {
    /// An endpoint or a control is usable over some path.
    Online,
    /// Every path is down.
    Offline,
    /// Neither is known.
    Unknown,
}

impl SiteState {
    /// The name used in JSON.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Offline => "offline",
            Self::Unknown => "unknown",
        }
    }
}

/// Where the site stands.
pub(crate) fn site(snapshot: &Snapshot) -> SiteState {
    let paths = paths(snapshot);
    if snapshot.rows.iter().any(|row| row.state().is_usable()) {
        SiteState::Online
    } else if !paths.is_empty() && paths.iter().all(|path| path.state == PathState::Down) {
        SiteState::Offline
    } else {
        SiteState::Unknown
    }
}

/// Where each path stands, in the order in which the paths first appear.
pub(crate) fn paths(snapshot: &Snapshot) -> Vec<PathStanding<'_>> {
    path_names(snapshot)
        .into_iter()
        .map(|path| PathStanding { path, state: path_state(rows_of(snapshot, path)), cause: None })
        .collect()
}

/// The names of the paths in use, in the order in which they first appear.
pub(crate) fn path_names(snapshot: &Snapshot) -> Vec<&str> {
    let mut names = Vec::new();
    for row in &snapshot.rows {
        let name = row.pair.path.name.as_str();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn rows_of<'a>(snapshot: &'a Snapshot, path: &str) -> impl Iterator<Item = &'a Row> {
    let rows = snapshot.rows.iter().map(AsRef::as_ref);
    rows.filter(move |row| row.pair.path.name == path && !row.pair.endpoint.control)
}

fn path_state<'a>(rows: impl Iterator<Item = &'a Row>) -> PathState {
    let (mut all, mut usable) = (0_usize, 0_usize);
    for row in rows {
        all += 1;
        usable += usize::from(row.state().is_usable());
    }
    match usable {
        0 => PathState::Unknown,
        some if some < all => PathState::Partial,
        _ => PathState::Up,
    }
}
