//! The world as a whole, and the program around it.

use std::process::Stdio;

use testnet::{ENTRIES, Scheme, World};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

#[tokio::test]
async fn the_configuration_names_everything() {
    let world = World::builder().with_host("Extra.Example").start().await.unwrap();
    let yaml = world.config_yaml();
    for entry in ENTRIES {
        assert!(yaml.contains(&format!("- name: {}\n", entry.name)), "{yaml}");
        let url = world.url(entry.host, entry.scheme, entry.path).unwrap();
        assert!(yaml.contains(&format!("url: \"{url}\"\n")), "{yaml}");
    }
    assert!(yaml.contains(&format!("resolvers: [\"{}\"]", world.dns_address())));
    assert!(yaml.contains(&format!("proxy: {}", world.proxy().url())));
    assert!(yaml.contains("controls:\n  - {name: ncsi, url: \"http://www.msftconnecttest.com:"));
    assert_eq!(yaml.matches("- name: ").count(), ENTRIES.len());
    world.address("extra.example", Scheme::Https).unwrap();
}

#[tokio::test]
async fn it_leaves_nothing_behind() {
    let world = World::start().await.unwrap();
    let dir = world.dir().to_owned();
    let pem = std::fs::read_to_string(world.root_file()).unwrap();
    assert_eq!(pem, world.authority().root_pem());
    let mut open = TcpStream::connect(world.proxy().address()).await.unwrap();
    drop(world);
    assert!(!dir.exists());
    // The task behind the connection is gone too.
    assert!(matches!(tokio::io::AsyncReadExt::read(&mut open, &mut [0]).await, Ok(0) | Err(_)));
}

#[tokio::test]
async fn the_program_takes_commands_outlives_its_input_and_ends_on_a_signal() {
    let dir = World::start().await.unwrap();
    let config = dir.dir().join("try.yaml");
    let mut program = Command::new(env!("CARGO_BIN_EXE_testnet"))
        .args(["--fault", "go.microsoft.com=refuse", "--config"])
        .arg(&config)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let mut until = async |wanted: &str| loop {
        let line = lines.next_line().await.unwrap().expect(wanted);
        if line.contains(wanted) {
            break line;
        }
    };
    until("run --config").await;
    assert!(std::fs::read_to_string(&config).unwrap().starts_with("site: testnet\n"));
    let mut input = program.stdin.take().unwrap();
    input.write_all(b"fault officecdn.microsoft.com reset-after-hello\nlist\n").await.unwrap();
    drop(input);
    assert!(until("go.microsoft.com  ").await.contains("tcp Refuse"));
    assert!(until("officecdn.microsoft.com  ").await.contains("tls ResetAfterHello"));
    until("proxy").await;
    assert!(program.try_wait().unwrap().is_none());
    let id = program.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    assert!(program.wait().await.unwrap().success());
}
