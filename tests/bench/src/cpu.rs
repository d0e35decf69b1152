//! What a process has cost so far, by the kernel's own accounts (proc(5)).

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

/// The kernel counts in ticks of this many per second on every Linux that has `/proc/PID/stat` (USER_HZ).
const TICKS_PER_SECOND: u64 = 100;

/// User and system time of a process, with that of its threads.
pub(crate) fn cpu_time(pid: u32) -> io::Result<Duration> {
    times(&pid.to_string(), 14)
}

/// User and system time of the children of this process that have ended.
pub(crate) fn childrens_time() -> io::Result<Duration> {
    times("self", 16)
}

/// The sum of two times in `/proc/PID/stat`, by the number of the first: utime and stime are fields 14 and 15.
fn times(process: &str, first: usize) -> io::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is the command in parentheses and may hold blanks.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut ticks = fields.split_whitespace().skip(first - 3).take(2).map(str::parse::<u64>);
    let mut next = || ticks.next().and_then(Result::ok).ok_or_else(|| io::Error::other("unexpected /proc/PID/stat"));
    let total = next()? + next()?;
    Ok(Duration::from_millis(total * 1000 / TICKS_PER_SECOND))
}

/// Processor time of a process to the nanosecond, by those of its threads (the first number of `/proc/PID/task/TID/schedstat`).
/// What a thread took since the last look is lost where it ends: look more often than threads that have nothing to do are kept.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    process: u32,
    threads: BTreeMap<u32, u64>,
}

impl Stopwatch {
    /// Looks at a process for the first time.
    pub(crate) fn of(process: u32) -> io::Result<Self> {
        let mut watch = Self { process, threads: BTreeMap::new() };
        watch.look()?;
        Ok(watch)
    }

    /// Looks again: what all threads took so far, those that have ended included.
    pub(crate) fn look(&mut self) -> io::Result<Duration> {
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.process))? {
            let thread = thread?;
            let id = thread.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
            // It may have ended just now.
            let stat = std::fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
            let taken = stat.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
            self.threads.extend(id.zip(taken));
        }
        Ok(Duration::from_nanos(self.threads.values().sum()))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_has_ended_is_still_counted() {
        let mut watch = Stopwatch::of(std::process::id()).unwrap();
        let (work, worked) = std::sync::mpsc::channel();
        let (leave, left) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            let clock = || rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
            while clock().tv_sec == 0 && clock().tv_nsec < 20_000_000 {}
            work.send(()).unwrap();
            left.recv().unwrap_err();
        });
        worked.recv().unwrap();
        let before = watch.look().unwrap();
        drop(leave);
        thread.join().unwrap();
        assert!(watch.look().unwrap() >= before, "its time stays");
        assert!(before >= Duration::from_millis(20), "{before:?}");
    }
}
