//! Finding things in pages.

use memchr::memchr_iter;

/// How far into a page a title is looked for, in bytes: it stands in the head, before the content.
const HEAD: usize = 16 * 1024;

/// The title of an HTML page, by which people recognise it.
pub(crate) fn title(page: &str) -> Option<&str> {
    let head = page.get(..page.floor_char_boundary(HEAD))?;
    let open = tag(head, "<title")?;
    let behind = head.get(open..)?;
    let rest = behind.get(behind.find('>')? + 1..)?;
    rest.get(..tag(rest, "</title")?)
}

/// Where a tag begins, whatever its case.
fn tag(page: &str, start: &str) -> Option<usize> {
    let page = page.as_bytes();
    memchr_iter(b'<', page).find(|at| {
        let bytes = page.get(*at..at.saturating_add(start.len()));
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
        let late = format!("{}<title>late</title>", "ü".repeat(HEAD));
        assert_eq!(title(&late), None);
        let early = format!("<title>early</title>{}", "ü".repeat(HEAD));
        assert_eq!(title(&early), Some("early"));
    }
}
