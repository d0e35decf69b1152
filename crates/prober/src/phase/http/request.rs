//! The request, written down for either protocol.

use bytes::Bytes;
use http::header::{
    ACCEPT, CONNECTION, CONTENT_LENGTH, HOST, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version};
use http_body_util::Full;
use thiserror::Error;
use url::{Position, Url};

/// What to ask, whom, and how.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// What is asked for; its fragment is not.
    pub url: &'a Url,
    /// The method.
    pub method: &'a Method,
    /// `User-Agent`, unless the headers have one; our own where there is none.
    pub user_agent: Option<&'a HeaderValue>,
    /// Headers besides Host, User-Agent and Accept (the latter two give way to these).
    pub headers: &'a [(HeaderName, HeaderValue)],
    /// Headers that make the request conditional (RFC 9110, section 13.1).
    pub conditions: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Option<&'a Bytes>,
    /// Whether the origin is asked or a proxy.
    pub form: Form,
}

/// How the target is named in an HTTP/1.1 request (RFC 9112, section 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Origin-form: path and query, to whoever is the origin.
    Origin,
    /// Absolute-form: the whole URL, to an HTTP proxy.
    Absolute {
        /// The value of `Proxy-Authorization`; marked sensitive by whoever made it.
        authorization: Option<HeaderValue>,
        /// Whether the connection may be needed for another request: the proxy may ask who we are.
        keep: bool,
    },
}

/// A URL that HTTP cannot carry.
#[derive(Debug, Error)]
#[error("HTTP cannot carry this URL: {0}")]
pub struct Unsendable(String);

impl Request<'_> {
    /// Whom the request is for.
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// For HTTP/1.1. Where there is one request on a connection, it says so.
    pub(super) fn http1(&self) -> Result<http::Request<Full<Bytes>>, Unsendable> {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(HOST, header_value(self.authority())?);
        self.common_headers(&mut headers);
        if matches!(self.form, Form::Absolute { keep: true, .. }) {
            // As browsers and curl say it: proxies that answer in HTTP/1.0 close the connection otherwise.
            headers.insert("proxy-connection", HeaderValue::from_static("keep-alive"));
        } else {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let target = match &self.form {
            Form::Origin => &self.url[Position::BeforePath..Position::AfterQuery],
            Form::Absolute { authorization, .. } => {
                if let Some(value) = authorization {
                    headers.insert(PROXY_AUTHORIZATION, value.clone());
                }
                &self.url[..Position::AfterQuery]
            }
        };
        let body = Full::new(self.body.cloned().unwrap_or_default());
        self.message(target, headers, Version::HTTP_11, body)
    }

    /// For HTTP/2, which has no place for headers about the connection (RFC 9113, section 8.2.2).
    pub(super) fn http2(&self) -> Result<http::Request<()>, Unsendable> {
        let mut headers = HeaderMap::with_capacity(4);
        self.common_headers(&mut headers);
        for name in [CONNECTION, TRANSFER_ENCODING, UPGRADE, TE] {
            headers.remove(name);
        }
        headers.remove("keep-alive");
        headers.remove("proxy-connection");
        if let Some(body) = self.body {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        self.message(&self.url[..Position::AfterQuery], headers, Version::HTTP_2, ())
    }

    /// No Accept-Encoding: what comes is judged as it comes, and a compressed bomb has nobody to blow up.
    fn common_headers(&self, headers: &mut HeaderMap) {
        let user_agent = self.user_agent.cloned();
        headers.insert(USER_AGENT, user_agent.unwrap_or(HeaderValue::from_static(super::USER_AGENT)));
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        for (name, value) in self.headers {
            if [USER_AGENT, ACCEPT].contains(name) {
                headers.insert(name, value.clone());
            } else {
                headers.append(name, value.clone());
            }
        }
        headers.extend(self.conditions.iter().cloned());
    }

    /// Host and, where it is not the scheme's own, port.
    fn authority(&self) -> &str {
        &self.url[Position::BeforeHost..Position::AfterPort]
    }

    fn message<B>(
        &self,
        target: &str,
        headers: HeaderMap,
        version: Version,
        body: B,
    ) -> Result<http::Request<B>, Unsendable> {
        let uri: Uri = target.parse().map_err(|error| Unsendable(format!("{error}")))?;
        let mut message = http::Request::new(body);
        *message.method_mut() = self.method.clone();
        *message.uri_mut() = uri;
        *message.headers_mut() = headers;
        *message.version_mut() = version;
        Ok(message)
    }
}

fn header_value(text: &str) -> Result<HeaderValue, Unsendable> {
    HeaderValue::from_str(text).map_err(|error| Unsendable(error.to_string()))
}
