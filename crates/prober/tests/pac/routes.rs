//! Whole files, and the ways that they send the hosts of the allowlist.

use prober::pac::Answer;

use super::world::{Book, Machine, ask, engine_of, fixture};

const PROXY: &str = "PROXY 10.10.10.10:8080";

/// The ways that a file answers with for a host.
async fn ways(file: &[u8], host: &str) -> Answer {
    let engine = engine_of(file, Machine::default()).unwrap();
    let said = ask(&engine, &format!("https://{host}/"), &Book::default()).await;
    Answer::parse(&said.answer.unwrap())
}

fn shown(answer: &Answer) -> Vec<String> {
    answer.entries.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn one_activation_spans_two_ways() {
    let file = fixture("sign-in-direct.pac");
    for (host, expected) in [
        ("officecdn.microsoft.com", PROXY),
        ("ols.officeapps.live.com", "DIRECT"),
        ("activation.sls.microsoft.com", PROXY),
        ("odc.officeapps.live.com", "DIRECT"),
        ("crl.microsoft.com", PROXY),
        ("www.microsoft.com", PROXY),
        ("go.microsoft.com", PROXY),
        ("office15client.microsoft.com", PROXY),
        ("login.windows.net", "DIRECT"),
        ("login.microsoft.com", "DIRECT"),
        ("login.microsoftonline.com", "DIRECT"),
        ("cdn.odc.officeapps.live.com", PROXY),
        ("ajax.aspnetcdn.com", PROXY),
        ("officeclient.microsoft.com", PROXY),
        ("aadcdn.msauth.net", PROXY),
        ("aadcdn.msauthimages.net", PROXY),
        ("enterpriseregistration.windows.net", PROXY),
        ("outlook.office365.com", "DIRECT"),
        ("contoso.sharepoint.com", "DIRECT"),
        ("contoso-files.sharepoint.com", "DIRECT"),
        ("example.org", PROXY),
    ] {
        assert_eq!(shown(&ways(&file, host).await), [expected], "{host}");
    }
}

#[tokio::test]
async fn urls_in_place_of_hosts_mean_nothing() {
    let file = fixture("urls-for-hosts.pac");
    let answer = ways(&file, "example.org").await;
    let malformed: Vec<&str> = answer.malformed.iter().map(AsRef::as_ref).collect();
    assert_eq!(shown(&answer), ["DIRECT"]);
    assert_eq!(malformed, ["PROXY http://proxy-a.example:8080", "http://proxy-b.example:8080"]);
    assert_eq!(ways(&file, "outlook.office365.com").await.malformed, []);
}

/// The file that is measured (`tests/bench`), as large as those of real companies.
#[tokio::test]
async fn a_file_of_a_company() {
    let file = fixture("company.pac");
    for (host, expected) in [
        ("intranet", &["DIRECT"][..]),
        ("10.1.2.3", &["DIRECT"]),
        ("127.0.0.1", &["DIRECT"]),
        ("wiki.corp.contoso.example", &["DIRECT"]),
        ("login.microsoftonline.com", &["DIRECT"]),
        ("contoso.sharepoint.com", &["DIRECT"]),
        (
            "officecdn.microsoft.com",
            &["PROXY updates.contoso.example:3128", "PROXY proxy-b.contoso.example:8080", "DIRECT"],
        ),
        ("crl.microsoft.com", &["PROXY crl.contoso.example:3128", "DIRECT"]),
        ("partner-17.example", &["PROXY partners.contoso.example:8080"]),
        ("casino.example.net", &["PROXY 127.0.0.1:9"]),
        ("example.org", &["PROXY proxy-a.contoso.example:8080", "PROXY proxy-b.contoso.example:8080"]),
        ("www.example.org", &["PROXY proxy-b.contoso.example:8080", "PROXY proxy-a.contoso.example:8080"]),
    ] {
        assert_eq!(shown(&ways(&file, host).await), expected, "{host}");
    }
}
