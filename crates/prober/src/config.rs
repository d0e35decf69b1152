//! From the text of `endpoints.yaml` to a [`Plan`], or to every fault in it at once.
//!
//! ```text
//! text ─► tree ─────────────────► readers ──────────────► plan
//!         every node with its     one per section of the   endpoints × paths,
//!         place, ${NAME} replaced  file, collecting faults  every name resolved
//! ```
//!
//! Nothing here panics, whatever the text; input, nesting, nodes and substituted text are bounded. Secrets are read
//! from files and the environment only, and appear in no message.

mod address;
mod audit;
mod controls;
mod credentials;
mod cursor;
mod discovery;
mod document;
mod duration;
mod endpoint;
mod environment;
mod expect;
mod fault;
mod files;
mod fingerprints;
mod load;
mod maintenance;
mod microsoft365;
mod names;
mod network;
mod pac;
mod path_options;
mod paths;
mod proxy;
mod reading;
mod request;
mod scalar;
mod sources;
mod substitute;
mod tenant;
mod tree;
mod trust;
mod winhttp;

use std::sync::Arc;

use url::Url;

use crate::plan::{Endpoint, Path, Plan};

pub use self::cursor::{Cursor, Map};

pub(crate) use self::duration::show as duration_in_words;
pub(crate) use self::names::MAX_NAME;
pub use fault::{Fault, Faults};
pub use files::Files;
pub use load::{LoadError, Origin, load, load_endpoint, load_noting, load_path};
pub use names::slug;
#[cfg(test)]
pub(crate) use sources::Nothing;
pub(crate) use sources::read_bounded;
pub use sources::{Sources, SystemSources};

/// The allowlist that the product ships, used where no other configuration is found.
pub const BUILT_IN: &str = include_str!("../../../endpoints.yaml");

/// The longest configuration that is read, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Reads a configuration.
///
/// `file_name` is what faults call the text; `sources` is everything that the text may refer to: environment
/// variables, certificate and password files, the host's name.
pub fn parse(text: &str, file_name: &str, sources: &dyn Sources) -> Result<Plan, Faults> {
    let reading = reading::Reading::new(file_name, sources);
    let plan = tree::build(text, &reading).and_then(|root| document::read(&reading, &root));
    reading.finish(plan)
}

/// Reads one path of a configuration, whether an endpoint uses it or not; a plan holds only those in use.
///
/// `direct` and `environment` always exist.
pub fn parse_path(text: &str, file_name: &str, sources: &dyn Sources, path: &str) -> Result<Arc<Path>, Faults> {
    let reading = reading::Reading::new(file_name, sources);
    let path = tree::build(text, &reading).and_then(|root| document::path(&reading, &root, path));
    reading.finish(path)
}

/// An endpoint for a URL that a configuration need not name, with everything as the configuration has it by default.
pub fn parse_endpoint(text: &str, file_name: &str, sources: &dyn Sources, url: &Url) -> Result<Endpoint, Faults> {
    let reading = reading::Reading::new(file_name, sources);
    let endpoint = tree::build(text, &reading).and_then(|root| document::endpoint(&reading, &root, url));
    reading.finish(endpoint)
}

/// Reads a file of another format with the same care: bounded YAML, every fault at once and with its place, and the
/// nearest known key beside one that is not known. `${NAME}` stands for itself.
///
/// `read` is given the whole document and answers `None` once it has noted what is wrong.
pub fn read_as<T>(
    text: &str,
    file_name: &str,
    sources: &dyn Sources,
    read: impl FnOnce(&Cursor<'_>) -> Option<T>,
) -> Result<T, Faults> {
    let reading = reading::Reading::literal(file_name, sources);
    let value = tree::build(text, &reading).and_then(|root| read(&Cursor::root(&reading, &root)));
    reading.finish(value)
}
