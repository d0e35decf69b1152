//! What is known of one pair, and what of it has not been written yet.

use std::time::Duration;

use prober::plan::Pair;
use prober::state::{Change, Report};
use time::OffsetDateTime;

use super::model::{HALF_HOURS, HalfHour};
use super::ring::Ring;
use super::rollup::{OpenSlot, Rollup};
use super::slot::{half_of, slot_of};
use super::trouble::{Fold, News, Record, Resumed};

/// One pair's diary.
#[derive(Debug, Default)]
pub(super) struct Diary {
    ring: Ring,
    slot: Option<OpenSlot>,
    /// Whether the open slot has results that were not written.
    slot_has_news: bool,
    /// Slots that are over and were not written.
    over: Vec<Rollup>,
    fold: Fold,
    /// When the pair was last heard of.
    heard: Option<Heard>,
    /// What was given up because nobody wrote it.
    dropped: u64,
}

#[derive(Debug, Clone, Copy)]
struct Heard {
    /// When its last probe ended.
    at: OffsetDateTime,
    /// From when on its silence counts.
    waiting_since: OffsetDateTime,
    /// How often it is probed.
    interval: Duration,
}

/// What of a diary is to be written.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) troubles: Vec<Record>,
    pub(super) rollups: Vec<Rollup>,
    pub(super) dropped: u64,
}

impl Diary {
    /// How many slots wait to be written; five hours of them.
    const MOST_OVER: usize = 64;
    /// A pair is not taken for gone before this, however often it is probed.
    const LEAST_PATIENCE: Duration = Duration::from_secs(60 * 60);

    /// A probe ended.
    pub(super) fn probe_ended(&mut self, pair: &Pair, report: &Report) {
        let at = report.observation.probed_at;
        self.heard = Some(Heard { at, waiting_since: at, interval: pair.endpoint.interval });
        self.ring.add(half_of(at), report.verdict.state);
        self.slot_of(report).add(report);
        self.slot_has_news = true;
        if !pair.endpoint.control {
            self.fold.probe_ended(report);
        }
    }

    fn slot_of(&mut self, report: &Report) -> &mut OpenSlot {
        let slot = slot_of(report.observation.probed_at);
        if let Some(over) = self.slot.take_if(|open| open.slot() != slot) {
            if self.slot_has_news {
                self.over.push(over.rollup());
            }
            let surplus = self.over.len().saturating_sub(Self::MOST_OVER);
            self.over.drain(..surplus);
            self.dropped += surplus as u64;
        }
        self.slot.get_or_insert_with(|| OpenSlot::of(report))
    }

    /// A confirmed state changed.
    pub(super) fn changed(&mut self, pair: &Pair, change: &Change) {
        self.dropped += self.fold.changed(&pair.endpoint, change);
    }

    /// Results that were written before this process began.
    pub(super) fn seed(&mut self, half: i64, counts: HalfHour) {
        self.ring.seed(half, counts);
    }

    /// A trouble that was open when another process last wrote.
    pub(super) fn resume(&mut self, record: Record, last_written: OffsetDateTime, now: OffsetDateTime) -> Resumed {
        self.heard.get_or_insert(Heard { at: last_written, waiting_since: now, interval: Duration::ZERO });
        self.fold.resume(record)
    }

    /// Whether a trouble that was open when another process last wrote is the one that is open here.
    pub(super) fn is_still(&self, earlier: &Record) -> bool {
        self.fold.is_still(earlier)
    }

    /// The group of an open trouble that an earlier process left, of which nothing was heard yet.
    pub(super) fn awaited(&self) -> Option<&str> {
        self.fold.awaited()
    }

    /// Ends an open trouble of a pair that is no more, when it was last heard of.
    pub(super) fn end(&mut self) {
        if let Some(heard) = self.heard {
            self.dropped += self.fold.gone(heard.at);
        }
    }

    /// Ends a trouble that an earlier process left, where nobody has probed the pair for long. One that this process saw goes
    /// on however the clock jumps: the scheduler tells when a pair is gone.
    pub(super) fn expire(&mut self, now: OffsetDateTime) {
        let patience = |heard: Heard| heard.interval.saturating_mul(3).max(Self::LEAST_PATIENCE);
        if self.fold.awaited().is_some() && self.heard.is_some_and(|heard| now - heard.waiting_since > patience(heard))
        {
            self.end();
        }
    }

    /// Whether nothing would be lost with it: nothing is open, unwritten, or of the last 24 hours.
    pub(super) fn is_blank(&self, first: i64) -> bool {
        let is_written = self.over.is_empty() && !self.slot_has_news;
        is_written && !self.fold.is_open() && self.day(first).is_none()
    }

    /// The half-hours from one on.
    pub(super) fn day(&self, first: i64) -> Option<[HalfHour; HALF_HOURS]> {
        self.ring.from(first)
    }

    /// What has to be written: what is urgent, or everything.
    pub(super) fn take(&mut self, everything: bool) -> Entries {
        let dropped = std::mem::take(&mut self.dropped);
        if !everything {
            return Entries { troubles: self.fold.take(News::Soon), rollups: Vec::new(), dropped };
        }
        let mut rollups = std::mem::take(&mut self.over);
        if std::mem::take(&mut self.slot_has_news) {
            rollups.extend(self.slot.as_ref().map(OpenSlot::rollup));
        }
        Entries { troubles: self.fold.take(News::More), rollups, dropped }
    }

    /// What was written is lost: what is still held has to be written again.
    pub(super) fn tell_again(&mut self) {
        self.fold.tell_again();
        self.slot_has_news = self.slot.is_some();
    }
}
