//! The families with one series, or a few, for every endpoint and path.

mod values;

use prober::cause::{Stage, State};
use prober::observation::CrlSignature;
use prober::plan::Freshness;
use prober::snapshot::Snapshot;

use self::values::Values;
use super::exposition::Section;
use super::family::{self, Family};

/// Writes the families of all rows, a piece at a time.
#[derive(Debug)]
pub(super) struct Results {
    /// What there is to write of every row: the families go over all rows one after the other, and ten thousand rows with
    /// everything behind them fit into no cache.
    values: Vec<Values>,
    /// What comes next: a family, and a row of it.
    family: usize,
    row: usize,
    /// Whether that family's head is written.
    begun: bool,
}

impl Results {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let values = snapshot.rows.iter().map(|row| Values::of(row, &snapshot.maintenance)).collect();
        Self { values, family: 0, row: 0, begun: false }
    }

    /// Goes on writing until the text has `enough` bytes, or everything is written.
    pub(super) fn write(&mut self, text: &mut String, enough: usize) {
        while let Some((family, write)) = FAMILIES.get(self.family) {
            let mut section = Section::of(family, self.begun, text);
            for values in self.values.iter().skip(self.row) {
                if section.len() >= enough {
                    self.begun = section.has_begun();
                    return;
                }
                write(values, &mut section);
                self.row += 1;
            }
            (self.family, self.row, self.begun) = (self.family + 1, 0, false);
        }
    }
}

/// Writes what a family has of a row.
type Write = fn(&Values, &mut Section<'_>);

/// Every family, in the order of the exposition.
const FAMILIES: &[(&Family, Write)] = &[
    (&family::ENDPOINT_REACHABLE, |row, out| match row.state {
        State::Reachable | State::Degraded => row.write(out, Some(1)),
        State::Blocked => row.write(out, Some(0)),
        State::Unknown => {}
    }),
    (&family::ENDPOINT_STATE, |row, out| {
        for state in State::ALL {
            out.sample(&row.labels, &[("state", state.as_str())], u8::from(state == row.state));
        }
    }),
    (&family::ENDPOINT_CAUSE, |row, out| {
        if let Some((cause, stage, blame)) = row.reason {
            let labels = [("cause", cause.as_str()), ("stage", stage.as_str()), ("blame", blame.as_str())];
            out.sample(&row.labels, &labels, 1);
        }
    }),
    (&family::ENDPOINT_SINCE, |row, out| row.write(out, row.since)),
    (&family::ENDPOINT_INTERCEPTED, |row, out| {
        if let Some(announced) = row.interceptor_is_announced {
            out.sample(&row.labels, &[("announced", if announced { "true" } else { "false" })], 1);
        }
    }),
    (&family::PROBE_PHASE, |row, out| {
        for stage in Stage::ALL {
            if let Some(duration) = row.phases.get(stage) {
                out.sample(&row.labels, &[("phase", stage.as_str())], duration);
            }
        }
    }),
    (&family::PROBES, |row, out| {
        for state in State::ALL {
            out.sample(&row.labels, &[("result", state.as_str())], row.counts.get(state));
        }
    }),
    (&family::RECEIVED, |row, out| row.write(out, Some(row.received_bytes))),
    (&family::PROBE_LAST, |row, out| row.write(out, row.probed_at)),
    (&family::HTTP_STATUS, |row, out| row.write(out, row.http_status)),
    (&family::PROXY_STATUS, |row, out| row.write(out, row.proxy_status)),
    (&family::TLS_INFO, |row, out| {
        if let Some(labels) = &row.tls {
            out.sample(labels, &[], 1);
        }
    }),
    (&family::TLS_NOT_AFTER, |row, out| row.write(out, row.not_after)),
    (&family::TLS_VERSION, |row, out| {
        for (version, passes) in row.audit.iter().flat_map(|audit| audit.versions) {
            if let Some(passes) = passes {
                out.sample(&row.labels, &[("version", version)], u8::from(passes));
            }
        }
    }),
    (&family::TLS_LARGE_HELLO, |row, out| {
        row.write(out, row.audit.as_ref().and_then(|audit| audit.large_hello).map(u8::from));
    }),
    (&family::AUDIT_LAST, |row, out| row.write(out, row.audit.as_ref().map(|audit| audit.at))),
    (&family::CRL_THIS_UPDATE, |row, out| row.write(out, row.crl.as_ref().map(|crl| crl.this_update))),
    (&family::CRL_NEXT_UPDATE, |row, out| row.write(out, row.crl.as_ref().and_then(|crl| crl.next_update))),
    (&family::CRL_REVOKED, |row, out| row.write(out, row.crl.as_ref().map(|crl| crl.revoked))),
    (&family::CRL_SIZE, |row, out| row.write(out, row.crl.as_ref().map(|crl| crl.bytes))),
    (&family::CRL_FRESHNESS, |row, out| {
        row.write(out, row.freshness.map(|freshness| u8::from(freshness == Freshness::Required)));
    }),
    (&family::CRL_SIGNATURE, |row, out| {
        let is_valid = match row.crl.as_ref().map(|crl| crl.signature) {
            Some(CrlSignature::Valid) => Some(1),
            Some(CrlSignature::Invalid) => Some(0),
            Some(CrlSignature::Unchecked) | None => None,
        };
        row.write(out, is_valid);
    }),
    (&family::MAINTENANCE, |row, out| row.write(out, row.in_maintenance.then_some(1))),
];
