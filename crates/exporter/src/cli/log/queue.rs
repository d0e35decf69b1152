//! Lines that wait for whoever reads them.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// Lines on their way to where they are written, a thread of its own beside them. Whoever has one to say never waits: beyond
/// a number of lines, new ones are counted and dropped.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    shared: Arc<Shared>,
    most: usize,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Vec<u8>>,
    /// Lines that were dropped, or could not be written.
    missing: u64,
    is_closing: bool,
    is_closed: bool,
}

impl Shared {
    /// Nothing is half done where somebody panicked.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes lines until the last one of a queue that is closing.
    fn write_to(&self, mut place: impl Write) {
        loop {
            let has_nothing = |state: &mut State| state.waiting.is_empty() && !state.is_closing;
            let waited = self.changed.wait_while(self.state(), has_nothing);
            let mut state = waited.unwrap_or_else(PoisonError::into_inner);
            let Some(line) = state.waiting.pop_front() else {
                state.is_closed = true;
                self.changed.notify_all();
                return;
            };
            drop(state);
            if place.write_all(&line).is_err() {
                self.state().missing += 1;
            }
        }
    }
}

impl Queue {
    /// Starts the thread; `most` lines wait at most.
    pub(super) fn to(place: impl Write + Send + 'static, most: usize) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let writer = Arc::clone(&shared);
        thread::Builder::new().name("log".to_owned()).spawn(move || writer.write_to(place))?;
        Ok(Self { shared, most })
    }

    /// How many lines are missing so far.
    pub(super) fn missing(&self) -> u64 {
        self.shared.state().missing
    }

    /// Says one thing more, whether there is room or not, and waits until all is written, at most for a time.
    pub(super) fn close(&self, last: Option<String>, within: Duration) {
        let mut state = self.shared.state();
        state.waiting.extend(last.map(String::into_bytes));
        state.is_closing = true;
        self.shared.changed.notify_all();
        let _out_of_time = self.shared.changed.wait_timeout_while(state, within, |state| !state.is_closed);
    }
}

/// Takes a line at a time, as the formatting of events gives it.
impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut state = self.shared.state();
        if state.waiting.len() < self.most {
            state.waiting.push_back(line.to_vec());
            self.shared.changed.notify_all();
        } else {
            state.missing += 1;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Queue {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    const SOON: Duration = Duration::from_secs(30);

    /// Takes a line each time it is allowed to.
    struct Slow {
        allowed: Receiver<()>,
        written: Sender<String>,
    }

    impl Write for Slow {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            let Ok(()) = self.allowed.recv() else { return Err(io::ErrorKind::BrokenPipe.into()) };
            self.written.send(String::from_utf8_lossy(line).into_owned()).unwrap();
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn slow(most: usize) -> (Queue, Sender<()>, Receiver<String>) {
        let ((allow, allowed), (written, lines)) = (channel(), channel());
        (Queue::to(Slow { allowed, written }, most).unwrap(), allow, lines)
    }

    #[test]
    fn lines_beyond_those_that_wait_are_counted_and_the_others_come_in_order() {
        let (mut queue, allow, lines) = slow(2);
        queue.write_all(b"in hand").unwrap();
        // The thread has it in its hands once there is room again for two.
        while !queue.shared.state().waiting.is_empty() {
            thread::yield_now();
        }
        for line in ["first", "second", "third", "fourth"] {
            queue.write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(queue.missing(), 2);
        (0..4).for_each(|_| allow.send(()).unwrap());
        queue.close(Some("last".to_owned()), SOON);
        assert_eq!(lines.try_iter().collect::<Vec<_>>(), ["in hand", "first", "second", "last"]);
    }

    #[test]
    fn closing_waits_for_nobody_for_longer_than_it_is_told() {
        let (mut queue, _allow, lines) = slow(1);
        queue.write_all(b"never read").unwrap();
        queue.close(Some("nor this".to_owned()), Duration::from_millis(1));
        assert_eq!(lines.try_iter().count(), 0);
    }

    #[test]
    fn what_cannot_be_written_is_missing() {
        let (mut queue, allow, _lines) = slow(8);
        drop(allow);
        queue.write_all(b"one").unwrap();
        queue.close(Some("two".to_owned()), SOON);
        assert_eq!(queue.missing(), 2);
    }
}
