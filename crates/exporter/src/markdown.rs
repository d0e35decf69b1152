//! Text from outside within Markdown.

/// Text that means nothing to Markdown or the HTML in it: a block page's words must not become the ticket's links.
/// A backslash before punctuation makes it literal (CommonMark, section 2.4); addresses without any are links in GitHub's
/// dialect, and lose that too.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let ahead = rest.as_str();
        let is_link = match character {
            ':' => ahead.starts_with("//"),
            '.' => ends_with_www(&escaped),
            '@' => true,
            _ => false,
        };
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '!' | '&' | '~' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '\n' | '\r' => escaped.push(' '),
            other => {
                if is_link {
                    escaped.push('\\');
                }
                escaped.push(other);
            }
        }
    }
    escaped
}

fn ends_with_www(text: &str) -> bool {
    let mut last = text.chars().rev();
    (0..3).all(|_| last.next().is_some_and(|character| character.eq_ignore_ascii_case(&'w')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_markup() {
        let cases = [
            ("plain, text - with (brackets) = 1+1", "plain, text - with (brackets) = 1+1"),
            ("`code` | **bold** _it_ ~~no~~", "\\`code\\` \\| \\*\\*bold\\*\\* \\_it\\_ \\~\\~no\\~\\~"),
            ("[click](x) ![img](y)", "\\[click\\](x) \\!\\[img\\](y)"),
            ("<script>&lt;", "\\<script\\>\\&lt;"),
            ("\\[x]", "\\\\\\[x\\]"),
            ("# one\r\ntwo", "\\# one  two"),
            ("https://evil.example/", "https\\://evil.example/"),
            ("WWW.evil.example", "WWW\\.evil.example"),
            ("a@evil.example", "a\\@evil.example"),
            ("host:443", "host:443"),
        ];
        for (text, expected) in cases {
            assert_eq!(escaped(text), expected, "{text}");
        }
    }
}
