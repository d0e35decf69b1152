//! Following the aliases of a name (CNAME, RFC 1034, section 3.6.2).

use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::time::Instant;

use super::asking::{Answer, Heard, ask_in_turn};
use super::server::{MAX_CNAMES, Server, negative};
use super::{NameServers, Resolver, absolute};
use crate::observation::{AliasLookup, AliasOutcome, LookupOutcome, MonitorFault};
use crate::text::Clean;

/// The most aliases followed; real ones have one or two.
const MAX_FOLLOWED: usize = 8;

/// What a name server said, and where that says to go on.
type Said = (AliasOutcome, Option<Name>);

impl Answer for Said {
    fn silence() -> Self {
        (AliasOutcome::Timeout, None)
    }

    fn is_known(&self) -> bool {
        self.0.is_answer()
    }
}

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

/// Asks the servers in order until one knows. Says where to go on.
async fn walk(
    servers: &NameServers,
    name: &Name,
    by: Instant,
    lookups: &mut Vec<AliasLookup>,
) -> Result<Option<Name>, MonitorFault> {
    let mut heard = Vec::new();
    ask_in_turn(&servers.servers, by, |server| ask(server, name), &mut heard).await?;
    let mut next = None;
    for Heard { resolver, said: (outcome, to) } in heard {
        lookups.push(AliasLookup { resolver, name: shown(name), outcome });
        next = to;
    }
    Ok(next)
}

async fn ask(server: &Server, name: &Name) -> Result<Said, MonitorFault> {
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
fn answered(name: &Name, answers: &[Record]) -> Said {
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
