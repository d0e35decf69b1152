//! What a process has cost so far, by the kernel's own accounts (proc(5)).

use std::io;
use std::time::Duration;

use nix::time::ClockId;
use nix::unistd::Pid;

/// The kernel counts in ticks of this many per second on every Linux that has `/proc/PID/stat` (USER_HZ).
const TICKS_PER_SECOND: u64 = 100;

/// User and system time of a process, with that of its threads, those that have ended included
/// (clock_getcpuclockid(3)): to the nanosecond, where `/proc` has ticks of ten milliseconds.
pub(crate) fn cpu_time(pid: u32) -> io::Result<Duration> {
    let pid = Pid::from_raw(i32::try_from(pid).map_err(io::Error::other)?);
    Ok(ClockId::pid_cpu_clock_id(pid)?.now()?.into())
}

/// User and system time of the children of this process that have ended.
pub(crate) fn childrens_time() -> io::Result<Duration> {
    // The sum of cutime and cstime.
    const FIRST: usize = 16;
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The second field is the command in parentheses and may hold blanks.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut ticks = fields.split_whitespace().skip(FIRST - 3).take(2).map(str::parse::<u64>);
    let mut next = || ticks.next().and_then(Result::ok).ok_or_else(|| io::Error::other("unexpected /proc/PID/stat"));
    let total = next()? + next()?;
    Ok(Duration::from_millis(total * 1000 / TICKS_PER_SECOND))
}

/// Resident memory of a process in KiB.
pub(crate) fn resident_kib(pid: u32) -> io::Result<u64> {
    status_kib(&pid.to_string(), "VmRSS:")
}

/// The most memory that this process has had resident since the last call of [`reset_peak_kib`], in KiB.
pub(crate) fn peak_kib() -> io::Result<u64> {
    status_kib("self", "VmHWM:")
}

/// Begins the account of the most memory anew, and gives what is resident now, in KiB (proc(5), `clear_refs`).
pub(crate) fn reset_peak_kib() -> io::Result<u64> {
    std::fs::write("/proc/self/clear_refs", "5")?;
    peak_kib()
}

fn status_kib(process: &str, name: &str) -> io::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.parse().ok())
        .ok_or_else(|| io::Error::other(format!("no {name} in /proc/PID/status")))
}

/// A count as a number to divide.
#[expect(clippy::cast_precision_loss, reason = "counts and sizes here are far below 2^52")]
pub(crate) fn as_f64(count: u64) -> f64 {
    count as f64
}
