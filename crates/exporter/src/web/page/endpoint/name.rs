//! Where a record of the tenant's leads.

use prober::observation::{AliasOutcome, TenantFacts};
use prober::snapshot::Row;

use super::compare::{Comparison, Line};

/// Every question and what came of it; `None` for what is no domain of the tenant's.
pub(super) fn compare<'a>(rows: &[&'a Row]) -> Option<Comparison<'a>> {
    let row = rows.iter().find(|row| row.pair.endpoint.tenant.is_some())?;
    let facts: &TenantFacts = row.last.as_ref()?.observation.tenant.as_ref()?;
    let asked = if facts.external { "the resolvers of dns.external" } else { "the monitor's own resolvers" };
    let line = |label, text: String| Line { label, cells: vec![Some(text)], differs: false };
    let lookups = facts
        .lookups
        .iter()
        .map(|one| line("question", format!("{}, asked of {}: {}", one.name, one.resolver, outcome(&one.outcome))));
    Some(Comparison {
        id: "record",
        title: "Where the record leads",
        note: None,
        paths: vec![&row.pair.path.name],
        lines: [line("asked", asked.to_owned())].into_iter().chain(lookups).collect(),
        times: Vec::new(),
    })
}

fn outcome(outcome: &AliasOutcome) -> String {
    match outcome {
        AliasOutcome::Aliases(aliases) => {
            let aliases: Vec<_> = aliases.iter().map(AsRef::as_ref).collect();
            format!("an alias for {}", aliases.join(", then "))
        }
        AliasOutcome::NoData => "no alias".to_owned(),
        AliasOutcome::NxDomain => "the name does not exist".to_owned(),
        AliasOutcome::ServerFailure { rcode } => rcode.clone(),
        AliasOutcome::Timeout => "no answer".to_owned(),
    }
}
