//! The section `tenant`: the domains of the site's own tenant, and who operates it.

use std::ops::RangeInclusive;
use std::time::Duration;

use url::Host;

use super::cursor::Cursor;
use super::duration;
use super::names::MAX_NAME;
use crate::net::is_host_name;
use crate::plan::{Cloud, Pair, TenantCheck};

const KEYS: &[&str] = &["domains", "cloud", "interval"];

/// Records are cached for minutes at least.
const INTERVALS: RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_secs(7 * 86_400);

/// The most domains.
const MAX_DOMAINS: usize = 1000;

/// The name of the record in each zone.
const RECORD: &str = "msoid.";

/// A domain of the tenant's, and where it stands in the file.
pub(super) struct Domain<'a> {
    pub(super) pair: Pair,
    pub(super) cursor: Cursor<'a>,
}

/// Reads the section.
pub(super) fn read<'a>(cursor: &Cursor<'a>, timeout: Duration) -> Option<Vec<Domain<'a>>> {
    let section = cursor.section(KEYS)?;
    let clouds = [("worldwide", Cloud::Worldwide), ("china", Cloud::China)];
    let cloud = section.get("cloud").and_then(|cursor| cursor.choice(&clouds)).unwrap_or_default();
    let interval = section.get("interval").and_then(|cursor| duration::read(&cursor, INTERVALS));
    let interval = interval.unwrap_or(TenantCheck::DEFAULT_INTERVAL);
    let domains = section.require("domains")?;
    let items = domains.items()?;
    if items.len() > MAX_DOMAINS {
        return domains.fault(format!("more than {MAX_DOMAINS} domains"));
    }
    let path = TenantCheck::path();
    let domain = |cursor: Cursor<'a>| {
        let pair = TenantCheck { name: record(&cursor)?, cloud }.pair(&path, interval, timeout)?;
        Some(Domain { pair, cursor })
    };
    Some(items.into_iter().filter_map(domain).collect())
}

/// The name of a domain's record.
fn record(cursor: &Cursor<'_>) -> Option<String> {
    let domain = cursor.text_for("a domain")?.trim_end_matches('.').to_lowercase();
    if domain.starts_with(RECORD) {
        return cursor.fault_with_help(format!("{} is the record already", cursor.shown()), "write the domain alone");
    }
    let name = match Host::parse(&domain) {
        Ok(Host::Domain(name)) if name.contains('.') => format!("{RECORD}{name}"),
        _ => return no_domain(cursor),
    };
    if name.len() > MAX_NAME {
        return cursor.fault("a domain has at most 94 characters here, since it becomes a name");
    }
    if is_host_name(&name) { Some(name) } else { no_domain(cursor) }
}

fn no_domain(cursor: &Cursor<'_>) -> Option<String> {
    cursor.fault_with_help(format!("{} is no domain", cursor.shown()), "write one of the tenant's, such as contoso.com")
}
