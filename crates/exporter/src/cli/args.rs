//! What the command line can say. `docs/cli.md` explains it to users; a test keeps the two in step.

mod lists;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tracing_subscriber::filter::LevelFilter;
use url::Url;

pub(crate) use self::lists::{ExportArgs, ExportFormat, ImportArgs};

const EXIT_STATUS: &str = "\
Exit status: 0 all reachable or degraded (run: stopped by a signal), 1 something blocked (run, health: failed), \
2 wrong usage, 3 something unknown and nothing blocked, 78 bad configuration.";

/// Tells whether this site can reach what Microsoft 365 activation needs, and if not, why and whose job it is.
#[derive(Debug, Parser)]
#[command(name = "reachwatch", version, after_help = EXIT_STATUS, max_term_width = 120)]
pub(crate) struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub(crate) common: Common,
    /// Options of `run`, which is what happens without a command.
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "General options")]
pub(crate) struct Common {
    /// Configuration file [default: ./endpoints.yaml, then /etc/reachwatch/endpoints.yaml, then the built-in list].
    #[arg(long, short, global = true, env = "REACHWATCH_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// How diagnostics are written to stderr.
    #[arg(long, global = true, env = "REACHWATCH_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
    /// The least level of diagnostics written [default: info for run, warn otherwise].
    #[arg(long, global = true, env = "REACHWATCH_LOG_LEVEL", value_name = "LEVEL")]
    pub(crate) log_level: Option<LogLevel>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Probe continuously and serve metrics, page and API until SIGTERM or SIGINT (the default).
    Run(RunArgs),
    /// Probe everything once, in parallel, and print a report.
    Check(CheckArgs),
    /// Read the configuration as `run` would and print the plan.
    Validate,
    /// Probe one URL once and tell every step as it happens.
    Explain(ExplainArgs),
    /// Ask a running instance whether it serves.
    Health(HealthArgs),
    /// Print Microsoft's own endpoint list as endpoints, or add them to a configuration.
    Import(ImportArgs),
    /// Print the allowlist in the form that a firewall, a proxy or a spreadsheet loads.
    Export(ExportArgs),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff).
    Man,
}

/// Options of `run`.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Options of run")]
pub(crate) struct RunArgs {
    /// Address to serve on, repeatable; port 0 takes a free one [default: [::]:10365, or 0.0.0.0:10365 without IPv6].
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Vec<std::net::SocketAddr>,
    /// Directory for the history, which outlives a restart there [default: in memory].
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// TLS, users and headers of the server, in the format of Prometheus' exporter toolkit.
    #[arg(long, value_name = "FILE")]
    pub(crate) web_config: Option<PathBuf>,
    /// Where people reach what is served, for links in alerts: http or https, without user, query or fragment.
    #[arg(long, env = "REACHWATCH_EXTERNAL_URL", value_name = "URL", value_parser = parse_external_url)]
    pub(crate) external_url: Option<Url>,
}

impl RunArgs {
    /// Options before the word `run` and after it, taken together.
    pub(crate) fn merge(mut self, after: Self) -> Self {
        self.listen.extend(after.listen);
        Self {
            listen: self.listen,
            data_dir: after.data_dir.or(self.data_dir),
            web_config: after.web_config.or(self.web_config),
            external_url: after.external_url.or(self.external_url),
        }
    }

    /// An option that was given, by name; but for one that the environment of all commands may give.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let given = [
            ("--listen", !self.listen.is_empty()),
            ("--data-dir", self.data_dir.is_some()),
            ("--web-config", self.web_config.is_some()),
        ];
        given.into_iter().find_map(|(name, given)| given.then_some(name))
    }
}

/// Options of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// How the report is written.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: ReportFormat,
    /// Audit TLS too: TLS 1.2 alone, TLS 1.3 alone, and a large ClientHello.
    #[arg(long)]
    pub(crate) audit: bool,
    /// Which part of the plan is checked.
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// Where an instance has its data.
    #[command(flatten)]
    pub(crate) data: DataArgs,
}

/// Where an instance has its data, for commands that only look.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct DataArgs {
    /// Data directory of an instance, for the copy of Microsoft's list that it keeps there; nothing there is changed.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

/// Which part of the plan is meant; several values of one option widen it, several options narrow it.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct FilterArgs {
    /// Only endpoints whose name matches, with * and ?; repeatable.
    #[arg(long = "endpoint", value_name = "GLOB")]
    pub(crate) endpoints: Vec<String>,
    /// Only this group; repeatable.
    #[arg(long = "group", value_name = "GROUP")]
    pub(crate) groups: Vec<String>,
    /// Only over this path; repeatable.
    #[arg(long = "path", value_name = "PATH")]
    pub(crate) paths: Vec<String>,
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// An http or https URL, configured or not; a bare host means https. Or that of a tenant's domain, as validate shows it.
    #[arg(value_parser = parse_target)]
    pub(crate) url: Url,
    /// The path to take [default: the endpoint's first, or the configuration's first].
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<String>,
    /// Audit TLS too: TLS 1.2 alone, TLS 1.3 alone, and a large ClientHello.
    #[arg(long)]
    pub(crate) audit: bool,
    /// Where an instance has its data.
    #[command(flatten)]
    pub(crate) data: DataArgs,
}

/// Options of `health`.
#[derive(Debug, Args)]
pub(crate) struct HealthArgs {
    /// Where the instance answers.
    #[arg(
        default_value = "http://127.0.0.1:10365/-/healthy",
        env = "REACHWATCH_HEALTH_URL",
        value_parser = parse_health_url
    )]
    pub(crate) url: Url,
    /// The user, where the instance asks for one.
    #[arg(long, env = "REACHWATCH_HEALTH_USERNAME", value_name = "NAME", requires = "password_file")]
    pub(crate) username: Option<String>,
    /// The file with the user's password.
    #[arg(long, env = "REACHWATCH_HEALTH_PASSWORD_FILE", value_name = "FILE", requires = "username")]
    pub(crate) password_file: Option<PathBuf>,
    /// PEM file of who vouches for the instance's certificate [default: on loopback it is not checked].
    #[arg(long, env = "REACHWATCH_HEALTH_CA_FILE", value_name = "FILE", conflicts_with = "insecure")]
    pub(crate) ca_file: Option<PathBuf>,
    /// PEM file of our own certificate, where the instance asks for one.
    #[arg(long, env = "REACHWATCH_HEALTH_CERT_FILE", value_name = "FILE", requires = "key_file")]
    pub(crate) cert_file: Option<PathBuf>,
    /// PEM file of its private key.
    #[arg(long, env = "REACHWATCH_HEALTH_KEY_FILE", value_name = "FILE", requires = "cert_file")]
    pub(crate) key_file: Option<PathBuf>,
    /// Do not check the instance's certificate, wherever it is.
    #[arg(long)]
    pub(crate) insecure: bool,
}

#[cfg(test)]
impl HealthArgs {
    /// Asks there, and says nothing of who asks.
    pub(crate) fn asking(url: Url) -> Self {
        let (username, password_file, ca_file, cert_file, key_file) = Default::default();
        Self { url, username, password_file, ca_file, cert_file, key_file, insecure: false }
    }
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people, with colour on a terminal.
    Table,
    /// The document that /api/v1/status serves.
    Json,
    /// For tickets and wikis.
    Markdown,
    /// For CI systems.
    Junit,
}

/// How diagnostics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// One line of text an event.
    Text,
    /// One JSON object an event.
    Json,
}

/// The least level of diagnostics written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// What ends the program.
    Error,
    /// What somebody should look at, such as an endpoint that became blocked.
    Warn,
    /// Start, stop, and endpoints that recovered.
    Info,
    /// Every probe.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// The level as tracing has it.
    pub(crate) const fn filter(self) -> LevelFilter {
        match self {
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace => LevelFilter::TRACE,
        }
    }
}

/// The command line gives credentials that nobody would use.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no credentials are sent: leave the user info out of the URL")]
pub(crate) struct UserInfo;

/// Refuses user info. Not a matter of parsing, whose errors repeat the whole value.
pub(crate) fn without_user_info(url: &Url) -> Result<&Url, UserInfo> {
    if url.username().is_empty() && url.password().is_none() { Ok(url) } else { Err(UserInfo) }
}

/// What `explain` probes: http or https with a host, or what the configuration has of the DNS.
fn parse_target(text: &str) -> Result<Url, String> {
    if text.starts_with("dns:") {
        return Url::parse(text).map_err(|error| error.to_string());
    }
    let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let mut url = Url::parse(&text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("the scheme is {}, not http or https", url.scheme()));
    }
    url.set_fragment(None);
    Ok(url)
}

/// Where links lead to: what a path can be added to.
fn parse_external_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let is_plain = url.username().is_empty() && url.password().is_none();
    match (url.scheme(), is_plain && url.query().is_none() && url.fragment().is_none()) {
        ("http" | "https", true) => Ok(url),
        ("http" | "https", false) => Err("a user, a query or a fragment has no place in it".to_owned()),
        (scheme, _) => Err(format!("the scheme is {scheme}, not http or https")),
    }
}

/// What `health` asks; a base address means its `/-/healthy`.
fn parse_health_url(text: &str) -> Result<Url, String> {
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let mut url = Url::parse(&text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("the scheme is {}, not http or https", url.scheme()));
    }
    if url.path() == "/" {
        url.set_path("/-/healthy");
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn definitions_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_reference_page_names_all_of_it() {
        let page = include_str!("../../../../docs/cli.md");
        let mut program = Cli::command();
        program.build();
        for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
            let usage = format!("`reachwatch {}", command.get_name());
            assert!(page.contains(&usage), "docs/cli.md does not name {usage}`");
        }
        let all = std::iter::once(&program).chain(program.get_subcommands());
        for option in all.flat_map(clap::Command::get_arguments) {
            let names = option.get_long().map(|name| format!("--{name}")).into_iter();
            let variables = option.get_env().map(|name| name.to_string_lossy().into_owned());
            let values = option.get_possible_values().into_iter().filter(|_| option.get_long().is_some());
            let values = values.map(|value| value.get_name().to_owned());
            for word in
                names.chain(variables).chain(values).filter(|word| !["--help", "--version"].contains(&word.as_str()))
            {
                assert!(page.contains(&word), "docs/cli.md does not name {word}");
            }
        }
    }

    #[test]
    fn options_of_run_work_with_and_without_the_word() {
        let bare = parse("reachwatch --listen 127.0.0.1:0 --listen [::1]:0").unwrap();
        assert_eq!(bare.run.listen.len(), 2);
        assert!(bare.command.is_none());

        let Cli { run, command: Some(Command::Run(after)), .. } =
            parse("reachwatch --listen 127.0.0.1:1 --data-dir a run --listen 127.0.0.1:2 --data-dir b").unwrap()
        else {
            panic!("run expected")
        };
        let merged = run.merge(after);
        assert_eq!(merged.listen.iter().map(std::net::SocketAddr::port).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(merged.data_dir, Some("b".into()));
        assert_eq!(merged.given(), Some("--listen"));
    }

    #[test]
    fn general_options_stand_before_or_after_the_command() {
        for line in ["reachwatch --config a.yaml check", "reachwatch check --config a.yaml"] {
            assert_eq!(parse(line).unwrap().common.config, Some("a.yaml".into()), "{line}");
        }
    }

    #[test]
    fn targets_are_web_addresses() {
        assert_eq!(parse_target("login.live.com").unwrap().as_str(), "https://login.live.com/");
        assert_eq!(parse_target("dns:msoid.contoso.com?type=CNAME").unwrap().scheme(), "dns");
        assert_eq!(parse_target("http://a.example/x#y").unwrap().as_str(), "http://a.example/x");
        for bad in ["ftp://a.example/", "https://", "file:///etc/passwd"] {
            assert!(parse_target(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn links_lead_to_web_addresses() {
        for (text, url) in [
            ("http://localhost:10365", "http://localhost:10365/"),
            ("https://branch-042.example/reachwatch/", "https://branch-042.example/reachwatch/"),
        ] {
            let Cli { run, .. } = parse(&format!("reachwatch --external-url {text}")).unwrap();
            assert_eq!(run.external_url.unwrap().as_str(), url);
        }
        for bad in ["", "branch-042", "ftp://a/", "http://me@a/", "http://:x@a/", "http://a/?b", "http://a/#b"] {
            assert!(parse_external_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn health_takes_a_base_address_too() {
        for base in ["127.0.0.1:99", "http://127.0.0.1:99", "http://127.0.0.1:99/-/healthy"] {
            assert_eq!(parse_health_url(base).unwrap().as_str(), "http://127.0.0.1:99/-/healthy", "{base}");
        }
        assert_eq!(parse_health_url("http://a:1/-/ready").unwrap().path(), "/-/ready");
        assert_eq!(parse_health_url("https://a/").unwrap().as_str(), "https://a/-/healthy");
        assert!(parse_health_url("ftp://a/").is_err());
    }

    #[test]
    fn wrong_usage_has_status_2() {
        for line in [
            "reachwatch nonsense",
            "reachwatch check --format xml",
            "reachwatch explain",
            "reachwatch --listen x",
            "reachwatch health --username a",
            "reachwatch health --cert-file a",
            "reachwatch health --insecure --ca-file a",
        ] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
        }
        assert_eq!(parse("reachwatch --help").unwrap_err().exit_code(), 0);
    }
}
