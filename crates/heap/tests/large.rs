//! Against the allocator of this process, which has one test for that reason.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![expect(clippy::expect_used, reason = "a test")]

mod resident;

use self::resident::{MEBI, resident};

#[test]
fn a_large_piece_goes_back_by_itself_also_after_a_larger_one() {
    assert!(heap::settle());
    drop(vec![1_u8; 8 * MEBI]);

    let piece = vec![1_u8; 4 * MEBI];
    let with = resident();
    drop(piece);
    let without = resident();
    assert!(without + 3 * MEBI < with, "{with} {without}");
}
