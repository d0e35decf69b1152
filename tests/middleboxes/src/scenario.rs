//! A branch and what stands between it and the internet, as a value.

use crate::daemon::Daemon;
use crate::relay::Filter;

/// One way for the world to be broken (or not), and what is true then. Texts of rules and configurations may speak of
/// the addresses of the known endpoints by their names: `$licensing`.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What happens, in a few words.
    pub name: &'static str,
    /// Rules of nft for packets through the gateway, to it and from it.
    pub(crate) forward: Vec<String>,
    pub(crate) input: Vec<String>,
    pub(crate) output: Vec<String>,
    /// Rules of nft that send connections elsewhere.
    pub(crate) prerouting: Vec<String>,
    /// A script of the shell for the branch's network.
    pub(crate) branch: &'static str,
    pub(crate) daemons: Vec<Daemon>,
    /// Filters of ours by the port that connections are sent to.
    pub(crate) filters: Vec<(u16, Filter)>,
    /// Lines of dnsmasq; none where there is no resolver.
    pub(crate) dns: Option<&'static str>,
    /// Paths by name, as YAML; all endpoints go all of them.
    pub(crate) paths: Vec<(&'static str, &'static str)>,
    /// What else the configuration says: `dns:` and `tls:` as YAML of the map's inside, top-level lines.
    pub(crate) dns_config: &'static str,
    pub(crate) tls_config: &'static str,
    /// Further endpoints: name, URL and further keys as YAML of the map's inside.
    pub(crate) endpoints: Vec<(&'static str, &'static str, &'static str)>,
    /// What is not reachable: over which paths (all where none is named), which endpoints, and the verdict.
    pub(crate) truth: Vec<(Option<&'static str>, &'static str, &'static str)>,
    /// What `site_state` has to be, where anything decides it.
    pub(crate) site: Option<&'static str>,
    /// Whether a second round, after the short-lived list's time, is what counts.
    pub(crate) until_stale: bool,
}

impl Scenario {
    /// A branch where nothing is wrong.
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            forward: Vec::new(),
            input: Vec::new(),
            output: Vec::new(),
            prerouting: Vec::new(),
            branch: "",
            daemons: Vec::new(),
            filters: Vec::new(),
            dns: Some("server=198.51.100.2"),
            paths: Vec::new(),
            dns_config: "resolvers: [10.77.0.1]",
            tls_config: "",
            endpoints: Vec::new(),
            truth: Vec::new(),
            site: Some("online"),
            until_stale: false,
        }
    }

    /// A rule of nft for packets through the gateway.
    pub(crate) fn forward(mut self, rule: &str) -> Self {
        self.forward.push(rule.to_owned());
        self
    }

    /// A rule of nft for packets to the gateway itself.
    pub(crate) fn input(mut self, rule: &str) -> Self {
        self.input.push(rule.to_owned());
        self
    }

    /// A rule of nft for packets of the gateway's own.
    pub(crate) fn output(mut self, rule: &str) -> Self {
        self.output.push(rule.to_owned());
        self
    }

    /// A rule of nft that sends connections elsewhere.
    pub(crate) fn redirect(mut self, rule: &str) -> Self {
        self.prerouting.push(rule.to_owned());
        self
    }

    /// The gateway's resolver, told otherwise by lines of dnsmasq.
    pub(crate) fn with_dns(self, lines: &'static str) -> Self {
        Self { dns: Some(lines), ..self }
    }

    /// A script for the branch's own network.
    pub(crate) fn in_branch(self, script: &'static str) -> Self {
        Self { branch: script, ..self }
    }

    /// A daemon of the gateway.
    pub(crate) fn daemon(mut self, daemon: Daemon) -> Self {
        self.daemons.push(daemon);
        self
    }

    /// A filter of ours, for connections that are redirected to the port.
    pub(crate) fn filter(mut self, port: u16, filter: Filter) -> Self {
        self.filters.push((port, filter));
        self
    }

    /// A path out of the branch; without any there is `direct`.
    pub(crate) fn path(mut self, name: &'static str, way: &'static str) -> Self {
        self.paths.push((name, way));
        self
    }

    /// One more endpoint.
    pub(crate) fn endpoint(mut self, name: &'static str, url: &'static str) -> Self {
        self.endpoints.push((name, url, ""));
        self
    }

    /// One more endpoint with further keys.
    pub(crate) fn endpoint_with(mut self, name: &'static str, url: &'static str, keys: &'static str) -> Self {
        self.endpoints.push((name, url, keys));
        self
    }

    /// What is true of these endpoints over all paths. (Of endpoints that are not named it is `reachable`.)
    pub(crate) fn truth(mut self, endpoints: &'static str, verdict: &'static str) -> Self {
        self.truth.push((None, endpoints, verdict));
        self
    }

    /// What is true of these endpoints over one path.
    pub(crate) fn truth_over(mut self, path: &'static str, endpoints: &'static str, verdict: &'static str) -> Self {
        self.truth.push((Some(path), endpoints, verdict));
        self
    }

    /// What is true of an endpoint over a path; the last word counts.
    pub(crate) fn truth_of(&self, endpoint: &str, path: &str) -> &'static str {
        let of = |(over, endpoints, _): &&(Option<&str>, &str, &str)| {
            over.is_none_or(|over| over == path)
                && endpoints.split_whitespace().any(|named| named == endpoint || named == "*")
        };
        self.truth.iter().rev().find(of).map_or("reachable", |(_, _, verdict)| verdict)
    }
}
