//! Finding things in pages.

/// The title of an HTML page, by which people recognise it.
pub(crate) fn title(page: &str) -> Option<&str> {
    let open = tag(page, "<title")?;
    let behind = page.get(open..)?;
    let rest = behind.get(behind.find('>')? + 1..)?;
    rest.get(..tag(rest, "</title")?)
}

/// Where a tag begins, whatever its case.
fn tag(page: &str, start: &str) -> Option<usize> {
    page.match_indices('<').map(|(at, _)| at).find(|at| {
        let bytes = page.as_bytes().get(*at..at.saturating_add(start.len()));
        bytes.is_some_and(|bytes| bytes.eq_ignore_ascii_case(start.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_found_whatever_its_case() {
        assert_eq!(title("<html><TITLE lang=en>No\nentry</Title>"), Some("No\nentry"));
        assert_eq!(title("<title>never ends"), None);
        assert_eq!(title("<titl"), None);
        assert_eq!(title("ü<title>ü</title>"), Some("ü"));
    }
}
