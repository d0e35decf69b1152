//! The image as it is delivered, under the restrictions that it is delivered for.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::process::Stdio;
use std::time::Duration;

use e2e::{Config, Folder, Image, Running, Signal, eventually, get};
use testnet::{Scheme, World};
use tokio::process::Command;
use tokio::time::Instant;

/// As it is loaded over a branch's line: bytes of compressed layers.
const SIZE_LIMIT: u64 = 10_000_000;
/// What the contract allows for stopping.
const STOP_LIMIT: Duration = Duration::from_secs(5);

#[tokio::test]
async fn the_image_is_one_binary_and_a_folder_for_nobody() {
    let image = Image::build().await;
    let told = image.inspect().await;
    let config = &told["Config"];
    assert_eq!(config["User"], "65532:65532");
    assert_eq!(config["Entrypoint"], serde_json::json!(["/reachwatch"]));
    assert_eq!(told["Healthcheck"]["Test"], serde_json::json!(["CMD", "/reachwatch", "health"]));
    assert_eq!(config["StopSignal"], "SIGTERM");
    assert!(config["ExposedPorts"].get("10365/tcp").is_some(), "{config}");
    assert_eq!(config["Labels"]["org.opencontainers.image.title"], "reachwatch");

    let layers: Vec<_> = fs::read_dir(image.pushed().await).unwrap().map(|file| file.unwrap().path()).collect();
    let (mut compressed, mut files) = (0, Vec::new());
    for layer in layers {
        let listed =
            Command::new("tar").args(["--list", "--verbose", "--numeric-owner", "--file"]).arg(&layer).output();
        let listed = listed.await.unwrap();
        // The rest is the manifest, the configuration and the version of the format.
        if listed.status.success() {
            compressed += fs::metadata(&layer).unwrap().len();
            files.extend(String::from_utf8(listed.stdout).unwrap().lines().map(str::to_owned));
        }
    }
    // No shell, no library, nothing else. "-rwxr-xr-x 0/0 14205816 2026-01-01 00:00 reachwatch"
    files.sort();
    let files: Vec<_> = files.iter().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    let files: Vec<_> = files.iter().map(|fields| (fields[0], fields[1], fields[5])).collect();
    assert_eq!(files, [("-rwxr-xr-x", "0/0", "reachwatch"), ("drwxr-xr-x", "65532/65532", "data/")]);
    println!("uncompressed {} bytes, compressed {compressed}", told["Size"]);
    assert!(compressed < SIZE_LIMIT, "{compressed} bytes compressed");
}

/// In a network where there is nothing, the built-in list fails, and the monitor is well.
#[tokio::test]
async fn it_says_itself_that_it_is_well_and_stops_when_told() {
    let image = Image::build().await;
    let mut command = image.container("alone", &[OsStr::new("--network=none")], &[]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("a healthy container", async || {
        (image.tell(&["healthcheck", "run", "alone"]).await.code == Some(0)).then_some(())
    })
    .await;
    let shell = image.tell(&["exec", "alone", "/bin/sh", "-c", "true"]).await;
    assert_ne!(shell.code, Some(0), "{shell:#?}");
    assert!(shell.stderr.contains("/bin/sh"), "{shell:#?}");

    let before = Instant::now();
    let stopped = image.tell(&["stop", "--time=20", "alone"]).await;
    assert_eq!(stopped.code, Some(0), "{stopped:#?}");
    assert!(before.elapsed() < STOP_LIMIT, "{:?}", before.elapsed());
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
}

#[tokio::test]
async fn it_probes_under_all_restrictions_as_process_1() {
    let image = Image::build().await;
    let world = World::start().await.unwrap();
    let folder = Folder::new();
    let url = world.url("ols.officeapps.live.com", Scheme::Https, "/olsc").unwrap();
    let config = Config::of(&world).path("way", "direct").endpoint("licensing", &url).write(&folder);

    let root = world.root_file();
    let [config, root] = [config, root].map(|file| file.to_str().unwrap().to_owned());
    let podman = [
        "--network=host".to_owned(),
        format!("--volume={config}:/etc/reachwatch/endpoints.yaml:ro"),
        format!("--volume={root}:{root}:ro"),
    ];
    let podman: Vec<_> = podman.iter().map(OsStr::new).collect();
    let program = ["run", "--listen", "127.0.0.1:0", "--log-format", "json"];
    let running = Running::after(image.container("probing", &podman, &program)).await;

    let id = image.tell(&["inspect", "--format={{.State.Pid}}", "probing"]).await.stdout;
    let process = format!("/proc/{}", id.trim());
    let status = fs::read_to_string(format!("{process}/status")).unwrap();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(field("NSpid").last().unwrap(), "1");
    for name in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(field(name), ["0000000000000000"], "{name}");
    }
    assert_eq!(field("NoNewPrivs"), ["1"]);
    let written = fs::write(format!("{process}/root/data/file"), "").unwrap_err();
    assert_eq!(written.kind(), ErrorKind::ReadOnlyFilesystem, "{written}");

    eventually("the first round", async || {
        let document = get(running.address(), "/api/v1/status").await?.json();
        (document["results"][0]["state"] == "reachable").then_some(())
    })
    .await;

    let before = Instant::now();
    running.signal(Signal::Term).await;
    assert_eq!(running.end().await.code(), Some(0));
    assert!(before.elapsed() < STOP_LIMIT, "{:?}", before.elapsed());
}
