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
    Finding::blocked(cause, in_words(fault)).with("attempts", &attempts(&fault.attempts))
}

/// The failure as a sentence, for the target and a proxy alike.
pub(super) fn in_words(fault: &ConnectFault) -> String {
    let ConnectFault { host, port, failure, .. } = fault;
    let speaking = fault.attempts.iter().filter(|attempt| attempt.failure == *failure);
    let at = some_of(speaking.map(|attempt| attempt.address.to_string()).collect());
    let at = if at.is_empty() { at } else { format!(" (tried {at})") };
    match failure {
        ConnectFailure::Refused => format!("{host}:{port} refused the connection{at}"),
        ConnectFailure::TimedOut => format!("{host}:{port} did not answer the SYN in time{at}"),
        ConnectFailure::Unreachable => {
            format!("{host}:{port} is unreachable: no route, or prohibited by a firewall{at}")
        }
    }
}

/// Every attempt with its failure: `192.0.2.1:443 connection refused, [2001:db8::1]:443 unreachable`.
pub(super) fn attempts(attempts: &[ConnectAttempt]) -> String {
    some_of(attempts.iter().map(|attempt| format!("{} {}", attempt.address, attempt.failure)).collect())
}
