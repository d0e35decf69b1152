//! Opening the sockets to listen on.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use thiserror::Error;
use tokio::net::TcpListener;

/// Where the server listens unless told otherwise: every address, of both families.
pub const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V6(Ipv6Addr::UNSPECIFIED), 10365);

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

/// errno values of Linux that say that this machine has no IPv6.
const EAFNOSUPPORT: i32 = 97;
const EADDRNOTAVAIL: i32 = 99;

/// An address could not be listened on.
#[derive(Debug, Error)]
#[error("cannot listen on {address}")]
pub struct BindError {
    /// The address.
    pub address: SocketAddr,
    /// Why not.
    #[source]
    pub source: io::Error,
}

/// Listens on every address given. `[::]` takes IPv4 too, unless `0.0.0.0` is given with the same port, and is
/// `0.0.0.0` where IPv6 is off.
///
/// # Errors
/// On the first address that cannot be had. Must be called within a tokio runtime.
pub fn bind(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, BindError> {
    let bind_one = |address: &SocketAddr| {
        let other_family = SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()));
        let both_families = !addresses.contains(&other_family);
        match listen(*address, both_families) {
            Err(error) if is_every_ipv6(*address) && both_families && means_no_ipv6(&error) => {
                listen(other_family, false).map_err(|source| BindError { address: other_family, source })
            }
            result => result.map_err(|source| BindError { address: *address, source }),
        }
    };
    addresses.iter().map(bind_one).collect()
}

fn listen(address: SocketAddr, both_families: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if is_every_ipv6(address) {
        socket.set_only_v6(!both_families)?;
    }
    // A restart must not wait for connections of the process before to leave TIME_WAIT.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn is_every_ipv6(address: SocketAddr) -> bool {
    address.ip() == Ipv6Addr::UNSPECIFIED
}

fn means_no_ipv6(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(EAFNOSUPPORT | EADDRNOTAVAIL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn several_addresses_are_listened_on_each_at_a_port_of_its_own() {
        let listeners = bind(&["127.0.0.1:0".parse().unwrap(), "127.0.0.1:0".parse().unwrap()]).unwrap();
        let ports: Vec<_> = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        assert_eq!(ports.len(), 2);
        assert_ne!(ports[0], ports[1]);
    }

    #[tokio::test]
    async fn a_taken_port_is_an_error_that_names_the_address() {
        let taken = bind(&["127.0.0.1:0".parse().unwrap()]).unwrap();
        let address = taken[0].local_addr().unwrap();
        let error = bind(&[address]).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot listen on {address}"));
        assert_eq!(error.source.kind(), io::ErrorKind::AddrInUse);
    }

    #[tokio::test]
    async fn the_unspecified_address_takes_ipv4_too() {
        let listeners = bind(&[SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))]).unwrap();
        let port = listeners[0].local_addr().unwrap().port();
        let (accepted, connected) =
            tokio::join!(listeners[0].accept(), tokio::net::TcpStream::connect(("127.0.0.1", port)));
        accepted.unwrap();
        connected.unwrap();
    }

    #[test]
    fn only_a_missing_family_leads_to_the_other_one() {
        assert!(means_no_ipv6(&io::Error::from_raw_os_error(EAFNOSUPPORT)));
        assert!(!means_no_ipv6(&io::Error::from(io::ErrorKind::AddrInUse)));
    }
}
