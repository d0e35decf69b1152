//! Whole probes against a loopback internet: what they see, how long they may take.

#[cfg(test)]
mod chain;
mod crl;
mod hostile;
mod site;
mod ways;
