//! Keeps what the process holds of memory near what it uses.
//!
//! glibc's allocator has an arena for each of a few threads, and a free piece of memory goes back to the kernel only where it
//! lies at the end of its arena. In a process of many threads that allocates in bursts, such as a monitor of a network that
//! breaks and is mended, each arena keeps the most that it ever had, with holes. Both are settled here: few arenas
//! ([`settle`]), and every page without anything on it given back from time to time ([`trim`]). Where the C library is another
//! one, nothing is done.
//!
//! This is the one crate of the product with `unsafe` code. Sources: mallopt(3), malloc_trim(3).

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
use glibc as allocator;

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod allocator {
    pub(crate) fn settle() -> bool {
        false
    }

    pub(crate) fn trim() -> bool {
        false
    }
}

/// Has threads share two arenas, and large pieces of memory come from the kernel and go back to it, each by itself. To be
/// called while there is one thread: an arena that is there stays. Says whether the allocator took it.
pub fn settle() -> bool {
    allocator::settle()
}

/// Gives every free page back to the kernel, those in the midst of what is used too. Says whether there were any. One arena
/// after the other is locked for it; of some ten MiB it takes a millisecond.
pub fn trim() -> bool {
    allocator::trim()
}
