//! The page in a real browser.

use e2e::{Folder, Running, browse, eventually, get};
use testnet::{ConfigOptions, TcpFault, World};

#[tokio::test]
async fn a_browser_shows_the_page_and_has_nothing_to_complain_of() {
    let world = World::start().await.unwrap();
    let folder = Folder::new();
    let options = ConfigOptions { confirm: 1, ..ConfigOptions::default() };
    let config = folder.write("endpoints.yaml", &world.config_yaml_with(&options));
    world.faults().set("officecdn.microsoft.com", TcpFault::Refuse).unwrap();
    let running = Running::start(&config).await;
    eventually("readiness", async || get(running.address(), "/-/ready").await.filter(|r| r.status == 200)).await;

    let page = browse(running.address(), "/").await;
    assert!(page.dom.contains("1 of 20 endpoints is blocked"), "{}", page.dom);
    assert_eq!(
        page.console,
        Vec::<String>::new(),
        "the policy lets the page's own style through, and nothing is missing"
    );
    let page = browse(running.address(), "/endpoints/officecdn-microsoft-com").await;
    for words in ["Path direct", "Probe now", "role=\"log\""] {
        assert!(page.dom.contains(words), "the script has run: {words}: {}", page.dom);
    }
    assert_eq!(page.console, Vec::<String>::new());
    let page = browse(running.address(), "/runbook/tcp_refused").await;
    assert!(page.dom.contains("The connection is refused"), "{}", page.dom);
    assert_eq!(page.console, Vec::<String>::new());
}
