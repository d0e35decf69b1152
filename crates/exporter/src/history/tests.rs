//! The history as the scheduler and the pages have it.

mod damage;

use std::collections::HashMap;
use std::fs;
use std::num::NonZeroU32;
use std::sync::atomic::AtomicU32;

use prober::cause::{Blame, Cause, State};
use prober::config::{SystemSources, parse};
use prober::plan::{Pair, REVOCATION_GROUP};
use prober::scheduler::Events;
use prober::state::{Memory, Report, Rules};
use time::macros::datetime;

use super::*;
use crate::sample;

const START: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);
/// Long enough for a busy machine; nothing waits for it that goes well.
const PATIENCE: Duration = Duration::from_secs(60);

fn minute(minute: i64) -> OffsetDateTime {
    START + time::Duration::minutes(minute)
}

/// A clock that is set.
#[derive(Debug)]
struct Hands(Mutex<OffsetDateTime>);

impl Clock for Hands {
    fn now(&self) -> OffsetDateTime {
        *held(&self.0)
    }
}

/// A folder that goes away with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("reachwatch-history-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    fn file(&self) -> PathBuf {
        self.data().join("history.sqlite3")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

/// A plan of these endpoints over `direct`.
fn plan(endpoints: &[&str]) -> Plan {
    let urls: Vec<_> =
        endpoints.iter().map(|name| format!("{{name: {name}, url: 'https://{name}.example/'}}")).collect();
    let text = format!("endpoints: [{}]\ncontrols: []\ndefault_paths: [direct]\n", urls.join(", "));
    parse(&text, "e.yaml", &SystemSources::in_folder(".")).unwrap()
}

/// A process that records, and its clock.
struct Site {
    history: History,
    recorder: Recorder,
    clock: Arc<Hands>,
    memories: HashMap<(String, String), Memory>,
}

impl Site {
    /// One that begins at a minute, with a plan of these endpoints over `direct`.
    fn begin(directory: Option<PathBuf>, at: i64, endpoints: &[&str]) -> Self {
        let clock = Arc::new(Hands(Mutex::new(minute(at))));
        let history = History::open(directory, Arc::clone(&clock) as Arc<dyn Clock>);
        let recorder = history.recorder(&plan(endpoints));
        Self { history, recorder, clock, memories: HashMap::new() }
    }

    fn at(&self, at: i64) {
        *held(&self.clock.0) = minute(at);
    }

    /// Raw results of an endpoint over `direct`, a letter a minute from one on, and writes them.
    fn play(&mut self, endpoint: &str, first: i64, raw: &str) {
        self.tell(endpoint, first, raw);
        self.flush();
    }

    /// The same, and waits for nothing.
    fn tell(&mut self, endpoint: &str, first: i64, raw: &str) {
        for (at, letter) in (first..).zip(raw.chars()) {
            let (pair, report) = result(endpoint, at, letter);
            self.at(at);
            self.recorder.probe_ended(&pair, &report);
            let rules = Rules { confirm: NonZeroU32::new(2).unwrap(), interval: Duration::from_secs(60) };
            let memory = self.memories.entry((endpoint.to_owned(), "direct".to_owned())).or_default();
            if let Some(change) = memory.fold(&report, rules) {
                self.recorder.changed(&pair, &change);
            }
        }
    }

    fn flush(&self) {
        assert!(self.history.flush(PATIENCE), "written in time: {:?}", self.history.standing());
    }

    /// All troubles, in words: endpoint, state, from-to in minutes, probes.
    fn troubles(&self) -> Vec<String> {
        self.history.troubles(&Filter::default()).unwrap().iter().map(words).collect()
    }

    fn fault(&self) -> String {
        let fault = self.history.standing().fault;
        assert_eq!(self.history.storage().is_writable, fault.is_none());
        fault.map_or_else(String::new, |fault| fault.reason.as_str().to_owned())
    }

    fn end(self) {
        assert!(self.history.close(), "closed in time");
    }
}

fn words(trouble: &Trouble) -> String {
    let minutes = |at: OffsetDateTime| (at - START).whole_minutes();
    let to = trouble.to.map_or(String::new(), |to| minutes(to).to_string());
    format!("{} {} {}-{to} {}x", trouble.endpoint, trouble.state, minutes(trouble.from), trouble.probes)
}

fn result(endpoint: &str, at: i64, letter: char) -> (Arc<Pair>, Arc<Report>) {
    let row = sample::row(endpoint, "direct").observed(|seen| {
        seen.probed_at = minute(at);
        seen.duration = Duration::from_millis(u64::try_from(at.rem_euclid(60)).unwrap() + 1);
    });
    let row = match letter {
        'r' => row.reachable(),
        'd' => row.degraded(Cause::CrlExpired, "out of date"),
        'b' => row.blocked(Cause::TcpRefused, &format!("refused at {at}")),
        _ => row.unknown(Cause::MonitorError, "no sockets"),
    };
    let row = Arc::clone(&sample::snapshot([row]).rows[0]);
    (Arc::clone(&row.pair), Arc::clone(row.last.as_ref().unwrap()))
}

#[test]
fn what_is_told_can_be_asked() {
    let mut site = Site::begin(None, 0, &["a", "b"]);
    site.play("a", 0, "rrbbbrrrr");
    site.play("b", 0, "dddd");
    assert_eq!(site.troubles(), ["a blocked 2-5 3x", "b degraded 0- 4x"]);

    let only = |filter: Filter| site.history.troubles(&filter).unwrap().iter().map(words).collect::<Vec<_>>();
    let (a, b) = (vec!["a blocked 2-5 3x".to_owned()], vec!["b degraded 0- 4x".to_owned()]);
    let default = Filter::default;
    let all = site.history.troubles(&default()).unwrap();
    for trouble in &all {
        assert_eq!(only(Filter { id: Some(trouble.id), ..default() }), [words(trouble)]);
    }
    assert_eq!(only(Filter { id: Some(-1), ..default() }), [""; 0]);
    assert_eq!(only(Filter { state: Some(TroubleState::Open), ..default() }), b);
    assert_eq!(only(Filter { state: Some(TroubleState::Closed), ..default() }), a);
    assert_eq!(only(Filter { kind: Some(State::Blocked), ..default() }), a);
    assert_eq!(only(Filter { endpoint: Some("b".into()), path: Some("direct".into()), ..default() }), b);
    assert_eq!(only(Filter { path: Some("b".into()), ..default() }), [""; 0]);
    assert_eq!(only(Filter { group: Some("default".into()), cause: Some(Cause::TcpRefused), ..default() }), a);
    assert_eq!(only(Filter { blame: Some(Blame::Network), ..default() }), a);
    assert_eq!(only(Filter { after: Some(minute(5)), before: Some(minute(3)), ..default() }).len(), 2);
    assert_eq!(only(Filter { after: Some(minute(6)), ..default() }), b);
    assert_eq!(only(Filter { before: Some(minute(2)), ..default() }), b);
    assert_eq!(only(Filter { limit: Some(1), ..default() }), a);

    let trouble = &site.history.troubles(&Filter { limit: Some(1), ..default() }).unwrap()[0];
    assert_eq!((trouble.cause, trouble.detail.as_str()), (Cause::TcpRefused, "refused at 4"));
    let (first, last) = site.history.evidence(trouble.id).unwrap().unwrap();
    assert_eq!((first.detail.as_str(), last.detail.as_str()), ("refused at 2", "refused at 4"));
    assert_eq!(first.observation.probed_at, minute(2));
    assert_eq!(site.history.evidence(trouble.id + 100).unwrap(), None);
    let (newest, finding) = site.history.last_failure("a", "direct").unwrap().unwrap();
    assert_eq!((&newest, &finding), (trouble, &last));
    assert_eq!(site.history.last_failure("a", "hq").unwrap(), None);

    let day = *site.history.days().of_pair("a", "direct").unwrap();
    let seen = HalfHour { reachable: 6, blocked: 3, ..HalfHour::default() };
    assert_eq!(day[47], seen);
    assert_eq!(day[..47], [HalfHour::default(); 47]);
}

#[test]
fn latencies_come_by_slot_and_by_half_hour() {
    let folder = Folder::new();
    let mut site = Site::begin(Some(folder.data()), 0, &["a"]);
    // Two slots, and minutes 8 and 9 are no measure of anything.
    site.play("a", 0, "rrrrrrrrbb");
    site.end();
    // The same five minutes, seen by the next process.
    let mut site = Site::begin(Some(folder.data()), 9, &["a"]);
    site.play("a", 9, "r");
    site.play("a", 31, "rr");
    let told = |span| -> Vec<(i64, u32, u128, u128)> {
        let latencies = site.history.latencies("a", "direct", span).unwrap().into_iter();
        let words =
            |one: Latency| ((one.from - START).whole_minutes(), one.probes, one.p50.as_millis(), one.p95.as_millis());
        latencies.map(words).collect()
    };
    assert_eq!(told(LatencySpan::Day), [(0, 5, 3, 5), (5, 4, 7, 10), (30, 2, 32, 33)]);
    assert_eq!(told(LatencySpan::Week), [(0, 9, 5, 10), (30, 2, 32, 33)]);
    assert_eq!(site.history.latencies("a", "hq", LatencySpan::Week).unwrap(), []);
    // A day later the day is empty, and the week is not.
    site.at(24 * 60 + 59);
    assert_eq!(site.history.latencies("a", "direct", LatencySpan::Day).unwrap(), []);
    assert_eq!(site.history.latencies("a", "direct", LatencySpan::Week).unwrap().len(), 2);
}

#[test]
fn a_restart_goes_on_where_it_ended() {
    let folder = Folder::new();
    let mut site = Site::begin(Some(folder.data()), 0, &["a", "b", "c"]);
    site.play("a", 0, "bbb");
    site.play("b", 0, "bbb");
    site.play("c", 0, "rbbr");
    let before = site.history.troubles(&Filter::default()).unwrap();
    site.end();

    let mut site = Site::begin(Some(folder.data()), 60, &["a", "b", "c"]);
    assert_eq!(site.history.troubles(&Filter::default()).unwrap(), before, "nothing changes by looking");
    site.play("a", 61, "bb");
    site.play("b", 61, "rr");
    assert_eq!(site.troubles(), ["c blocked 1-3 2x", "b blocked 0-61 3x", "a blocked 0- 5x"]);
    let open = &site.history.troubles(&Filter { endpoint: Some("a".into()), ..Filter::default() }).unwrap()[0];
    let was = before.iter().find(|trouble| trouble.endpoint == "a").unwrap();
    assert_eq!((open.id, open.from), (was.id, was.from));
    let (first, last) = site.history.evidence(open.id).unwrap().unwrap();
    assert_eq!((first.detail.as_str(), last.detail.as_str()), ("refused at 0", "refused at 62"));
    let day = *site.history.days().of_pair("a", "direct").unwrap();
    assert_eq!(day.iter().map(|half| half.blocked).sum::<u32>(), 5);
    assert_eq!((day[45].blocked, day[47].blocked), (3, 2));
}

#[test]
fn what_was_told_is_told_to_who_asks_at_once() {
    let folder = Folder::new();
    let mut site = Site::begin(Some(folder.data()), 0, &["a"]);
    for round in 0..20 {
        site.tell("a", 10 * round, "rbb");
        assert_eq!(site.troubles().len(), usize::try_from(round).unwrap() + 1);
    }
}

#[test]
fn a_state_that_goes_on_after_a_restart_began_before_it() {
    let folder = Folder::new();
    let mut site = Site::begin(Some(folder.data()), 0, &["a", "b", "c"]);
    site.play("a", 0, "rbbb");
    site.play("b", 0, "dd");
    site.play("c", 0, "bbr");
    site.end();
    let site = Site::begin(Some(folder.data()), 60, &["a", "c"]);
    let earlier = site.history.earlier();
    // What is not planned any more is over.
    let a = ("a".to_owned(), "direct".to_owned());
    assert_eq!(earlier, HashMap::from([(a, (State::Blocked, minute(1)))]));
    assert_eq!(Site::begin(None, 0, &["a"]).history.earlier(), HashMap::new());
}

#[test]
fn a_pair_that_another_plan_does_not_have_is_not_waited_for() {
    let folder = Folder::new();
    let mut site = Site::begin(Some(folder.data()), 0, &["a", "b"]);
    site.play("a", 0, "bbb");
    site.play("b", 0, "bbb");
    site.end();
    let mut site = Site::begin(Some(folder.data()), 60, &["a", "b"]);
    site.history.follow(&plan(&["b"]));
    site.play("b", 61, "bb");
    assert_eq!(site.troubles(), ["b blocked 0- 5x", "a blocked 0-2 3x"]);
}

#[test]
fn a_clock_that_is_set_back_spoils_no_results() {
    let folder = Folder::new();
    let mut site = Site::begin(Some(folder.data()), 0, &["a"]);
    site.play("a", 0, "rrrrr");
    site.play("a", 6, "r");
    site.play("a", 1, "r");
    let latencies = site.history.latencies("a", "direct", LatencySpan::Day).unwrap();
    assert_eq!(latencies.iter().map(|one| one.probes).collect::<Vec<_>>(), [5, 1]);
}

#[test]
fn what_is_no_longer_probed_is_over() {
    let folder = Folder::new();
    let mut site = Site::begin(Some(folder.data()), 0, &["a"]);
    for endpoint in ["a", "gone", "found"] {
        site.play(endpoint, 0, "bbb");
    }
    site.end();
    let connection = rusqlite::Connection::open(folder.file()).unwrap();
    let found = "UPDATE troubles SET \"group\" = ?1 WHERE pair = (SELECT id FROM pairs WHERE endpoint = 'found')";
    assert_eq!(connection.execute(found, [REVOCATION_GROUP]).unwrap(), 1);
    drop(connection);

    let site = Site::begin(Some(folder.data()), 60, &["a"]);
    site.flush();
    // It was over when the last process last wrote.
    assert_eq!(site.troubles(), ["found blocked 0- 3x", "gone blocked 0-2 3x", "a blocked 0- 3x"]);
    // What might be discovered again is waited for, and what is planned would have been heard of.
    site.at(60 + 61);
    site.flush();
    assert_eq!(site.troubles(), ["found blocked 0-2 3x", "gone blocked 0-2 3x", "a blocked 0-2 3x"]);
}

#[test]
fn what_goes_on_is_over_when_it_is_well_or_gone_and_not_when_the_clock_jumps() {
    let mut site = Site::begin(None, 0, &["a"]);
    site.play("a", 0, "bbb");
    site.at(600);
    site.flush();
    assert_eq!(site.troubles(), ["a blocked 0- 3x"]);
    site.play("a", 601, "b");
    assert_eq!(site.troubles(), ["a blocked 0- 4x"]);
    site.recorder.gone(&result("a", 602, 'b').0);
    site.flush();
    assert_eq!(site.troubles(), ["a blocked 0-601 4x"]);
}

#[test]
fn a_directory_that_cannot_be_made_is_tried_again() {
    let folder = Folder::new();
    let mut before = Site::begin(Some(folder.data()), 0, &["a", "b"]);
    before.play("a", 0, "bbb");
    before.play("b", 0, "bbb");
    before.end();
    fs::rename(folder.data(), folder.0.join("elsewhere")).unwrap();
    fs::write(folder.data(), "a file").unwrap();

    let mut site = Site::begin(Some(folder.data()), 10, &["a", "b"]);
    let since = site.history.standing().fault.unwrap().since;
    assert!(site.fault().starts_with("cannot make the directory"), "{}", site.fault());
    site.play("a", 10, "bbb");
    site.play("b", 10, "rr");
    assert_eq!(site.troubles(), ["a blocked 10- 3x"]);
    assert_eq!(site.history.standing().fault.unwrap().since, since);

    fs::remove_file(folder.data()).unwrap();
    fs::rename(folder.0.join("elsewhere"), folder.data()).unwrap();
    site.flush();
    assert_eq!(site.fault(), "");
    let mut troubles = site.troubles();
    troubles.sort();
    // The same trouble as before, and the one that was over meanwhile.
    assert_eq!(troubles, ["a blocked 0- 6x", "b blocked 0-10 3x"]);
    let id = site.history.troubles(&Filter { endpoint: Some("a".into()), ..Filter::default() }).unwrap()[0].id;
    let (first, last) = site.history.evidence(id).unwrap().unwrap();
    assert_eq!((first.detail.as_str(), last.detail.as_str()), ("refused at 0", "refused at 12"));
    let day = *site.history.days().of_pair("a", "direct").unwrap();
    assert_eq!(day[47].blocked, 6);
}

#[test]
fn one_process_at_a_time_has_the_directory() {
    let folder = Folder::new();
    let mut one = Site::begin(Some(folder.data()), 0, &["a"]);
    one.play("a", 0, "bb");
    let mut other = Site::begin(Some(folder.data()), 0, &["a"]);
    assert!(other.fault().starts_with("another process keeps its history in"), "{}", other.fault());
    other.play("a", 1, "dd");
    assert_eq!((one.troubles().len(), other.troubles().len()), (1, 1));
    one.end();
    other.flush();
    assert_eq!(other.fault(), "");
    assert_eq!(other.troubles(), ["a degraded 1- 2x", "a blocked 0-1 2x"]);
}

#[test]
fn a_file_that_is_removed_is_begun_anew() {
    let folder = Folder::new();
    let mut site = Site::begin(Some(folder.data()), 0, &["a"]);
    site.play("a", 0, "bb");
    fs::remove_dir_all(folder.data()).unwrap();
    site.play("a", 2, "b");
    assert_eq!((site.fault().as_str(), site.troubles()), ("", vec!["a blocked 0- 3x".to_owned()]));
    assert!(folder.file().exists());
    site.end();
}

#[test]
fn a_history_takes_what_it_may_on_the_disk() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let site = Site::begin(Some(folder.data()), 0, &["a"]);
    site.flush();
    let mode = fs::metadata(folder.data()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let bytes =
        fs::read_dir(folder.data()).unwrap().flatten().map(|entry| entry.metadata().unwrap().len()).sum::<u64>();
    assert_eq!(site.history.storage(), Storage { is_writable: true, bytes, dropped: 0, set_aside_files: 0 });
}
