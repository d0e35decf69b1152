//! Asking the service for a list, over a path of the configuration.

use std::io;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use prober::microsoft365::{Instance, MAX_BYTES};
use prober::net::SystemClock;
use prober::plan::{Path, Plan};
use prober::probe::{Download, DownloadFault, Prober};
use prober::text::Clean;
use thiserror::Error;
use url::Url;

use super::super::args::without_user_info;
use super::super::exit::Failure;
use super::super::plan;
use crate::microsoft365::ClientId;

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(60);
/// The path that is taken where none is named.
const USUAL_PATH: &str = "environment";

/// A list that did not come.
#[derive(Debug, Error)]
enum NotFetched {
    #[error("cannot fetch {url} over {path}")]
    Fault { url: Url, path: String, source: DownloadFault },
    #[error("cannot fetch {url} over {path}: it answers {status}{}", said(reason.as_ref()))]
    Refused { url: Url, path: String, status: u16, reason: Option<Clean> },
    #[error("cannot make an id for the service")]
    NoId(#[source] io::Error),
}

fn said(reason: Option<&Clean>) -> String {
    reason.map_or_else(String::new, |reason| format!(" {reason}"))
}

/// Fetches a list.
pub(super) async fn fetch(
    url: &Url,
    instance: Instance,
    config: Option<&FilePath>,
    path: Option<&str>,
) -> Result<Vec<u8>, Failure> {
    let url = without_user_info(url).map_err(Failure::usage)?;
    let (plan, _) = plan::load(config)?;
    let path = plan::load_path(config, path.unwrap_or(USUAL_PATH))?;
    let prober = Prober::new(&over(plan, &path), Arc::new(SystemClock)).map_err(Failure::config)?;
    // The service counts requests by an id of the client's own. Whoever asks once needs no lasting one.
    let client = ClientId::random().map_err(|source| Failure::other(NotFetched::NoId(source)))?;
    let url = document(url, instance, client);
    let path_name = path.name.clone();
    match prober.download(&path, &url, MAX_BYTES, LIMIT).await {
        Ok(Download { status: 200, bytes, .. }) => Ok(bytes),
        Ok(Download { status, reason, .. }) => {
            Err(Failure::other(NotFetched::Refused { url, path: path_name, status, reason }))
        }
        Err(source) => Err(Failure::other(NotFetched::Fault { url, path: path_name, source })),
    }
}

/// The plan with nothing to probe and one way out.
fn over(plan: Plan, path: &Arc<Path>) -> Plan {
    Plan { paths: vec![Arc::clone(path)], endpoints: Vec::new(), pairs: Vec::new(), ..plan }
}

/// What is asked for: below the address of a service the instance's list, otherwise just what the address says.
fn document(url: &Url, instance: Instance, client: ClientId) -> Url {
    let mut url = url.clone();
    if url.path().ends_with('/') && url.query().is_none() {
        url.set_path(&format!("{}endpoints/{instance}", url.path()));
        url.query_pairs_mut().append_pair("clientrequestid", &client.to_string());
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_asked_for_the_list_of_an_instance_and_anything_else_as_it_is() {
        let client = ClientId::random().unwrap();
        let id = client.to_string();
        for (from, asked) in [
            (
                "https://endpoints.office.com",
                format!("https://endpoints.office.com/endpoints/China?clientrequestid={id}"),
            ),
            ("http://mirror.example/m365/", format!("http://mirror.example/m365/endpoints/China?clientrequestid={id}")),
            ("https://mirror.example/list.json", "https://mirror.example/list.json".to_owned()),
            ("https://mirror.example/?list=a", "https://mirror.example/?list=a".to_owned()),
        ] {
            assert_eq!(document(&from.parse().unwrap(), Instance::China, client).as_str(), asked);
        }
    }
}
