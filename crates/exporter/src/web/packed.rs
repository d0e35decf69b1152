//! Answers in gzip, for those who accept it (RFC 9110, section 12.5.3): a large page has a tenth of its size then.

use std::io::{self, Write};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;

/// Below this nothing is won.
const WORTH_IT: usize = 2048;
/// Pages repeat themselves: a low level finds most of it, in a third of the time.
const LEVEL: Compression = Compression::new(3);

/// A content, and the same in gzip where that is worth it.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    plain: Bytes,
    gzip: Option<Bytes>,
}

impl Packed {
    /// Packs a content.
    pub(super) fn new(content: impl Into<Bytes>) -> Self {
        let plain = content.into();
        let gzip = (plain.len() >= WORTH_IT).then(|| gzip([&plain])).and_then(Result::ok).map(Bytes::from);
        Self { plain, gzip }
    }

    /// The answer to those request headers.
    pub(super) fn answer(&self, asked: &HeaderMap, content_type: &'static str) -> Response {
        match &self.gzip {
            Some(gzip) if accepts_gzip(asked) => packed(content_type, gzip.clone()),
            _ => plain(content_type, self.plain.clone()),
        }
    }
}

/// An answer that is packed.
pub(super) fn packed(content_type: &'static str, gzip: impl Into<Body>) -> Response {
    ([(header::CONTENT_ENCODING, "gzip")], plain(content_type, gzip)).into_response()
}

/// An answer that might have been packed.
pub(super) fn plain(content_type: &'static str, content: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, content_type), (header::VARY, "accept-encoding")], content.into()).into_response()
}

/// Packs a content that comes in pieces.
pub(super) fn gzip(pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), LEVEL);
    for piece in pieces {
        encoder.write_all(piece.as_ref())?;
    }
    encoder.finish()
}

/// Whether gzip is among the codings and not ruled out by a weight of zero.
pub(super) fn accepts_gzip(asked: &HeaderMap) -> bool {
    let lists = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|list: &HeaderValue| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|coding| {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        // Names of codings and of the weight may be in capitals.
        let (name, parameters) = (name.trim().to_ascii_lowercase(), parameters.trim().to_ascii_lowercase());
        let weight = parameters.strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
        matches!(name.as_str(), "gzip" | "x-gzip") && weight.is_ok_and(|weight| weight > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use http_body_util::BodyExt;

    use super::*;

    async fn answer(content: &str, accepted: Option<&'static str>) -> (Option<String>, Vec<u8>) {
        let mut asked = HeaderMap::new();
        asked.extend(accepted.map(|value| (header::ACCEPT_ENCODING, HeaderValue::from_static(value))));
        let response = Packed::new(content.to_owned()).answer(&asked, "text/plain");
        assert_eq!(response.headers()[header::VARY], "accept-encoding");
        let coding = response.headers().get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap().to_owned());
        (coding, response.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    #[tokio::test]
    async fn those_who_accept_gzip_get_it_and_the_content_is_the_same() {
        let content = "reachable ".repeat(1000);
        assert_eq!(answer(&content, Some("GZIP;Q=0.5")).await.0.as_deref(), Some("gzip"));
        let (coding, body) = answer(&content, Some("br, gzip")).await;
        assert_eq!(coding.as_deref(), Some("gzip"));
        assert!(body.len() < content.len() / 10, "{}", body.len());
        let mut unpacked = String::new();
        GzDecoder::new(&*body).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, content);
    }

    #[tokio::test]
    async fn others_get_it_as_it_is() {
        let content = "reachable ".repeat(1000);
        for accepted in [None, Some("br"), Some("gzip;q=0"), Some("gzip;Q=0"), Some("gzip;q=x"), Some("gzipped")] {
            assert_eq!(answer(&content, accepted).await, (None, content.clone().into_bytes()), "{accepted:?}");
        }
        assert_eq!(answer("short", Some("gzip")).await, (None, b"short".to_vec()));
    }
}
