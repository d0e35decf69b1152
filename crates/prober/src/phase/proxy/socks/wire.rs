//! The messages of SOCKS4, its extension 4A, and SOCKS5: written and read octet by octet, without any I/O.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use zeroize::Zeroizing;

use super::Target;
use crate::observation::{SocksFailure, SocksVersion};
use crate::plan::Credentials;
use crate::text::Clean;

/// No authentication (RFC 1928, section 3).
pub(super) const NO_AUTHENTICATION: u8 = 0;
/// User and password (RFC 1929).
pub(super) const USER_AND_PASSWORD: u8 = 2;

/// The reply of SOCKS4 that opens the way.
const GRANTED_4: u8 = 0x5a;
const CONNECT: u8 = 1;
/// Address types (RFC 1928, section 5).
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// The longest message read: a SOCKS5 reply with a name of 255 octets.
pub(super) const MAX_MESSAGE: usize = 4 + 1 + 255 + 2;

/// How far the octets so far make a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed<T> {
    Partial,
    /// A whole message, of so many octets.
    Complete(T, usize),
    /// Of another protocol.
    Invalid,
}

/// A reply to a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u8,
    /// Whether it opens the way.
    pub(super) granted: bool,
    pub(super) bound: Option<Clean>,
}

/// The methods of authentication that we offer.
pub(super) fn methods(has_credentials: bool) -> Vec<u8> {
    if has_credentials { vec![NO_AUTHENTICATION, USER_AND_PASSWORD] } else { vec![NO_AUTHENTICATION] }
}

/// The offer of methods (RFC 1928, section 3).
pub(super) fn greeting(methods: &[u8]) -> Vec<u8> {
    [&[5, octet(methods.len())], methods].concat()
}

/// The choice of a method (RFC 1928, section 3).
pub(super) fn read_method(octets: &[u8]) -> Parsed<u8> {
    match octets {
        [] | [5] => Parsed::Partial,
        [5, method, ..] => Parsed::Complete(*method, 2),
        _ => Parsed::Invalid,
    }
}

/// User and password (RFC 1929, section 2).
pub(super) fn credentials(credentials: &Credentials) -> Result<Zeroizing<Vec<u8>>, SocksFailure> {
    let secret = credentials.password.current();
    let (user, password) = (credentials.username.as_bytes(), secret.expose().as_bytes());
    if user.len() > 255 || password.len() > 255 {
        return Err(cannot_carry(SocksVersion::Socks5, "a user or password of more than 255 bytes"));
    }
    // Room for all of it at once, so that growing does not leave a copy of the secret behind.
    let mut message = Zeroizing::new(Vec::with_capacity(3 + user.len() + password.len()));
    message.extend_from_slice(&[1, octet(user.len())]);
    message.extend_from_slice(user);
    message.push(octet(password.len()));
    message.extend_from_slice(password);
    Ok(message)
}

/// What came of user and password: 0 is success. There are servers that give the version of SOCKS in place of that of
/// the negotiation, which clients let pass.
pub(super) fn read_status(octets: &[u8]) -> Parsed<u8> {
    match octets {
        [] | [1 | 5] => Parsed::Partial,
        [1 | 5, status, ..] => Parsed::Complete(*status, 2),
        _ => Parsed::Invalid,
    }
}

/// The request to connect (RFC 1928, section 4).
pub(super) fn request_5(target: Target<'_>, port: u16) -> Result<Vec<u8>, SocksFailure> {
    let mut request = vec![5, CONNECT, 0];
    match target {
        Target::Address(IpAddr::V4(address)) => {
            request.push(IPV4);
            request.extend_from_slice(&address.octets());
        }
        Target::Address(IpAddr::V6(address)) => {
            request.push(IPV6);
            request.extend_from_slice(&address.octets());
        }
        Target::Name(name) => {
            let length = u8::try_from(name.len())
                .map_err(|_| cannot_carry(SocksVersion::Socks5, "a name of more than 255 bytes"))?;
            request.extend_from_slice(&[NAME, length]);
            request.extend_from_slice(name.as_bytes());
        }
    }
    request.extend_from_slice(&port.to_be_bytes());
    Ok(request)
}

/// The reply to a request (RFC 1928, section 6). A refusal is decided by its code: where servers say no more than that,
/// or close half way through an address that means nothing, the code still came.
pub(super) fn read_reply_5(octets: &[u8]) -> Parsed<Reply> {
    match octets {
        [] | [5] | [5, 0] | [5, 0, _] => Parsed::Partial,
        [5, 0, _, kind, rest @ ..] => read_bound(*kind, rest),
        [5, code, ..] => Parsed::Complete(Reply { code: *code, granted: false, bound: None }, 2),
        _ => Parsed::Invalid,
    }
}

/// The bound address of a SOCKS5 reply, which stands behind four octets.
fn read_bound(kind: u8, octets: &[u8]) -> Parsed<Reply> {
    let (bound, length) = match (kind, octets) {
        (IPV4, [a, b, c, d, high, low, ..]) => (socket([*a, *b, *c, *d].into(), [*high, *low]), 6),
        (IPV6, _) => match octets.split_first_chunk::<16>() {
            Some((address, [high, low, ..])) => (socket(Ipv6Addr::from(*address).into(), [*high, *low]), 18),
            _ => return Parsed::Partial,
        },
        (NAME, [length, rest @ ..]) => match rest.split_at_checked(usize::from(*length)) {
            Some((name, [high, low, ..])) => {
                let name = Clean::from_bytes(name);
                let port = u16::from_be_bytes([*high, *low]);
                (Clean::new(&format!("{name}:{port}")), 1 + usize::from(*length) + 2)
            }
            _ => return Parsed::Partial,
        },
        (IPV4 | NAME, _) => return Parsed::Partial,
        _ => return Parsed::Invalid,
    };
    Parsed::Complete(Reply { code: 0, granted: true, bound: Some(bound) }, 4 + length)
}

/// The request to connect of SOCKS4 and, for a name, of SOCKS4A: a zero octet ends the user, another one the name.
///
/// An IPv6 address goes as a name, which only SOCKS4A has, as curl does it: the server may know what to do with it.
pub(super) fn request_4(target: Target<'_>, port: u16, user: &str, by_name: bool) -> Result<Vec<u8>, SocksFailure> {
    const IN_THE_NAME: [u8; 4] = [0, 0, 0, 1];
    let (address, name) = match target {
        Target::Address(IpAddr::V4(address)) => (address.octets(), None),
        Target::Address(IpAddr::V6(address)) if by_name => (IN_THE_NAME, Some(address.to_string())),
        Target::Address(IpAddr::V6(_)) => return Err(cannot_carry(SocksVersion::Socks4, "an IPv6 address")),
        Target::Name(name) => (IN_THE_NAME, Some(name.to_owned())),
    };
    let texts = [user, name.as_deref().unwrap_or_default()];
    if texts.iter().any(|text| text.len() > 255) {
        return Err(cannot_carry(SocksVersion::Socks4, "a user or name of more than 255 bytes"));
    }
    if texts.iter().any(|text| text.contains('\0')) {
        return Err(cannot_carry(SocksVersion::Socks4, "a zero byte"));
    }
    let mut request = vec![4, CONNECT];
    request.extend_from_slice(&port.to_be_bytes());
    request.extend_from_slice(&address);
    request.extend_from_slice(user.as_bytes());
    request.push(0);
    if let Some(name) = name {
        request.extend_from_slice(name.as_bytes());
        request.push(0);
    }
    Ok(request)
}

/// The reply to a request of SOCKS4, whose version is 0. As with SOCKS5, a refusal's code is enough.
pub(super) fn read_reply_4(octets: &[u8]) -> Parsed<Reply> {
    match octets {
        [0, GRANTED_4, high, low, a, b, c, d, ..] => {
            let bound = Some(socket([*a, *b, *c, *d].into(), [*high, *low]));
            Parsed::Complete(Reply { code: GRANTED_4, granted: true, bound }, 8)
        }
        [] | [0] | [0, GRANTED_4, ..] => Parsed::Partial,
        [0, code @ 0x5b..=0x5d, ..] => Parsed::Complete(Reply { code: *code, granted: false, bound: None }, 2),
        _ => Parsed::Invalid,
    }
}

/// What came in place of a message, for people: text as text, anything else in hexadecimal.
pub(super) fn in_words(octets: &[u8]) -> Clean {
    const SHOWN: usize = 16;
    let is_text = octets.first().is_some_and(|first| first.is_ascii_graphic() || first.is_ascii_whitespace());
    if is_text {
        return Clean::from_bytes(octets);
    }
    let shown: Vec<String> = octets.iter().take(SHOWN).map(|octet| format!("{octet:02x}")).collect();
    let more = if octets.len() > SHOWN { " …" } else { "" };
    let like = match octets {
        [5, ..] => "SOCKS5: ",
        [0, 0x5a..=0x5d, ..] => "SOCKS4: ",
        [0x15, 3, ..] => "TLS: ",
        _ => "",
    };
    Clean::new(&format!("{like}{}{more}", shown.join(" ")))
}

fn socket(address: IpAddr, port: [u8; 2]) -> Clean {
    Clean::new(&SocketAddr::new(address, u16::from_be_bytes(port)).to_string())
}

fn cannot_carry(version: SocksVersion, what: &str) -> SocksFailure {
    SocksFailure::CannotCarry { version, what: Clean::new(what) }
}

/// A length that was checked to fit an octet.
fn octet(length: usize) -> u8 {
    u8::try_from(length).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests;
