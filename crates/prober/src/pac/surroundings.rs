//! What a PAC file can learn of the machine that it runs on.

use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

use time::{OffsetDateTime, UtcOffset};

use crate::net::Clock;

/// Time and place of an evaluation; a seam for tests.
pub trait Surroundings: Debug + Send + Sync + 'static {
    /// Now, in the site's own time.
    fn now(&self) -> OffsetDateTime;

    /// The addresses from which this machine reaches the world, IPv4 first; empty where there is no way anywhere.
    fn own_addresses(&self) -> Vec<IpAddr>;
}

/// The machine as it is.
#[derive(Debug, Clone)]
pub struct ThisMachine {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The address that the path's connections are made from, where it is set.
    pub source_address: Option<IpAddr>,
}

impl Surroundings for ThisMachine {
    /// The site's time zone is that of the process: `TZ`, else `/etc/localtime`, else UTC.
    fn now(&self) -> OffsetDateTime {
        let now = self.clock.now();
        now.to_offset(UtcOffset::local_offset_at(now).unwrap_or(UtcOffset::UTC))
    }

    fn own_addresses(&self) -> Vec<IpAddr> {
        if let Some(address) = self.source_address {
            return vec![address];
        }
        let families: [&[IpAddr]; 2] = [&TOWARDS_V4, &TOWARDS_V6];
        families.iter().filter_map(|towards| towards.iter().find_map(|target| source_towards(*target))).collect()
    }
}

/// Where the way is asked for: the internet, else the private networks, as in Chrome: behind a proxy there may be no
/// default route. No packet goes there.
const TOWARDS_V4: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8)),
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)),
    IpAddr::V4(Ipv4Addr::new(172, 16, 0, 0)),
    IpAddr::V4(Ipv4Addr::new(192, 168, 0, 0)),
];
const TOWARDS_V6: [IpAddr; 2] = [
    IpAddr::V6(Ipv6Addr::new(0x2001, 0x4860, 0x4860, 0, 0, 0, 0, 0x8888)),
    IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)),
];

/// The address from which a packet to `target` would leave. Connecting a UDP socket sends nothing.
fn source_towards(target: IpAddr) -> Option<IpAddr> {
    let unbound = match target {
        IpAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        IpAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(unbound).ok()?;
    socket.connect((target, 80)).ok()?;
    let own = socket.local_addr().ok()?.ip();
    let is_local = match own {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_link_local() || v4.is_unspecified(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unicast_link_local() || v6.is_unspecified(),
    };
    (!is_local).then_some(own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::SystemClock;

    fn machine(source_address: Option<IpAddr>) -> ThisMachine {
        ThisMachine { clock: Arc::new(SystemClock), source_address }
    }

    #[test]
    fn a_configured_source_address_is_the_machines_own() {
        let configured = IpAddr::V4(Ipv4Addr::new(10, 1, 2, 3));
        assert_eq!(machine(Some(configured)).own_addresses(), [configured]);
    }

    #[test]
    fn own_addresses_lead_somewhere_and_are_one_of_each_family() {
        let own = machine(None).own_addresses();
        assert!(own.iter().filter(|address| address.is_ipv4()).count() <= 1, "{own:?}");
        assert!(own.len() <= 2 && own.iter().all(|address| !address.is_loopback()), "{own:?}");
        assert_eq!(source_towards(Ipv4Addr::LOCALHOST.into()), None);
    }

    #[test]
    fn local_time_is_the_same_instant() {
        let machine = machine(None);
        let before = machine.clock.now();
        let now = machine.now();
        assert!(before <= now && now <= machine.clock.now());
    }
}
