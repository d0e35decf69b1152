//! The families about the process itself, by the names that client libraries of Prometheus have for them
//! (<https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>).

use std::fs;

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::exposition::{Exposition, Labels};
use super::family;

/// What does not change while the process runs.
#[derive(Debug)]
pub(super) struct Process {
    /// When it started, in seconds since 1970; `None` where that cannot be told.
    started: Option<u64>,
}

/// What the kernel says of a process in one line (`proc_pid_stat(5)`).
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    threads: u64,
    /// In ticks of the clock after the machine's start.
    started: u64,
    virtual_bytes: u64,
    resident_pages: u64,
}

impl Process {
    /// This process.
    pub(super) fn own() -> Self {
        let booted = fs::read_to_string("/proc/stat").ok().and_then(|text| boot_time(&text));
        let stat = Stat::own();
        let after_boot = stat.and_then(|stat| stat.started.checked_div(clock_ticks_per_second()));
        Self { started: booted.zip(after_boot).map(|(booted, after)| booted.saturating_add(after)) }
    }

    /// Writes what is so now.
    pub(super) fn write(&self, exposition: &mut Exposition) {
        let none = Labels::default();
        let used = clock_gettime(ClockId::ProcessCPUTime);
        let used = format!("{}.{:09}", used.tv_sec, used.tv_nsec);
        exposition.family(&family::PROCESS_CPU).sample(&none, &[], used.as_str());
        if let Some(most) = getrlimit(Resource::Nofile).current {
            exposition.family(&family::PROCESS_MAX_FDS).sample(&none, &[], most);
        }
        if let Ok(entries) = fs::read_dir("/proc/self/fd") {
            // One of them is the folder itself.
            exposition.family(&family::PROCESS_OPEN_FDS).sample(&none, &[], entries.count().saturating_sub(1));
        }
        if let Some(started) = self.started {
            exposition.family(&family::PROCESS_START).sample(&none, &[], started);
        }
        let Some(stat) = Stat::own() else { return };
        let resident = stat.resident_pages.saturating_mul(page_size() as u64);
        exposition.family(&family::PROCESS_RESIDENT).sample(&none, &[], resident);
        exposition.family(&family::PROCESS_THREADS).sample(&none, &[], stat.threads);
        exposition.family(&family::PROCESS_VIRTUAL).sample(&none, &[], stat.virtual_bytes);
    }
}

impl Stat {
    fn own() -> Option<Self> {
        fs::read_to_string("/proc/self/stat").ok().and_then(|text| Self::read(&text))
    }

    fn read(text: &str) -> Option<Self> {
        // The second field is the program's name in parentheses, with anything in it.
        let (_, rest) = text.rsplit_once(')')?;
        let mut fields = rest.split_ascii_whitespace();
        // The first of these is the third field; each call goes on after the one before.
        let mut next = |skipped: usize| fields.nth(skipped)?.parse().ok();
        Some(Self { threads: next(17)?, started: next(1)?, virtual_bytes: next(0)?, resident_pages: next(0)? })
    }
}

/// When the machine started, in seconds since 1970 (`proc_stat(5)`).
fn boot_time(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    const STAT: &str = "4242 (a) (b c) S 1 4242 4242 0 -1 4194560 900 0 1 0 150 25 0 0 20 0 7 0 123456 268435456 2560 \
                        18446744073709551615 1 1 0 0 0 0 0 4096 16384 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

    fn sample(text: &str, name: &str) -> f64 {
        let mut lines = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        lines.next().unwrap_or_else(|| panic!("{name}: {text}")).parse().unwrap()
    }

    fn own() -> String {
        let mut exposition = Exposition::default();
        Process::own().write(&mut exposition);
        exposition.into_text()
    }

    #[test]
    fn what_the_kernel_says_is_found_in_its_place() {
        let stat = Stat { threads: 7, started: 123_456, virtual_bytes: 268_435_456, resident_pages: 2560 };
        assert_eq!(Stat::read(STAT), Some(stat));
        assert_eq!(Stat::read("4242 (a) S 1"), None);
        assert_eq!(Stat::read(""), None);
        assert_eq!(boot_time("cpu  1 2 3\nintr 5\nbtime 1760000000\nprocesses 9\n"), Some(1_760_000_000));
        assert_eq!(boot_time("btime soon\n"), None);
    }

    #[test]
    fn what_happens_to_the_process_is_seen() {
        let before = own();
        // Far more than other tests in this process open and close meanwhile.
        let files: Vec<_> = (0..200).map(|_| File::open("/proc/self/stat").unwrap()).collect();
        let memory = vec![1_u8; 64 << 20];
        let after = own();
        let grew = |name: &str| sample(&after, name) - sample(&before, name);
        assert!(grew("process_open_fds") > 100.0, "{after}");
        assert!(grew("process_resident_memory_bytes") > 32e6, "{after}");
        assert!(grew("process_cpu_seconds_total") > 0.0, "less than a whole second is seen: {after}");
        assert_eq!((files.len(), memory.len()), (200, 64 << 20));
        assert!(sample(&after, "process_threads") >= 1.0);
        assert!(sample(&after, "process_virtual_memory_bytes") > sample(&after, "process_resident_memory_bytes"));
        assert!(sample(&after, "process_max_fds") >= sample(&after, "process_open_fds"));
    }

    #[test]
    fn it_started_after_the_machine_did() {
        let text = fs::read_to_string("/proc/stat").unwrap();
        let started = sample(&own(), "process_start_time_seconds");
        let folder = fs::metadata("/proc/self").unwrap().modified().unwrap();
        let now = folder.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
        let booted = f64::from(u32::try_from(boot_time(&text).unwrap()).unwrap());
        assert!((booted..=now + 2.0).contains(&started), "{booted} {started} {now}");
    }
}
