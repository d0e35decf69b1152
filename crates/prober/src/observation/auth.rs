//! Authentication with a proxy: what it asks for, and what became of our answer.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::text::Clean;

/// A scheme by which we can say who we are. The greater one is the stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthScheme {
    /// User and password in the clear (RFC 7617).
    Basic,
    /// NTLM (MS-NTHT): proves the password to the connection without sending it.
    Ntlm,
    /// Negotiate (RFC 4559): a Kerberos ticket, or NTLM where none can be had.
    Negotiate,
}

impl AuthScheme {
    /// All of them, strongest first.
    pub const ALL: [Self; 3] = [Self::Negotiate, Self::Ntlm, Self::Basic];

    /// The scheme's registered name, as it stands in headers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "Basic",
            Self::Ntlm => "NTLM",
            Self::Negotiate => "Negotiate",
        }
    }
}

/// How we answered a proxy that asked who we are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthFacts {
    /// The scheme of the last answer; `None` where there was none to give.
    pub tried: Option<AuthScheme>,
    /// Why no Kerberos ticket was shown although the user has a realm.
    pub no_ticket: Option<Clean>,
    /// Why the proxy was not convinced; `None` where it was.
    pub failure: Option<AuthFailure>,
}

/// Why a proxy that asked who we are was not convinced.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthFailure {
    /// It offers no scheme that we have, or that the configuration lets us use.
    #[error("none of the schemes it offers may be used")]
    NoScheme,
    /// It asked again after the last answer.
    #[error("refused")]
    Refused,
    /// It asked again after this password not long ago, which is not tried again so that no domain locks the account.
    #[error("refused a short while ago, and not tried again")]
    RefusedBefore,
    /// It asked for more answers than any scheme needs.
    #[error("it keeps asking")]
    TooManyRounds,
    /// It closed the connection that the handshake was bound to.
    #[error("it closed the connection within the handshake")]
    Closed,
    /// Its part of the handshake makes no sense.
    #[error("its challenge makes no sense: {0}")]
    Challenge(Clean),
    /// The key distribution centre refused the user.
    #[error("no Kerberos ticket for this user: {0}")]
    TicketRefused(Clean),
    /// The key distribution centre gave no ticket, or none could be asked.
    #[error("no Kerberos ticket: {0}")]
    Ticket(Clean),
    /// We could not make our part of the handshake.
    #[error("no answer can be made: {0}")]
    Local(Clean),
}
