//! The families about paths, the site and the build.

use prober::diagnosis::{self, Incident, PathStanding, PathState, Scope, SiteState};
use prober::plan::Severity;
use prober::snapshot::{Row, Snapshot};

use super::exposition::{Exposition, Labels};
use super::family;
use crate::maintenance;
use crate::rows::of_endpoints;

/// The revision of the source, where the build was told (`REACHWATCH_REVISION`).
const REVISION: &str = match option_env!("REACHWATCH_REVISION") {
    Some(revision) => revision,
    None => "unknown",
};

/// `external_url` is where people reach what is served.
pub(super) fn write(snapshot: &Snapshot, external_url: Option<&str>, exposition: &mut Exposition) {
    let paths = diagnosis::paths(snapshot);
    let mut path_state = exposition.family(&family::PATH_STATE);
    for standing in &paths {
        let labels = Labels::new(&[("path", standing.path)]);
        for state in PathState::ALL {
            path_state.sample(&labels, &[("state", state.as_str())], u8::from(state == standing.state));
        }
    }

    write_maintenance(snapshot, &paths, exposition);

    let interception = diagnosis::interception(snapshot);
    let mut tls_endpoints = exposition.family(&family::TLS_ENDPOINTS);
    for tally in &interception.paths {
        tls_endpoints.sample(&Labels::new(&[("path", tally.path)]), &[], tally.tls);
    }
    let mut intercepted = exposition.family(&family::INTERCEPTED_ENDPOINTS);
    for tally in &interception.paths {
        let labels = Labels::new(&[("path", tally.path)]);
        intercepted.sample(&labels, &[("announced", "true")], tally.announced);
        intercepted.sample(&labels, &[("announced", "false")], tally.unannounced);
    }

    let incidents = diagnosis::incidents(snapshot);
    let mut open = exposition.family(&family::OPEN_INCIDENTS);
    for scope in Scope::ALL {
        for severity in Severity::ALL {
            for state in Incident::STATES {
                let is_counted = |one: &&Incident<'_>| (one.scope, one.severity, one.state) == (scope, severity, state);
                let count = incidents.iter().filter(is_counted).count();
                let labels = [("scope", scope.as_str()), ("severity", severity.as_str()), ("state", state.as_str())];
                open.sample(&Labels::default(), &labels, count);
            }
        }
    }

    if let Some(clock) = snapshot.clock {
        let offset = clock.offset.as_seconds_f64();
        exposition.family(&family::CLOCK_OFFSET).sample(&Labels::default(), &[], offset);
    }

    let mut online = exposition.family(&family::SITE_ONLINE);
    match diagnosis::site(snapshot, &paths) {
        SiteState::Online => online.sample(&Labels::default(), &[], 1),
        SiteState::Offline => online.sample(&Labels::default(), &[], 0),
        SiteState::Unknown => {}
    }

    let url = external_url.map(|url| ("url", url));
    let about: Vec<_> = [("site", &*snapshot.site)].into_iter().chain(url).collect();
    exposition.family(&family::SITE_INFO).sample(&Labels::default(), &about, 1);
    exposition.family(&family::BUILD_INFO).sample(
        &Labels::default(),
        &[("version", env!("CARGO_PKG_VERSION")), ("revision", REVISION)],
        1,
    );
}

/// Whether windows cover whole paths, and the site. The tenant's domains are on no path of the site's.
fn write_maintenance(snapshot: &Snapshot, paths: &[PathStanding<'_>], exposition: &mut Exposition) {
    let rows = || of_endpoints(snapshot).filter(|row| row.pair.endpoint.tenant.is_none());
    let mut family = exposition.family(&family::PATH_MAINTENANCE);
    for standing in paths {
        let own = rows().filter(|row: &&Row| row.pair.path.name == standing.path);
        let is_covered = maintenance::of_all(snapshot, own).is_some();
        family.sample(&Labels::new(&[("path", standing.path)]), &[], u8::from(is_covered));
    }
    let is_covered = maintenance::of_all(snapshot, rows()).is_some();
    exposition.family(&family::SITE_MAINTENANCE).sample(&Labels::default(), &[], u8::from(is_covered));
}
