//! Answers that no HTTP library would give, written octet by octet over HTTP/1.1.

use std::io;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{Connection, Shared};
use crate::crl;
use crate::fault::{HttpFault, Met};
use crate::host::Host;
use crate::wire::{hold, read_head};

const HEAD: &str = "HTTP/1.1 200 OK\r\nServer: testnet\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n";
const BODY: &[u8] = &[b'x'; 100];
/// Neither a status line nor a TLS record, and with every octet that parsers trip over.
pub(crate) const GARBAGE: &[u8] = b"\x00\xff\x16garbage \x80\x81\r\n\x01\x02not http at all\n\n\r\n\r\n";
/// Between two octets of a slow answer.
const SLOW: Duration = Duration::from_secs(1);
const MEBIBYTE: usize = 1024 * 1024;

/// Reads one request and answers it as the fault has it.
pub(super) async fn serve<C: Connection>(mut stream: C, host: &Host, fault: &HttpFault, met: Met) -> io::Result<()> {
    let Some(head) = read_head(&mut stream, &mut BytesMut::new()).await? else {
        return Ok(());
    };
    host.record(head, met);
    match fault {
        HttpFault::HangBeforeHead => return hold(stream).await,
        HttpFault::ResetBeforeHead => return stream.reset_on_drop(),
        HttpFault::ResetInBody => {
            stream.write_all(HEAD.as_bytes()).await?;
            stream.write_all(BODY.get(..10).unwrap_or_default()).await?;
            stream.flush().await?;
            return stream.reset_on_drop();
        }
        HttpFault::SlowHead => slowly(&mut stream, HEAD.as_bytes()).await?,
        HttpFault::SlowBody => {
            stream.write_all(HEAD.as_bytes()).await?;
            slowly(&mut stream, BODY).await?;
        }
        HttpFault::EndlessHeaders => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            endlessly(&mut stream, &b"X-Endless: and more of it\r\n".repeat(64)).await?;
        }
        HttpFault::EndlessBody => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await?;
            endlessly(&mut stream, &b"endless ".repeat(2048)).await?;
        }
        HttpFault::InformationalFlood => {
            endlessly(&mut stream, &b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(16)).await?;
        }
        HttpFault::GzipBomb => {
            static BOMB: LazyLock<Vec<u8>> = LazyLock::new(gzip_bomb);
            let bomb = &*BOMB;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bomb.len());
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(bomb).await?;
        }
        HttpFault::HugeHeader => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nX-Huge: ").await?;
            stream.write_all(&vec![b'h'; MEBIBYTE]).await?;
            stream.write_all(b"\r\nContent-Length: 0\r\n\r\n").await?;
        }
        HttpFault::CloseInHead => stream.write_all(b"HTTP/1.1 200 OK\r\nServer: test").await?,
        HttpFault::CloseInBody => {
            stream.write_all(HEAD.as_bytes()).await?;
            stream.write_all(BODY.get(..10).unwrap_or_default()).await?;
        }
        HttpFault::Garbage => stream.write_all(GARBAGE).await?,
        HttpFault::FoldedHeader => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nX-Folded: one\r\n\ttwo\r\n  three\r\nContent-Length: 3\r\n\r\nok\n")
                .await?;
        }
        HttpFault::SpaceBeforeColon => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nX-Spaced : value\r\nContent-Length: 3\r\n\r\nok\n").await?;
        }
        HttpFault::CloseBeforeHead
        | HttpFault::Reply(_)
        | HttpFault::Date(_)
        | HttpFault::GoAway
        | HttpFault::Http11Required => {}
    }
    stream.shutdown().await
}

/// Reads one request and answers it with a CRL that ends before its announced length.
pub(super) async fn cut_short_crl<C: Connection>(
    mut stream: C,
    host: &Host,
    met: Met,
    shared: &Shared,
) -> io::Result<()> {
    let Some(head) = read_head(&mut stream, &mut BytesMut::new()).await? else {
        return Ok(());
    };
    host.record(head, met);
    let (octets, announced) = crl::cut_short(&shared.authority).map_err(io::Error::other)?;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {announced}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&octets).await?;
    stream.shutdown().await
}

/// One octet a second, until all are written or the client is gone.
pub(crate) async fn slowly<W: AsyncWrite + Unpin>(writer: &mut W, octets: &[u8]) -> io::Result<()> {
    let mut tick = tokio::time::interval(SLOW);
    for octet in octets {
        tick.tick().await;
        writer.write_all(&[*octet]).await?;
        writer.flush().await?;
    }
    Ok(())
}

/// The same again and again, until the client is gone.
pub(crate) async fn endlessly<W: AsyncWrite + Unpin>(writer: &mut W, octets: &[u8]) -> io::Result<()> {
    loop {
        writer.write_all(octets).await?;
    }
}

/// One MiB of gzip that unpacks to zeros, 158 times as many: one literal, then copies of 258 octets from distance 1
/// in a fixed-Huffman block ([RFC 1951 section 3.2.6](https://www.rfc-editor.org/rfc/rfc1951#section-3.2.6)), without
/// its end.
fn gzip_bomb() -> Vec<u8> {
    const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    // BFINAL 0, BTYPE 01 (least bit first), the literal 0.
    let opening = [false, true, false].into_iter().chain(bits(0b0011_0000, 8));
    // Length code 285 is 258 octets, distance code 0 is 1.
    let copy: Vec<bool> = bits(0b1100_0101, 8).chain(bits(0, 5)).collect();
    let mut out = HEADER.to_vec();
    let (mut octet, mut filled) = (0_u8, 0);
    for bit in opening.chain(copy.into_iter().cycle()) {
        octet |= u8::from(bit) << filled;
        filled += 1;
        if filled == 8 {
            out.push(octet);
            (octet, filled) = (0, 0);
            if out.len() == MEBIBYTE {
                break;
            }
        }
    }
    out
}

/// A Huffman code's bits, most significant first, as they are packed.
fn bits(code: u8, count: u32) -> impl Iterator<Item = bool> {
    (0..count).rev().map(move |place| code >> place & 1 == 1)
}
