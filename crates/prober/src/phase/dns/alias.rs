//! Following the aliases of a name (CNAME, RFC 1034, section 3.6.2).

use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::time::{Instant, timeout_at};

use super::server::{MAX_CNAMES, Server, negative};
use super::{NameServers, Resolver, absolute};
use crate::observation::{AliasLookup, AliasOutcome, LookupOutcome, MonitorFault};
use crate::phase::in_turn;
use crate::text::Clean;

/// The most aliases followed; real ones have one or two.
const MAX_FOLLOWED: usize = 8;

/// An answer, and where it says to go on.
type Answer = (AliasOutcome, Option<Name>);

impl Resolver {
    /// Follows the aliases of a name to their end, until the given instant: asks for the CNAME of the name, of what that
    /// is an alias for, and so on. The name servers are asked in order, the next one where one does not know.
    pub async fn aliases(&self, name: &str, by: Instant) -> Result<Vec<AliasLookup>, MonitorFault> {
        let servers = self.name_servers();
        let (mut lookups, mut seen) = (Vec::new(), Vec::new());
        let mut next = absolute(name);
        while let Some(name) = next.take_if(|name| !seen.contains(name) && seen.len() < MAX_FOLLOWED) {
            next = walk(&servers, &name, by, &mut lookups).await?;
            seen.push(name);
        }
        Ok(lookups)
    }
}

/// Asks the servers in order until one knows; each gets an equal share of the time that is left. Says where to go on.
async fn walk(
    servers: &NameServers,
    name: &Name,
    by: Instant,
    lookups: &mut Vec<AliasLookup>,
) -> Result<Option<Name>, MonitorFault> {
    for (server, share) in in_turn(&servers.servers, by) {
        let (outcome, next) = match timeout_at(share, ask(server, name)).await {
            Ok(answer) => answer?,
            Err(_) => (AliasOutcome::Timeout, None),
        };
        let knows = outcome.is_answer();
        lookups.push(AliasLookup { resolver: server.label().to_owned(), name: shown(name), outcome });
        if knows {
            return Ok(next);
        }
    }
    Ok(None)
}

async fn ask(server: &Server, name: &Name) -> Result<Answer, MonitorFault> {
    let outcome = match server.look_up(name, RecordType::CNAME).await? {
        Ok(lookup) => return Ok(answered(name, lookup.answers())),
        Err(error) => negative(&error),
    };
    let outcome = match outcome {
        LookupOutcome::NxDomain => AliasOutcome::NxDomain,
        LookupOutcome::ServerFailure { rcode } => AliasOutcome::ServerFailure { rcode },
        LookupOutcome::Timeout => AliasOutcome::Timeout,
        LookupOutcome::NoData | LookupOutcome::Addresses { .. } => AliasOutcome::NoData,
    };
    Ok((outcome, None))
}

/// The aliases that an answer tells of, from one to the next; others in it belong to other names.
fn answered(name: &Name, answers: &[Record]) -> Answer {
    let mut aliases = Vec::new();
    let mut last: Option<&Name> = None;
    let target = |owner: &Name| {
        answers.iter().find_map(|record| match &record.data {
            RData::CNAME(target) if record.name == *owner => Some(&target.0),
            _ => None,
        })
    };
    while let Some(alias) = target(last.unwrap_or(name)).filter(|_| aliases.len() < MAX_CNAMES) {
        aliases.push(shown(alias));
        last = Some(alias);
    }
    match last {
        Some(last) => (AliasOutcome::Aliases(aliases), Some(last.clone())),
        None => (AliasOutcome::NoData, None),
    }
}

fn shown(name: &Name) -> Clean {
    Clean::new(name.to_lowercase().to_ascii().trim_end_matches('.'))
}
