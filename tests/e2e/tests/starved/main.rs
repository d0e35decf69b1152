//! The program where something is missing: file descriptors, ports, memory, the network, its peers, time, and places for those
//! who really look. Whatever it lacks, no endpoint is blamed for it, and it goes on where it can.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod clock;
mod crowd;
mod limits;
mod log;
mod network;
mod peers;
mod site;
mod stopped;
