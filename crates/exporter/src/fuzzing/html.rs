//! What HTML of ours consists of, whatever somebody had put into it: the elements and attributes of our templates, and
//! nothing that runs.

const ELEMENTS: &str = "a article b blockquote body br button caption circle code datalist dd desc details div dl dt em \
                        figcaption figure footer form g h1 h2 h3 h4 head header html i input label li line link main meta \
                        nav noscript ol option p path polyline pre q rect script section select small span strong summary \
                        svg symbol table tbody td text th thead time title tr ul use var";

/// Reads a document tag by tag.
pub(super) fn check(html: &str) {
    assert!(!html.contains("<fuzz"), "what was asked for is an element now: {html}");
    let mut rest = html.strip_prefix("<!doctype html>").unwrap_or_else(|| panic!("no doctype: {html}"));
    while let Some((_, after)) = rest.split_once('<') {
        rest = match after.strip_prefix("!--") {
            Some(comment) => comment.split_once("-->").unwrap_or_else(|| panic!("a comment without end: {html}")).1,
            None => tag(after),
        };
    }
}

/// Reads a tag after its `<`, and gives what follows it.
fn tag(text: &str) -> &str {
    let (is_end, text) = text.strip_prefix('/').map_or((false, text), |text| (true, text));
    let (name, mut rest) = split_while(text, |c| c.is_ascii_alphanumeric());
    assert!(ELEMENTS.split(' ').any(|element| element == name), "an element {name:?} in {:?}", begin(text));
    loop {
        let (blank, after) = split_while(rest, |c| c.is_ascii_whitespace());
        if let Some(after) = after.strip_prefix("/>").or_else(|| after.strip_prefix('>')) {
            assert!(name != "script" || is_end || after.starts_with("</script>"), "a script in {:?}", begin(text));
            return after;
        }
        assert!(!blank.is_empty() && !is_end, "no attribute begins in {:?}", begin(text));
        rest = attribute(after, text);
    }
}

/// Reads an attribute of a tag, and gives what follows it.
fn attribute<'a>(text: &'a str, tag: &str) -> &'a str {
    let (name, rest) = split_while(text, |c| c.is_ascii_alphabetic() || c == '-');
    assert!(
        !name.is_empty() && !name.to_ascii_lowercase().starts_with("on"),
        "an attribute {name:?} in {:?}",
        begin(tag)
    );
    let Some(value) = rest.strip_prefix("=\"") else { return rest };
    let (value, rest) = value.split_once('"').unwrap_or_else(|| panic!("a value without end in {:?}", begin(tag)));
    assert!(!value.contains('<'), "a value {value:?} in {:?}", begin(tag));
    if ["action", "href", "src"].contains(&name) {
        let goes = ["/", "#", "?", "http://", "https://", "mailto:"].iter().any(|start| value.starts_with(start));
        assert!(goes && !value.starts_with("//"), "an address {value:?} in {:?}", begin(tag));
    }
    rest
}

fn split_while(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// Enough of a text to find it again.
fn begin(text: &str) -> String {
    text.chars().take(200).collect()
}
