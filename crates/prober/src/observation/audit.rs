//! What an audit of TLS saw: how handshakes fare that offer less, or more, than clients do.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::fault::{Fault, TlsFault};
use super::tls::{Period, TlsFacts};
use crate::text::with_sources;

/// What one audit of one pair saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditFacts {
    /// Wall time at which the audit ended.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// TLS 1.2 and nothing else.
    pub tls12: HelloOutcome,
    /// TLS 1.3 and nothing else.
    pub tls13: HelloOutcome,
    /// Both versions with a post-quantum key share, which makes a `ClientHello` of two segments.
    pub large_hello: HelloOutcome,
}

impl AuditFacts {
    /// What became of each hello: TLS 1.2, TLS 1.3, the large one.
    pub(crate) fn outcomes(&self) -> [&HelloOutcome; 3] {
        [&self.tls12, &self.tls13, &self.large_hello]
    }

    /// As [`outcomes`](Self::outcomes).
    pub(crate) fn outcomes_mut(&mut self) -> [&mut HelloOutcome; 3] {
        [&mut self.tls12, &mut self.tls13, &mut self.large_hello]
    }

    /// Whether what was seen at `at` in an audit says nothing any more: two intervals are over, on either side, since a clock
    /// that has been set leaves stamps in the future too.
    pub(crate) fn is_over(at: OffsetDateTime, now: OffsetDateTime, interval: Duration) -> bool {
        (now - at).unsigned_abs() > interval.saturating_mul(2)
    }

    /// The versions by their names in labels and JSON, with what became of each alone.
    pub fn versions(&self) -> [(&'static str, &HelloOutcome); 2] {
        [("TLSv1.2", &self.tls12), ("TLSv1.3", &self.tls13)]
    }
}

/// What became of one `ClientHello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HelloOutcome {
    /// The handshake completed, whoever answered.
    Passed {
        /// Whether the certificate proved the origin, by our clock then.
        proven: bool,
        /// From when until when it proves it, whatever our clock says; `None` where at no time.
        #[serde(default)]
        period: Option<Period>,
    },
    /// It did not: where TLS failed, twice in a row; otherwise the way did not lead so far, which says nothing of TLS.
    Failed(Fault),
}

impl HelloOutcome {
    /// A handshake that completed.
    pub fn passed(tls: &TlsFacts) -> Self {
        let period = tls.verification.period.filter(|_| tls.is_an_origins());
        Self::Passed { proven: tls.is_proven(), period }
    }

    /// Whether such a handshake passes; `None` where the audit did not get so far as to tell.
    pub fn passes(&self) -> Option<bool> {
        match self {
            Self::Passed { .. } => Some(true),
            Self::Failed(_) => self.tls_fault().map(|_| false),
        }
    }

    /// Why it did not pass, in words.
    pub fn failure(&self) -> Option<String> {
        match self {
            Self::Passed { .. } => None,
            Self::Failed(fault) => Some(with_sources(fault)),
        }
    }

    /// How TLS failed, where it did.
    pub fn tls_fault(&self) -> Option<&TlsFault> {
        match self {
            Self::Failed(Fault::Tls(fault)) => Some(fault),
            Self::Failed(_) | Self::Passed { .. } => None,
        }
    }
}

#[cfg(test)]
impl HelloOutcome {
    /// What a sign stands for in tests: `+` passed, `-` failed, `?` got nowhere.
    pub(crate) fn signed(sign: char) -> Self {
        use super::fault::{MonitorFault, TlsFailure};
        let host = "a.example".to_owned();
        match sign {
            '+' => Self::Passed { proven: true, period: None },
            '-' => {
                let failure = TlsFailure::TimedOut;
                Self::Failed(Fault::Tls(TlsFault { host, failure, answered: false, first_bytes: None }))
            }
            '?' => {
                let operation = "audit TLS".to_owned();
                Self::Failed(Fault::Monitor(MonitorFault { operation, reason: "no".into() }))
            }
            other => panic!("{other} is no sign of an outcome"),
        }
    }

    /// The sign of this outcome.
    pub(crate) fn sign(&self) -> char {
        match self.passes() {
            Some(true) => '+',
            Some(false) => '-',
            None => '?',
        }
    }
}
