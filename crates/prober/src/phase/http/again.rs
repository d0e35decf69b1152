//! Another request on a connection whose last response was read to its end: what a handshake with a proxy is made of.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::counted::{Count, Counted};
use super::{MAX_BEFORE_HEAD, Protocol, Reader, Request, Response, Unanswered, conclude, h1, unsendable};
use crate::observation::Challenge;

/// A connection that can carry another request. Only HTTP/1.1 needs one: proxies are spoken to with that.
#[derive(Debug)]
pub struct Kept<S: AsyncRead + AsyncWrite + Unpin> {
    pub(super) reader: Box<h1::Reader<Counted<S>>>,
    pub(super) count: Arc<Count>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Kept<S> {
    /// Sends a request and waits for the head of its response.
    pub async fn send(self, request: &Request<'_>, by: Instant) -> Result<Response<S>, Unanswered> {
        let Self { reader, count } = self;
        count.allow(MAX_BEFORE_HEAD);
        let before = count.received();
        let exchange = async {
            let message = request.http1().map_err(|reason| unsendable(&reason))?;
            let (facts, reader) = reader.again(message).await?;
            Ok((facts, Reader::Http1(Box::new(reader))))
        };
        conclude(Box::pin(exchange), Protocol::Http1, request, count, before, by).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Response<S> {
    /// What a 407 asks for.
    pub fn challenges(&self) -> &[Challenge] {
        match &self.reader {
            Reader::Http1(reader) => reader.challenges(),
            Reader::Http2(_) => &[],
        }
    }
}
