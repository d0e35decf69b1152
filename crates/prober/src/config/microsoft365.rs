//! The section `microsoft365`: whose endpoint list is watched, from where, and whether it is probed.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::cursor::{Cursor, Map};
use super::duration;
use super::endpoint::Defaults;
use super::names::{nearest, suggestion};
use super::paths::Paths;
use crate::microsoft365::{Instance, SERVICE, ServiceArea};
use crate::plan::{ListProbing, ListScope, Microsoft365, Path};

const KEYS: &[&str] = &["enabled", "instance", "source", "refresh", "mode", "path", "service_areas", "optional"];

/// How often Microsoft lets itself be asked.
const REFRESHES: RangeInclusive<Duration> = Microsoft365::REFRESH..=LONGEST;
/// How often a copy may be asked that somebody keeps for themselves.
const REFRESHES_OF_A_COPY: RangeInclusive<Duration> = Duration::from_secs(1)..=LONGEST;
const LONGEST: Duration = Duration::from_secs(7 * 86_400);

/// What people call products whose area has another name.
const PRODUCTS: [(&str, &str); 3] = [("Teams", "Skype"), ("Intune", "MEM"), ("OneDrive", "SharePoint")];

/// The most service areas.
const MAX_AREAS: usize = 32;

#[derive(Debug, Clone, Copy)]
enum Mode {
    Watch,
    Probe,
}

/// Reads the section; `None` where it is switched off, or faulty. `usual` gives the paths that endpoints go by default.
pub(super) fn read(
    cursor: &Cursor<'_>,
    paths: &Paths<'_>,
    usual: &dyn Fn() -> Vec<Arc<Path>>,
    defaults: &Defaults,
) -> Option<Microsoft365> {
    let section = cursor.section(KEYS)?;
    let instance = section.get("instance").map_or(Some(Instance::default()), |cursor| instance(&cursor));
    let source = section.get("source").map_or_else(|| Url::parse(SERVICE).ok(), |cursor| source(&cursor));
    let refresh =
        section.get("refresh").map_or(Some(Microsoft365::REFRESH), |cursor| refresh(&cursor, source.as_ref()));
    let path = match section.get("path") {
        Some(cursor) => cursor.text_for("the name of a path").and_then(|name| paths.resolve(name, &cursor)),
        None => paths.resolve(super::document::DEFAULT_PATH, cursor),
    };
    let modes = [("watch", Mode::Watch), ("probe", Mode::Probe)];
    let mode = section.get("mode").map_or(Some(Mode::Watch), |cursor| cursor.choice(&modes));
    let scope = scope(&section);
    if !section.get("enabled").and_then(|cursor| cursor.boolean()).unwrap_or(true) {
        return None;
    }
    let probing = matches!(mode?, Mode::Probe).then(|| ListProbing {
        paths: usual(),
        interval: defaults.interval,
        timeout: defaults.timeout,
        private_answers: defaults.private_answers,
        roots: defaults.roots,
    });
    Some(Microsoft365 { instance: instance?, source: source?, refresh: refresh?, path: path?, scope: scope?, probing })
}

fn instance(cursor: &Cursor<'_>) -> Option<Instance> {
    let text = cursor.text_for("the name of an instance")?;
    text.parse().ok().or_else(|| {
        let known = Instance::ALL.map(Instance::key);
        cursor.unknown(format!("there is no instance {}", cursor.shown()), || suggestion(text, &known));
        None
    })
}

/// The service's address, without what would be printed with it and without what is added to it.
fn source(cursor: &Cursor<'_>) -> Option<Url> {
    const HELP: &str = "write the address of the service, or of a copy of it, such as https://endpoints.office.com";
    let text = cursor.text_for("an address")?;
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(url) = url else {
        return cursor.fault_with_help(format!("{} is no http or https URL", cursor.shown()), HELP);
    };
    if !url.username().is_empty() || url.password().is_some() {
        return cursor.fault_with_help("credentials have no place in the configuration", HELP);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return cursor.fault_with_help("what is asked for is added here, so that it ends after its path", HELP);
    }
    Some(url)
}

fn refresh(cursor: &Cursor<'_>, source: Option<&Url>) -> Option<Duration> {
    let is_microsofts = |url: &Url| Url::parse(SERVICE).is_ok_and(|service| service.host() == url.host());
    // Of a faulty source nothing is known.
    let is_a_copy = source.is_none_or(|url| !is_microsofts(url));
    duration::read(cursor, if is_a_copy { REFRESHES_OF_A_COPY } else { REFRESHES })
}

fn scope(section: &Map<'_>) -> Option<ListScope> {
    let optional = section.get("optional").map_or(Some(false), |cursor| cursor.boolean());
    let areas = section.get("service_areas").map_or_else(|| Some(Vec::new()), |cursor| areas(&cursor));
    Some(ListScope { service_areas: areas?, optional: optional? })
}

/// Areas come and go with Microsoft's products, so that one that is not known here is no fault unless it looks like a slip.
fn areas(cursor: &Cursor<'_>) -> Option<Vec<ServiceArea>> {
    let items = cursor.items()?;
    if items.is_empty() {
        return cursor.fault_with_help("no service area is named", "leave the key out for all of them");
    }
    if items.len() > MAX_AREAS {
        return cursor.fault(format!("more than {MAX_AREAS} service areas"));
    }
    let areas: Vec<_> = items.iter().map(area).collect();
    areas.into_iter().collect()
}

fn area(cursor: &Cursor<'_>) -> Option<ServiceArea> {
    let text = cursor.text_for("the name of a service area")?;
    let area = ServiceArea::new(text);
    if let Some((_, meant)) = PRODUCTS.iter().find(|(product, _)| product.eq_ignore_ascii_case(text)) {
        let help = format!("the list calls it \"{meant}\"");
        return cursor.fault_with_help(format!("there is no service area {}", cursor.shown()), help);
    }
    let is_known = !matches!(area, ServiceArea::Other(_));
    let names = ServiceArea::KNOWN.map(|area| area.as_str().to_owned());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let lower: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    let is_a_slip = nearest(&text.to_ascii_lowercase(), lower.iter().map(String::as_str)).is_some();
    let is_a_word = text.starts_with(|first: char| first.is_alphabetic());
    if !is_known && (is_a_slip || !is_a_word) {
        cursor.unknown(format!("there is no service area {}", cursor.shown()), || suggestion(text, &names));
        return None;
    }
    Some(area)
}
