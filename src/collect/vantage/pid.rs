//! A PID that is proven to be the container's. An engine may answer from another machine, or from
//! outside the container that econn runs in; then its PIDs mean strangers here, and reading `/proc`
//! of one would put a stranger's sockets into the report. The proof opens the `/proc` folder once
//! and keeps it, so that a PID used again later is not followed.

use crate::words::words;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::retry_on_intr;
use rustix::param::clock_ticks_per_second;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::LazyLock;

/// How far the start of the process may lie from the start that the engine reports, in seconds.
const SLACK: f64 = 2.0;
/// LISTEN rows come first in the socket tables, so a busy container's long tail is not needed.
const MAX_TEXT: u64 = 4 << 20;

/// A process that was shown to belong to a container, and the open `/proc` folder that was looked
/// at.
#[derive(Debug)]
pub(crate) struct ProvenPid {
    pid: i32,
    folder: OwnedFd,
    life: Life,
}

/// By what it is seen that a process is still there.
#[derive(Debug)]
enum Life {
    /// The kernel tells its end.
    Watched(OwnedFd),
    /// Where the kernel can't, or may not: when it started, which takes ten times as long to read.
    Since(u64),
}

impl ProvenPid {
    /// Proves that `pid` is the container's: its cgroup names the container, or it started when the
    /// engine says the container did (`started_at`, seconds since 1970), within two seconds.
    ///
    /// # Errors
    ///
    /// Says what was seen instead.
    pub(crate) fn prove(
        pid: i32,
        container_id: &str,
        started_at: Option<f64>,
    ) -> Result<Self, String> {
        if pid <= 0 {
            return Err("the engine names no process: the container is not running here".to_owned());
        }
        let folder = openat(
            CWD,
            format!("/proc/{pid}"),
            OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )
        .map_err(|error| format!("process {pid} is not visible here: {}", words(&error.into())))?;
        let ticks = || start_ticks(&folder).map_err(|why| format!("process {pid}: {why}"));
        // Whatever is read of the folder after this shows that the number was still this process's.
        let watched = Pid::from_raw(pid)
            .filter(|_| counts_as_proc())
            .and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        let life = match watched {
            Some(watched) => Life::Watched(watched),
            None => Life::Since(ticks()?),
        };
        let cgroup = read_text(&folder, "cgroup").unwrap_or_default();
        let started = || started_at.zip(ticks().ok().and_then(start_time));
        judge(&cgroup, own_cgroup(), container_id, started)
            .map_err(|why| format!("process {pid} is not this container's: {why}"))?;
        let proven = Self { pid, folder, life };
        proven.still_valid()?;
        Ok(proven)
    }

    /// The number of the process.
    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// Whether the process that was proven is still there. To be asked after something was read elsewhere than in its folder.
    ///
    /// # Errors
    ///
    /// Says that it ended.
    pub(crate) fn still_valid(&self) -> Result<(), String> {
        let is_there = match &self.life {
            Life::Watched(watched) => {
                let mut end = [PollFd::new(watched, PollFlags::IN)];
                let look = || poll(&mut end, Some(&Timespec::default()));
                retry_on_intr(look).is_ok_and(|ended| ended == 0)
            }
            Life::Since(ticks) => start_ticks(&self.folder).is_ok_and(|now| now == *ticks),
        };
        let ended = || format!("process {} ended while it was looked at", self.pid);
        is_there.then_some(()).ok_or_else(ended)
    }

    /// The text of a file in the process's `/proc` folder, such as `net/tcp`. The open folder follows nobody else, so what
    /// was read is the process's.
    ///
    /// # Errors
    ///
    /// Says which file could not be read and why.
    pub(crate) fn read(&self, entry: &str) -> Result<String, String> {
        read_text(&self.folder, entry).map_err(|why| {
            self.still_valid().err().unwrap_or_else(|| format!("/proc/{}/{entry}: {why}", self.pid))
        })
    }

    pub(super) fn folder(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }
}

fn read_text(folder: &OwnedFd, entry: &str) -> Result<String, String> {
    let file = openat(folder, entry, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
        .map_err(|e| words(&e.into()))?;
    // Room from the start: for each piece of a socket table the kernel walks through all of the machine's connections.
    let mut bytes = Vec::with_capacity(16 << 10);
    File::from(file).take(MAX_TEXT).read_to_end(&mut bytes).map_err(|e| words(&e))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) >= MAX_TEXT {
        // Half a line would be read as a broken one.
        bytes.truncate(bytes.iter().rposition(|&byte| byte == b'\n').unwrap_or(0));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn start_ticks(folder: &OwnedFd) -> Result<u64, String> {
    parse_start(&read_text(folder, "stat")?)
        .ok_or_else(|| "it has ended, or its start time cannot be read".to_owned())
}

/// Whether the kernel counts processes for econn as `/proc` does: that may be another PID namespace's.
fn counts_as_proc() -> bool {
    static SAME: LazyLock<bool> = LazyLock::new(|| {
        let own = std::fs::read_link("/proc/self");
        own.is_ok_and(|own| own.as_os_str() == std::process::id().to_string().as_str())
    });
    *SAME
}

/// Field 22 of `/proc/PID/stat`, and nothing for a process that has ended and only waits to be taken note of. The name in
/// field 2 may hold spaces and brackets, so counting starts after its last one.
fn parse_start(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    (!matches!(state, "Z" | "X")).then(|| fields.nth(18)?.parse().ok()).flatten()
}

/// When a process started, in seconds since 1970.
fn start_time(ticks: u64) -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let boot: u32 =
        stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    let per_second = u32::try_from(clock_ticks_per_second()).ok().filter(|&n| n > 0)?;
    let whole = u32::try_from(ticks / u64::from(per_second)).ok()?;
    let rest = u32::try_from(ticks % u64::from(per_second)).ok()?;
    Some(f64::from(boot) + f64::from(whole) + f64::from(rest) / f64::from(per_second))
}

/// The control groups of econn itself.
fn own_cgroup() -> &'static str {
    static OWN: LazyLock<String> =
        LazyLock::new(|| std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default());
    &OWN
}

/// The proof itself. Another container's id in the cgroup is a refusal even when the start times
/// agree, because a Compose project starts many containers in the same second; ids of the container
/// that econn itself runs in say nothing.
fn judge(
    cgroup: &str,
    own: &str,
    container_id: &str,
    started: impl FnOnce() -> Option<(f64, f64)>,
) -> Result<(), String> {
    let container_id = container_id.to_ascii_lowercase();
    let named = container_ids(cgroup);
    if is_id(&container_id) && named.contains(container_id.as_str()) {
        return Ok(());
    }
    let around = container_ids(own);
    if let Some(other) = named.iter().find(|id| !around.contains(*id)) {
        return Err(format!("its cgroup names another one, {}", &other[..12]));
    }
    match started() {
        Some((expected, seen)) if (expected - seen).abs() <= SLACK => Ok(()),
        Some((expected, seen)) => Err(format!(
            "it started {:.0} s {} the container",
            (expected - seen).abs(),
            if seen < expected { "before" } else { "after" }
        )),
        None => {
            Err("its cgroup does not name the container, and the start times cannot be compared"
                .to_owned())
        }
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 64
        && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Every run of exactly 64 hexadecimal digits.
fn container_ids(cgroup: &str) -> BTreeSet<&str> {
    cgroup.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| is_id(part)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Life, ProvenPid, container_ids, judge, parse_start, start_ticks, start_time};
    use rustix::fs::{CWD, Mode, OFlags, openat};

    const OURS: &str = "1c0ffee1c0ffee1c0ffee1c0ffee1c0ffee1c0ffee1c0ffee1c0ffee1c0ffee1";
    const OTHER: &str = "2c0ffee1c0ffee1c0ffee1c0ffee1c0ffee1c0ffee1c0ffee1c0ffee1c0ffee2";

    #[test]
    fn the_cgroup_names_the_container_in_every_engines_way() {
        for path in [
            format!("0::/system.slice/docker-{OURS}.scope\n"),
            format!("0::/docker/{OURS}\n"),
            format!("12:pids:/docker/{OURS}\n11:cpu:/docker/{OURS}\n"),
            format!("0::/machine.slice/libpod-{OURS}.scope/container\n"),
            format!("0::/machine.slice/machine-libpod_pod_{OTHER}.slice/libpod-{OURS}.scope\n"),
            format!("0::/docker/{OTHER}/docker/{OURS}\n"),
            format!("0::/../../docker-{OURS}.scope\n"),
        ] {
            assert_eq!(judge(&path, "0::/\n", OURS, || None), Ok(()), "{path}");
        }
    }

    #[test]
    fn another_containers_process_is_refused_even_when_it_started_in_the_same_second() {
        let path = format!("0::/system.slice/docker-{OTHER}.scope\n");
        let why = judge(&path, "0::/\n", OURS, || Some((100.0, 100.1))).unwrap_err();
        assert!(why.contains("another one, 2c0ffee1c0ff"), "{why}");
    }

    #[test]
    fn without_a_name_in_the_cgroup_the_start_time_decides() {
        let nested = format!("0::/docker/{OTHER}/user\n");
        assert_eq!(judge("0::/\n", "0::/\n", OURS, || Some((100.0, 101.9))), Ok(()));
        assert_eq!(judge(&nested, &nested, OURS, || Some((100.0, 98.1))), Ok(()));
        assert!(
            judge("0::/\n", "0::/\n", OURS, || Some((100.0, 102.1))).unwrap_err().contains("after")
        );
        assert!(
            judge("0::/\n", "0::/\n", OURS, || Some((100.0, 40.0)))
                .unwrap_err()
                .contains("60 s before")
        );
        assert!(judge("0::/\n", "0::/\n", OURS, || None).is_err());
        assert!(judge("0::/\n", "0::/\n", "", || None).is_err());
    }

    #[test]
    fn only_64_digits_are_an_id() {
        assert!(container_ids("0::/docker/abc/user-1000.slice").is_empty());
        assert!(container_ids(&format!("0::/{OURS}0")).is_empty());
        assert_eq!(container_ids(&format!("/crio-{OURS}.scope")).len(), 1);
    }

    #[test]
    fn a_process_name_may_look_like_fields() {
        let rest = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20 21";
        assert_eq!(parse_start(&format!("7 (a) R 1 (b)) {rest}")), Some(4242));
        let ended = format!("7 (a) {}", rest.replacen('S', "Z", 1));
        assert_eq!(parse_start(&ended), None, "ended");
        assert_eq!(parse_start("7 (a) S 1"), None);
        assert_eq!(parse_start(""), None);
    }

    #[test]
    fn a_living_process_is_proven_by_its_start_and_stays_valid() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let folder = openat(CWD, format!("/proc/{pid}"), OFlags::PATH, Mode::empty()).unwrap();
        let start = start_time(start_ticks(&folder).unwrap()).unwrap();
        let proven = ProvenPid::prove(pid, OURS, Some(start + 1.0)).unwrap();
        assert_eq!(proven.pid(), pid);
        assert!(proven.read("net/tcp").unwrap().contains("local_address"));
        assert!(
            ProvenPid::prove(pid, OURS, Some(start + 60.0))
                .unwrap_err()
                .contains("is not this container's")
        );
        // The same where the kernel does not tell the end of a process.
        let mut old = ProvenPid::prove(pid, OURS, Some(start)).unwrap();
        old.life = Life::Since(start_ticks(&folder).unwrap());
        assert_eq!(old.still_valid(), Ok(()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(old.still_valid().is_err());
        assert!(proven.still_valid().unwrap_err().contains("ended"));
        assert!(proven.read("net/tcp").is_err());
        assert!(ProvenPid::prove(0, OURS, None).is_err());
    }
}
