//! Runs the binary under test, always for a bounded time, and keeps everything that it said.

use super::must;
use crate::harness::{Engine, Result, promises, raw};
use serde_json::Value;
use std::io::{ErrorKind, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// No run of a promise may take longer, on a busy machine with both engines at work.
pub(super) const PATIENCE: Duration = Duration::from_secs(40);

/// What the helper containers of econn carry.
pub(super) const OWNER: &str = "io.econn.owner";

/// The binary, with both engines where the tests know them.
pub(super) fn econn() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_econn"));
    command.env("DOCKER_HOST", Engine::Docker.host()).env("CONTAINER_HOST", Engine::Podman.host());
    command
}

/// A run that is under way.
pub(super) struct Running {
    child: Child,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
    command: String,
    started: Instant,
}

/// A run that has ended.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) command: String,
    pub(super) pid: u32,
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) took: Duration,
}

/// Runs it to its end.
pub(super) fn run(command: &mut Command) -> Result<Run> {
    start(command)?.end(PATIENCE)
}

pub(super) fn start(command: &mut Command) -> Result<Running> {
    let told = format!("{command:?}");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = spawn(command).map_err(|trouble| format!("{told}: {trouble}"))?;
    let stdout = listen(child.stdout.take().ok_or("no stdout")?);
    let stderr = listen(child.stderr.take().ok_or("no stderr")?);
    Ok(Running { child, stdout, stderr, command: told, started: Instant::now() })
}

/// A copy of the program that was just written is busy while another thread starts one, which has the file open for a moment.
fn spawn(command: &mut Command) -> std::io::Result<Child> {
    for _ in 0..20 {
        match command.spawn() {
            Err(trouble) if trouble.kind() == ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(Duration::from_millis(50));
            }
            spawned => return spawned,
        }
    }
    command.spawn()
}

/// Reads on a thread of its own, because a full pipe would stop the program.
fn listen(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = vec![];
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

impl Running {
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal, as a user or a system would.
    pub(super) fn signal(&self, name: &str) -> Result<()> {
        let kill = format!("kill -{name} {}", self.pid());
        let done = Command::new("sh").args(["-c", &kill]).status();
        must(done.is_ok_and(|status| status.success()), || format!("{kill} did not work"))
    }

    /// Waits for its end; one that does not end is killed, and a fault.
    pub(super) fn end(mut self, limit: Duration) -> Result<Run> {
        let pid = self.pid();
        let ended = loop {
            if let Some(status) = self.child.try_wait().map_err(|trouble| trouble.to_string())? {
                break Some(status);
            }
            if self.started.elapsed() > limit {
                break None;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let took = self.started.elapsed();
        if ended.is_none() {
            let _ = self.child.kill();
        }
        let status = self.child.wait().map_err(|trouble| trouble.to_string())?;
        let said = |thread: JoinHandle<String>| thread.join().unwrap_or_default();
        let (stdout, stderr) = (said(self.stdout), said(self.stderr));
        let run = Run { command: self.command, pid, status, stdout, stderr, took };
        must(ended.is_some(), || run.account(&format!("still running after {limit:?}")))?;
        Ok(run)
    }
}

impl Run {
    /// The exit code; -1 where a signal ended it.
    pub(super) fn exit(&self) -> i32 {
        self.status.code().unwrap_or(-1)
    }

    pub(super) fn report(&self) -> Result<Value> {
        serde_json::from_str(&self.stdout)
            .map_err(|trouble| self.account(&format!("no JSON report: {trouble}")))
    }

    /// The report, which keeps the rules of every report, after a run that ended with this code.
    pub(super) fn report_with(&self, exit: i32) -> Result<Value> {
        self.ended_with(&[exit])?;
        let report = self.report()?;
        let broken = promises::broken(&report, self.exit(), &self.stderr);
        must(broken.is_empty(), || self.account(&broken.join("\n")))?;
        Ok(report)
    }

    /// Ended by itself, with one of these codes, and without a bug.
    pub(super) fn ended_with(&self, codes: &[i32]) -> Result<()> {
        let bug = ["panicked", "a bug in econn"].iter().any(|word| self.stderr.contains(word));
        must(!bug, || self.account("a bug of econn"))?;
        must(codes.contains(&self.exit()), || self.account(&format!("must exit with {codes:?}")))
    }

    /// Said exactly one line on stderr, progress aside, that holds all these pieces.
    pub(super) fn says_in_one_line(&self, pieces: &[&str]) -> Result<()> {
        let lines: Vec<&str> = self.stderr.lines().filter(|line| !line.ends_with(" ...")).collect();
        let holds = lines.len() == 1 && pieces.iter().all(|piece| lines[0].contains(piece));
        must(holds, || self.account(&format!("must say one line on stderr with {pieces:?}")))
    }

    /// What was wrong, and everything that somebody needs who reads only the log.
    pub(super) fn account(&self, wrong: &str) -> String {
        let Self { command, status, stdout, stderr, took, .. } = self;
        format!("{wrong}\n{command}\n{status} after {took:?}\nstderr:\n{stderr}\nstdout:\n{stdout}")
    }
}

/// The helper containers that stand on the engine, with the process id of their owner.
pub(super) fn helpers(engine: Engine) -> Result<Vec<(String, u32)>> {
    let listed = raw::get(engine, "/v1.41/containers/json?all=1")?;
    let helper = |container: &Value| {
        let owner = container["Labels"][OWNER].as_str()?;
        let pid = owner.rsplit('/').nth(1)?.parse().ok()?;
        Some((container["Id"].as_str()?.to_owned(), pid))
    };
    Ok(listed.as_array().into_iter().flatten().filter_map(helper).collect())
}

/// No helper of these runs stands any more.
pub(super) fn no_helper_of(engine: Engine, pids: &[u32]) -> Result<()> {
    let left: Vec<_> =
        helpers(engine)?.into_iter().filter(|(_, owner)| pids.contains(owner)).collect();
    must(left.is_empty(), || format!("left behind: helper containers {left:?}"))
}

/// The images of econn that stand on the engine, with the process id of their owner.
pub(super) fn own_images(engine: Engine) -> Result<Vec<(String, u32)>> {
    let listed = raw::get(engine, "/v1.41/images/json")?;
    let own = |image: &Value| {
        let pid = image["Labels"][OWNER].as_str()?.rsplit('/').nth(1)?.parse().ok()?;
        Some((image["Id"].as_str()?.to_owned(), pid))
    };
    Ok(listed.as_array().into_iter().flatten().filter_map(own).collect())
}
