//! A stream that counts what it receives, keeps the beginning, and stops at a budget.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much of the beginning is kept: what a peer says in place of TLS is evidence.
pub const HEAD_LIMIT: usize = 4 * 1024;

/// The peer sent more than the budget allows. Carried inside an [`io::Error`]; see [`is_over_budget`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the peer sent more than {budget} bytes")]
pub struct OverBudget {
    /// The budget in bytes.
    pub budget: u64,
}

/// Whether an error says that the peer exceeded a stream's budget.
pub fn is_over_budget(error: &io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<OverBudget>()).is_some()
}

/// What a [`Metered`] stream has received so far; readable while somebody else owns the stream.
#[derive(Debug)]
pub struct Meter {
    received: AtomicU64,
    head: Mutex<Vec<u8>>,
}

impl Meter {
    /// Bytes received in all.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// The first bytes received, at most [`HEAD_LIMIT`].
    pub fn head(&self) -> Vec<u8> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts bytes and keeps them while they belong to the beginning.
    fn note(&self, bytes: &[u8]) {
        let before = self.received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if before < HEAD_LIMIT as u64 {
            let mut head = self.head.lock().unwrap_or_else(PoisonError::into_inner);
            let room = HEAD_LIMIT.saturating_sub(head.len());
            head.extend(bytes.iter().take(room));
        }
    }
}

/// A stream that counts what it receives, keeps the first [`HEAD_LIMIT`] bytes, and fails once the peer has sent more
/// than a budget. Writing passes through.
#[derive(Debug)]
pub struct Metered<S> {
    stream: S,
    meter: Arc<Meter>,
    budget: u64,
}

impl<S> Metered<S> {
    /// Meters a stream from here on.
    pub fn new(stream: S, budget: u64) -> Self {
        let meter = Meter { received: AtomicU64::new(0), head: Mutex::new(Vec::new()) };
        Self { stream, meter: Arc::new(meter), budget }
    }

    /// The meter, which outlives the stream.
    pub fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    /// The stream inside.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.meter.note(buf.filled().get(before..).unwrap_or_default());
        if self.meter.received() > self.budget {
            // A read that fails must not have filled anything.
            buf.set_filled(before);
            return Poll::Ready(Err(io::Error::other(OverBudget { budget: self.budget })));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn counts_everything_and_keeps_the_beginning() {
        let (near, mut far) = duplex(64 * 1024);
        let mut metered = Metered::new(near, u64::MAX);
        let meter = metered.meter();
        let sent: Vec<u8> = (0..10_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        far.write_all(&sent).await.unwrap();
        drop(far);

        let mut received = Vec::new();
        metered.read_to_end(&mut received).await.unwrap();
        assert_eq!(received, sent);
        assert_eq!(meter.received(), 10_000);
        assert_eq!(meter.head(), sent[..HEAD_LIMIT]);
    }

    #[tokio::test]
    async fn stops_at_the_budget_and_says_so() {
        let (near, mut far) = duplex(64 * 1024);
        let mut metered = Metered::new(near, 100);
        far.write_all(&[0; 101]).await.unwrap();
        drop(far);

        let error = metered.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert!(is_over_budget(&error), "{error}");
        assert!(!is_over_budget(&io::Error::other("something else")));
    }

    #[tokio::test]
    async fn exactly_the_budget_is_fine() {
        let (near, mut far) = duplex(64 * 1024);
        let mut metered = Metered::new(near, 100);
        far.write_all(&[7; 100]).await.unwrap();
        drop(far);
        assert_eq!(metered.read_to_end(&mut Vec::new()).await.unwrap(), 100);
    }
}
