//! HTTP/2, by the h2 crate itself: hyper's client would spawn the connection, and hides the error codes that tell
//! whether HTTP/1.1 is worth a try.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::{Reason, RecvStream, client};
use tokio::io::{AsyncRead, AsyncWrite, BufWriter};

use super::carry::{Carrier, Fused};
use super::h1::by_io;
use super::{Broken, MAX_HEAD, body};
use crate::observation::{BodyFacts, Headers, HttpFacts, HttpFailure, IoFault, IoKind};
use crate::phase::Failure;
use crate::text::Clean;

/// The preface, the settings and the request leave in one go.
type Connection<S> = client::Connection<BufWriter<S>, Bytes>;

/// Room for all that a usual request takes, in bytes; larger writes go past it.
const WRITE_BUFFER: usize = 1024;

impl<S: AsyncRead + AsyncWrite + Unpin> Carrier for Connection<S> {
    fn poll_carry(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Errors reach whoever waits for the response or the body.
        Pin::new(self).poll(cx).map(drop)
    }
}

/// The body of a response, and the connection that carries it.
#[derive(Debug)]
pub(super) struct Reader<S: AsyncRead + AsyncWrite + Unpin> {
    connection: Fused<Connection<S>>,
    body: RecvStream,
}

/// Sends a request and waits for the head of its response.
pub(super) async fn send<S>(
    stream: S,
    request: http::Request<()>,
    content: Option<Bytes>,
) -> Result<(HttpFacts, Reader<S>), Broken>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let stream = BufWriter::with_capacity(WRITE_BUFFER, stream);
    let (sender, connection) = bounded().handshake(stream).await.map_err(|error| broken(&error))?;
    let mut connection = Fused::new(connection);
    let exchange = async {
        let mut sender = sender.ready().await?;
        let (response, mut upload) = sender.send_request(request, content.is_none())?;
        if let Some(content) = content {
            upload.send_data(content, true)?;
        }
        response.await
    };
    let response = connection.carry(exchange).await.map_err(|error| broken(&error))?;
    let (head, body) = response.into_parts();
    let facts = HttpFacts {
        version: "HTTP/2".to_owned(),
        status: head.status.as_u16(),
        reason: None,
        headers: Headers::from(&head.headers),
        body: BodyFacts { announced: body::announced(&head.headers), ..BodyFacts::default() },
    };
    Ok((facts, Reader { connection, body }))
}

fn bounded() -> client::Builder {
    let mut builder = client::Builder::new();
    builder.enable_push(false).max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX));
    builder
}

impl<S: AsyncRead + AsyncWrite + Unpin> Reader<S> {
    /// The next piece of the body; `None` at its end.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, Failure<HttpFailure>>> {
        let piece = self.connection.carry(self.body.data()).await?;
        if let Ok(data) = &piece {
            // Fails only on a stream that is over, where nobody waits for room.
            let _ = self.body.flow_control().release_capacity(data.len());
        }
        Some(piece.map_err(|error| broken(&error).failure))
    }
}

fn broken(error: &h2::Error) -> Broken {
    if let Some(error) = error.get_io() {
        return by_io(error).into();
    }
    let words = Clean::new(&error.to_string());
    let failure = if error.is_remote() && error.is_reset() {
        HttpFailure::Lost(IoFault { kind: IoKind::Reset, message: words })
    } else if error.is_remote() && error.is_go_away() {
        HttpFailure::Lost(IoFault { kind: IoKind::Closed, message: words })
    } else {
        HttpFailure::Invalid(words)
    };
    let worth_http1 = error.is_go_away() || error.reason() == Some(Reason::HTTP_1_1_REQUIRED);
    Broken { failure: Failure::Fault(failure), worth_http1 }
}
