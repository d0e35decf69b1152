//! The origins: what stands behind every host's two listeners.

mod answer;
mod h2;
mod raw;
mod tls;

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::certs::Authority;
use crate::fault::{CrlFault, HttpFault, Met, TcpFault, TlsFault};
use crate::host::Host;
use crate::shipped::Scheme;
use crate::wire::hold;
pub(crate) use raw::{GARBAGE, endlessly, slowly};
pub(crate) use tls::{Handshake, TlsSettings, accept};

/// What all origins share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) authority: Arc<Authority>,
    pub(crate) tls: TlsSettings,
}

/// A stream whose connection can be made to end in RST.
pub(crate) trait Connection: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// From now on dropping the stream resets the connection.
    fn reset_on_drop(&self) -> io::Result<()>;
}

impl Connection for TcpStream {
    fn reset_on_drop(&self) -> io::Result<()> {
        self.set_zero_linger()
    }
}

impl Connection for TlsStream<TcpStream> {
    fn reset_on_drop(&self) -> io::Result<()> {
        self.get_ref().0.set_zero_linger()
    }
}

/// Accepts until dropped; the connections end with it.
pub(crate) async fn serve(host: Arc<Host>, scheme: Scheme, shared: Arc<Shared>) {
    let accepted = |stream| {
        host.count_connection();
        connection(stream, Arc::clone(&host), scheme, Arc::clone(&shared))
    };
    host.door(scheme).serve(accepted).await;
}

/// One connection from its first octet on.
async fn connection(stream: TcpStream, host: Arc<Host>, scheme: Scheme, shared: Arc<Shared>) -> io::Result<()> {
    // What a handshake and its answer are made of has to be of one moment.
    let faults = host.faults();
    match faults.tcp {
        Some(TcpFault::Hang) => return hold(stream).await,
        Some(TcpFault::Close) => return Ok(()),
        Some(TcpFault::Reset) => return stream.set_zero_linger(),
        Some(TcpFault::Refuse | TcpFault::Drop) | None => {}
    }
    match scheme {
        Scheme::Http => requests(stream, false, None, host, shared).await,
        Scheme::Https => {
            let handshake = Handshake::of_origin(&host.name, &faults);
            let Some(stream) = accept(stream, handshake, &shared).await? else {
                return Ok(());
            };
            let h2 = stream.get_ref().1.alpn_protocol() == Some(tls::H2);
            requests(stream, h2, faults.tls, host, shared).await
        }
    }
}

/// `tls` is what was wrong with the handshake.
async fn requests<C: Connection>(
    stream: C,
    h2: bool,
    tls: Option<TlsFault>,
    host: Arc<Host>,
    shared: Arc<Shared>,
) -> io::Result<()> {
    let faults = host.faults();
    match faults.http {
        None if faults.crl == Some(CrlFault::CutShort) && !h2 => {
            raw::cut_short_crl(stream, &host, Met { tls, http: None, crl: faults.crl }, &shared).await
        }
        Some(HttpFault::GoAway) if h2 => h2::go_away(stream).await,
        Some(HttpFault::Http11Required) if h2 => h2::http11_required(stream).await,
        // HTTP/2 was agreed on before a fault came that only HTTP/1.1 can have.
        Some(fault) if !fault.is_proper() && !h2 => {
            raw::serve(stream, &host, &fault, Met { tls, http: Some(fault.clone()), crl: None }).await
        }
        _ => answer::serve(stream, tls, host, shared).await,
    }
}
