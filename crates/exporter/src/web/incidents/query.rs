//! What is asked for of the history, as it stands in an address.

use std::str::FromStr;

use prober::cause::{Blame, Cause, State};
use prober::text::Clean;
use thiserror::Error;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time};

use crate::history::{Filter, TroubleState};

/// How many troubles a page shows.
pub(in crate::web) const PAGE: usize = 50;
/// The last page; who wants more narrows the time.
const LAST_PAGE: usize = 20;
/// The most that is told to a program at once.
const MOST: usize = 10_000;
/// The longest name that is looked for, in bytes.
const LONGEST: usize = 256;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::web) struct Query {
    filter: Filter,
    /// What was written, for the form: parameter and value, empty ones left out.
    pub(in crate::web) written: Vec<(&'static str, String)>,
    /// Which page, from 1.
    pub(in crate::web) page: usize,
    /// How many, where that is said.
    pub(super) limit: Option<usize>,
    /// In which form.
    pub(super) format: Format,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Format {
    /// JSON.
    #[default]
    Json,
    /// Comma-separated values.
    Csv,
}

/// Why that cannot be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum QueryError {
    /// There is no such parameter.
    #[error("there is no parameter \"{name}\"; there are {}", .known.join(", "))]
    Unknown {
        /// What was written.
        name: Clean,
        /// Those that exist.
        known: Vec<&'static str>,
    },
    /// One was given more than once.
    #[error("\"{0}\" is given twice")]
    Twice(&'static str),
    /// A value that it cannot have.
    #[error("\"{name}\" cannot be \"{value}\"; it is {allowed}")]
    Value {
        /// The parameter.
        name: &'static str,
        /// What was written.
        value: Clean,
        /// What it may be.
        allowed: String,
    },
}

/// The parameters that narrow what is told.
const FILTERS: [&str; 9] = ["state", "kind", "endpoint", "path", "group", "cause", "blame", "after", "before"];
/// Everybody who may have to act.
const BLAMES: [Blame; 7] =
    [Blame::Monitor, Blame::Resolver, Blame::Network, Blame::Proxy, Blame::Interceptor, Blame::Origin, Blame::Tenant];

impl Query {
    /// The last page that can be asked for.
    pub(in crate::web) const LAST_PAGE: usize = LAST_PAGE;
    /// Everybody who may have to act.
    pub(in crate::web) const BLAMES: [Blame; 7] = BLAMES;

    /// Reads the address of a page.
    pub(super) fn of_page(query: &str) -> Result<Self, QueryError> {
        Self::read(query, &["page"])
    }

    /// Reads what a program asks for.
    pub(super) fn of_api(query: &str) -> Result<Self, QueryError> {
        Self::read(query, &["limit", "format"])
    }

    /// What is asked of the history, so many at the most.
    pub(super) fn filter(&self, limit: usize) -> Filter {
        Filter { limit: Some(limit), ..self.filter.clone() }
    }

    /// What was written for a parameter.
    pub(in crate::web) fn value(&self, name: &str) -> &str {
        self.written.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// Empty values are those of a form's fields that nobody filled in.
    fn read(query: &str, also: &[&'static str]) -> Result<Self, QueryError> {
        let mut read = Self { page: 1, ..Self::default() };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let known = || FILTERS.iter().chain(also).copied();
            let Some(name) = known().find(|known| *known == name) else {
                return Err(QueryError::Unknown { name: Clean::new(&name), known: known().collect() });
            };
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            if read.written.iter().any(|(written, _)| *written == name) {
                return Err(QueryError::Twice(name));
            }
            read.set(name, value)?;
            read.written.push((name, value.to_owned()));
        }
        Ok(read)
    }

    fn set(&mut self, name: &'static str, value: &str) -> Result<(), QueryError> {
        let filter = &mut self.filter;
        match name {
            "state" => filter.state = Some(one_of(name, value, &STATES)?),
            "kind" => filter.kind = Some(one_of(name, value, &KINDS)?),
            "cause" => {
                let unknown = || wrong(name, value, "a cause as the runbook names it: proxy_denied, tls_reset, …");
                let cause = Cause::ALL.iter().copied().find(|cause| cause.as_str() == value);
                filter.cause = Some(cause.ok_or_else(unknown)?);
            }
            "blame" => filter.blame = Some(one_of(name, value, &BLAMES.map(|blame| (blame.as_str(), blame)))?),
            "endpoint" => filter.endpoint = Some(text(name, value)?),
            "path" => filter.path = Some(text(name, value)?),
            "group" => filter.group = Some(text(name, value)?),
            "after" => filter.after = Some(moment(name, value)?),
            "before" => filter.before = Some(moment(name, value)?),
            "page" => self.page = number(name, value, LAST_PAGE)?,
            "limit" => self.limit = Some(number(name, value, MOST)?),
            _ => self.format = one_of(name, value, &[("json", Format::Json), ("csv", Format::Csv)])?,
        }
        Ok(())
    }
}

const STATES: [(&str, TroubleState); 2] = [("open", TroubleState::Open), ("closed", TroubleState::Closed)];
const KINDS: [(&str, State); 2] = [("blocked", State::Blocked), ("degraded", State::Degraded)];

fn one_of<T: Copy>(name: &'static str, value: &str, allowed: &[(&str, T)]) -> Result<T, QueryError> {
    let found = allowed.iter().find(|(word, _)| *word == value).map(|(_, meaning)| *meaning);
    let words = || allowed.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
    found.ok_or_else(|| wrong(name, value, &format!("one of {}", words())))
}

fn text(name: &'static str, value: &str) -> Result<String, QueryError> {
    if value.len() > LONGEST {
        return Err(wrong(name, value, &format!("a name of at most {LONGEST} bytes")));
    }
    // What no name can be would only stand in the form, and turn its text around, for one.
    if Clean::bounded(value, LONGEST).as_str() != value {
        return Err(wrong(name, value, "a name, of printable characters"));
    }
    Ok(value.to_owned())
}

fn number(name: &'static str, value: &str, most: usize) -> Result<usize, QueryError> {
    let read = usize::from_str(value).ok().filter(|number| (1..=most).contains(number));
    read.ok_or_else(|| wrong(name, value, &format!("a number from 1 to {most}")))
}

/// A time as RFC 3339 has it, as a browser's field for times has it, or a day; those without an offset are in UTC.
fn moment(name: &'static str, value: &str) -> Result<OffsetDateTime, QueryError> {
    let minute = format_description!("[year]-[month]-[day]T[hour]:[minute]");
    let second = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    let day = format_description!("[year]-[month]-[day]");
    let read = OffsetDateTime::parse(value, &Rfc3339)
        .or_else(|_| PrimitiveDateTime::parse(value, second).map(PrimitiveDateTime::assume_utc))
        .or_else(|_| PrimitiveDateTime::parse(value, minute).map(PrimitiveDateTime::assume_utc))
        .or_else(|_| Date::parse(value, day).map(|day| day.with_time(Time::MIDNIGHT).assume_utc()));
    read.map_err(|_| wrong(name, value, "a time such as 2026-01-31T12:00:00Z, 2026-01-31T12:00 or 2026-01-31, in UTC"))
}

fn wrong(name: &'static str, value: &str, allowed: &str) -> QueryError {
    QueryError::Value { name, value: Clean::bounded(value, 64), allowed: allowed.to_owned() }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn every_filter_narrows() {
        let at = datetime!(2026-01-31 12:00 UTC);
        let cases = [
            ("", Filter::default()),
            ("state=&endpoint=+", Filter::default()),
            ("state=open", Filter { state: Some(TroubleState::Open), ..Filter::default() }),
            ("state=closed", Filter { state: Some(TroubleState::Closed), ..Filter::default() }),
            ("kind=degraded", Filter { kind: Some(State::Degraded), ..Filter::default() }),
            ("endpoint=a%20b", Filter { endpoint: Some("a b".to_owned()), ..Filter::default() }),
            ("path=hq&group=crl", Filter { path: Some("hq".into()), group: Some("crl".into()), ..Filter::default() }),
            ("cause=proxy_denied", Filter { cause: Some(Cause::ProxyDenied), ..Filter::default() }),
            ("blame=tenant", Filter { blame: Some(Blame::Tenant), ..Filter::default() }),
            ("after=2026-01-31T12:00:00Z", Filter { after: Some(at), ..Filter::default() }),
            ("after=2026-01-31T13%3A00%3A00%2B01%3A00", Filter { after: Some(at), ..Filter::default() }),
            ("before=2026-01-31T12:00", Filter { before: Some(at), ..Filter::default() }),
            ("before=2026-01-31", Filter { before: Some(datetime!(2026-01-31 0:00 UTC)), ..Filter::default() }),
        ];
        for (query, filter) in cases {
            assert_eq!(Query::of_page(query).unwrap().filter, filter, "{query}");
            assert_eq!(Query::of_api(query).unwrap().filter, filter, "{query}");
        }
        let page = Query::of_page("page=3&path=hq").unwrap();
        assert_eq!((page.page, page.value("path"), page.value("group")), (3, "hq", ""));
        let api = Query::of_api("limit=10000&format=csv").unwrap();
        assert_eq!((api.limit, api.format), (Some(10_000), Format::Csv));
    }

    #[test]
    fn what_cannot_be_asked_for_is_refused_with_what_can() {
        let long = format!("endpoint={}", "x".repeat(257));
        let cases = [
            (
                "pth=hq",
                "there is no parameter \"pth\"; there are state, kind, endpoint, path, group, cause, blame, after, \
                 before, limit, format",
            ),
            ("state=opened", "\"state\" cannot be \"opened\"; it is one of open, closed"),
            ("kind=reachable", "\"kind\" cannot be \"reachable\"; it is one of blocked, degraded"),
            (
                "blame=me",
                "\"blame\" cannot be \"me\"; it is one of monitor, resolver, network, proxy, interceptor, origin, tenant",
            ),
            ("path=a&path=b", "\"path\" is given twice"),
            ("limit=0", "\"limit\" cannot be \"0\"; it is a number from 1 to 10000"),
            ("limit=10001", "\"limit\" cannot be \"10001\"; it is a number from 1 to 10000"),
            ("limit=-1", "\"limit\" cannot be \"-1\"; it is a number from 1 to 10000"),
            ("format=xml", "\"format\" cannot be \"xml\"; it is one of json, csv"),
        ];
        for (query, message) in cases {
            assert_eq!(Query::of_api(query).unwrap_err().to_string(), message);
        }
        // No name has any of these, and the form would write them into the page.
        for query in ["endpoint=a%0d%0ab", "path=%00", "group=%e2%80%aea", "endpoint=%7f", "path=a%c2%85b"] {
            assert!(Query::of_page(query).is_err() && Query::of_api(query).is_err(), "{query}");
        }
        for query in ["cause=bad", "after=yesterday", "after=2026-13-01", "page=1", long.as_str()] {
            assert!(Query::of_api(query).is_err(), "{query}");
        }
        assert!(Query::of_page("page=21").is_err() && Query::of_page("format=csv").is_err());
    }
}
