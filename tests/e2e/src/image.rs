//! The image of the repository's own Containerfile, and containers of it, by Debian's podman.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use tokio::process::Command;

use crate::folder::Folder;
use crate::process;
use crate::program::Finished;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const TAG: &str = "localhost/reachwatch:test";

/// What the program is held to, everywhere: nothing to write to, no capability, none to gain, nobody in particular.
const RESTRICTIONS: [&str; 5] = [
    "--read-only",
    "--cap-drop=all",
    "--security-opt=no-new-privileges",
    "--user=65532:65532",
    "--read-only-tmpfs=false",
];

/// What makes podman work within sandboxes too: no cgroups, no limits beyond the caller's own, no timers of systemd's.
const FRUGAL: [&str; 4] =
    ["--cgroups=disabled", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024", "--health-interval=disable"];

/// Runs a command where the hierarchy of cgroups is the unified one, which crun insists on: where it is not, in a mount
/// namespace of the command's own. What is started without root is never in one.
const UNIFIED: &str = r#"
if [ "$(id -u)" -ne 0 ] || [ "$(stat --file-system --format %T /sys/fs/cgroup)" = cgroup2fs ]; then exec "$@"; fi
exec unshare --mount sh -c '
  umount --recursive --lazy /sys/fs/cgroup
  mount -t cgroup2 none /sys/fs/cgroup && exec "$@"' sh "$@"
"#;

/// The static binary: the one that `REACHWATCH_STATIC_BIN` names, else one that is built here and now, as the image's is.
pub fn static_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| std::env::var_os("REACHWATCH_STATIC_BIN").map_or_else(build, PathBuf::from))
}

fn build() -> PathBuf {
    // This test is target/debug/deps/name.
    let test = std::env::current_exe().expect("this test has a path");
    let file = test.ancestors().nth(2).expect("tests are built into a profile's folder").join("reachwatch-static");
    let script = Path::new(ROOT).join("deploy/container/build-static");
    let built = std::process::Command::new(script).arg(&file).status();
    assert!(built.expect("the script is there").success(), "the static binary builds");
    file
}

/// An image, with a storage of its own; it and its containers end with their owner.
#[derive(Debug)]
pub struct Image {
    folder: Folder,
}

impl Image {
    /// Builds it around the static binary, up to the very stage that is delivered.
    pub async fn build() -> Self {
        let image = Self { folder: Folder::new() };
        let context = image.folder.path().join("context");
        std::fs::create_dir_all(context.join("data")).expect("a folder for the test");
        std::fs::copy(static_binary(), context.join("reachwatch")).expect("the static binary");

        let file = Path::new(ROOT).join("deploy/container/Containerfile");
        let mut build = image.with_storage("buildah");
        // Docker's format: OCI's has no HEALTHCHECK.
        build.args(["bud", "--format=docker", "--isolation=chroot", "--build-arg=BINARY_FROM=built", "--tag", TAG]);
        let done = Finished::after({
            build.arg("--file").arg(file).arg(context);
            build
        });
        let done = done.await;
        assert_eq!(done.code, Some(0), "{done:#?}");
        image
    }

    /// A command that runs a container under all restrictions, in the foreground; with what podman is told besides, and what
    /// the program is.
    pub fn container(&self, name: &str, podman: &[&OsStr], program: &[&str]) -> Command {
        let mut command = self.podman();
        command.args(["run", "--name", name]).args(RESTRICTIONS).args(FRUGAL).args(podman).arg(TAG).args(program);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Lets podman do something to its end.
    pub async fn tell(&self, arguments: &[&str]) -> Finished {
        let mut command = self.podman();
        command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
        Finished::after(command).await
    }

    /// Where the image's layers lie as a registry would send them, compressed.
    pub async fn pushed(&self) -> PathBuf {
        let folder = self.folder.path().join("pushed");
        let done = self.tell(&["push", "--compress", TAG, &format!("dir:{}", folder.display())]).await;
        assert_eq!(done.code, Some(0), "{done:#?}");
        folder
    }

    /// What podman knows of the image.
    pub async fn inspect(&self) -> serde_json::Value {
        let done = self.tell(&["image", "inspect", TAG]).await;
        let told: serde_json::Value = serde_json::from_str(&done.stdout).expect("a description");
        told[0].clone()
    }

    fn podman(&self) -> Command {
        let mut command = self.with_storage("podman");
        command.args(["--cgroup-manager=cgroupfs", "--events-backend=file"]);
        command.arg("--tmpdir").arg(self.folder.path().join("tmp"));
        command
    }

    fn with_storage(&self, program: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", UNIFIED, "sh", program, "--storage-driver=vfs"]);
        command.arg("--root").arg(self.folder.path().join("storage"));
        command.arg("--runroot").arg(self.folder.path().join("run"));
        command
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let mut remove = self.podman().into_std();
        let removed = remove.args(["rm", "--all", "--force", "--time=0"]).stdout(Stdio::null()).stderr(Stdio::null());
        // What remains then is a folder for the system to clean.
        let _done = removed.status();
        // Podman tidies up behind a container's back, and would make the folder anew.
        for id in process::named_with(self.folder.path()) {
            let _ended = std::process::Command::new("timeout")
                .args(["10", "tail", "--follow", "/dev/null", "--pid", &id.to_string()])
                .status();
        }
    }
}
