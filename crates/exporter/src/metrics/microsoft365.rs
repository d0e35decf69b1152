//! The families about Microsoft's endpoint list. Nothing of them where no list is followed.

use time::OffsetDateTime;

use super::exposition::{Exposition, Labels};
use super::family;
use crate::microsoft365::Standing;

pub(super) fn write(standing: &Standing, now: OffsetDateTime, exposition: &mut Exposition) {
    let none = Labels::default();
    let Some(settings) = &standing.settings else { return };
    if standing.asked_at.is_some() {
        let successful = u8::from(standing.trouble.is_none());
        exposition.family(&family::LIST_SUCCESSFUL).sample(&none, &[], successful);
    }
    if let Some(at) = standing.confirmed_at {
        exposition.family(&family::LIST_CONFIRMED).sample(&none, &[], at);
    }
    let Some(held) = &standing.held else { return };
    // The version came over the network: as a number of ten digits, and only one at a time.
    let (instance, version) = (settings.instance.key(), held.kept.version.to_string());
    let labels = [("list", instance), ("version", version.as_str())];
    exposition.family(&family::LIST_VERSION).sample(&none, &labels, 1);
    if let Some(pending) = standing.pending(now) {
        exposition.family(&family::LIST_PENDING).sample(&none, &[], pending);
    }
    let Some(drift) = &standing.drift else { return };
    exposition.family(&family::LIST_UNCOVERED).sample(&none, &[], drift.uncovered.len());
    exposition.family(&family::LIST_UNCOVERED_PATTERNS).sample(&none, &[], drift.uncovered_patterns.len());
    exposition.family(&family::LIST_UNLISTED).sample(&none, &[], drift.unlisted.len());
}
