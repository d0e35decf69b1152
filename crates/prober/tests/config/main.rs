//! Configurations through the public interface: the shipped one, good ones, bad ones, and broken ones.

#[cfg(test)]
mod bad;
#[cfg(test)]
mod broken;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod good;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod loading;
#[cfg(test)]
mod shipped;
#[cfg(test)]
mod world;
