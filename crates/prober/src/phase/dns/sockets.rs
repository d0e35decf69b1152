//! Sockets for questions to name servers, with a memory of those that the system refused.
//!
//! hickory's pool says `NoConnections` whatever kept it from asking. That the monitor is out of file descriptors must
//! not be taken for a silent name server, so it is noted here, where the error still is one.

use std::fmt;
use std::future::Future;
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hickory_resolver::net::runtime::{DnsUdpSocket, RuntimeProvider, TokioRuntimeProvider, TokioTime};
use socket2::SockRef;
use tokio::io::{Interest, ReadBuf};
use tokio::net::UdpSocket;
use tokio::time::Instant;

use crate::observation::MonitorFault;
use crate::phase::exhausted;

/// How long a refusal is taken for the reason why questions cannot be asked.
const RECENT: Duration = Duration::from_secs(1);

type Opening<S> = Pin<Box<dyn Future<Output = io::Result<S>> + Send>>;

/// Opens sockets for hickory as its own provider does, except that those for UDP are connected.
#[derive(Clone, Default)]
pub(super) struct Sockets {
    tokio: TokioRuntimeProvider,
    refusal: Arc<Mutex<Option<(Instant, MonitorFault)>>>,
}

impl fmt::Debug for Sockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sockets").field("refusal", &self.refusal).finish_non_exhaustive()
    }
}

impl Sockets {
    /// A refusal that explains why a question could not be asked just now. It may have met an earlier question, since
    /// hickory lets equal ones that are under way share one answer.
    pub(super) fn recent_refusal(&self) -> Option<MonitorFault> {
        let refusal = self.locked();
        refusal.as_ref().filter(|(at, _)| at.elapsed() < RECENT).map(|(_, fault)| fault.clone())
    }

    fn watch<S: 'static>(&self, opening: Opening<S>) -> Opening<S> {
        let sockets = self.clone();
        Box::pin(async move { opening.await.inspect_err(|error| sockets.note(error)) })
    }

    fn note(&self, error: &io::Error) {
        if let Some(fault) = exhausted("ask a name server", error) {
            *self.locked() = Some((Instant::now(), fault));
        }
    }

    fn locked(&self) -> MutexGuard<'_, Option<(Instant, MonitorFault)>> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RuntimeProvider for Sockets {
    type Handle = <TokioRuntimeProvider as RuntimeProvider>::Handle;
    type Timer = <TokioRuntimeProvider as RuntimeProvider>::Timer;
    type Udp = Connected;
    type Tcp = <TokioRuntimeProvider as RuntimeProvider>::Tcp;

    fn create_handle(&self) -> Self::Handle {
        self.tokio.create_handle()
    }

    fn connect_tcp(&self, server: SocketAddr, local: Option<SocketAddr>, wait: Option<Duration>) -> Opening<Self::Tcp> {
        self.watch(self.tokio.connect_tcp(server, local, wait))
    }

    fn bind_udp(&self, local: SocketAddr, server: SocketAddr) -> Opening<Self::Udp> {
        self.watch(Box::pin(async move {
            let socket = UdpSocket::bind(local).await?;
            socket.connect(server).await?;
            Ok(Connected { socket, server })
        }))
    }
}

/// A UDP socket for one name server only. The system tells such a socket, and no other, what ICMP says of its packets:
/// that nobody listens at the server's port, or that a firewall forbids them (RFC 1122, section 4.1.3.3).
pub(super) struct Connected {
    socket: UdpSocket,
    server: SocketAddr,
}

impl DnsUdpSocket for Connected {
    type Time = TokioTime;

    fn poll_recv_from(&self, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(self.socket.poll_recv(context, &mut buffer))?;
        Poll::Ready(Ok((buffer.filled().len(), self.server)))
    }

    /// Waits for errors too, which `poll_recv` does not: to tokio, what only has an error to tell is not readable.
    fn recv_from<'own, 'buffer, 'future>(
        &'own self,
        buffer: &'buffer mut [u8],
    ) -> Pin<Box<dyn Future<Output = io::Result<(usize, SocketAddr)>> + Send + 'future>>
    where
        'own: 'future,
        'buffer: 'future,
    {
        let receive = || (&*SockRef::from(&self.socket)).read(buffer);
        let received = self.socket.async_io(Interest::READABLE | Interest::ERROR, receive);
        Box::pin(async move { Ok((received.await?, self.server)) })
    }

    fn poll_send_to(&self, context: &mut Context<'_>, packet: &[u8], _: SocketAddr) -> Poll<io::Result<usize>> {
        self.socket.poll_send(context, packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMFILE: i32 = 24;

    #[tokio::test(start_paused = true)]
    async fn only_what_the_monitor_lacked_just_now_is_remembered() {
        let sockets = Sockets::default();
        sockets.note(&io::ErrorKind::ConnectionRefused.into());
        assert_eq!(sockets.recent_refusal(), None);

        sockets.clone().note(&io::Error::from_raw_os_error(EMFILE));
        assert_eq!(sockets.recent_refusal().unwrap().operation, "ask a name server");
        tokio::time::advance(RECENT).await;
        assert_eq!(sockets.recent_refusal(), None, "what was long ago explains nothing");
    }
}
