//! Names: which ones there are, which one is meant, and which may become labels.

use super::cursor::Cursor;

/// The longest name of a site, endpoint, path or group, in characters.
pub(crate) const MAX_NAME: usize = 100;

/// The known name nearest to one that is not known, if it is near enough to be meant.
pub(super) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let name: String = name.chars().take(MAX_NAME).collect();
    let length = name.chars().count();
    let slack = (length / 3).clamp(1, 3);
    // A beginning counts as near: `password` means `password_file`.
    let distance = |candidate: &str| {
        if length > 2 && candidate.starts_with(&name) { 1 } else { strsim::damerau_levenshtein(&name, candidate) }
    };
    known
        .into_iter()
        .map(|candidate| (distance(candidate), candidate))
        .filter(|(distance, _)| *distance <= slack)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// What to say of a name that is not known: the one that is probably meant, else all there are.
pub(super) fn suggestion(name: &str, known: &[&str]) -> Option<String> {
    match nearest(name, known.iter().copied()) {
        Some(meant) => Some(format!("did you mean \"{meant}\"?")),
        None if known.is_empty() => None,
        None => Some(format!("known here: {}", known.join(", "))),
    }
}

/// Reads a name that becomes a label value.
pub(super) fn label(cursor: &Cursor<'_>) -> Option<String> {
    let name = cursor.text()?;
    match label_problem(name) {
        None => Some(name.to_owned()),
        Some(problem) => cursor.fault(problem),
    }
}

/// What keeps a text from being a label value.
pub(super) fn label_problem(name: &str) -> Option<&'static str> {
    // The cleaner knows every character that output cannot want.
    let cleaned = crate::text::Clean::bounded(name, usize::MAX);
    if name.trim().is_empty() {
        Some("a name must not be empty")
    } else if name.chars().count() > MAX_NAME {
        Some("a name has at most 100 characters")
    } else if cleaned.as_str() != name {
        Some("a name has printable characters only, and no blank at either end")
    } else {
        None
    }
}

/// Host and path as a name that stays the same as long as they do: lower case, everything but letters and digits
/// becomes `-`.
pub fn slug(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").chars().take(MAX_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        assert_eq!(slug("ols.officeapps.live.com/olsc"), "ols-officeapps-live-com-olsc");
        assert_eq!(slug("Office15client.microsoft.com/"), "office15client-microsoft-com");
        assert_eq!(slug("[::1]:8443/a//b"), "1-8443-a-b");
    }

    #[test]
    fn the_nearest_name_is_one_that_could_be_meant() {
        let known = ["interval", "timeout", "paths"];
        assert_eq!(nearest("intervall", known), Some("interval"));
        assert_eq!(nearest("tiemout", known), Some("timeout"));
        assert_eq!(nearest("path", known), Some("paths"));
        assert_eq!(nearest("time", known), Some("timeout"));
        assert_eq!(nearest("colour", known), None);
    }

    #[test]
    fn label_values() {
        assert_eq!(label_problem("Büro Süd/2"), None);
        for bad in ["", " ", " a", "a\nb", "a\u{202e}b", &"x".repeat(101)] {
            assert!(label_problem(bad).is_some(), "{bad:?}");
        }
    }
}
