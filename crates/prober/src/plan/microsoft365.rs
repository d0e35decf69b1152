//! Microsoft's own endpoint list: where it comes from, and what of it is watched.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::{Path, PrivateAnswers, RootsChoice};
use crate::microsoft365::{Instance, Record, ServiceArea};

/// The group in labels of what is probed because Microsoft lists it.
pub const MICROSOFT365_GROUP: &str = "microsoft365";

/// Whose list is watched, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Microsoft365 {
    /// Which cloud's.
    pub instance: Instance,
    /// Where the service is; what it is asked for goes behind its path.
    pub source: Url,
    /// How often it is asked for the newest version.
    pub refresh: Duration,
    /// The way to it.
    pub path: Arc<Path>,
    /// What of the list counts.
    pub scope: ListScope,
    /// How hosts of the list are probed that no endpoint covers; `None` where the list is only watched.
    pub probing: Option<ListProbing>,
}

impl Microsoft365 {
    /// How often the service is asked where the configuration says nothing: as often as Microsoft asks for at most.
    pub const REFRESH: Duration = Duration::from_secs(60 * 60);
}

/// What of a list a site needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListScope {
    /// The services in use; all where empty. `Common` is always in, as it is with Microsoft's service.
    pub service_areas: Vec<ServiceArea>,
    /// Whether optional records count too.
    pub optional: bool,
}

impl ListScope {
    /// Whether a record counts.
    pub fn admits(&self, record: &Record) -> bool {
        let area = &record.area;
        let is_used = self.service_areas.is_empty()
            || *area == ServiceArea::Common
            || self.service_areas.iter().any(|one| one.is_same(area));
        is_used && (record.required || self.optional)
    }
}

/// How hosts of the list are probed.
#[derive(Debug, Clone, PartialEq)]
pub struct ListProbing {
    /// Over which paths.
    pub paths: Vec<Arc<Path>>,
    /// How often each.
    pub interval: Duration,
    /// The deadline of one probe.
    pub timeout: Duration,
    /// What non-global addresses mean.
    pub private_answers: PrivateAnswers,
    /// Which roots prove an origin.
    pub roots: RootsChoice,
}

impl ListProbing {
    /// The most hosts that are probed: whatever the list comes to hold, it must not become a flood.
    pub const MAX_HOSTS: usize = 256;
}
