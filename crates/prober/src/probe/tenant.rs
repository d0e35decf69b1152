//! Where a record of the tenant's own zone leads, asked of name servers and nobody else.

use std::time::Duration;

use tokio::time::Instant;

use super::{Listener, Prober, Step};
use crate::cause::Stage;
use crate::observation::{Fault, Observation, TenantFacts};
use crate::phase::dns::Resolver;
use crate::phase::{Deadline, SetupFault};
use crate::plan::{DnsPlan, IpFamily, PathOptions, Resolvers, TenantCheck, TlsPlan};

/// Who is asked about the public DNS, where the plan names somebody.
pub(super) fn external(dns: &DnsPlan, tls: &TlsPlan) -> Result<Option<Resolver>, SetupFault> {
    if dns.external.is_empty() {
        return Ok(None);
    }
    Resolver::asking(&Resolvers::Listed(dns.external.clone()), IpFamily::Any, dns, tls).map(Some)
}

impl Prober {
    /// Follows the record of one domain, within so much time.
    pub(super) async fn ask_about(&self, tenant: &TenantCheck, time: Duration, listener: &dyn Listener) -> Observation {
        let start = Instant::now();
        let own = self.resolvers.of(&PathOptions::default());
        let resolver = self.external.as_ref().unwrap_or(own);
        // Nothing comes after it, so that it may have all of the time for I/O.
        let followed = resolver.aliases(&tenant.name, Deadline::new(start, time).until(Stage::Content)).await;

        let mut seen = Observation::empty(self.clock.now());
        seen.duration = start.elapsed();
        seen.phases.set(Stage::Resolve, seen.duration);
        match followed {
            Ok(lookups) => {
                let facts = TenantFacts { external: self.external.is_some(), lookups };
                listener.heard(Step::Followed(&facts));
                seen.tenant = Some(facts);
            }
            Err(fault) => seen.fault = Some(Fault::Monitor(fault)),
        }
        seen
    }
}
