//! What may meet a connection, and a handshake of TLS on it.

use crate::certs::CertificateKind;

/// Ways for a connection to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TcpFault {
    /// RST to the SYN.
    Refuse,
    /// No answer to the SYN.
    Drop,
    /// Accepted, then nothing.
    Hang,
    /// Accepted, then closed.
    Close,
    /// Accepted, then reset.
    Reset,
}

/// Ways for a TLS handshake to go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsFault {
    /// RST after the whole `ClientHello`.
    ResetAfterHello,
    /// FIN after the whole `ClientHello`.
    CloseAfterHello,
    /// Nothing after the whole `ClientHello`.
    HangAfterHello,
    /// Nothing after a `ClientHello` of more octets than this, as with middleboxes that expect it in one segment.
    HangAfterHelloOver(usize),
    /// RST after a `ClientHello` of more octets than this.
    ResetAfterHelloOver(usize),
    /// RST after a `ClientHello` that offers TLS 1.2 and not 1.3.
    ResetWithout13,
    /// RST after a `ClientHello` that offers TLS 1.3 and not 1.2.
    ResetWithout12,
    /// A block page in the clear.
    Plaintext,
    /// A fatal alert with this description ([RFC 8446 section 6](https://www.rfc-editor.org/rfc/rfc8446#section-6)).
    Alert(u8),
    /// TLS 1.2 only.
    Only12,
    /// TLS 1.3 only.
    Only13,
    /// Another certificate than the right one.
    Certificate(CertificateKind),
    /// A leaf without its intermediate; its caIssuers points into this world, at port 80 (which only the world's
    /// proxy reaches) or at the port that the world really listens on.
    MissingIntermediate {
        /// Whether the URL is written without a port.
        port_80: bool,
    },
}

impl TlsFault {
    /// Alert `protocol_version`.
    pub const PROTOCOL_VERSION: Self = Self::Alert(70);
    /// Alert `handshake_failure`.
    pub const HANDSHAKE_FAILURE: Self = Self::Alert(40);
    /// Alert `unrecognized_name`.
    pub const UNRECOGNIZED_NAME: Self = Self::Alert(112);
}
