//! How old an answer is that may be a copy: caches on the way say so ([RFC 9111](https://www.rfc-editor.org/rfc/rfc9111)).

use time::format_description::well_known::Rfc2822;
use time::{Duration, OffsetDateTime};

use crate::observation::HttpFacts;

/// When an answer was made at its source: its Date, or what its Age says if that is earlier (section 4.2.3).
pub(super) fn made_at(http: &HttpFacts, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let age = http.headers.get("age").and_then(|age| age.trim().parse().ok());
    let by_age = age.and_then(|age: u32| now.checked_sub(Duration::seconds(age.into())));
    match (date(http, "date"), by_age) {
        (Some(date), Some(by_age)) => Some(date.min(by_age)),
        (date, by_age) => date.or(by_age),
    }
}

/// Whether whoever made an answer lets caches serve it for so long (section 4.2.1).
pub(super) fn is_fresh(http: &HttpFacts, now: OffsetDateTime) -> bool {
    let age = made_at(http, now).map(|made| now - made);
    lifetime(http).zip(age).is_some_and(|(lifetime, age)| age < lifetime)
}

fn lifetime(http: &HttpFacts) -> Option<Duration> {
    let control = http.headers.get("cache-control").unwrap_or_default().to_ascii_lowercase();
    let directives = || control.split(',').map(str::trim);
    if directives().any(|directive| directive.starts_with("no-cache") || directive == "no-store") {
        return None;
    }
    let seconds = |name: &str| {
        let value = directives().find_map(|directive| directive.strip_prefix(name)?.strip_prefix('='))?;
        value.trim_matches('"').parse::<u32>().ok().map(|seconds| Duration::seconds(seconds.into()))
    };
    let by_expires = || Some(date(http, "expires")? - date(http, "date")?);
    seconds("s-maxage").or_else(|| seconds("max-age")).or_else(by_expires)
}

fn date(http: &HttpFacts, header: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(http.headers.get(header)?, &Rfc2822).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::observation::{BodyFacts, Headers};

    const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    #[test]
    fn a_copy_is_fresh_for_as_long_as_its_source_says() {
        let day = ("date", "Wed, 31 Dec 2025 00:00:00 GMT");
        for (headers, expected) in [
            (&[("age", "3599"), ("cache-control", "public, max-age=3600")][..], true),
            (&[("age", "3600"), ("cache-control", "public, max-age=3600")], false),
            (&[("age", "60"), ("cache-control", "max-age=3600, no-cache")], false),
            (&[("age", "60"), ("cache-control", "max-age=3600, s-maxage=30")], false),
            (&[("age", "60"), ("cache-control", "max-age=much")], false),
            (&[day, ("expires", "Fri, 02 Jan 2026 00:00:00 GMT")], true),
            (&[day, ("expires", "Wed, 31 Dec 2025 12:00:00 GMT")], false),
            (&[("cache-control", "max-age=3600")], false),
            (&[day], false),
        ] {
            let list = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect::<Vec<_>>();
            let (version, headers) = ("HTTP/1.1".to_owned(), Headers(list));
            let http = HttpFacts { version, status: 200, reason: None, headers, body: BodyFacts::default() };
            assert_eq!(is_fresh(&http, NOW), expected, "{:?}", http.headers);
        }
    }
}
