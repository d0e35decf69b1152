//! HTTP/2 servers that would rather be asked over HTTP/1.1 ([RFC 9113](https://www.rfc-editor.org/rfc/rfc9113)).

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Connection;
use crate::wire::hold;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME_HEADER: usize = 9;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const HTTP_1_1_REQUIRED: u32 = 0x0d;
const NO_ERROR: u32 = 0;

/// GOAWAY in place of the first answer, naming no stream as processed.
pub(super) async fn go_away<C: Connection>(mut stream: C) -> io::Result<()> {
    first_request(&mut stream).await?;
    let payload = [0_u32.to_be_bytes(), NO_ERROR.to_be_bytes()].concat();
    stream.write_all(&frame(GOAWAY, 0, &payload)).await?;
    stream.shutdown().await
}

/// The first stream reset with `HTTP_1_1_REQUIRED`.
pub(super) async fn http11_required<C: Connection>(mut stream: C) -> io::Result<()> {
    let id = first_request(&mut stream).await?;
    stream.write_all(&frame(RST_STREAM, id, &HTTP_1_1_REQUIRED.to_be_bytes())).await?;
    stream.flush().await?;
    hold(stream).await
}

/// Goes through the preface and up to the first HEADERS frame; its stream.
async fn first_request<C: Connection>(stream: &mut C) -> io::Result<u32> {
    let mut preface = [0; PREFACE.len()];
    stream.read_exact(&mut preface).await?;
    stream.write_all(&frame(SETTINGS, 0, &[])).await?;
    stream.flush().await?;
    loop {
        let mut header = [0; FRAME_HEADER];
        stream.read_exact(&mut header).await?;
        let [a, b, c, kind, _flags, id @ ..] = header;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        stream.read_exact(&mut payload).await?;
        if kind == HEADERS {
            return Ok(u32::from_be_bytes(id));
        }
    }
}

fn frame(kind: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(payload.len()).unwrap_or_default().to_be_bytes();
    let mut out = vec![a, b, c, kind, 0];
    out.extend(stream.to_be_bytes());
    out.extend_from_slice(payload);
    out
}
