//! Proxy auto-configuration: a script from the network that says for each URL which way to take.
//!
//! The functions are those of the original definition and of Microsoft's extensions for IPv6; where clients differ,
//! Chrome is followed, whose rules are written down. Nothing that a file does disturbs anything else: every file has an
//! engine and a thread of its own (see [`Engine`]) with limits of memory, stack and processor time.

mod answer;
mod builtin;
mod calendar;
mod desk;
mod engine;
mod leash;
mod names;
mod network;
mod question;
mod sandbox;
mod surroundings;
mod text;
mod worker;

pub use self::answer::{Answer, Entry};
pub use self::engine::{Engine, Names, Said};
pub use self::surroundings::{Surroundings, ThisMachine};
