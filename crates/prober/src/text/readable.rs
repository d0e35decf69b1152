//! What people read of a page.

use std::borrow::Cow;

/// Elements whose content nobody reads.
const UNREAD: [&str; 2] = ["script", "style"];

/// References that block pages use; `&amp;` last, so that nothing is resolved twice.
const REFERENCES: [(&str, &str); 6] =
    [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];

/// The words of a page without markup, scripts and styles, white space collapsed; any other text, and a page without
/// words, as it is. Whoever shows it escapes it: what was a reference may look like markup now.
pub(crate) fn readable(text: &str) -> Cow<'_, str> {
    if !text.trim_start().starts_with('<') {
        return Cow::Borrowed(text);
    }
    let mut words = String::new();
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        words.push_str(before);
        if tag.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)) {
            words.push(' ');
            rest = behind(tag);
        } else {
            words.push('<');
            rest = tag;
        }
    }
    words.push_str(rest);
    for (reference, character) in REFERENCES {
        words = words.replace(reference, character);
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(words) }
}

/// What follows a tag, a comment, or an element that nobody reads; nothing where it does not end.
fn behind(tag: &str) -> &str {
    if let Some(comment) = tag.strip_prefix("!--") {
        return comment.split_once("-->").map_or("", |(_, rest)| rest);
    }
    let is_name = |name: &&str| tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let content = tag.split_once('>').map_or("", |(_, rest)| rest);
    let Some(name) = UNREAD.iter().find(|name| is_name(name)) else { return content };
    let end = format!("</{name}");
    let mut places = content.as_bytes().windows(end.len());
    let place = places.position(|window| window.eq_ignore_ascii_case(end.as_bytes()));
    let rest = place.and_then(|place| content.get(place + end.len()..));
    rest.and_then(|rest| rest.split_once('>')).map_or("", |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_reduced_to_its_words() {
        let page = "<!DOCTYPE html><html><!-- a > b --><head><title>No entry</title><STYLE>p { color: red }</Style>\
                    <script src=x>if (a<b) alert('no')</script></head><body>\n<h1>Denied&nbsp;by policy</h1>\n\
                    <p>a &lt; b &amp;amp; 1 < 2</p>";
        assert_eq!(readable(page), "No entry Denied by policy a < b &amp; 1 < 2");
    }

    #[test]
    fn other_text_and_pages_without_words_stay_as_they_are() {
        for text in ["HTTP/1.1 400 <b>no</b>", "", "{\"a\": \"<\"}", "<script>location='/'</script>", "<p"] {
            assert_eq!(readable(text), text);
        }
    }

    #[test]
    fn what_never_ends_hides_the_rest() {
        for page in ["<p>a<script>b", "<p>a<!-- b", "<p>a<p b", "<p>a<style x", "<p>a<script></script"] {
            assert_eq!(readable(page), "a", "{page}");
        }
        assert_eq!(readable("<p>ü</p>ß<scripté>x</script>z"), "ü ß z");
    }
}
