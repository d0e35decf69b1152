//! What may be wrong with a SOCKS server.

/// Ways for the SOCKS server to fail, for all targets or for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocksFault {
    /// The request is answered with this code; in SOCKS4 with 91 where it is none of its own.
    Reply(u8),
    /// Accepted, then nothing; for all targets only, as no request is read.
    HangAtOnce,
    /// The request is read, then nothing.
    Hang,
    /// The request is read, then FIN.
    Close,
    /// The request is read, then RST.
    Reset,
    /// So many octets of what is to be said, then FIN; for all targets only.
    CloseAfter(usize),
    /// This method of authentication is chosen, whatever is offered; for all targets only.
    Method(u8),
    /// SOCKS5 is answered by a refusal in SOCKS4.
    Version4,
    /// The answer is a status line of HTTP.
    Http,
    /// Octets that are not SOCKS.
    Garbage,
    /// One octet of the reply a second.
    SlowReply,
    /// The way is opened, then octets that are neither TLS nor HTTP.
    TunnelGarbage,
    /// The way is opened, then RST once the client has sent something.
    TunnelReset,
    /// The way is opened, then nothing.
    TunnelHang,
}
