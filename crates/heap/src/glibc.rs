//! The calls.

use std::ffi::c_int;

/// Instead of eight for each processor. Two threads seldom allocate in the same instant; a third arena would be one more to
/// have holes.
const ARENAS: c_int = 2;
/// Octets from which on a piece of memory is large. This is where glibc begins; left to itself it raises that to the largest
/// piece that was freed so far, and from then on cuts such pieces out of its arenas.
const LARGE: c_int = 128 * 1024;

pub(crate) fn settle() -> bool {
    let take = |parameter, value| {
        #[expect(unsafe_code, reason = "mallopt has no safe interface")]
        // SAFETY: mallopt takes numbers only, and refuses those that it does not know. It is for a process of one thread, as
        // the program is when it calls this; what others would read meanwhile are whole words, the old ones or the new ones.
        let taken = unsafe { libc::mallopt(parameter, value) };
        taken == 1
    };
    take(libc::M_ARENA_MAX, ARENAS) && take(libc::M_MMAP_THRESHOLD, LARGE)
}

pub(crate) fn trim() -> bool {
    #[expect(unsafe_code, reason = "malloc_trim has no safe interface")]
    // SAFETY: malloc_trim locks each arena before it looks at it, and gives back only what is free.
    let given_back = unsafe { libc::malloc_trim(0) };
    given_back == 1
}
