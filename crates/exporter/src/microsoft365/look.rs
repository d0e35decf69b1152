//! One look at the service: the version, and where that moved, the list and what changed.

use std::future::Future;
use std::time::Duration;

use prober::microsoft365::{Changes, Latest, List, MAX_BYTES, ReadError, Version, brings_anything, is_stale, news};
use prober::plan::{ListScope, Microsoft365};
use prober::probe::{Download, DownloadFault, Prober};
use prober::text::Clean;
use time::{Date, OffsetDateTime};
use url::Url;

use super::client::ClientId;
use super::fault::{Asked, Failing, SourceFault};
use super::kept::{Kept, Sources};
use super::pace;

/// How long one document may take.
const LIMIT: Duration = Duration::from_secs(60);

/// The most octets of an answer about versions.
const MAX_VERSION_BYTES: usize = 64 * 1024;

/// So far ahead of this clock a version may be: changes are published a month before they come into effect, never a quarter.
const AHEAD: time::Duration = time::Duration::days(92);

/// Whoever fetches documents: the prober, or a script in a test.
pub trait Fetch: Send + Sync + 'static {
    /// Fetches what is at a URL, the way that the settings say.
    fn fetch(
        &self,
        settings: &Microsoft365,
        url: &Url,
        limit: usize,
        time: Duration,
    ) -> impl Future<Output = Result<Download, DownloadFault>> + Send;
}

impl Fetch for Prober {
    async fn fetch(
        &self,
        settings: &Microsoft365,
        url: &Url,
        limit: usize,
        time: Duration,
    ) -> Result<Download, DownloadFault> {
        self.download(&settings.path, url, limit, time).await
    }
}

/// What a look brought.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// What is held from now on, where that is not what was.
    pub(super) newer: Option<Kept>,
    /// Whether the service said that what is held from now on is the newest.
    pub(super) is_newest: bool,
    /// What could not be had or taken.
    pub(super) fault: Option<SourceFault>,
}

impl From<SourceFault> for Seen {
    fn from(fault: SourceFault) -> Self {
        Self { newer: None, is_newest: false, fault: Some(fault) }
    }
}

/// A look under way.
pub(super) struct Look<'a, F> {
    pub(super) service: &'a F,
    pub(super) settings: &'a Microsoft365,
    pub(super) client: ClientId,
    pub(super) held: Option<&'a Kept>,
    pub(super) now: OffsetDateTime,
}

impl<F: Fetch> Look<'_, F> {
    /// Looks. Only where the version moved, or something is missing, more than the version is asked for.
    pub(super) async fn look(&self) -> Seen {
        let offered = match self.version().await {
            Ok(version) => version,
            Err(fault) => return fault.into(),
        };
        match self.held() {
            Some(held) if offered < held.version => {
                let failing = Failing::Older { held: held.version, offered };
                self.fault(Asked::Version, failing).into()
            }
            Some(held) if offered == held.version && held.is_whole() => Seen { is_newest: true, ..Seen::default() },
            Some(held) if offered == held.version => match self.with_changes(held.clone()).await {
                // It was taken while nobody could tell that it is none of that version.
                Seen { fault: Some(SourceFault { failing: Failing::Stale { .. }, .. }), .. } => {
                    self.anew(offered).await
                }
                seen => seen,
            },
            _ => self.anew(offered).await,
        }
    }

    /// What is held of this very service: what another said says nothing of what this one has.
    fn held(&self) -> Option<&Kept> {
        self.held.filter(|held| held.source == self.settings.source)
    }

    async fn version(&self) -> Result<Version, SourceFault> {
        let instance = self.settings.instance;
        let bytes = self.get(Asked::Version, &["version", instance.as_str()], MAX_VERSION_BYTES).await?;
        let latest = Latest::read(&bytes).map_err(|error| self.unreadable(Asked::Version, error))?;
        let offered =
            latest.of(instance).ok_or_else(|| self.fault(Asked::Version, Failing::OtherInstance(instance)))?;
        let latest = self.now.date().saturating_add(AHEAD);
        // Once it is held, every real one would be older.
        match offered.date() {
            Some(date) if date > latest => Err(self.fault(Asked::Version, Failing::Ahead { offered })),
            _ => Ok(offered),
        }
    }

    async fn anew(&self, version: Version) -> Seen {
        match self.list(version).await {
            Ok(kept) => self.with_changes(kept).await,
            Err(fault) => fault.into(),
        }
    }

    async fn list(&self, version: Version) -> Result<Kept, SourceFault> {
        let instance = self.settings.instance;
        let bytes = self.get(Asked::Endpoints, &["endpoints", instance.as_str()], MAX_BYTES).await?;
        let list = List::read(instance, &bytes).map_err(|error| self.unreadable(Asked::Endpoints, error))?;
        let (held, source) = (self.held(), self.settings.source.clone());
        let former = held.map(|held| held.former.clone()).unwrap_or_default();
        let former = former.after(held.map(|held| &held.list), &list, version, None);
        // What was known of changes to come is still to come, whether the newest can be had or not.
        let changes = held.and_then(|held| held.changes.clone());
        let told = held.and_then(|held| held.sources.changes.clone());
        let (since, until) = held.map_or((Version::EVERYTHING, Version::EVERYTHING), |held| (held.since, held.until));
        let sources = Sources { endpoints: text(bytes), changes: told };
        Ok(Kept { source, version, fetched_at: self.now, list, since, changes, until, former, sources })
    }

    /// Adds what changed. Without it a list is of use as well, and the next look asks for it again.
    async fn with_changes(&self, kept: Kept) -> Seen {
        let since = told_since(&kept, self.now.date());
        let path = ["changes", self.settings.instance.as_str(), &since.to_string()];
        let came = self.get(Asked::Changes, &path, MAX_BYTES).await;
        let read = came.and_then(|bytes| match Changes::read(&bytes) {
            Ok(changes) => Ok((changes, text(bytes))),
            Err(error) => Err(self.unreadable(Asked::Changes, error)),
        });
        let version = kept.version;
        match read {
            Ok((changes, _)) if self.is_held_already(&kept, &changes) => {
                self.fault(Asked::Endpoints, Failing::Stale { version }).into()
            }
            Ok((changes, source)) => {
                let former = kept.former.after(None, &kept.list, version, Some(&changes));
                let sources = Sources { changes: Some(source), ..kept.sources };
                let kept = Kept { since, changes: Some(changes), until: version, former, sources, ..kept };
                Seen { newer: Some(kept), is_newest: true, fault: None }
            }
            Err(fault) => {
                let is_new = self.held().is_none_or(|held| held.version != version || held.list != kept.list);
                Seen { newer: is_new.then_some(kept), is_newest: true, fault: Some(fault) }
            }
        }
    }

    /// Whether a list is the one that is held, though its version says that it cannot be. One that differs is taken, whatever
    /// is said of it: nobody knows better.
    fn is_held_already(&self, kept: &Kept, changes: &Changes) -> bool {
        let moved = |held: &Kept| held.version < kept.version && brings_anything(changes, kept.version);
        let same = self.held().filter(|held| held.list == kept.list);
        same.is_some_and(|held| moved(held) || is_stale(&kept.list, kept.version, changes))
    }

    async fn get(&self, asked: Asked, path: &[&str], limit: usize) -> Result<Vec<u8>, SourceFault> {
        let url = address(&self.settings.source, path, self.client);
        let came = self.service.fetch(self.settings, &url, limit, LIMIT).await;
        let Download { status, reason, retry_after, bytes } =
            came.map_err(|fault| self.fault(asked, Failing::Unreached(Box::new(fault))))?;
        let failing = match status {
            200 => return Ok(bytes),
            404 => Failing::Missing,
            429 => Failing::Limited { wait: pace::left_alone(retry_after.as_ref().map(Clean::as_str)) },
            status => Failing::Refused { status, reason },
        };
        Err(self.fault(asked, failing))
    }

    fn unreadable(&self, asked: Asked, error: ReadError) -> SourceFault {
        self.fault(asked, Failing::Unreadable(error))
    }

    fn fault(&self, asked: Asked, failing: Failing) -> SourceFault {
        SourceFault { asked, peer: Clean::new(self.settings.source.host_str().unwrap_or_default()), failing }
    }
}

/// Since which version changes are to be told, so that none is forgotten that is still news, and nothing else has to come
/// again: since the newest before all news.
fn told_since(kept: &Kept, today: Date) -> Version {
    let Some(changes) = &kept.changes else { return kept.since };
    let everything = ListScope { service_areas: Vec::new(), optional: true };
    let news = news(changes, &kept.list, &everything, today);
    let Some(first) = news.iter().map(|change| change.version).min() else { return kept.until };
    let before = changes.0.iter().map(|change| change.version).filter(|version| *version < first);
    before.max().unwrap_or(kept.since)
}

/// Where something of the service is, asked for by a client.
fn address(source: &Url, path: &[&str], client: ClientId) -> Url {
    let mut url = source.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url.query_pairs_mut().append_pair("ClientRequestId", &client.to_string());
    url
}

/// The octets as text: a reader took them for JSON, which is UTF-8, and some write a mark before it (RFC 8259, section 8.1).
fn text(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes).unwrap_or_default();
    text.trim_start_matches('\u{feff}').trim().to_owned()
}

#[cfg(test)]
mod tests;
