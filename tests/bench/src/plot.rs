//! Plots as SVG, for light pages and dark ones.

use std::fmt::Write;

use crate::contender::Kind;
use crate::contest::Meeting;
use crate::growth::Size;

pub(crate) const WIDTH: f64 = 800.0;

const STYLE: &str = "<style>\
    text{font:13px system-ui,sans-serif;fill:#1f2328}.soft{fill:#59636e}.end{text-anchor:end}.mid{text-anchor:middle}\
    .title{font-weight:600;font-size:15px}.grid{stroke:#d1d9e0;stroke-width:1}\
    .a{fill:#0969da}.b{fill:#bf8700}.c{fill:#8c959f}.line{fill:none;stroke-width:2}.line.a{stroke:#0969da}\
    .line.b{stroke:#bf8700}\
    .fault{fill:#8c959f;opacity:.55}.wide{fill:#cf222e;opacity:.7}.shade{fill:#cf222e;opacity:.08}\
    @media(prefers-color-scheme:dark){text{fill:#f0f6fc}.soft{fill:#9198a1}.grid{stroke:#3d444d}\
    .a{fill:#4493f8}.b{fill:#d29922}.c{fill:#656c76}.line.a{stroke:#4493f8}.line.b{stroke:#d29922}}\
    .line.a,.line.b{fill:none}</style>";

pub(crate) fn begin(height: f64, label: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{label}\">\
         {STYLE}\n"
    )
}

pub(crate) fn text(out: &mut String, (x, y): (f64, f64), class: &str, content: &str) {
    let _infallible = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{content}</text>");
}

/// A logarithmic axis: where between two ends a value stands between two others.
#[derive(Debug, Clone, Copy)]
struct Axis {
    values: (f64, f64),
    places: (f64, f64),
}

impl Axis {
    fn at(&self, value: f64) -> f64 {
        let share = (value / self.values.0).log10() / (self.values.1 / self.values.0).log10();
        self.places.0 + share * (self.places.1 - self.places.0)
    }

    /// The powers of ten on it.
    fn decades(&self) -> impl Iterator<Item = f64> {
        let last = self.values.1 * 1.000_001;
        std::iter::successors(Some(self.values.0), |value| Some(value * 10.0)).take_while(move |value| *value <= last)
    }
}

/// What a probe costs with so many targets: a line that does not rise says that the cost of all grows as their number does.
pub(crate) fn growth(ours: &[Size], theirs: &[Size]) -> String {
    let most = ours.iter().chain(theirs).map(|size| size.window.cost()).fold(1.0, f64::max);
    let x = Axis { values: (10.0, 10_000.0), places: (70.0, 620.0) };
    let (bottom, top) = (300.0, 50.0);
    let height = |cost: f64| bottom - cost / most.ceil() * (bottom - top);
    let mut out = begin(350.0, "CPU of a probe by number of endpoints over paths");
    text(
        &mut out,
        (20.0, 24.0),
        "title",
        "Milliseconds of CPU for an HTTPS probe, by how many endpoints over paths there are",
    );
    let grid = std::iter::successors(Some(0.0), |cost| Some(cost + 1.0)).take_while(|cost| *cost <= most.ceil());
    for cost in grid {
        line(&mut out, "grid", (x.places.0, height(cost)), (x.places.1, height(cost)));
        text(&mut out, (x.places.0 - 8.0, height(cost) + 4.0), "soft end", &format!("{cost} ms"));
    }
    for value in x.decades() {
        text(&mut out, (x.at(value), 322.0), "soft mid", &thousands(value));
    }
    text(&mut out, (f64::midpoint(x.places.0, x.places.1), 342.0), "soft mid", "endpoints over paths");
    for (class, kind, sizes) in [("b", Kind::Blackbox, theirs), ("a", Kind::Product, ours)] {
        let points = sizes.iter().map(|size| (x.at(f64::from(size.targets)), height(size.window.cost())));
        let points: Vec<(f64, f64)> = points.collect();
        let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _infallible = writeln!(out, "<polyline class=\"line {class}\" points=\"{}\"/>", path.join(" "));
        for (x, y) in &points {
            let _infallible = writeln!(out, "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>");
        }
        if let (Some((x, y)), Some(size)) = (points.last(), sizes.last()) {
            text(&mut out, (x + 10.0, y + 1.0), "", kind.label());
            text(&mut out, (x + 10.0, y + 17.0), "soft", &format!("{:.2} ms", size.window.cost()));
        }
    }
    out + "</svg>\n"
}

pub(crate) fn line(out: &mut String, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    let _infallible =
        writeln!(out, "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>");
}

fn thousands(value: f64) -> String {
    if value < 1000.0 { format!("{value}") } else { format!("{},000", value / 1000.0) }
}

/// What a probe costs each contender, as bars, with the product's share of the others' cost.
pub(crate) fn bars(meetings: &[Meeting]) -> String {
    const BAR: f64 = 12.0;
    const GROUP: f64 = 3.0 * BAR + 20.0;
    const TOP: f64 = 66.0;
    let classes = ["a", "b", "c"];
    let most = meetings.iter().flat_map(|meeting| Kind::ALL.map(|kind| meeting.cost(kind))).fold(0.0, f64::max);
    let groups = meetings.iter().fold(0.0, |y, _| y + GROUP);
    let mut out = begin(TOP + groups, "CPU time of a probe by contender");
    text(&mut out, (20.0, 24.0), "title", "Milliseconds of CPU for an HTTPS probe");
    for ((kind, class), x) in Kind::ALL.into_iter().zip(classes).zip([20.0, 130.0, 280.0]) {
        bar(&mut out, class, (x, 38.0), (BAR, BAR));
        text(&mut out, (x + 18.0, 49.0), "soft", kind.label());
    }
    let mut top = TOP;
    for meeting in meetings {
        let pace = if meeting.is_paced { "on schedule" } else { "all it can" };
        text(&mut out, (20.0, top + 16.0), "", &meeting.label);
        text(&mut out, (20.0, top + 33.0), "soft", pace);
        let mut y = top;
        for (kind, class) in Kind::ALL.into_iter().zip(classes) {
            let (cost, x) = (meeting.cost(kind), 170.0);
            let width = cost / most * 400.0;
            bar(&mut out, class, (x, y), (width, BAR - 1.0));
            let share = match kind {
                Kind::Product => format!("{cost:.2}"),
                other => format!("{cost:.2}: reachwatch takes {:.2} of it", meeting.ratio(other)),
            };
            text(&mut out, (x + width + 6.0, y + 10.0), "soft", &share);
            y += BAR;
        }
        top += GROUP;
    }
    out + "</svg>\n"
}

pub(crate) fn bar(out: &mut String, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
    let _infallible = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
    );
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::contest::Window;
    use crate::growth::Scrape;

    fn size(targets: u32, micros: u32) -> Size {
        let cpu = Duration::from_micros(micros.into()) * targets;
        let window = Window { cpu, wall: Duration::from_secs(10), probes: f64::from(targets) };
        Size { targets, window, memory: 10.0, scrape: Scrape { millis: 1.0, bytes: 2000.0 } }
    }

    #[test]
    fn a_logarithmic_axis_gives_each_decade_the_same_room() {
        let axis = Axis { values: (10.0, 10_000.0), places: (100.0, 400.0) };
        let places: Vec<f64> = axis.decades().map(|value| axis.at(value).round()).collect();
        assert_eq!(places, [100.0, 200.0, 300.0, 400.0]);
    }

    #[test]
    fn what_costs_the_same_for_each_does_not_rise() {
        let (ours, theirs) = ([10, 100, 1000, 10_000].map(|n| size(n, 400)), [10, 100, 1000].map(|n| size(n, 1200)));
        let svg = growth(&ours, &theirs);
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert!(svg.contains(">0.40 ms<") && svg.contains(">1.20 ms<"));
        let lines: Vec<Vec<(f64, f64)>> = svg.split("points=\"").skip(1).map(points).collect();
        let [theirs, ours] = lines.as_slice() else { panic!("two lines") };
        assert_eq!((ours.len(), theirs.len()), (4, 3));
        assert!(ours.iter().chain(theirs).all(|(x, y)| (70.0..=620.0).contains(x) && (50.0..=300.0).contains(y)));
        assert!(ours.iter().all(|(_, y)| (y - ours[0].1).abs() < 0.1), "{ours:?}");
        assert!(theirs[0].1 < ours[0].1, "what costs more is higher");
    }

    fn points(line: &str) -> Vec<(f64, f64)> {
        let pairs = line.split('"').next().unwrap().split(' ').map(|point| point.split_once(',').unwrap());
        pairs.map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap())).collect()
    }
}
