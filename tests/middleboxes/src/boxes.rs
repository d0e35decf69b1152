//! The products that stand in gateways, each as Debian packages it, with the least of a configuration.

use crate::daemon::Daemon;

/// What dnsmasq is told in any case: it knows the internet's name server alone, where `lines` say so, and keeps nothing.
pub(crate) fn dnsmasq(port: u16, lines: &str) -> Daemon {
    let config = format!(
        "port={port}\nlisten-address=10.77.0.1\nbind-interfaces\nno-resolv\nno-hosts\ncache-size=0\npid-file\n\
         log-facility=-\n{lines}\n"
    );
    Daemon {
        program: "dnsmasq",
        arguments: vec!["--keep-in-foreground", "--conf-file={dir}/dnsmasq.conf"],
        files: vec![("dnsmasq.conf", config)],
        first: None,
        port,
    }
}

/// nginx with these servers; their certificate, where they need one, is `{dir}/portal.pem`, which nobody trusts.
pub(crate) fn nginx(port: u16, servers: &str) -> Daemon {
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {{dir}}/{kind};\n"))
        .concat();
    let config = format!(
        "daemon off;\nmaster_process off;\npid {{dir}}/nginx.pid;\nevents {{ worker_connections 256; }}\n\
         http {{\naccess_log off;\n{temporary}\
         ssl_certificate {{dir}}/portal.pem;\nssl_certificate_key {{dir}}/portal.pem;\n{servers}\n}}\n"
    );
    Daemon {
        program: "nginx",
        arguments: vec!["-p", "{dir}", "-e", "stderr", "-c", "{dir}/nginx.conf"],
        files: vec![("nginx.conf", config)],
        first: None,
        port,
    }
}

/// squid at port 3128 with these lines, which say who may pass.
pub(crate) fn squid(lines: &str) -> Daemon {
    squid_at("http_port 10.77.0.1:3128", lines)
}

/// squid that inspects TLS with the company's CA, at port 3128 and, for connections that are redirected there, at 3130.
/// `lines` say to whom it does that (`ssl_bump`) and who may pass.
pub(crate) fn inspecting_squid(lines: &str) -> Daemon {
    let options = "ssl-bump tls-cert={inspection} generate-host-certificates=on dynamic_cert_mem_cache_size=4MB";
    let ports = format!("http_port 10.77.0.1:3128 {options}\nhttps_port 10.77.0.1:3130 intercept {options}");
    let lines = format!(
        "sslcrtd_program /usr/lib/squid/security_file_certgen -s {{dir}}/certificates -M 4MB\n\
         sslcrtd_children 2 startup=1\ntls_outgoing_options cafile={{root}}\n{lines}"
    );
    let store = ["/usr/lib/squid/security_file_certgen", "-c", "-s", "{dir}/certificates", "-M", "4MB"];
    Daemon { first: Some(store.to_vec()), ..squid_at(&ports, &lines) }
}

/// squid at port 3129 for requests that are redirected there, with these lines, which say who may pass.
pub(crate) fn squid_unasked(lines: &str) -> Daemon {
    squid_at("http_port 10.77.0.1:3128\nhttp_port 10.77.0.1:3129 intercept", lines)
}

fn squid_at(ports: &str, lines: &str) -> Daemon {
    let config = format!(
        "{ports}\ndns_nameservers 198.51.100.2\nhosts_file none\n{lines}\n\
         cache_mem 8 MB\naccess_log none\ncache_log {{dir}}/log\npid_filename none\nnetdb_filename none\n\
         coredump_dir {{dir}}\npinger_enable off\nvisible_hostname squid.contoso.com\nshutdown_lifetime 0 seconds\n"
    );
    Daemon {
        program: "squid",
        arguments: vec!["-N", "-n", "{name}", "-f", "{dir}/squid.conf"],
        // For those that ask for passwords: nobody knows one.
        files: vec![("squid.conf", config), ("htpasswd", String::new())],
        first: None,
        port: 3128,
    }
}

/// tinyproxy at port 8888; `filter` is a list of regular expressions, `policy` what is done with hosts that match none.
pub(crate) fn tinyproxy(filter: &str, deny_others: bool) -> Daemon {
    let policy = if deny_others { "Yes" } else { "No" };
    let config = format!(
        "Port 8888\nListen 10.77.0.1\nTimeout 30\nMaxClients 50\nLogLevel Info\nFilter \"{{dir}}/filter\"\n\
         FilterDefaultDeny {policy}\n"
    );
    Daemon {
        program: "tinyproxy",
        arguments: vec!["-d", "-c", "{dir}/tinyproxy.conf"],
        files: vec![("tinyproxy.conf", config), ("filter", format!("{filter}\n"))],
        first: None,
        port: 8888,
    }
}

/// privoxy at port 8118, which blocks these hosts (patterns, one a line).
pub(crate) fn privoxy(blocked: &str) -> Daemon {
    let config = "confdir {dir}\nlogdir {dir}\ntempldir /etc/privoxy/templates\nlisten-address 10.77.0.1:8118\n\
                  actionsfile {dir}/user.action\n";
    Daemon {
        program: "privoxy",
        arguments: vec!["--no-daemon", "{dir}/config"],
        files: vec![
            ("config", config.to_owned()),
            ("user.action", format!("{{ +block{{not at work}} }}\n{blocked}\n")),
        ],
        first: None,
        port: 8118,
    }
}

/// mitmproxy at port 8081, which reads along with these hosts (a regular expression) by a CA that it makes for itself.
pub(crate) fn mitmproxy(read: &'static str) -> Daemon {
    Daemon {
        program: "mitmdump",
        arguments: vec![
            "--quiet",
            "--listen-host",
            "10.77.0.1",
            "--listen-port",
            "8081",
            "--set",
            "confdir={dir}",
            "--set",
            "ssl_verify_upstream_trusted_ca={root}",
            "--allow-hosts",
            read,
        ],
        files: Vec::new(),
        first: None,
        port: 8081,
    }
}
