//! Whole probes against a loopback internet: what they see, how long they may take.

#[cfg(test)]
mod audit;
#[cfg(test)]
mod chain;
#[cfg(test)]
mod clock;
#[cfg(test)]
mod crl;
#[cfg(test)]
mod download;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod judged;
#[cfg(test)]
mod options;
#[cfg(test)]
mod pac;
#[cfg(test)]
mod resting;
#[cfg(test)]
mod revocation;
#[cfg(test)]
mod secure;
#[cfg(test)]
mod site;
#[cfg(test)]
mod socks;
#[cfg(test)]
mod tenant;
#[cfg(test)]
mod ways;
#[cfg(test)]
mod winhttp;
