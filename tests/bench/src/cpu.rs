//! What a process has cost so far, by the kernel's own accounts (proc(5)).

use std::io;
use std::time::Duration;

/// The kernel counts in ticks of this many per second on every Linux that has `/proc/PID/stat` (USER_HZ).
const TICKS_PER_SECOND: u64 = 100;

/// User and system time of a process, with that of its threads.
pub(crate) fn cpu_time(pid: u32) -> io::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the command in parentheses and may hold blanks; utime and stime are fields 14 and 15.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let mut next = || ticks.next().and_then(Result::ok).ok_or_else(|| io::Error::other("unexpected /proc/PID/stat"));
    let total = next()? + next()?;
    Ok(Duration::from_millis(total * 1000 / TICKS_PER_SECOND))
}

/// Resident memory of a process in KiB.
pub(crate) fn resident_kib(pid: u32) -> io::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok())
        .ok_or_else(|| io::Error::other("no VmRSS in /proc/PID/status"))
}

/// A count as a number to divide.
#[expect(clippy::cast_precision_loss, reason = "counts and sizes here are far below 2^52")]
pub(crate) fn as_f64(count: u64) -> f64 {
    count as f64
}
