//! Sockets for questions to name servers, with a memory of those that the system refused.
//!
//! hickory's pool says `NoConnections` whatever kept it from asking. That the monitor is out of file descriptors must
//! not be taken for a silent name server, so it is noted here, where the error still is one.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hickory_resolver::net::runtime::{RuntimeProvider, TokioRuntimeProvider};

use crate::observation::MonitorFault;
use crate::phase::exhausted;

type Opening<S> = Pin<Box<dyn Future<Output = io::Result<S>> + Send>>;

/// Opens sockets for hickory as its own provider does.
#[derive(Clone, Default)]
pub(super) struct Sockets {
    tokio: TokioRuntimeProvider,
    refusals: Arc<Mutex<Refusals>>,
}

#[derive(Debug, Default)]
struct Refusals {
    count: u64,
    newest: Option<MonitorFault>,
}

impl fmt::Debug for Sockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sockets").field("refusals", &self.refusals).finish_non_exhaustive()
    }
}

impl Sockets {
    /// How many sockets the system has refused for want of something.
    pub(super) fn refusals(&self) -> u64 {
        self.locked().count
    }

    /// The newest refusal, where there were more than `before`.
    pub(super) fn refused_since(&self, before: u64) -> Option<MonitorFault> {
        let refusals = self.locked();
        if refusals.count > before { refusals.newest.clone() } else { None }
    }

    fn watch<S: 'static>(&self, opening: Opening<S>) -> Opening<S> {
        let sockets = self.clone();
        Box::pin(async move { opening.await.inspect_err(|error| sockets.note(error)) })
    }

    fn note(&self, error: &io::Error) {
        if let Some(fault) = exhausted("ask a name server", error) {
            let mut refusals = self.locked();
            refusals.count += 1;
            refusals.newest = Some(fault);
        }
    }

    fn locked(&self) -> MutexGuard<'_, Refusals> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RuntimeProvider for Sockets {
    type Handle = <TokioRuntimeProvider as RuntimeProvider>::Handle;
    type Timer = <TokioRuntimeProvider as RuntimeProvider>::Timer;
    type Udp = <TokioRuntimeProvider as RuntimeProvider>::Udp;
    type Tcp = <TokioRuntimeProvider as RuntimeProvider>::Tcp;

    fn create_handle(&self) -> Self::Handle {
        self.tokio.create_handle()
    }

    fn connect_tcp(&self, server: SocketAddr, local: Option<SocketAddr>, wait: Option<Duration>) -> Opening<Self::Tcp> {
        self.watch(self.tokio.connect_tcp(server, local, wait))
    }

    fn bind_udp(&self, local: SocketAddr, server: SocketAddr) -> Opening<Self::Udp> {
        self.watch(self.tokio.bind_udp(local, server))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMFILE: i32 = 24;

    #[test]
    fn only_what_the_monitor_lacks_is_remembered() {
        let sockets = Sockets::default();
        let before = sockets.refusals();
        sockets.note(&io::ErrorKind::ConnectionRefused.into());
        assert_eq!(sockets.refused_since(before), None);

        sockets.clone().note(&io::Error::from_raw_os_error(EMFILE));
        let fault = sockets.refused_since(before).unwrap();
        assert_eq!(fault.operation, "ask a name server");
        assert_eq!(sockets.refused_since(sockets.refusals()), None, "what was known before is no news");
    }
}
