//! Whole probes against a loopback internet: what they see, how long they may take.

mod chain;
mod crl;
mod hostile;
mod site;
mod ways;
