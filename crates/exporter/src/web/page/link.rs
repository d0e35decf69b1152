//! Addresses of pages about something that has a name.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but what RFC 3986, section 2.3, leaves as it is: a slash in a name must not part it.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where the page of an endpoint is.
pub(in crate::web) fn to_endpoint(name: &str) -> String {
    format!("/endpoints/{}", utf8_percent_encode(name, RESERVED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_segment() {
        assert_eq!(to_endpoint("ols.office-apps_1~x"), "/endpoints/ols.office-apps_1~x");
        assert_eq!(to_endpoint("Büro Süd/2?a=\"<b>&"), "/endpoints/B%C3%BCro%20S%C3%BCd%2F2%3Fa%3D%22%3Cb%3E%26");
    }
}
