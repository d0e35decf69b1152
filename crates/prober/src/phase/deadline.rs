//! One deadline for the whole probe, shared out so that no phase can starve those after it.

use std::time::Duration;

use tokio::time::Instant;

use crate::cause::Stage;

/// When a probe has to be over, and when each of its phases.
///
/// The shares cap the time since the start, so a phase may use what earlier ones left over.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    start: Instant,
    total: Duration,
}

impl Deadline {
    /// A probe that starts at an instant and may take so long in all.
    pub fn new(start: Instant, total: Duration) -> Self {
        Self { start, total }
    }

    /// When the probe started.
    pub fn start(&self) -> Instant {
        self.start
    }

    /// When a phase has to be over at the latest.
    ///
    /// All I/O ends by 90 %, so that the verdict is reached before the deadline rather than cut off by it.
    pub fn until(&self, stage: Stage) -> Instant {
        let percent = match stage {
            Stage::Route | Stage::Resolve => 40,
            Stage::Connect => 60,
            Stage::Proxy | Stage::Tls | Stage::Http | Stage::Content => 90,
        };
        self.start + self.total * percent / 100
    }

    /// When everything has to be over, the verdict included.
    pub fn end(&self) -> Instant {
        self.start + self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_caps_on_the_time_since_the_start() {
        let deadline = Deadline::new(Instant::now(), Duration::from_secs(10));
        let seconds = |stage| (deadline.until(stage) - deadline.start()).as_secs();
        assert_eq!(Stage::ALL.map(seconds), [4, 4, 6, 9, 9, 9, 9]);
        assert_eq!(deadline.end() - deadline.start(), Duration::from_secs(10));
    }
}
