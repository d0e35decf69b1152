//! A prober for another plan that keeps what the one before has learned.

use std::collections::HashSet;
use std::sync::Arc;

use rustls::pki_types::TrustAnchor;

use super::Prober;
use super::kept::KeptLists;
use super::pac::PacFiles;
use crate::phase::SetupFault;
use crate::phase::tls::Connector;
use crate::plan::{Diff, DnsPlan, Plan, RootsChoice, TlsPlan};
use crate::trust::signer::KnownSigners;

/// What names and certificates are asked and trusted by, of which resolvers, connectors and PAC files are made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Basis {
    dns: DnsPlan,
    tls: TlsPlan,
}

impl Basis {
    pub(super) fn of(plan: &Plan) -> Self {
        Self { dns: plan.dns.clone(), tls: plan.tls.clone() }
    }
}

/// What a prober leaves behind.
#[derive(Clone, Copy)]
pub(super) struct Heritage<'a> {
    pub(super) prober: &'a Prober,
    /// Whether a pair, by endpoint and path, asks the same in the next plan.
    goes_on: &'a dyn Fn(&str, &str) -> bool,
}

impl Prober {
    /// A prober for a plan that takes the place of the one (`old`) that this one was set up for. Logins that served,
    /// certificates met, PAC files of paths that are the same, and revocation lists of pairs that are, go on. What hangs on name
    /// servers and roots begins anew where these changed.
    pub fn heir(&self, old: &Plan, plan: &Plan) -> Result<Self, SetupFault> {
        let fates = Diff::between(old, plan).fates;
        let pairs = || plan.pairs.iter().zip(&fates);
        let kept: HashSet<_> = pairs().filter(|(_, fate)| fate.keeps().is_some()).map(|(pair, _)| pair.key()).collect();
        let others: HashSet<_> = old.pairs.iter().chain(&plan.pairs).map(|pair| pair.key()).collect();
        // What neither plan has was discovered, and is what it was.
        let goes_on =
            |endpoint: &str, path: &str| kept.contains(&(endpoint, path)) || !others.contains(&(endpoint, path));
        Self::set_up(plan, Arc::clone(&self.clock), Some(Heritage { prober: self, goes_on: &goes_on }))
    }
}

impl<'a> Heritage<'a> {
    /// The connector of the same roots. Those of the system are read anew: that they changed may be why there is a new plan.
    pub(super) fn connector(self, choice: RootsChoice) -> Option<Arc<Connector>> {
        let of_choice = |(made_for, _): &&(RootsChoice, _)| *made_for == choice && choice == RootsChoice::Bundled;
        self.prober.connectors.iter().find(of_choice).map(|(_, connector)| Arc::clone(connector))
    }

    pub(super) fn pac_files(self) -> &'a PacFiles {
        &self.prober.pac_files
    }

    /// Who may have signed lists, where that was learned under the same roots.
    pub(super) fn signers(self, roots: &[TrustAnchor<'static>]) -> Option<Arc<KnownSigners>> {
        self.prober.signers.as_ref().filter(|signers| signers.has_roots(roots)).cloned()
    }

    /// Whether what is known of chains and lists goes on, since those who may have signed do.
    pub(super) fn knows_as(self, signers: Option<&Arc<KnownSigners>>) -> bool {
        matches!((&self.prober.signers, signers), (Some(one), Some(other)) if Arc::ptr_eq(one, other))
    }

    pub(super) fn kept_lists(self) -> KeptLists {
        self.prober.kept_lists.of_those(self.goes_on)
    }
}
