//! What several failed attempts come to.

use std::io;

use super::race::Loss;
use crate::observation::{ConnectAttempt, ConnectFailure, IoFault, IoKind};

/// EAFNOSUPPORT of Linux: the kernel has no such family at all. It has no stable [`io::ErrorKind`].
const EAFNOSUPPORT: i32 = 97;

/// Leaves out the families that have no local route, unless no other family was tried: that this machine has no IPv6
/// says nothing about the endpoint.
pub(super) fn without_unrouted_families(losses: Vec<Loss>) -> Vec<Loss> {
    let routed = |v6: bool| losses.iter().any(|loss| loss.address.is_ipv6() == v6 && !is_unrouted(loss));
    let (v4, v6) = (routed(false), routed(true));
    if !v4 && !v6 {
        return losses;
    }
    losses.into_iter().filter(|loss| if loss.address.is_ipv6() { v6 } else { v4 }).collect()
}

/// Whether an attempt failed for want of a local route to its family. An IPv6 that is switched off by sysctl shows as
/// EADDRNOTAVAIL, which for IPv4 would mean that the ports have run out.
pub(super) fn is_unrouted(loss: &Loss) -> bool {
    let Some(error) = loss.error.as_ref().filter(|_| loss.at_once) else { return false };
    match error.kind() {
        io::ErrorKind::NetworkUnreachable => true,
        io::ErrorKind::AddrNotAvailable => loss.address.is_ipv6(),
        _ => error.raw_os_error() == Some(EAFNOSUPPORT),
    }
}

/// The attempts as facts.
pub(super) fn attempts(losses: &[Loss]) -> Vec<ConnectAttempt> {
    losses.iter().map(|loss| ConnectAttempt { address: loss.address, failure: failure(loss) }).collect()
}

fn failure(loss: &Loss) -> ConnectFailure {
    match loss.error.as_ref().map(|error| IoFault::from(error).kind) {
        None | Some(IoKind::TimedOut) => ConnectFailure::TimedOut,
        Some(IoKind::Refused | IoKind::Reset) => ConnectFailure::Refused,
        Some(_) => ConnectFailure::Unreachable,
    }
}

/// The failure that speaks for all attempts: refused before timeout before unreachable.
pub(super) fn summary(attempts: &[ConnectAttempt]) -> ConnectFailure {
    attempts.iter().map(|attempt| attempt.failure).max().unwrap_or(ConnectFailure::Unreachable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ConnectFailure::{Refused, TimedOut, Unreachable};

    const NETWORK_UNREACHABLE: i32 = 101;
    const HOST_UNREACHABLE: i32 = 113;
    const ADDRESS_NOT_AVAILABLE: i32 = 99;
    const CONNECTION_REFUSED: i32 = 111;

    fn loss(address: &str, errno: Option<i32>, at_once: bool) -> Loss {
        Loss { address: address.parse().unwrap(), error: errno.map(io::Error::from_raw_os_error), at_once }
    }

    const V4: &str = "192.0.2.1:443";
    const V6: &str = "[2001:db8::1]:443";

    #[test]
    fn what_speaks_for_all_attempts() {
        let cases = [
            (vec![loss(V4, Some(CONNECTION_REFUSED), false), loss(V6, None, false)], Refused, 2),
            (vec![loss(V4, Some(HOST_UNREACHABLE), false), loss(V6, None, false)], TimedOut, 2),
            (vec![loss(V4, None, false), loss(V6, Some(NETWORK_UNREACHABLE), true)], TimedOut, 1),
            (vec![loss(V4, None, false), loss(V6, Some(ADDRESS_NOT_AVAILABLE), true)], TimedOut, 1),
            (vec![loss(V4, None, false), loss(V6, Some(EAFNOSUPPORT), true)], TimedOut, 1),
            // ICMP from afar is an answer of the network, not a missing route here.
            (vec![loss(V4, Some(HOST_UNREACHABLE), false), loss(V6, Some(NETWORK_UNREACHABLE), false)], Unreachable, 2),
            (
                vec![loss(V4, Some(NETWORK_UNREACHABLE), true), loss(V6, Some(NETWORK_UNREACHABLE), true)],
                Unreachable,
                2,
            ),
            (vec![], Unreachable, 0),
        ];
        for (losses, expected, count) in cases {
            let shown = format!("{losses:?}");
            let attempts = attempts(&without_unrouted_families(losses));
            assert_eq!((summary(&attempts), attempts.len()), (expected, count), "{shown}");
        }
    }

    #[test]
    fn a_family_with_one_routed_address_stays_whole() {
        let losses = vec![loss(V6, Some(NETWORK_UNREACHABLE), true), loss("[2001:db8::2]:443", None, false)];
        assert_eq!(without_unrouted_families(losses).len(), 2);
    }

    #[test]
    fn ports_that_ran_out_on_ipv4_are_no_missing_route() {
        let losses = vec![loss(V4, Some(ADDRESS_NOT_AVAILABLE), true), loss(V6, None, false)];
        assert_eq!(without_unrouted_families(losses).len(), 2);
    }
}
