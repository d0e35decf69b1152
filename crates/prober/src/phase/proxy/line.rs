//! The connection to a proxy: as it is, or inside TLS.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::observation::{ProxyFailure, TlsFacts};
use crate::phase::Failure;
use crate::phase::io::Metered;
use crate::phase::tls::{Alpn, Connector, TlsStream};

/// A connection to a proxy or, without one, to the origin.
#[derive(Debug)]
pub enum Line {
    /// TCP alone.
    Clear(TcpStream),
    /// TLS, which ends at the proxy; boxed, since it is large.
    Secure(Box<TlsStream<Metered<TcpStream>>>),
}

/// What TLS to a proxy came to.
#[derive(Debug)]
pub struct Secured {
    /// The handshake, where it was complete.
    pub facts: Option<TlsFacts>,
    /// The connection to go on with.
    pub line: Result<Line, Failure<ProxyFailure>>,
}

/// Shakes hands with a proxy as `host`, within the given instant; no more than so many bytes are taken from it in all.
///
/// Clients turn away from a proxy whose certificate does not prove who it is, so nothing is said to it then.
pub async fn secure(connector: &Connector, stream: TcpStream, host: &str, budget: u64, by: Instant) -> Secured {
    match connector.handshake(Metered::new(stream, budget), host, Alpn::Http1, by).await {
        Ok((stream, facts)) if facts.is_accepted() => {
            Secured { facts: Some(facts), line: Ok(Line::Secure(Box::new(stream))) }
        }
        Ok((_, facts)) => Secured { facts: Some(facts), line: Err(Failure::Fault(ProxyFailure::Unproven)) },
        Err(failure) => Secured { facts: None, line: Err(failure.map(ProxyFailure::Tls)) },
    }
}

impl AsyncRead for Line {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Secure(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Secure(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Self::Secure(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Clear(stream) => stream.is_write_vectored(),
            Self::Secure(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_flush(cx),
            Self::Secure(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Secure(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
