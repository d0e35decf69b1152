//! A proxy auto-configuration: what is on the list goes direct, everything else through proxies.

use super::Export;
use super::allowlist::{Allowlist, Target};
use super::gateway::Gateway;

/// The decision, in the JavaScript of 1996 that every client understands.
const FUNCTION: &str = "\
function FindProxyForURL(url, host) {
  var i;
  host = host.toLowerCase();
  if (host.charAt(host.length - 1) == \".\") host = host.substring(0, host.length - 1);
  for (i = 0; i < names.length; i++) if (host == names[i]) return \"DIRECT\";
  for (i = 0; i < domains.length; i++) if (host.length > domains[i].length && dnsDomainIs(host, domains[i])) return \"DIRECT\";
  for (i = 0; i < patterns.length; i++) if (shExpMatch(host, patterns[i])) return \"DIRECT\";
  return proxies;
}
";

/// Writes it. Everything that is not of this program stands in strings as JSON writes them, which are JavaScript's.
pub(crate) fn pac(allowlist: &Allowlist, proxies: &[Gateway]) -> Result<Export, serde_json::Error> {
    let (mut names, mut domains, mut patterns) = (Vec::new(), Vec::new(), Vec::new());
    for target in allowlist.hosts.keys() {
        match target {
            Target::Names(pattern) => match pattern.below() {
                Some(domain) => domains.push(format!(".{domain}")),
                None if pattern.is_name() => names.push(pattern.to_string()),
                None => patterns.push(pattern.to_string()),
            },
            Target::Address(address) => names.push(address.to_string()),
        }
    }
    let proxies = proxies.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let [names, domains, patterns] = [names, domains, patterns].map(|values| serde_json::to_string_pretty(&values));
    let text = format!(
        "// Microsoft 365 goes direct, everything else does not. Made by reachwatch.\nvar names = {};\nvar domains = {};\n\
         var patterns = {};\nvar proxies = {};\n{FUNCTION}",
        names?,
        domains?,
        patterns?,
        serde_json::to_string(&proxies)?
    );
    Ok(Export { text, left_out: Vec::new() })
}
