//! The phases of a probe, one file each: what goes in is a plain value, what comes out is facts or a fault of its own.
//!
//! A phase does I/O within an instant that it is given, and judges nothing.

pub mod aia;
pub mod certificate;
pub mod crl;
mod deadline;
pub mod dns;
pub mod http;
pub mod io;
pub mod ocsp;
pub mod proxy;
pub mod tcp;
pub mod tls;

use std::fmt::Display;
use std::io as std_io;

use thiserror::Error;

pub use self::deadline::{Deadline, in_turn};
use crate::observation::{IoFault, IoKind, MonitorFault};
use crate::text::Clean;

/// How a phase ends when it does not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure<F> {
    /// What it met on the way: evidence about the endpoint.
    Fault(F),
    /// The monitor itself could not go on, which says nothing about the endpoint.
    Monitor(MonitorFault),
}

impl<F> Failure<F> {
    /// Wraps the fault of a phase in that of another: connecting to a proxy is a proxy's fault.
    pub fn map<G>(self, wrap: impl FnOnce(F) -> G) -> Failure<G> {
        match self {
            Self::Fault(fault) => Failure::Fault(wrap(fault)),
            Self::Monitor(fault) => Failure::Monitor(fault),
        }
    }
}

/// Whether an I/O error means that the monitor has run out of something, and if so, while doing what.
pub fn exhausted(operation: &str, error: &std_io::Error) -> Option<MonitorFault> {
    let fault = IoFault::from(error);
    (fault.kind == IoKind::Exhausted).then(|| MonitorFault { operation: operation.to_owned(), reason: fault.message })
}

/// A phase could not be set up: the plan asks for something that this machine or a library refuses.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what}: {reason}")]
pub struct SetupFault {
    /// What was to be set up.
    pub what: String,
    /// What stood in the way.
    pub reason: Clean,
}

impl SetupFault {
    /// Words an error as a setup fault.
    pub(crate) fn new(what: impl Into<String>, reason: &dyn Display) -> Self {
        Self { what: what.into(), reason: Clean::new(&reason.to_string()) }
    }
}
