//! No TCP connection to the target.

use super::case::some_of;
use super::finding::Finding;
use crate::cause::Cause;
use crate::observation::{ConnectAttempt, ConnectFailure, ConnectFault};

pub(super) fn failed(fault: &ConnectFault) -> Finding {
    let cause = match fault.failure {
        ConnectFailure::Refused => Cause::TcpRefused,
        ConnectFailure::TimedOut => Cause::TcpTimeout,
        ConnectFailure::Unreachable => Cause::TcpUnreachable,
    };
    Finding::blocked(cause, format!("{}:{} {}", fault.host, fault.port, in_words(fault)))
        .with("attempts", &attempts(&fault.attempts))
}

/// What the peer did, to follow its name in a sentence, for the target and a proxy alike.
pub(super) fn in_words(fault: &ConnectFault) -> String {
    let speaking = fault.attempts.iter().filter(|attempt| attempt.failure == fault.failure);
    let at = some_of(speaking.map(|attempt| attempt.address.to_string()).collect());
    let at = if at.is_empty() { at } else { format!(" (tried {at})") };
    match fault.failure {
        ConnectFailure::Refused => format!("refused the connection{at}"),
        ConnectFailure::TimedOut => format!("did not answer the SYN in time{at}"),
        ConnectFailure::Unreachable => format!("is unreachable: no route, or prohibited by a firewall{at}"),
    }
}

/// Every attempt with its failure: `192.0.2.1:443 connection refused, [2001:db8::1]:443 unreachable`.
pub(super) fn attempts(attempts: &[ConnectAttempt]) -> String {
    let each = attempts.iter().map(|attempt| format!("{} {}", attempt.address, attempt.failure));
    each.collect::<Vec<_>>().join(", ")
}
