//! What `tests/lab/remote.sh` starts for one test, and what ends with it.

use super::econn::econn;
use super::must;
use crate::harness::{Result, free_port};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

/// What is started for one test, and ends with it.
pub(super) struct Far {
    pub(super) folder: tempfile::TempDir,
    pub(super) port: u16,
    /// Its life is the life of what was started.
    life: std::process::Child,
}

impl Far {
    /// An ssh server with keys of its own.
    pub(super) fn ssh() -> Result<Self> {
        let port = free_port()?;
        let far = Self::new(port, &["install"])?;
        Self::script(&["ssh", &far.path(""), &port.to_string(), &far.owner()], Stdio::null())?;
        Ok(far)
    }

    /// A second Docker that speaks nothing but mutual TLS.
    pub(super) fn docker() -> Result<Self> {
        let door = std::net::TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
        let port = door.local_addr().map_err(|e| e.to_string())?.port();
        let far = Self::new(port, &["install"])?;
        Self::script(&["docker", &far.path(""), &far.owner()], OwnedFd::from(door).into())?;
        Ok(far)
    }

    /// A registry of images, without TLS.
    pub(super) fn registry() -> Result<Self> {
        let port = free_port()?;
        let far = Self::new(port, &["install", "registry"])?;
        Self::script(&["registry", &far.path(""), &port.to_string(), &far.owner()], Stdio::null())?;
        Ok(far)
    }

    fn new(port: u16, needs: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
        let life =
            Command::new("sleep").arg("600").spawn().map_err(|trouble| trouble.to_string())?;
        let far = Self { folder, port, life };
        Self::script(needs, Stdio::null())?;
        Ok(far)
    }

    fn owner(&self) -> String {
        self.life.id().to_string()
    }

    fn script(arguments: &[&str], stdin: Stdio) -> Result<()> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/remote.sh");
        let done = Command::new(script).args(arguments).stdin(stdin).output();
        let done = done.map_err(|trouble| format!("{script}: {trouble}"))?;
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        must(done.status.success(), || format!("{script} {arguments:?}: {said}"))
    }

    pub(super) fn path(&self, piece: &str) -> String {
        self.folder.path().join(piece).display().to_string()
    }

    /// econn on the way to this server, with the client that knows it.
    pub(super) fn econn(&self, host: &str) -> Command {
        let mut command = econn();
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.path("bin")));
        command.args(["diagnose", "--host", host, "--timeout", "40s", "--format", "json"]);
        command
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        let _ = self.life.kill();
        let _ = self.life.wait();
        // The guard of what was started looks twice a second; a daemon takes a moment to tidy up.
        std::thread::sleep(std::time::Duration::from_secs(2));
    }
}
