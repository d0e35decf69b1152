//! What PAC files ask about host names, without asking any resolver. As browsers have it: case counts, and nothing is
//! special but what is said here.

use std::net::Ipv6Addr;
use std::str::Chars;

/// `isPlainHostName`: no dot, and no IPv6 literal.
pub(super) fn is_plain(host: &str) -> bool {
    !host.contains('.') && host.parse::<Ipv6Addr>().is_err()
}

/// `localHostOrDomainIs`: the very host, or its first labels.
pub(super) fn local_or_domain_is(host: &str, domain: &str) -> bool {
    host == domain || domain.strip_prefix(host).is_some_and(|rest| rest.starts_with('.'))
}

/// `dnsDomainLevels`: how many dots there are.
pub(super) fn levels(host: &str) -> usize {
    host.matches('.').count()
}

/// `shExpMatch`: `*` stands for any run of characters, `?` for any one; the whole text has to match.
///
/// Goes back to the last `*` only, so the work is at most the product of both lengths.
pub(super) fn shell_match(text: &str, pattern: &str) -> bool {
    let (mut text, mut pattern) = (text.chars(), pattern.chars());
    // Where to go on when what follows the last star does not match: with that star standing for one character more.
    let mut retry: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        let here = text.clone();
        match (pattern.next(), text.next()) {
            (Some('*'), _) => {
                text = here;
                retry = Some((text.clone(), pattern.clone()));
            }
            (None, None) => return true,
            (Some('?'), Some(_)) => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            (Some(_), None) => return false,
            (_, Some(_)) => {
                let Some((from, after_star)) = &mut retry else { return false };
                if from.next().is_none() {
                    return false;
                }
                text = from.clone();
                pattern = after_star.clone();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_have_no_dot_and_are_no_ipv6_address() {
        let plain = ["intranet", "foopy::1", "foo:112", ":", "[:]", "[::1]", ""];
        assert_eq!(plain.map(is_plain), [true; 7]);
        let others = ["example.com", "192.168.1.1", ".", ".:", "::1", "::192.186.1.1", "intranet."];
        assert_eq!(others.map(is_plain), [false; 7]);
    }

    #[test]
    fn a_host_is_its_own_first_labels() {
        assert!(local_or_domain_is("www.example.com", "www.example.com"));
        assert!(local_or_domain_is("www", "www.example.com"));
        assert!(local_or_domain_is("www.example", "www.example.com"));
        assert!(!local_or_domain_is("home.example.com", "www.example.com"));
        assert!(!local_or_domain_is("ww", "www.example.com"));
    }

    #[test]
    fn levels_are_dots() {
        assert_eq!(["www", "www.example.com", "192.168.1.1"].map(levels), [0, 2, 3]);
    }

    #[test]
    fn patterns_match_the_whole_text() {
        for (text, pattern, expected) in [
            ("foo.jpg", "*.jpg", true),
            ("foo5.jpg", "*o?.jpg", true),
            ("foo.jpg", ".jpg", false),
            ("foo.jpg", "foo", false),
            ("", "", true),
            ("", "*", true),
            ("", "?", false),
            ("a", "", false),
            ("a.example", "a?example", true),
            ("ab", "a*b*", true),
            ("a.b.c.example.com", "*.c.*.com", true),
            ("mississippi", "*iss*ip*", true),
            ("mississippi", "*iss*ix*", false),
            ("http://a.example/b/c", "*/b/*", true),
            // Nothing else is special: these would be, were they taken for regular expressions.
            ("host1.example", "host[0-9].example", false),
            ("a.example", "(a|b).example", false),
            ("axexample", "a.example", false),
            ("a+b", "a+b", true),
            ("A.example", "a.example", false),
            ("bücher.example", "b?cher.*", true),
        ] {
            assert_eq!(shell_match(text, pattern), expected, "{text} against {pattern}");
        }
    }

    #[test]
    fn many_stars_take_no_more_than_the_product_of_the_lengths() {
        let text = "a".repeat(5_000);
        assert!(!shell_match(&text, &format!("{}b", "a*".repeat(1_000))));
    }
}
