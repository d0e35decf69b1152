//! A stream whose peer has to keep moving.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// A stream that fails when nothing moves in either direction for a while: a peer that asks for much and never reads it
/// would otherwise keep its connection for ever. Until something is written to it, what it sends buys it no time: one
/// that dribbles must not hold a place that others wait for.
#[derive(Debug)]
pub(super) struct Patience<S> {
    stream: S,
    limit: Duration,
    answered: bool,
    deadline: Pin<Box<Sleep>>,
}

impl<S> Patience<S> {
    /// Waits `opening` for the first write, and `limit` for whatever moves after it.
    pub(super) fn new(stream: S, opening: Duration, limit: Duration) -> Self {
        Self { stream, limit, answered: false, deadline: Box::pin(tokio::time::sleep(opening)) }
    }

    fn watch<T>(&mut self, context: &mut Context<'_>, progress: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            if self.answered {
                self.deadline.as_mut().reset(Instant::now() + self.limit);
            }
            return progress;
        }
        self.wait(context, progress)
    }

    /// A stream of TLS has things to send when it flushes and when it ends, so these can stand still too.
    fn wait<T>(&mut self, context: &mut Context<'_>, progress: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            return progress;
        }
        self.deadline.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patience<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.watch(cx, progress)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patience<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.answered |= progress.is_ready();
        self.watch(cx, progress)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.answered |= progress.is_ready();
        self.watch(cx, progress)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.wait(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.wait(cx, shut)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const OPENING: Duration = Duration::from_secs(20);
    const LIMIT: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_silent_peer_is_given_up() {
        let (_peer, ours) = tokio::io::duplex(64);
        let error = Patience::new(ours, OPENING, LIMIT).read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_dribbles_is_given_up_before_it_has_an_answer() {
        let (mut peer, ours) = tokio::io::duplex(64);
        let dribble = tokio::spawn(async move {
            while peer.write_u8(7).await.is_ok() {
                tokio::time::sleep(OPENING / 4).await;
            }
        });
        let start = Instant::now();
        let error = Patience::new(ours, OPENING, LIMIT).read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!((error.kind(), start.elapsed()), (io::ErrorKind::TimedOut, OPENING));
        dribble.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_never_reads_is_given_up() {
        let (_peer, ours) = tokio::io::duplex(64);
        let error = Patience::new(ours, OPENING, LIMIT).write_all(&[0; 1000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_does_not_let_us_finish_is_given_up() {
        let (_peer, ours) = tokio::io::duplex(64);
        let mut buffered = tokio::io::BufWriter::new(ours);
        buffered.write_all(&[0; 1000]).await.unwrap();
        let start = Instant::now();
        let error = Patience::new(buffered, OPENING, LIMIT).shutdown().await.unwrap_err();
        assert_eq!((error.kind(), start.elapsed()), (io::ErrorKind::TimedOut, OPENING));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_peer_that_moves_is_waited_for() {
        let (mut peer, ours) = tokio::io::duplex(64);
        let sender = tokio::spawn(async move {
            for _ in 0..5 {
                tokio::time::sleep(LIMIT / 2).await;
                peer.write_u8(7).await.unwrap();
            }
        });
        let mut bytes = [0; 5];
        let mut ours = Patience::new(ours, OPENING, LIMIT);
        ours.write_u8(1).await.unwrap();
        ours.read_exact(&mut bytes).await.unwrap();
        assert_eq!(bytes, [7; 5]);
        sender.await.unwrap();
    }
}
