//! Over Debian's microsocks, which knows a password and no rules.

use e2e::Microsocks;

use crate::site::Site;

#[tokio::test]
async fn microsocks_alive_and_dead() {
    let site = Site::new().await;
    let microsocks = Microsocks::start(&site.names(), "svc", "s3cret").await;
    let way = format!("'socks5h://{}'", microsocks.peer.address());
    let right = site.with_password(&way, "right", "s3cret");
    let wrong = site.with_password(&way, "wrong", "guess");
    let config = site.config(true).path("right", &right).path("wrong", &wrong).path("none", &way);
    let report = site.check(config).await;
    report.assert(
        "right",
        "open-https    reachable  -                      -      -        200
         denied-https  reachable  -                      -      -        200
         dead-https    blocked    proxy_upstream_failed  proxy  network  5 (connection refused)
         silent-https  blocked    proxy_upstream_failed  proxy  network  -
         noroute-https blocked    proxy_upstream_failed  proxy  network  3 (network unreachable)
         open-http     reachable  -                      -      -        200
         denied-http   reachable  -                      -      -        200
         dead-http     blocked    proxy_upstream_failed  proxy  network  5 (connection refused)
         silent-http   blocked    proxy_upstream_failed  proxy  network  -
         noroute-http  blocked    proxy_upstream_failed  proxy  network  3 (network unreachable)",
    );
    // It says that the password is wrong with status 2, and to those without one that no method is acceptable.
    for (path, said) in [("wrong", "(status 2)"), ("none", "lets nobody in without")] {
        for endpoint in ["open-https", "open-http", "dead-https", "dead-http"] {
            let result = report.of(endpoint, path);
            assert_eq!(result["cause"], "proxy_auth_required", "{result:#}");
            assert_eq!((&result["stage"], &result["blame"]), (&"proxy".into(), &"proxy".into()));
            assert!(result["detail"].as_str().unwrap().contains(said), "{result:#}");
        }
    }
    assert_eq!(report.of("open-https", "wrong")["evidence"]["auth_needed"], "user and password");
    assert_eq!(report.of("open-https", "none")["evidence"]["auth_offered"], "no authentication");

    microsocks.peer.freeze();
    let report = site.check(site.open().timeout(1).path("right", &right)).await;
    report.assert("right", "open-https blocked proxy_timeout proxy proxy -");
    let _port = microsocks.peer.end().await;
    let report = site.check(site.open().path("right", &right)).await;
    report.assert("right", "open-https blocked proxy_refused proxy proxy -");
}
