//! The run as a plot: what the process took, and below it what went wrong meanwhile.

use std::fmt::Write;
use std::time::Duration;

use super::flat::Looked;
use super::product::Look;
use super::schedule::{Planned, Schedule};
use crate::plot::{bar, begin, line, text};

/// The time's axis.
const LEFT: f64 = 70.0;
const RIGHT: f64 = 780.0;
/// A panel, and what is between two.
const PANEL: f64 = 90.0;
const GAP: f64 = 44.0;
const TOP: f64 = 70.0;
/// A row of faults.
const ROW: f64 = 4.0;

/// What a panel is of, and how it is had of a look.
type Panel = (&'static str, fn(&Look) -> f64);

/// Memory, descriptors and tasks over time, with the faults as bars.
pub(super) fn soak(looks: &[Looked], schedule: &Schedule) -> String {
    let panels: [Panel; 3] =
        [("resident memory, MiB", |look| look.memory), ("open files", |look| look.files), ("tasks", |look| look.tasks)];
    let rows = rows(&schedule.faults);
    let bottom = panels.iter().fold(TOP, |top, _| top + PANEL + GAP);
    let height = rows.iter().fold(bottom, |height, _| height + ROW) + 40.0;
    let mut out = begin(height, "Memory, open files and tasks over time, with the faults of the meantime");
    text(&mut out, (20.0, 24.0), "title", "What reachwatch takes while everything goes wrong");
    let x = |at: Duration| LEFT + at.as_secs_f64() / schedule.end.as_secs_f64().max(1.0) * (RIGHT - LEFT);
    for wide in schedule.faults.iter().filter(|fault| fault.host.is_none()) {
        bar(&mut out, "shade", (x(wide.on), TOP - 6.0), (x(wide.off) - x(wide.on), height - TOP - 24.0));
    }
    let mut top = TOP;
    for (label, of) in panels {
        let points: Vec<_> = looks.iter().map(|(at, look)| (x(*at), of(look))).collect();
        panel(&mut out, label, top, &points);
        top += PANEL + GAP;
    }
    let faults = schedule.faults.len();
    text(&mut out, (LEFT, bottom - 10.0), "", &format!("{faults} faults, red: of the proxy for everybody"));
    let mut y = bottom;
    for row in rows {
        for fault in row {
            let class = if fault.host.is_none() { "wide" } else { "fault" };
            bar(&mut out, class, (x(fault.on), y), (x(fault.off) - x(fault.on), ROW - 1.0));
        }
        y += ROW;
    }
    let step = if schedule.end > Duration::from_secs(120) { 300 } else { 10 };
    let ticks = (0..).map(|tick| Duration::from_secs(step * tick)).take_while(|at| *at <= schedule.end);
    for at in ticks {
        let words = if step >= 60 { format!("{} min", at.as_secs() / 60) } else { format!("{} s", at.as_secs()) };
        text(&mut out, (x(at), height - 10.0), "soft mid", &words);
    }
    out + "</svg>\n"
}

/// A curve from zero to a round number.
fn panel(out: &mut String, label: &str, top: f64, points: &[(f64, f64)]) {
    let most = round_up(points.iter().map(|(_, value)| *value).fold(1.0, f64::max));
    let y = |value: f64| top + PANEL - value / most * PANEL;
    text(out, (LEFT, top - 10.0), "", label);
    for value in [0.0, most / 2.0, most] {
        line(out, "grid", (LEFT, y(value)), (RIGHT, y(value)));
        text(out, (LEFT - 8.0, y(value) + 4.0), "soft end", &format!("{value}"));
    }
    let path: Vec<String> = points.iter().map(|(x, value)| format!("{x:.1},{:.1}", y(*value))).collect();
    let _infallible = writeln!(out, "<polyline class=\"line a\" points=\"{}\"/>", path.join(" "));
}

/// The next of 1, 2, 4, 6, 8 and 10 times a power of ten.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 4.0, 6.0, 8.0, 10.0]
        .into_iter()
        .map(|times| times * power)
        .find(|round| *round >= value)
        .unwrap_or(value)
}

/// The faults in as few rows as hold them side by side.
fn rows(faults: &[Planned]) -> Vec<Vec<&Planned>> {
    let mut rows: Vec<Vec<&Planned>> = Vec::new();
    for fault in faults {
        let is_free = |row: &&mut Vec<&Planned>| row.last().is_none_or(|last| last.off < fault.on);
        match rows.iter_mut().find(is_free) {
            Some(row) => row.push(fault),
            None => rows.push(vec![fault]),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::super::terms::Terms;
    use super::*;

    #[test]
    fn faults_beside_each_other_share_no_row() {
        let schedule = Schedule::draw(&Terms::long(30, 200, 1));
        let rows = rows(&schedule.faults);
        assert_eq!(rows.iter().map(Vec::len).sum::<usize>(), schedule.faults.len());
        assert!(rows.iter().all(|row| row.is_sorted_by(|one, other| one.off < other.on)));
        let svg = soak(&[(Duration::from_secs(9), LOOK), (Duration::from_secs(1700), LOOK)], &schedule);
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert_eq!(svg.matches("<polyline").count(), 3);
        assert_eq!(svg.matches("class=\"wide\"").count(), 5);
    }

    const LOOK: Look = Look { memory: 40.0, heap: 30.0, files: 30.0, threads: 5.0, tasks: 12.0, history: 1.0 };

    #[test]
    fn axes_end_at_round_numbers() {
        for (value, round) in [(1.0, 1.0), (1.1, 2.0), (41.0, 60.0), (99.0, 100.0), (400.0, 400.0)] {
            assert!((round_up(value) - round).abs() < 1e-9, "{value}");
        }
    }
}
