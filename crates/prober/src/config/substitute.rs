//! `${NAME}` and `${NAME:-default}` in values.

use super::sources::Sources;

/// Why a value cannot be completed from the environment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// The variable is unset and no default is given.
    Unset(String),
    /// `${` without its `}`.
    Unclosed,
    /// What stands between the braces is no name of a variable.
    BadName,
    /// The result is longer than allowed.
    TooLong,
}

/// Replaces every `${NAME}`; `${NAME:-default}` takes the default where the variable is unset or empty, and `$${`
/// stands for the characters `${`. The result may have at most `max` bytes.
pub(super) fn expand(text: &str, sources: &dyn Sources, max: usize) -> Result<String, Problem> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            expanded.push_str(before);
            expanded.push_str("${");
            rest = after;
        } else {
            let (inner, after) = after.split_once('}').ok_or(Problem::Unclosed)?;
            expanded.push_str(before);
            expanded.push_str(&look_up(inner, sources)?);
            rest = after;
        }
        if expanded.len() > max {
            return Err(Problem::TooLong);
        }
    }
    expanded.push_str(rest);
    if expanded.len() > max { Err(Problem::TooLong) } else { Ok(expanded) }
}

fn look_up(inner: &str, sources: &dyn Sources) -> Result<String, Problem> {
    let (name, default) = match inner.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    if !is_name(name) {
        return Err(Problem::BadName);
    }
    match (sources.env(name), default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(Problem::Unset(name.to_owned())),
    }
}

fn is_name(name: &str) -> bool {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;

    use super::*;

    struct Variables;

    impl Sources for Variables {
        fn env(&self, name: &str) -> Option<String> {
            match name {
                "SITE" => Some("hq".to_owned()),
                "EMPTY" => Some(String::new()),
                _ => None,
            }
        }

        fn read(&self, _: &Path) -> io::Result<Vec<u8>> {
            Err(io::ErrorKind::NotFound.into())
        }

        fn hostname(&self) -> Option<String> {
            None
        }
    }

    #[test]
    fn every_form() {
        for (text, expected) in [
            ("plain $5 {x}", Ok("plain $5 {x}")),
            ("${SITE}", Ok("hq")),
            ("a-${SITE}-${SITE}-b", Ok("a-hq-hq-b")),
            ("${SITE:-x}", Ok("hq")),
            ("${EMPTY}", Ok("")),
            ("${EMPTY:-x}", Ok("x")),
            ("${NONE:-}", Ok("")),
            ("${NONE:-a:-b}", Ok("a:-b")),
            ("$${SITE}", Ok("${SITE}")),
            ("$${${SITE}", Ok("${hq")),
            ("${NONE}", Err(Problem::Unset("NONE".to_owned()))),
            ("${SITE", Err(Problem::Unclosed)),
            ("${1A}", Err(Problem::BadName)),
            ("${}", Err(Problem::BadName)),
            ("${SITE}${SITE}${SITE}${SITE}${SITE}${SITE}${SITE}${SITE}${SITE}${SITE}${SITE}", Err(Problem::TooLong)),
        ] {
            assert_eq!(expand(text, &Variables, 20), expected.map(str::to_owned), "{text}");
        }
    }
}
