//! How many large bodies are held at once. Whoever is on the way can make every revocation list as large as is taken, and
//! dozens of them come side by side: each is held once, and only so many at a time.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::observation::MonitorFault;

/// From so many bytes on a body is large; nearly all lists are smaller.
const LARGE: usize = 1024 * 1024;

/// The most large bodies held at once, by the whole process: a quarter of a gigabyte at worst.
const AT_ONCE: usize = 8;

static ROOM: Semaphore = Semaphore::const_new(AT_ONCE);

/// Leave to hold a large body.
#[derive(Debug)]
pub(crate) struct Permit(
    #[expect(dead_code, reason = "it is given back when it is dropped")] Option<SemaphorePermit<'static>>,
);

/// Whether a body is one of those of which only so many are held: by what came, or by what is to come and is taken.
pub(super) fn is_large(bytes: &[u8], announced: Option<u64>, limit: usize) -> bool {
    let has_room = limit >= LARGE;
    has_room && (bytes.len() >= LARGE || announced.is_some_and(|announced| announced >= LARGE as u64))
}

/// Waits for leave.
pub(super) async fn permit() -> Permit {
    // Nobody closes it.
    Permit(ROOM.acquire().await.ok())
}

/// Makes room for all that is announced, or may come: a vector that grows doubles, and is copied each time. What is not
/// written to takes no memory.
pub(super) fn make_room(bytes: &mut Vec<u8>, announced: Option<u64>, limit: usize) {
    let wanted = announced.and_then(|announced| usize::try_from(announced).ok()).map_or(limit, |all| all.min(limit));
    bytes.reserve_exact(wanted.saturating_sub(bytes.len()));
}

/// There was no room in time, which is nobody's fault on the way.
pub(super) fn no_room() -> MonitorFault {
    let reason = format!("{AT_ONCE} others of more than {LARGE} bytes are being read").as_str().into();
    MonitorFault { operation: "hold a large body".to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_made_once_and_for_no_more_than_is_taken() {
        for (announced, limit, expected) in
            [(Some(5_000_000), 32 << 20, 5_000_000), (Some(u64::MAX), 32 << 20, 32 << 20), (None, 32 << 20, 32 << 20)]
        {
            let mut bytes = vec![0; 10];
            make_room(&mut bytes, announced, limit);
            assert_eq!(bytes.capacity(), expected);
        }
        let whole = vec![0; LARGE];
        assert!(is_large(&whole, None, 32 << 20) && is_large(&[], Some(LARGE as u64), 32 << 20));
        assert!(!is_large(&whole[1..], None, 32 << 20) && !is_large(&[], Some(LARGE as u64 - 1), 32 << 20));
        assert!(!is_large(&[], Some(u64::MAX), 64 << 10), "the rest of it is not taken");
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_are_held_at_once() {
        let mut held: Vec<Permit> = Vec::new();
        for _ in 0..AT_ONCE {
            held.push(permit().await);
        }
        let soon = std::time::Duration::from_secs(1);
        assert!(tokio::time::timeout(soon, permit()).await.is_err());
        held.pop();
        assert!(tokio::time::timeout(soon, permit()).await.is_ok());
    }
}
