//! PAC files against the engine: what they mean, what they may not do, and the names they ask for.

#[cfg(test)]
mod bombs;
#[cfg(test)]
mod lookups;
#[cfg(test)]
mod natives;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod semantics;
#[cfg(test)]
mod threads;
#[cfg(test)]
mod world;
