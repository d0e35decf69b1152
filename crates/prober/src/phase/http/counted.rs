//! A stream that counts what comes, stops a peer that sends more than anyone needs, and hears it only once we have
//! spoken.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::phase::io::OverBudget;

/// How much came, and how much may; readable while somebody else owns the stream.
#[derive(Debug)]
pub(super) struct Count {
    received: AtomicU64,
    budget: AtomicU64,
}

impl Count {
    /// Bytes received in all.
    pub(super) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Lets so many more bytes come.
    pub(super) fn allow(&self, more: u64) {
        self.budget.fetch_add(more, Ordering::Relaxed);
    }
}

/// A stream that counts what comes and fails once it is over the budget.
///
/// Nothing is read before something was written: some middleboxes answer before they are asked, which hyper takes for
/// a broken connection, and we for their answer.
#[derive(Debug)]
pub(super) struct Counted<S> {
    stream: S,
    count: Arc<Count>,
    has_spoken: bool,
    /// Who wants to read as soon as something was written.
    reader: Option<Waker>,
}

impl<S> Counted<S> {
    pub(super) fn new(stream: S, budget: u64) -> (Self, Arc<Count>) {
        let count = Arc::new(Count { received: AtomicU64::new(0), budget: AtomicU64::new(budget) });
        (Self { stream, count: Arc::clone(&count), has_spoken: false, reader: None }, count)
    }

    fn note_written(&mut self, written: &Poll<io::Result<usize>>) {
        if matches!(written, Poll::Ready(Ok(_))) && !self.has_spoken {
            self.has_spoken = true;
            if let Some(reader) = self.reader.take() {
                reader.wake();
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.has_spoken {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let came = (buf.filled().len() - before) as u64;
        let received = self.count.received.fetch_add(came, Ordering::Relaxed) + came;
        let budget = self.count.budget.load(Ordering::Relaxed);
        Poll::Ready(if received > budget { Err(io::Error::other(OverBudget { budget })) } else { Ok(()) })
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.note_written(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.note_written(&written);
        written
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
