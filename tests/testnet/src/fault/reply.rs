//! Answers in place of the usual one.

/// A complete answer, over h2 and HTTP/1.1 alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The reason phrase, which only HTTP/1.1 has, where it is not the usual one.
    pub reason: Option<String>,
    /// Further header fields; the length is added.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Reply {
    /// A bare status.
    pub fn status(status: u16) -> Self {
        Self { status, reason: None, headers: Vec::new(), body: String::new() }
    }

    /// With one more header field.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this body, as HTML.
    pub fn html(self, body: &str) -> Self {
        let mut reply = self.header("Content-Type", "text/html");
        body.clone_into(&mut reply.body);
        reply
    }

    /// With this body, as JSON.
    pub fn json(body: &str) -> Self {
        let mut reply = Self::status(200).header("Content-Type", "application/json");
        body.clone_into(&mut reply.body);
        reply
    }

    /// With this reason phrase.
    pub fn reason(mut self, reason: &str) -> Self {
        self.reason = Some(reason.to_owned());
        self
    }

    /// A redirect.
    pub fn redirect(location: &str) -> Self {
        Self::status(302).header("Location", location)
    }

    /// 403 with the page that a filtering gateway shows.
    pub fn deny_page() -> Self {
        Self::status(403).html(DENY_PAGE)
    }

    /// 511, the status made for captive portals ([RFC 6585](https://www.rfc-editor.org/rfc/rfc6585#section-6)).
    pub fn captive_portal() -> Self {
        Self::status(511).html(
            "<html><head><title>Network Authentication Required</title></head>\
             <body><a href=\"http://portal.testnet.example/login\">Sign in</a></body></html>",
        )
    }
}

/// What a filtering gateway shows.
pub(crate) const DENY_PAGE: &str = "<!DOCTYPE html><html><head><title>Web Page Blocked</title></head><body>\
    <h1>Web Page Blocked!</h1><p>The page you have requested has been blocked, because the URL is banned. \
    FortiGuard Intrusion Prevention - Access Blocked</p></body></html>";

/// An answer of squid's own making.
pub(crate) fn squid(status: u16, error: &str) -> Reply {
    Reply::status(status)
        .header("Server", "squid/5.7")
        .header("X-Squid-Error", error)
        .header("Via", "1.1 testnet (squid/5.7)")
}
