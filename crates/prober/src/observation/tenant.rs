//! Where a record of the tenant's own zone leads.

use serde::{Deserialize, Serialize};

use crate::text::Clean;

/// Where a name leads by its aliases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantFacts {
    /// Whether those were asked whom the configuration names for the public DNS, rather than the monitor's own resolvers.
    #[serde(default)]
    pub external: bool,
    /// Every question for a CNAME and what came of it: for the name itself, then for where each alias leads, as long as
    /// there is one.
    pub lookups: Vec<AliasLookup>,
}

/// One question for a CNAME to one resolver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliasLookup {
    /// The resolver, as `address:port`.
    pub resolver: String,
    /// The name asked for.
    pub name: Clean,
    /// What came.
    pub outcome: AliasOutcome,
}

/// What came of one question for a CNAME.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AliasOutcome {
    /// What the name is an alias for; and so on, where the answer tells more. At least one, at most 16.
    Aliases(Vec<Clean>),
    /// The name exists and is no alias.
    NoData,
    /// NXDOMAIN.
    NxDomain,
    /// Another rcode: SERVFAIL, REFUSED, NOTIMP, FORMERR.
    ServerFailure {
        /// The rcode's mnemonic.
        rcode: String,
    },
    /// No answer in time, or no way to ask.
    Timeout,
}

impl AliasOutcome {
    /// Whether the resolver knew, be it that there is none.
    pub fn is_answer(&self) -> bool {
        !matches!(self, Self::ServerFailure { .. } | Self::Timeout)
    }
}

impl TenantFacts {
    /// The aliases on the way, in order.
    pub fn aliases(&self) -> impl Iterator<Item = &Clean> {
        self.lookups.iter().flat_map(|lookup| match &lookup.outcome {
            AliasOutcome::Aliases(aliases) => aliases.as_slice(),
            _ => &[],
        })
    }

    /// Whether the way is known to its end.
    pub fn is_complete(&self) -> bool {
        self.lookups.last().is_some_and(|last| last.outcome.is_answer())
    }
}
