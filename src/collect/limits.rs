//! How near a container is to its limits. Reads `/proc` of the proven process and its descendants, and the kernel's counters of
//! the control group that carries the container's id; a group that does not is a stranger's.

use super::halted::processes;
use super::vantage::ProvenPid;
use checks::model::{Cpu, Files, Limits, Tasks};
use std::collections::BTreeMap;
use std::fs::{read_dir, read_to_string};
use std::path::PathBuf;

/// What the limits of a container have come to since its start.
pub(crate) fn limits(main: &ProvenPid, id: &str) -> Option<Limits> {
    let groups = groups(&main.read("cgroup").ok()?, id);
    let seen = Limits {
        tasks: groups.get("pids").and_then(|folders| tasks(folders)),
        files: processes(main).into_iter().filter_map(files).min_by_key(|files| files.room()),
        cpu: groups.get("cpu").and_then(|folders| cpu(folders)),
        memory_kills: groups.get("memory").and_then(|folders| memory_kills(folders)),
    };
    main.still_valid().ok()?;
    Some(seen)
}

/// The processes in the container's control groups: also those that were begun by `exec`, and descend from nobody in it.
pub(super) fn members(main: &ProvenPid, id: &str) -> Vec<i32> {
    let groups = main.read("cgroup").map(|text| groups(&text, id)).unwrap_or_default();
    let lists = groups.into_values().flatten().map(|folder| folder.join("cgroup.procs"));
    let mut found: Vec<i32> = lists
        .filter_map(|list| read_to_string(list).ok())
        .flat_map(|list| list.lines().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The same, with what has come since `before` told apart.
pub(crate) fn since(before: Option<Limits>, mut now: Limits) -> Limits {
    let before = before.unwrap_or(now);
    if let (Some(now), Some(before)) = (&mut now.tasks, before.tasks) {
        now.refused_meanwhile = now.refused.saturating_sub(before.refused);
    }
    if let (Some(now), Some(before)) = (&mut now.cpu, before.cpu) {
        now.periods = now.periods.saturating_sub(before.periods);
        now.throttled = now.throttled.saturating_sub(before.throttled);
    }
    now
}

/// The folders of the container's control group for each controller, the innermost first. The second version of control
/// groups has one tree for all of them; an engine may put the processes one level below the group that it limits.
fn groups(cgroup: &str, id: &str) -> BTreeMap<&'static str, Vec<PathBuf>> {
    let mut groups = BTreeMap::new();
    for line in cgroup.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        if path.contains("..") {
            continue;
        }
        for name in ["pids", "cpu", "memory"] {
            let tree = if controllers.split(',').any(|c| c == name) {
                PathBuf::from("/sys/fs/cgroup").join(controllers)
            } else if controllers.is_empty() {
                PathBuf::from("/sys/fs/cgroup")
            } else {
                continue;
            };
            let full = tree.join(path.trim_start_matches('/'));
            let own = |folder: &&std::path::Path| folder.to_string_lossy().contains(id);
            let folders: Vec<PathBuf> =
                full.ancestors().take_while(own).map(std::path::Path::to_owned).collect();
            if folders.iter().any(|folder| folder.is_dir()) {
                groups.entry(name).or_insert(folders);
            }
        }
    }
    groups
}

fn number(folder: &std::path::Path, file: &str) -> Option<u64> {
    read_to_string(folder.join(file)).ok()?.trim().parse().ok()
}

/// The value of a line `key value`.
fn entry(folder: &std::path::Path, file: &str, key: &str) -> Option<u64> {
    value(&read_to_string(folder.join(file)).ok()?, key)
}

fn value(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.trim().parse().ok())
}

fn tasks(folders: &[PathBuf]) -> Option<Tasks> {
    let limited = folders.iter().filter_map(|f| Some((number(f, "pids.max")?, f)));
    let (most, folder) = limited.min_by_key(|(most, _)| *most)?;
    // Kernels differ in whether a refusal is counted at the limit or where it was asked for.
    let refused = folders.iter().filter_map(|f| entry(f, "pids.events", "max")).max()?;
    Some(Tasks { now: number(folder, "pids.current")?, most, refused, refused_meanwhile: 0 })
}

fn cpu(folders: &[PathBuf]) -> Option<Cpu> {
    let stats = folders.iter().filter_map(|f| {
        let of = |key| entry(f, "cpu.stat", key);
        Some(Cpu { periods: of("nr_periods")?, throttled: of("nr_throttled")? })
    });
    stats.filter(|cpu| cpu.periods > 0).max_by_key(|cpu| cpu.throttled)
}

fn memory_kills(folders: &[PathBuf]) -> Option<u64> {
    let of = |folder: &PathBuf| {
        entry(folder, "memory.events", "oom_kill")
            .or_else(|| entry(folder, "memory.oom_control", "oom_kill"))
    };
    folders.iter().filter_map(of).max()
}

/// The open files of one process; `None` without a limit, a socket among them, or the right to look.
fn files(pid: i32) -> Option<Files> {
    let most = open_files(&read_to_string(format!("/proc/{pid}/limits")).ok()?)?;
    let open: Vec<PathBuf> = read_dir(format!("/proc/{pid}/fd"))
        .ok()?
        .flatten()
        .filter_map(|file| std::fs::read_link(file.path()).ok())
        .collect();
    let serves = open.iter().any(|file| file.to_string_lossy().starts_with("socket:"));
    Some(Files { open: u64::try_from(open.len()).ok()?, most }).filter(|_| serves)
}

/// The soft limit.
fn open_files(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{groups, open_files, since, value};
    use checks::model::{Cpu, Limits, Tasks};

    #[test]
    fn counters_and_limits_are_read() {
        assert_eq!(value("nr_periods 8\nnr_throttled 3\n", "nr_throttled"), Some(3));
        assert_eq!(value("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n", "oom_kill"), Some(2));
        assert_eq!(value("max 4\n", "ma"), None);
        let table = "Limit  Soft Limit  Hard Limit  Units\nMax open files   1024   4096   files\n";
        assert_eq!(open_files(table), Some(1024));
        assert_eq!(open_files("Max open files  unlimited  unlimited  files\n"), None);
    }

    #[test]
    fn a_group_without_the_containers_id_is_a_strangers() {
        assert!(groups("0::/\n3:cpu,cpuacct:/user.slice\n", "1c0ffee").is_empty());
        assert!(groups("0::/../../docker-1c0ffee.scope\n", "1c0ffee").is_empty());
    }

    #[test]
    fn what_came_since_is_told_apart() {
        let seen = |refused, periods, throttled| Limits {
            tasks: Some(Tasks { now: 1, most: 5, refused, refused_meanwhile: 0 }),
            cpu: Some(Cpu { periods, throttled }),
            ..Limits::default()
        };
        let now = since(Some(seen(2, 10, 4)), seen(5, 30, 19));
        assert_eq!(now.tasks.map(|t| (t.refused, t.refused_meanwhile)), Some((5, 3)));
        assert_eq!(now.cpu, Some(Cpu { periods: 20, throttled: 15 }));
        assert_eq!(since(None, seen(5, 30, 19)).tasks.map(|t| t.refused_meanwhile), Some(0));
    }
}
