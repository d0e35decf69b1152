//! What `import` and `export` can be told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use prober::microsoft365::{Category, Instance, ServiceArea};

use super::super::import::{Source, USUAL};
use crate::exported::Gateway;
use crate::listed::Selection;

/// Options of `import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// What is imported.
    pub(crate) what: Imported,
    /// The list: Microsoft's service or another address, a file, or - for standard input.
    #[arg(long, value_name = "URL|FILE|-", default_value = USUAL)]
    pub(crate) from: Source,
    /// The path of the configuration over which the list is fetched [default: environment].
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<String>,
    /// Whose list it is: worldwide, china, usgovdod or usgovgcchigh.
    #[arg(long, value_name = "INSTANCE", default_value = "worldwide")]
    pub(crate) instance: Instance,
    /// Which part of the list.
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// The configuration that is added to, or made [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// What can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Imported {
    /// Microsoft's own list, "Microsoft 365 URLs and IP address ranges".
    Microsoft365,
}

/// Which part of Microsoft's list is meant.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SelectionArgs {
    /// Only this service area, and Common with it: exchange, sharepoint, skype, mem, …; repeatable.
    #[arg(long = "service-area", value_name = "AREA", value_parser = parse_area)]
    pub(crate) areas: Vec<ServiceArea>,
    /// Only this category: optimize, allow or default; repeatable.
    #[arg(long = "category", value_name = "CATEGORY")]
    pub(crate) categories: Vec<Category>,
    /// What is optional too, not only what Microsoft 365 requires.
    #[arg(long)]
    pub(crate) all: bool,
}

impl SelectionArgs {
    /// The same for whoever selects.
    pub(crate) fn selection(&self) -> Selection {
        let Self { areas, categories, all } = self.clone();
        Selection { areas, categories, optional: all }
    }
}

/// Options of `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Who loads it.
    #[arg(long = "for", value_name = "FORMAT")]
    pub(crate) format: ExportFormat,
    /// Microsoft's list besides: a file, or - for standard input.
    #[arg(long, value_name = "FILE|-", value_parser = parse_local)]
    pub(crate) from: Option<Source>,
    /// Which part of that list.
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// The ranges of addresses in place of the hosts (squid, paloalto-edl, fortinet).
    #[arg(long)]
    pub(crate) addresses: bool,
    /// For a PAC file, where everything else goes, as HOST:PORT or with http, https, socks4 or socks5 before; repeatable.
    #[arg(long = "proxy", value_name = "PROXY")]
    pub(crate) proxies: Vec<Gateway>,
}

/// Who loads an allowlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// Squid: the file of a dstdomain acl, or of a dst acl.
    Squid,
    /// Palo Alto Networks: an external dynamic list of type URL, or IP.
    PaloaltoEdl,
    /// Fortinet: an external feed of type domain name, or IP address.
    Fortinet,
    /// A proxy auto-configuration that sends the allowlist direct and everything else to --proxy.
    Pac,
    /// Spreadsheets.
    Csv,
    /// Programs.
    Json,
}

#[expect(clippy::unnecessary_wraps, reason = "clap asks for a result")]
fn parse_area(name: &str) -> Result<ServiceArea, std::convert::Infallible> {
    Ok(ServiceArea::new(name))
}

/// A list that need not be fetched: whoever exports wants the same tomorrow.
fn parse_local(text: &str) -> Result<Source, String> {
    match text.parse() {
        Ok(Source::Url(_)) => Err("import can fetch a list; export takes a file of it".to_owned()),
        Ok(source) => Ok(source),
        Err(error) => Err(error.to_string()),
    }
}
