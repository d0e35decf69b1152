//! One deadline for the whole probe, shared out so that no phase can starve those after it.

use std::time::Duration;

use tokio::time::Instant;

use crate::cause::Stage;

/// When a probe has to be over, and when each of its phases.
///
/// The shares cap the time since the start, so a phase may use what earlier ones left over. A probe that has to connect
/// once more (a redirect, another protocol) shares out anew what is left: else that connection would have no time for
/// its name and its handshake, and a slow server would look like a silent resolver.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    start: Instant,
    total: Duration,
    /// When the connection under way was begun.
    connection: Instant,
    /// How many ways are left to be tried, the one under way among them.
    ways: u32,
}

impl Deadline {
    /// A probe that starts at an instant and may take so long in all.
    pub fn new(start: Instant, total: Duration) -> Self {
        Self { start, total, connection: start, ways: 1 }
    }

    /// Another connection begins now, within the same deadline.
    pub fn begin_connection(&mut self, now: Instant) {
        self.connection = now;
    }

    /// So many ways are left to be tried, the one under way among them: its name and its connection get an equal part of
    /// the time for these, so that a silent proxy leaves room for the next.
    pub fn share_among(&mut self, ways: usize) {
        self.ways = u32::try_from(ways.max(1)).unwrap_or(u32::MAX);
    }

    /// When the probe started.
    pub fn start(&self) -> Instant {
        self.start
    }

    /// When a phase has to be over at the latest.
    ///
    /// All I/O ends by 90 %, so that the verdict is reached before the deadline rather than cut off by it.
    pub fn until(&self, stage: Stage) -> Instant {
        let end_of_io = self.start + self.total * 90 / 100;
        let (ninths, ways) = match stage {
            Stage::Route => (4, 1),
            Stage::Resolve => (4, self.ways),
            Stage::Connect => (6, self.ways),
            Stage::Proxy => (9, self.ways),
            Stage::Tls | Stage::Http | Stage::Content => return end_of_io,
        };
        // Of the whole time that is 40 % and 60 %.
        self.connection + end_of_io.saturating_duration_since(self.connection) * ninths / 9 / ways
    }

    /// When everything has to be over, the verdict included.
    pub fn end(&self) -> Instant {
        self.start + self.total
    }
}

/// The items in order, each with the end of an equal share of the time that is left when its turn comes.
pub fn in_turn<T>(items: &[T], by: Instant) -> impl Iterator<Item = (&T, Instant)> {
    let remaining = (1..=u32::try_from(items.len()).unwrap_or(u32::MAX)).rev();
    items.iter().zip(remaining).map(move |(item, remaining)| {
        let now = Instant::now();
        (item, now + by.saturating_duration_since(now) / remaining)
    })
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

    #[test]
    fn several_ways_share_the_time_for_names_and_connections() {
        let start = Instant::now();
        let mut deadline = Deadline::new(start, Duration::from_secs(20));
        let seconds = |deadline: &Deadline, stage| (deadline.until(stage) - start).as_secs();
        deadline.share_among(2);
        let stages = [Stage::Resolve, Stage::Connect, Stage::Proxy, Stage::Tls];
        assert_eq!(stages.map(|stage| seconds(&deadline, stage)), [4, 6, 9, 18]);
        deadline.begin_connection(start + Duration::from_secs(9));
        deadline.share_among(1);
        assert_eq!([Stage::Resolve, Stage::Connect, Stage::Tls].map(|stage| seconds(&deadline, stage)), [13, 15, 18]);
    }

    #[test]
    fn another_connection_shares_what_is_left_of_the_same_deadline() {
        let start = Instant::now();
        let mut deadline = Deadline::new(start, Duration::from_secs(20));
        deadline.begin_connection(start + Duration::from_secs(9));
        let seconds = |stage| (deadline.until(stage) - start).as_secs();
        assert_eq!(Stage::ALL.map(seconds), [13, 13, 15, 18, 18, 18, 18]);
        assert_eq!((deadline.start(), deadline.end()), (start, start + Duration::from_secs(20)));
    }
}
