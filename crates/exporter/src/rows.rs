//! Ways to look at a snapshot's rows that several readers share.

use prober::snapshot::{Row, Snapshot};

/// The rows that count: all but the controls'.
pub(crate) fn of_endpoints(snapshot: &Snapshot) -> impl Iterator<Item = &Row> {
    snapshot.rows.iter().map(AsRef::as_ref).filter(|row| !row.pair.endpoint.control)
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
