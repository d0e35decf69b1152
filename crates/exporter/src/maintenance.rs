//! Until when maintenance windows cover several results together.

use prober::snapshot::{Row, Snapshot};
use time::OffsetDateTime;

/// Until when windows cover all of some results, the shortest of them; `None` where one is not covered, or there is none.
pub(crate) fn of_all<'a>(snapshot: &Snapshot, rows: impl IntoIterator<Item = &'a Row>) -> Option<OffsetDateTime> {
    let mut shortest = None;
    for row in rows {
        let until = snapshot.maintenance.until(&row.pair)?;
        shortest = Some(shortest.map_or(until, |shortest: OffsetDateTime| shortest.min(until)));
    }
    shortest
}
