//! `reachwatch export`: the allowlist in the form that firewalls load.

use std::io::{self, Write};

use prober::microsoft365::{Instance, List};
use thiserror::Error;

use super::args::{Common, ExportArgs, ExportFormat};
use super::exit::{Failure, Status};
use super::import::Source;
use super::{plan, printed};
use crate::exported::{self, Allowlist, Export};

/// The options do not go together.
#[derive(Debug, Error)]
enum Unsuitable {
    #[error("--for pac needs --proxy: where everything goes that is not on the list")]
    NoProxy,
    #[error("--proxy is for --for pac")]
    Proxy,
    #[error(
        "--addresses is for squid, paloalto-edl and fortinet; csv and json have addresses anyway, a PAC file has none"
    )]
    Addresses,
    #[error("no range of addresses is known: give Microsoft's list with --from")]
    NoRanges,
    #[error("--service-area, --category and --all say which part of Microsoft's list is meant: give that with --from")]
    NoList,
}

/// Prints the allowlist, and on standard error what of it the format cannot hold.
pub(crate) fn export(args: &ExportArgs, common: &Common) -> Result<Status, Failure> {
    suits(args).map_err(Failure::usage)?;
    let (plan, _) = plan::load(common.config.as_deref())?;
    let list = args.from.as_ref().map(read_list).transpose()?;
    let records = list.as_ref().map(|list| args.selection.selection().of(list)).transpose().map_err(Failure::usage)?;
    let allowlist = Allowlist::of(&plan, &records.unwrap_or_default()).map_err(Failure::config)?;
    if args.addresses && allowlist.ranges.is_empty() {
        return Err(Failure::usage(Unsuitable::NoRanges));
    }
    let Export { text, left_out } = write(args, &allowlist)?;
    let status = printed(io::stdout().lock().write_all(text.as_bytes()))?;
    for (what, why) in left_out {
        // Nobody is left to hear it where standard error is closed.
        let _ = writeln!(io::stderr(), "left out: {what}: {why}");
    }
    Ok(status)
}

/// Reads Microsoft's list; whose it is makes no difference here.
fn read_list(from: &Source) -> Result<List, Failure> {
    from.list(Instance::default(), &from.read()?.unwrap_or_default())
}

fn suits(args: &ExportArgs) -> Result<(), Unsuitable> {
    use ExportFormat::{Fortinet, Pac, PaloaltoEdl, Squid};
    let selects = &args.selection;
    let is_selected = selects.all || !selects.areas.is_empty() || !selects.categories.is_empty();
    match args.format {
        _ if is_selected && args.from.is_none() => Err(Unsuitable::NoList),
        Pac if args.proxies.is_empty() => Err(Unsuitable::NoProxy),
        format if format != Pac && !args.proxies.is_empty() => Err(Unsuitable::Proxy),
        format if args.addresses && !matches!(format, Squid | PaloaltoEdl | Fortinet) => Err(Unsuitable::Addresses),
        _ => Ok(()),
    }
}

fn write(args: &ExportArgs, allowlist: &Allowlist) -> Result<Export, Failure> {
    if args.addresses {
        return Ok(exported::ranges(allowlist));
    }
    Ok(match args.format {
        ExportFormat::Squid => exported::squid(allowlist),
        ExportFormat::PaloaltoEdl => exported::paloalto(allowlist),
        ExportFormat::Fortinet => exported::fortinet(allowlist),
        ExportFormat::Pac => exported::pac(allowlist, &args.proxies).map_err(Failure::other)?,
        ExportFormat::Csv => exported::csv(allowlist).map_err(Failure::other)?,
        ExportFormat::Json => exported::json(allowlist).map_err(Failure::other)?,
    })
}
