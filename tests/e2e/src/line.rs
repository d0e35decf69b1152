//! A line that can be cut: whatever goes over it breaks, and nobody answers at its end.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::peer::{Vacancy, vacancy};
use crate::wait::eventually;

/// A line to a peer.
#[derive(Debug)]
pub struct Line {
    address: SocketAddr,
    peer: SocketAddr,
    state: State,
}

#[derive(Debug)]
enum State {
    Whole(JoinHandle<()>),
    /// The port stays taken, so that nobody else is asked meanwhile.
    Cut(Option<Vacancy>),
}

impl Line {
    /// Lays one.
    pub async fn to(peer: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        Self { address, peer, state: State::Whole(tokio::spawn(carry(listener, peer))) }
    }

    /// Where it begins.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts it, with all that is under way.
    pub async fn cut(&mut self) {
        if let State::Whole(carrier) = &self.state {
            carrier.abort();
            let vacant = eventually("the line is cut", async || vacancy(self.address).ok()).await;
            self.state = State::Cut(Some(vacant));
        }
    }

    /// Mends it.
    pub async fn mend(&mut self) {
        if let State::Cut(vacant) = &mut self.state {
            drop(vacant.take());
            let listener = eventually("the line is mended", async || TcpListener::bind(self.address).await.ok()).await;
            self.state = State::Whole(tokio::spawn(carry(listener, self.peer)));
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let State::Whole(carrier) = &self.state {
            carrier.abort();
        }
    }
}

async fn carry(listener: TcpListener, peer: SocketAddr) {
    let mut connections = JoinSet::new();
    while let Ok((mut near, _)) = listener.accept().await {
        connections.spawn(async move {
            if let Ok(mut far) = TcpStream::connect(peer).await {
                // Whoever ends it, ends it.
                let _carried = copy_bidirectional(&mut near, &mut far).await;
            }
        });
    }
}
