//! The TCP connection, as RFC 8305 has it: addresses in turn, each with a head start, the first to answer wins.

mod merge;
mod race;

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;

use self::race::{Loss, Outcome, race};
use super::{Failure, exhausted};
use crate::net::is_unspecified;
use crate::observation::{ConnectAttempt, ConnectFault, MonitorFault};
use crate::text::Clean;

/// The most addresses tried; a name with more has better ones among the first.
const MAX_ATTEMPTS: usize = 8;

/// A connection, and what failed before it came about.
#[derive(Debug)]
pub struct Connected {
    /// The connection, with Nagle's algorithm off.
    pub stream: TcpStream,
    /// The attempts that failed before, without those of a family that has no route here.
    pub failed: Vec<ConnectAttempt>,
}

/// Connects to the first address that answers, in their order (see [`interleave`](super::dns::interleave)).
///
/// Unspecified addresses are left out: Linux takes them for itself. Whatever has not answered by the given instant
/// counts as timed out. Connections come from `source` where there is one, and then only targets of its family are
/// tried.
pub async fn connect(
    host: &str,
    port: u16,
    addresses: &[IpAddr],
    source: Option<IpAddr>,
    by: Instant,
) -> Result<Connected, Failure<ConnectFault>> {
    let targets: Vec<SocketAddr> = addresses
        .iter()
        .filter(|address| !is_unspecified(**address))
        .filter(|address| source.is_none_or(|source| source.is_ipv4() == address.is_ipv4()))
        .take(MAX_ATTEMPTS)
        .map(|address| SocketAddr::new(*address, port))
        .collect();
    if let Some(source) = source {
        check_source(source)?;
    }
    let (stream, failed) = conclude(host, port, race(&targets, by, |target| open(target, source)).await)?;
    // A connection that refuses the option still carries a probe, only later.
    let _ = stream.set_nodelay(true);
    Ok(Connected { stream, failed })
}

/// Whether connections can come from an address at all: that this machine does not have it says nothing about any peer.
fn check_source(source: IpAddr) -> Result<(), Failure<ConnectFault>> {
    bound(source).map(drop).map_err(|error| {
        let reason = Clean::new(&error.to_string());
        Failure::Monitor(MonitorFault { operation: format!("open a connection from {source}"), reason })
    })
}

fn bound(source: IpAddr) -> io::Result<TcpSocket> {
    let socket = if source.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.bind(SocketAddr::new(source, 0))?;
    Ok(socket)
}

/// Opens one connection, from an address of ours where one is given.
async fn open(target: SocketAddr, source: Option<IpAddr>) -> io::Result<TcpStream> {
    match source {
        None => TcpStream::connect(target).await,
        Some(source) => bound(source)?.connect(target).await,
    }
}

/// What a race comes to: the winner and who failed before, or the fault that speaks for all.
fn conclude<S>(host: &str, port: u16, outcome: Outcome<S>) -> Result<(S, Vec<ConnectAttempt>), Failure<ConnectFault>> {
    let failed = merge::without_unrouted_families(outcome.losses);
    let attempts = merge::attempts(&failed);
    if let Some(stream) = outcome.winner {
        return Ok((stream, attempts));
    }
    let lacking =
        |loss: &Loss| exhausted("open a connection", loss.error.as_ref().filter(|_| !merge::is_unrouted(loss))?);
    if let Some(fault) = failed.iter().find_map(lacking) {
        return Err(Failure::Monitor(fault));
    }
    Err(Failure::Fault(ConnectFault { host: host.to_owned(), port, failure: merge::summary(&attempts), attempts }))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use tokio::net::TcpListener;

    use super::*;
    use crate::observation::ConnectFailure;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const OTHER_LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

    #[tokio::test]
    async fn the_next_address_serves_where_the_first_refuses() {
        let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();

        let connected = connect("test", port, &[OTHER_LOOPBACK, LOOPBACK], None, soon()).await.unwrap();
        assert_eq!(connected.stream.peer_addr().unwrap().ip(), LOOPBACK);
        assert!(connected.stream.nodelay().unwrap());
        let refused =
            ConnectAttempt { address: SocketAddr::new(OTHER_LOOPBACK, port), failure: ConnectFailure::Refused };
        assert_eq!(connected.failed, [refused]);
    }

    #[tokio::test]
    async fn a_closed_port_is_refused() {
        let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);

        let Err(Failure::Fault(fault)) = connect("test", port, &[LOOPBACK], None, soon()).await else {
            panic!("a closed port accepted")
        };
        assert_eq!((fault.failure, fault.attempts.len()), (ConnectFailure::Refused, 1));
    }

    #[tokio::test]
    async fn unspecified_addresses_are_never_connected_to() {
        let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let unspecified = ["0.0.0.0", "::", "::ffff:0.0.0.0"].map(|text| text.parse().unwrap());

        let Err(Failure::Fault(fault)) = connect("test", port, &unspecified, None, soon()).await else {
            panic!("connected to ourselves")
        };
        assert_eq!((fault.failure, fault.attempts), (ConnectFailure::Unreachable, vec![]));
    }

    #[tokio::test]
    async fn connections_come_from_the_address_that_is_asked_for() {
        let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let addresses = [IpAddr::from(std::net::Ipv6Addr::LOCALHOST), LOOPBACK];
        let connected = connect("test", port, &addresses, Some(OTHER_LOOPBACK), soon()).await.unwrap();
        assert_eq!(connected.stream.local_addr().unwrap().ip(), OTHER_LOOPBACK);
        assert_eq!(connected.failed, [], "the other family is not tried");
    }

    #[tokio::test]
    async fn an_address_that_is_not_ours_is_the_monitors_trouble() {
        let documentation = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        let result = connect("test", 443, &[LOOPBACK], Some(documentation), soon()).await;
        let Err(Failure::Monitor(fault)) = result else { panic!("{result:?}") };
        assert_eq!(fault.operation, "open a connection from 192.0.2.1");
    }

    #[test]
    fn a_machine_without_ipv6_has_not_run_out_of_anything() {
        // What connect(2) says where IPv6 is switched off by sysctl.
        const EADDRNOTAVAIL: i32 = 99;
        let address = SocketAddr::new("2001:db8::1".parse().unwrap(), 443);
        let error = Some(std::io::Error::from_raw_os_error(EADDRNOTAVAIL));
        let losses = vec![race::Loss { address, error, at_once: true }];
        let concluded = conclude::<()>("test", 443, Outcome { winner: None, losses });
        let Err(Failure::Fault(fault)) = concluded else { panic!("{concluded:?}") };
        assert_eq!((fault.failure, fault.attempts.len()), (ConnectFailure::Unreachable, 1));
    }

    #[test]
    fn what_the_monitor_runs_out_of_is_not_the_endpoints_fault() {
        const EMFILE: i32 = 24;
        const EADDRNOTAVAIL: i32 = 99;
        for errno in [EMFILE, EADDRNOTAVAIL] {
            let address = SocketAddr::new(LOOPBACK, 443);
            let error = Some(std::io::Error::from_raw_os_error(errno));
            let losses = vec![race::Loss { address, error, at_once: true }];
            let concluded = conclude::<()>("test", 443, Outcome { winner: None, losses });
            let Err(Failure::Monitor(fault)) = concluded else { panic!("{concluded:?} for {errno}") };
            assert_eq!(fault.operation, "open a connection");
        }
    }
}
