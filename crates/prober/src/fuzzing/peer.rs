//! A peer in memory: what it says is known beforehand, and comes in pieces.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use memchr::memmem;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::Builder;

/// How a peer speaks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// How many octets come at once.
    pub(super) piece: usize,
    /// Whether the line stays open once everything is said.
    pub(super) holds: bool,
}

impl Manner {
    /// Everything at once, and the end.
    pub(super) const AT_ONCE: Self = Self { piece: usize::MAX, holds: false };
    /// The same in pieces: what comes of it must not depend on where they end.
    pub(super) const IN_PIECES: [Self; 2] = [Self { piece: 1, holds: false }, Self { piece: 7, holds: false }];
    /// Everything at once, and then nothing more, for ever.
    pub(super) const AND_HOLDS: Self = Self { piece: usize::MAX, holds: true };
}

/// The near end of a connection to such a peer.
pub(super) struct Peer {
    manner: Manner,
    /// What is being said, and what is said in its place once another request was heard.
    said: VecDeque<u8>,
    turns: VecDeque<Vec<u8>>,
    begun: usize,
    heard: Heard,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Peer")
    }
}

/// What a peer was told.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    pub(super) fn octets(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many heads of HTTP there were.
    pub(super) fn heads(&self) -> usize {
        memmem::find_iter(&self.0.lock().unwrap_or_else(PoisonError::into_inner), b"\r\n\r\n").count()
    }
}

impl Peer {
    /// One that says all of this, whatever it is asked.
    pub(super) fn saying(octets: &[u8], manner: Manner, heard: &Heard) -> Self {
        let (said, turns) = (octets.iter().copied().collect(), VecDeque::new());
        Self { manner, said, turns, begun: usize::MAX, heard: heard.clone() }
    }

    /// One that says each of these in answer to another request.
    pub(super) fn answering(turns: &[&[u8]], manner: Manner, heard: &Heard) -> Self {
        let turns = turns.iter().map(|turn| turn.to_vec()).collect();
        Self { manner, said: VecDeque::new(), turns, begun: heard.heads(), heard: heard.clone() }
    }
}

impl AsyncRead for Peer {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.begun < self.heard.heads() {
            self.begun += 1;
            self.said = self.turns.pop_front().unwrap_or_default().into();
        }
        if self.said.is_empty() && self.manner.holds {
            return Poll::Pending;
        }
        let length = self.said.len().min(self.manner.piece).min(buf.remaining());
        let piece: Vec<u8> = self.said.drain(..length).collect();
        buf.put_slice(&piece);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Peer {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.heard.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Waits for something that needs nothing but time, which passes at once.
pub(super) fn wait<F: Future>(something: F) -> F::Output {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("it needs nothing of the machine").block_on(something)
}
