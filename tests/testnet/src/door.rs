//! A listening address that can be shut and opened again while the world runs, always on the same port.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::task::{Poll, Waker};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::locked;

/// How connections to the address fare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Accepted.
    Open,
    /// Refused with RST: the port stays ours, nothing listens.
    Refuse,
    /// The SYN is dropped: the accept queue is full and nobody takes from it.
    Drop,
}

#[derive(Debug)]
enum State {
    Open(TcpListener),
    Refusing {
        _bound: TcpSocket,
    },
    Full {
        _listener: TcpListener,
        /// Ours, unless a client was there first.
        _queued: Option<std::net::TcpStream>,
    },
    /// Between two states, or after a failed switch.
    Gone,
}

/// The address with whatever stands behind it at the moment.
#[derive(Debug)]
pub(crate) struct Door {
    address: SocketAddr,
    runtime: Handle,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    mode: Mode,
    state: State,
    accepting: Option<Waker>,
}

const BACKLOG: u32 = 1024;
/// A connection on this machine takes no time, or is not answered.
const UNLESS_TAKEN: Duration = Duration::from_millis(20);

impl Door {
    /// Opens at that address, where port 0 stands for a free one. Needs the tokio runtime that will accept.
    pub(crate) fn open(address: SocketAddr) -> io::Result<Self> {
        let listener = bind(address)?.listen(BACKLOG)?;
        Ok(Self {
            address: listener.local_addr()?,
            runtime: Handle::current(),
            inner: Mutex::new(Inner { mode: Mode::Open, state: State::Open(listener), accepting: None }),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// When this returns, the next SYN meets the new mode.
    pub(crate) fn set(&self, mode: Mode) -> io::Result<()> {
        let _runtime = self.runtime.enter();
        let mut inner = locked(&self.inner);
        if inner.mode == mode && !matches!(inner.state, State::Gone) {
            return Ok(());
        }
        // The old socket has to be closed before its port can be bound again.
        inner.state = State::Gone;
        inner.state = self.stand(mode)?;
        inner.mode = mode;
        if let Some(waker) = inner.accepting.take() {
            waker.wake();
        }
        Ok(())
    }

    fn stand(&self, mode: Mode) -> io::Result<State> {
        let socket = bind(self.address)?;
        match mode {
            Mode::Open => socket.listen(BACKLOG).map(State::Open),
            Mode::Refuse => Ok(State::Refusing { _bound: socket }),
            Mode::Drop => {
                // A queue of length 0 still takes one; with that one in it, Linux drops further SYNs.
                let listener = socket.listen(0)?;
                let queued = match std::net::TcpStream::connect_timeout(&self.address, UNLESS_TAKEN) {
                    Ok(queued) => Some(queued),
                    // A client has the place already: to wait for it would be to wait for that client.
                    Err(error) if error.kind() == io::ErrorKind::TimedOut => None,
                    Err(error) => return Err(error),
                };
                Ok(State::Full { _listener: listener, _queued: queued })
            }
        }
    }

    /// Hands every connection to `handle`, until dropped; the connections end with it.
    pub(crate) async fn serve<H, F>(&self, handle: H)
    where
        H: Fn(TcpStream) -> F,
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.accept() => match accepted {
                    Ok(stream) => drop(connections.spawn(handle(stream))),
                    // The client changed its mind before it was its turn.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                    // Out of file descriptors: there are more when a connection has ended.
                    Err(_) => drop(connections.join_next().await),
                },
                // How a connection ends is the client's to judge.
                Some(_ended) = connections.join_next() => {}
            }
        }
    }

    /// The next connection; waits while the door is shut.
    async fn accept(&self) -> io::Result<TcpStream> {
        let stream = poll_fn(|context| {
            let mut inner = locked(&self.inner);
            let polled = match &inner.state {
                State::Open(listener) => listener.poll_accept(context),
                _ => Poll::Pending,
            };
            if polled.is_pending() {
                inner.accepting = Some(context.waker().clone());
            }
            polled.map_ok(|(stream, _peer)| stream)
        })
        .await?;
        // What was written before a reset has to have left: Nagle's algorithm would hold it back, and the reset
        // would discard it. Where this fails, the connection is dead already.
        let _dead_already = stream.set_nodelay(true);
        Ok(stream)
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Connections of an earlier state may linger in TIME_WAIT on this port.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
