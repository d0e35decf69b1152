//! The page in a real browser.

use e2e::{Folder, Running, Signal, Tab, browse, eventually, get};
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

#[tokio::test]
async fn a_page_that_stays_open_follows_what_happens_and_loses_nothing_of_its_readers() {
    const HOST: &str = "officecdn.microsoft.com";
    let world = World::start().await.unwrap();
    let folder = Folder::new();
    let options =
        ConfigOptions { confirm: 1, interval: "2s".to_owned(), timeout: "2s".to_owned(), ..ConfigOptions::default() };
    let config = folder.write("endpoints.yaml", &world.config_yaml_with(&options));
    let running = Running::start(&config).await;
    let address = running.address();
    eventually("readiness", async || get(address, "/-/ready").await.filter(|r| r.status == 200)).await;

    let mut tab = Tab::open(address, "/").await;
    let sentence = |words: &str| format!("document.getElementById('sentence').textContent.includes('{words}')");
    let row = format!("[...document.querySelectorAll('tr')].find(row => row.textContent.includes('{HOST}'))");
    tab.until("document.getElementById('connection').dataset.state === 'live'").await;
    tab.until(&sentence("All 20 endpoints are reachable")).await;
    tab.eval("window.isSame = true; null").await;
    tab.eval("document.querySelector('footer a').focus(); scrollTo(0, 200); null").await;

    world.faults().set(HOST, TcpFault::Refuse).unwrap();
    tab.until(&sentence("1 of 20 endpoints is blocked")).await;
    tab.until(&format!("{row}.textContent.includes('the connection is refused')")).await;
    tab.until("document.title.includes('1 of 20 endpoints is blocked')").await;
    assert_eq!(tab.eval("document.querySelectorAll('.problem').length > 0").await, true);
    assert_eq!(tab.eval("document.activeElement.textContent").await, "PAC files");

    world.faults().clear(HOST).unwrap();
    tab.until(&sentence("All 20 endpoints are reachable")).await;
    assert_eq!(tab.eval("document.querySelectorAll('.problem').length").await, 0);
    assert_eq!(tab.eval("window.isSame").await, true, "the page was never loaded again");
    assert_eq!(tab.console(), Vec::<String>::new());
    let own = format!("http://{address}/");
    assert!(tab.requests().iter().all(|asked| asked.starts_with(&own)), "{:?}", tab.requests());

    running.signal(Signal::Term).await;
    running.end().await;
    tab.until("document.getElementById('connection').textContent.includes('Connection lost')").await;
}
