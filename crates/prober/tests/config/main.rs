//! Configurations through the public interface: the shipped one, good ones, bad ones, and broken ones.

#[cfg(test)]
mod shipped;
#[cfg(test)]
mod world;
