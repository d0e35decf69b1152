//! Just enough HTTP/1 by hand to say what no HTTP library would say.

use std::io;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt};

/// The largest request head that anything here reads.
const MAX_HEAD: usize = 64 * 1024;

/// The head of a request, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The method.
    pub method: String,
    /// The request target: a path, an absolute URL, or `host:port` for CONNECT.
    pub target: String,
    /// `HTTP/1.1`, `HTTP/2.0`.
    pub version: String,
    /// Names as they were sent, in order.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// The first value of the header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.split("\r\n");
        let mut words = lines.next()?.splitn(3, ' ');
        Some(Self {
            method: words.next()?.to_owned(),
            target: words.next()?.to_owned(),
            version: words.next()?.to_owned(),
            headers: lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
                .collect(),
        })
    }
}

/// Reads a request head; what came after it stays in `buffer`. `None` when the peer closed before the first byte.
pub(crate) async fn read_head<R: AsyncRead + Unpin>(reader: &mut R, buffer: &mut BytesMut) -> io::Result<Option<Head>> {
    loop {
        if let Some(end) = find(buffer, b"\r\n\r\n") {
            let head = buffer.split_to(end + 4);
            let text = String::from_utf8_lossy(head.get(..end).unwrap_or_default());
            return Head::parse(&text).map(Some).ok_or_else(|| invalid("no request line"));
        }
        if buffer.len() > MAX_HEAD {
            return Err(invalid("request head too large"));
        }
        if reader.read_buf(buffer).await? == 0 {
            return if buffer.is_empty() { Ok(None) } else { Err(invalid("closed in the head")) };
        }
    }
}

fn invalid(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Waits for the peer to go away, whatever it sends meanwhile.
pub(crate) async fn hold<R: AsyncRead + Unpin>(mut reader: R) -> io::Result<()> {
    tokio::io::copy(&mut reader, &mut tokio::io::sink()).await.map(drop)
}
