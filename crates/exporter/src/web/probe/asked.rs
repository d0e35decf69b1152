//! What is asked for, as a form or as JSON.

use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use thiserror::Error;

/// The longest request: two names of 100 characters, however encoded.
pub(in crate::web) const MAX_BYTES: usize = 4 * 1024;

/// A pair by its names.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// The endpoint's.
    pub(super) endpoint: String,
    /// The path's.
    pub(super) path: String,
}

/// Why a body asks for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum Flaw {
    /// It is of another type.
    #[error("The body is to be a form (application/x-www-form-urlencoded) or JSON (application/json).")]
    Type,
    /// It does not have what it takes.
    #[error("The body is to have an endpoint and a path, each once, and nothing else.")]
    Content,
}

impl Flaw {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::Type => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Content => StatusCode::BAD_REQUEST,
        }
    }
}

impl Asked {
    /// Reads a body by its type.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Flaw> {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/json" => serde_json::from_slice(body).map_err(|_| Flaw::Content),
            "application/x-www-form-urlencoded" => Self::of_form(body).ok_or(Flaw::Content),
            _ => Err(Flaw::Type),
        }
    }

    fn of_form(body: &[u8]) -> Option<Self> {
        let (mut endpoint, mut path) = (None, None);
        for (key, value) in url::form_urlencoded::parse(body) {
            let field = match &*key {
                "endpoint" => &mut endpoint,
                "path" => &mut path,
                _ => return None,
            };
            if field.replace(value.into_owned()).is_some() {
                return None;
            }
        }
        Some(Self { endpoint: endpoint?, path: path? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &str, body: &str) -> Result<(String, String), Flaw> {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, content_type.parse().unwrap())]);
        Asked::read(&headers, body.as_bytes()).map(|asked| (asked.endpoint, asked.path))
    }

    #[test]
    fn forms_and_json_say_the_same() {
        let names = Ok(("Büro Süd/2".to_owned(), "a+b".to_owned()));
        let form = "endpoint=B%C3%BCro+S%C3%BCd%2F2&path=a%2Bb";
        assert_eq!(read("application/x-www-form-urlencoded", form), names);
        assert_eq!(read("application/x-www-form-urlencoded; charset=UTF-8", form), names);
        assert_eq!(read("Application/JSON", r#"{"endpoint": "Büro Süd/2", "path": "a+b"}"#), names);
    }

    #[test]
    fn anything_else_is_refused() {
        let form = |body| read("application/x-www-form-urlencoded", body);
        for body in ["", "endpoint=a", "endpoint=a&path=b&path=c", "endpoint=a&path=b&url=http://x/"] {
            assert_eq!(form(body), Err(Flaw::Content), "{body}");
        }
        for body in ["", "[]", "{}", r#"{"endpoint": "a"}"#, r#"{"endpoint": "a", "path": 1}"#] {
            assert_eq!(read("application/json", body), Err(Flaw::Content), "{body}");
        }
        assert_eq!(read("text/plain", "endpoint=a&path=b"), Err(Flaw::Type), "what a form of others can send, too");
        assert_eq!(Asked::read(&HeaderMap::new(), b"endpoint=a&path=b"), Err(Flaw::Type));
    }
}
