//! Against the allocator of this process, which has one test for that reason.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![expect(clippy::expect_used, reason = "a test")]

mod resident;

use std::thread;

use self::resident::{MEBI, resident};

const PIECE: usize = 1 << 10;
const THREADS: usize = 4;

/// As many small pieces, of which one in each MiB is kept: no arena has its end free.
fn burst(of: usize) -> Vec<Vec<u8>> {
    let pieces: Vec<_> = (0..of / PIECE).map(|_| vec![1_u8; PIECE]).collect();
    pieces.into_iter().step_by(MEBI / PIECE).collect()
}

#[test]
fn what_a_burst_of_all_threads_took_is_given_back_though_some_of_it_is_kept() {
    assert!(heap::settle());
    heap::trim();
    let before = resident();

    let bursts: Vec<_> = (0..THREADS).map(|_| thread::spawn(|| burst(16 * MEBI))).collect();
    let kept: Vec<_> = bursts.into_iter().map(|burst| burst.join().expect("it does not panic")).collect();
    let after = resident();
    assert!(after > before + 24 * MEBI, "nothing to give back: {before} {after}");

    assert!(heap::trim());
    let then = resident();
    assert!(then < before + 12 * MEBI, "{before} {after} {then}");
    assert_eq!(kept.iter().flatten().map(Vec::len).sum::<usize>(), THREADS * 16 * PIECE);
}
