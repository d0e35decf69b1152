//! Places for connections, shared out so that nobody can hold them all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::client::Client;

/// The most connections at once.
pub(super) const ALL: usize = 256;
/// The most that one client holds of them.
pub(super) const PER_CLIENT: usize = 64;
/// How many are left for this machine: the check of its health, and whoever looks why nobody else gets in.
pub(super) const FOR_LOOPBACK: usize = 16;

/// The places and who holds them.
#[derive(Debug, Default)]
pub(super) struct Places {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    all: usize,
    by: HashMap<Client, usize>,
}

/// A place; free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    client: Client,
}

impl Places {
    /// Takes a place for a client, unless it has its share or none is left for it.
    pub(super) fn take(self: &Arc<Self>, client: Client) -> Option<Place> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = if client.is_loopback() { ALL } else { ALL - FOR_LOOPBACK };
        let own = held.by.get(&client).copied().unwrap_or(0);
        if held.all >= limit || own >= PER_CLIENT {
            return None;
        }
        held.all += 1;
        held.by.insert(client, own + 1);
        Some(Place { places: Arc::clone(self), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.places.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.all = held.all.saturating_sub(1);
        match held.by.get_mut(&self.client) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(held.by.remove(&self.client)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, SocketAddr};

    use super::*;

    fn client(number: u8) -> Client {
        Client::of(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, number)), 1000))
    }

    fn loopback() -> Client {
        Client::of("127.0.0.1:1000".parse().unwrap())
    }

    fn take_all(places: &Arc<Places>, client: Client) -> Vec<Place> {
        std::iter::from_fn(|| places.take(client)).collect()
    }

    #[test]
    fn a_client_that_takes_all_it_can_leaves_places_to_others() {
        let places = Arc::new(Places::default());
        let greedy = take_all(&places, client(1));
        assert_eq!(greedy.len(), PER_CLIENT);
        assert!(places.take(client(2)).is_some());
        assert!(places.take(loopback()).is_some());
    }

    #[test]
    fn many_clients_leave_places_to_this_machine() {
        let places = Arc::new(Places::default());
        let taken: Vec<_> = (1..=9).flat_map(|number| take_all(&places, client(number))).collect();
        assert_eq!(taken.len(), ALL - FOR_LOOPBACK);
        assert_eq!(take_all(&places, loopback()).len(), FOR_LOOPBACK);
    }

    #[test]
    fn what_is_given_back_can_be_taken_again_and_nothing_is_remembered() {
        let places = Arc::new(Places::default());
        for _ in 0..3 {
            assert_eq!(take_all(&places, client(1)).len(), PER_CLIENT);
        }
        let held = places.held.lock().unwrap();
        assert_eq!((held.all, held.by.len()), (0, 0));
    }
}
