//! By which id the service knows this site.

use std::fmt;
use std::io;

use uuid::{Builder, Uuid};

/// A GUID of the site's own, as the service wants it from each client: it counts requests by it, so that it is nobody else's
/// and stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientId(Uuid);

impl ClientId {
    /// A new one.
    ///
    /// # Errors
    /// Where the system gives no random octets.
    pub fn random() -> io::Result<Self> {
        let mut octets = [0; 16];
        aws_lc_rs::rand::fill(&mut octets).map_err(|_| io::Error::other("the system gives no random octets"))?;
        Ok(Self(Builder::from_random_bytes(octets).into_uuid()))
    }

    /// One that was written down.
    pub fn read(text: &str) -> Option<Self> {
        Uuid::try_parse(text.trim()).ok().filter(|id| id.get_version_num() == 4).map(Self)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_its_own_and_is_read_as_it_was_written() {
        let (one, other) = (ClientId::random().unwrap(), ClientId::random().unwrap());
        assert_ne!(one, other);
        assert_eq!(ClientId::read(&format!("{one}\n")), Some(one));
        assert_eq!(one.to_string().len(), 36);
        // The sample of Microsoft's documentation is nobody's own, and no random GUID either.
        for wrong in ["", "x", "b10c5ed1-bad1-445f-b386-b919946339a7x", "00000000-0000-0000-0000-000000000000"] {
            assert_eq!(ClientId::read(wrong), None, "{wrong}");
        }
    }
}
