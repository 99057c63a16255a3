//! What the running container holds otherwise than its image: files under mounts, and files edited inside.

use super::blocking;
use super::read::read;
use crate::collect::engine::{Connection, Mount, Seen};
use crate::collect::links::proven;
use crate::collect::source::{self, ImageFiles, Plan};
use crate::collect::vantage::{Held, ProvenPid, look_at};
use checks::model::{Difference, Edited, EngineKind, MountKind, Mounted, Rewrite};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A longer file under a mount is not read, in bytes.
const LONGEST: u64 = 32 << 20;
/// Nor are more than these bytes together.
const MOST: u64 = 256 << 20;
/// A machine's clock and its engine's may differ so much, in seconds.
const SLACK: f64 = 2.0;
/// So long after its start a container may still fill in its configuration, in seconds.
const STARTING: f64 = 10.0;
/// Ends of the names of files that are read anew whenever they are needed, or by nobody but people.
const READ_ANEW: [&str; 14] = [
    ".html", ".htm", ".css", ".svg", ".png", ".jpg", ".jpeg", ".gif", ".ico", ".woff2", ".php",
    ".md", ".rst", ".txt",
];

/// What the words hold of a command line that starts a program anew when its source changes, or reads the source anew.
const RELOADS: [&str; 8] = [
    "--reload",
    "nodemon",
    "--watch",
    "watchfiles",
    "watchmedo",
    "node-dev",
    "runserver",
    "livereload",
];

/// Whole words that say so (`flask run --debug`, `npm run dev`), and variables that do.
const RELOAD_WORDS: [&str; 4] = ["--debug", "--hot", "dev", "vite"];
const RELOAD_VARIABLES: [&str; 2] = ["FLASK_DEBUG", "UVICORN_RELOAD"];

/// Whether the program says that it follows changes of its source by itself.
fn reloads(argv: &[String], env: &[(String, String)]) -> bool {
    let words = || argv.iter().flat_map(|word| word.split_whitespace());
    let is_on = |value: &str| !matches!(value, "" | "0" | "false" | "False" | "no");
    words().any(|w| RELOAD_WORDS.contains(&w) || RELOADS.iter().any(|part| w.contains(part)))
        || env.iter().any(|(name, on)| RELOAD_VARIABLES.contains(&name.as_str()) && is_on(on))
}

/// The plan in two: what the image shows, and what is seen through mounts.
pub(super) fn parted(seen: &Seen, plan: &Plan) -> (Plan, Plan) {
    let (mut image, mut under) = (plan.clone(), plan.clone());
    let mounts = mounts(seen);
    image.files.retain(|file| covering(&mounts, &file.image).is_none());
    image.left_out.retain(|file| covering(&mounts, &file.image).is_none());
    image.gone.retain(|(at, _)| covering(&mounts, at).is_none());
    // What the image holds below a mount, or around one, is not what the container sees.
    let is_apart = |at: &str| {
        covering(&mounts, at).is_none()
            && !mounts.iter().any(|m| Path::new(&m.destination).starts_with(at))
    };
    image.folders.retain(|(at, _)| is_apart(at));
    under.folders.clear();
    under.left_out.clear();
    // What was left undecided is said once.
    under.undecided.clear();
    // No recipe fills a mount.
    under.guess = None;
    under.files.retain_mut(|file| {
        let Some(mount) = covering(&mounts, &file.image) else { return false };
        if mount.is_bind {
            // No step of the build reaches a folder of the machine.
            (file.may_be_changed_by, file.may_be_brought_by) = (None, None);
            // What a configuration says here is often told by a mount, on purpose.
            if !source::is_code(&file.image) {
                file.may_be_changed_by =
                    Some(format!("whoever mounted {} over {}", mount.source, mount.destination));
            }
        }
        if mount.writable && !source::is_code(&file.image) {
            file.may_be_changed_by
                .get_or_insert_with(|| "the program, which may write to the mount".into());
        }
        true
    });
    (image, under)
}

/// All mounts, those in memory among them.
pub(super) fn mounts(seen: &Seen) -> Vec<Mount> {
    let memory = seen.raw.memory.iter().map(|destination| Mount {
        is_bind: false,
        is_memory: true,
        volume: None,
        writable: true,
        source: String::new(),
        destination: destination.clone(),
    });
    seen.raw.mounts.iter().cloned().chain(memory).collect()
}

/// The mount that shows a path: the deepest one above it.
pub(super) fn covering<'a>(mounts: &'a [Mount], path: &str) -> Option<&'a Mount> {
    let covers =
        |m: &&Mount| !m.destination.is_empty() && Path::new(path).starts_with(&m.destination);
    mounts.iter().filter(covers).max_by_key(|m| m.destination.len())
}

/// The mount through which a file is seen, in the words of the snapshot.
pub(super) fn mount_of(
    mounts: &[Mount],
    difference: &Difference,
    context: &Path,
) -> Option<Mounted> {
    let mount = covering(mounts, &difference.image)?;
    let file = mount.is_bind.then(|| {
        let rest = Path::new(&difference.image).strip_prefix(&mount.destination);
        match rest {
            Ok(rest) if rest != Path::new("") => Path::new(&mount.source).join(rest),
            _ => PathBuf::from(&mount.source),
        }
    });
    let real = |path: &Path| path.canonicalize().ok();
    let own = real(&context.join(&difference.source));
    Some(Mounted {
        destination: mount.destination.clone(),
        source: mount.volume.clone().unwrap_or_else(|| mount.source.clone()),
        kind: match mount {
            Mount { is_bind: true, .. } => MountKind::Bind,
            Mount { is_memory: true, .. } => MountKind::Tmpfs,
            _ => MountKind::Volume,
        },
        writable: mount.writable,
        is_source: own.is_some() && file.as_deref().and_then(real) == own,
        file: file.map(|file| file.display().to_string()),
        image_is_newest: None,
    })
}

/// What the container sees through its mounts, and which of it was written since it was started.
pub(super) async fn under_mounts(
    engine: &Connection,
    seen: &Seen,
    plan: &Plan,
) -> Result<(ImageFiles, Vec<Rewrite>), String> {
    if plan.files.is_empty() {
        return Ok((ImageFiles::default(), Vec::new()));
    }
    if let Ok(pid) = proven(seen)
        && look_at(&pid, "/", 0).is_ok()
    {
        let reloads = reloads(&seen.raw.argv, &seen.raw.env);
        let (plan, started) = (plan.clone(), seen.raw.started.filter(|_| !reloads));
        return blocking(move || Ok(through_proc(&pid, &plan, started))).await;
    }
    let mut files = read(engine, &seen.facts.id, plan).await?;
    // Docker's archive mounts everything anew, so a single file is not the one that the running program sees.
    if seen.facts.state.is_running() && engine.facts.kind == EngineKind::Docker {
        let mounts = mounts(seen);
        let single = |file: &&source::Planned| {
            covering(&mounts, &file.image).is_some_and(|m| m.destination == file.image)
        };
        for file in plan.files.iter().filter(single) {
            files.hide(&file.image, "it is mounted by itself, and can't be seen from here");
        }
    }
    Ok((files, Vec::new()))
}

fn through_proc(pid: &ProvenPid, plan: &Plan, started: Option<f64>) -> (ImageFiles, Vec<Rewrite>) {
    let mut files = ImageFiles::default();
    let mut since: Vec<Rewrite> = Vec::new();
    let mut left = MOST;
    for file in plan.files.iter().filter(|file| !file.is_link()) {
        let inner = file.inner();
        for path in [&file.image, &inner].into_iter().collect::<BTreeSet<_>>() {
            match look_at(pid, path, LONGEST.min(left)) {
                Err(why) => files.fail(path, &why),
                Ok(Held::Nothing) => files.absent(path),
                Ok(Held::Other) => files.put_other(path),
                Ok(Held::File { bytes, written, .. }) => {
                    left = left.saturating_sub(bytes.len() as u64);
                    files.put(path, &bytes);
                    if let Some(seconds) = after(started, written).filter(|_| is_read_once(path)) {
                        since.push(Rewrite { path: path.clone(), seconds });
                    }
                }
            }
        }
    }
    since.sort_by(|a, b| b.seconds.cmp(&a.seconds).then_with(|| a.path.cmp(&b.path)));
    (files, since)
}

/// What is known of the time of edits in a container, by their paths: how many seconds after its start each of the files came to
/// be as it is. Nothing where the container's files can't be seen in place.
pub(super) async fn edited_at(seen: &Seen, edited: &[Edited]) -> BTreeMap<String, f64> {
    let paths = edited.iter().filter(|edit| !edit.is_gone).map(|edit| edit.path.clone());
    let paths: Vec<String> = paths.collect();
    let (Ok(pid), Some(started), false) = (proven(seen), seen.raw.started, paths.is_empty()) else {
        return BTreeMap::new();
    };
    let at = move |path: String| match look_at(&pid, &path, LONGEST) {
        // A copy into the container keeps the time of the file that it copies.
        Ok(Held::File { changed, .. }) => Some((path, seconds_after(started, changed))),
        _ => None,
    };
    blocking(move || Ok(paths.into_iter().filter_map(at).collect())).await.unwrap_or_default()
}

/// Which of the edited code was put there after the program had been started.
pub(super) fn edited_since(seen: &Seen, times: &BTreeMap<String, f64>) -> Vec<Rewrite> {
    if reloads(&seen.raw.argv, &seen.raw.env) {
        return Vec::new();
    }
    let code = times.iter().filter(|(path, _)| source::is_code(path) && is_read_once(path));
    code.filter_map(|(path, after)| Some(Rewrite { path: path.clone(), seconds: whole(*after)? }))
        .collect()
}

/// Whether an edit is what a container does at each start: it fills in its configuration before its program begins.
pub(super) fn is_of_the_start(edit: &Edited, times: &BTreeMap<String, f64>) -> bool {
    let is_early = |after: &f64| (-SLACK..=STARTING).contains(after);
    !source::is_code(&edit.path) && times.get(&edit.path).is_some_and(is_early)
}

/// How long after the start a file was written, if it was.
fn after(started: Option<f64>, written: i64) -> Option<u64> {
    whole(seconds_after(started?, written))
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit into a double")]
fn seconds_after(started: f64, at: i64) -> f64 {
    at as f64 - started
}

/// Whole seconds, of more than clocks may differ in.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the difference of two times is positive here, and no age"
)]
fn whole(seconds: f64) -> Option<u64> {
    (seconds > SLACK).then_some(seconds as u64)
}

/// Whether a program may have read this file once and for all.
fn is_read_once(path: &str) -> bool {
    !source::is_data(path)
        && !source::is_beside_the_program(path)
        && !source::is_a_test(path)
        && !READ_ANEW.iter().any(|end| path.ends_with(end))
}

/// The paths that were changed in the container itself, if any of the plan could be.
pub(super) async fn changes(
    engine: &Connection,
    seen: &Seen,
    plan: &Plan,
) -> Result<BTreeSet<String>, String> {
    if plan.files.is_empty() {
        return Ok(BTreeSet::new());
    }
    engine.changes(&seen.facts.id).await
}

/// The files of the plan that were changed in the container itself. Those that hold the source count as held by the image.
pub(super) async fn edits(
    engine: &Connection,
    seen: &Seen,
    plan: &Plan,
    changed: &BTreeSet<String>,
    image: &mut ImageFiles,
) -> Result<Vec<Edited>, String> {
    let touched = source::touched(plan, image, changed);
    if touched.files.is_empty() {
        return Ok(Vec::new());
    }
    let live = read(engine, &seen.facts.id, &touched).await?;
    let mut held = std::mem::take(image);
    let (edited, held) = blocking(move || {
        let edited = source::edits(&touched, &mut held, &live);
        Ok((edited, held))
    })
    .await?;
    *image = held;
    Ok(edited)
}

#[cfg(test)]
mod tests {
    use super::{Edited, after, is_of_the_start, is_read_once, reloads};

    #[test]
    fn a_file_is_younger_only_beyond_the_slack() {
        assert_eq!(after(Some(100.5), 102), None);
        assert_eq!(after(Some(100.5), 110), Some(9));
        assert_eq!(after(None, 110), None);
    }

    #[test]
    fn what_is_filled_in_at_each_start_is_no_edit_of_somebody() {
        let edit = |path: &str| Edited {
            source: path.into(),
            path: path.into(),
            is_newest: false,
            is_gone: false,
        };
        let times = [("/app/a.conf", 1.0), ("/app/b.conf", 60.0), ("/app/c.py", 1.0)];
        let times = times.map(|(path, after)| (path.to_owned(), after)).into();
        let of_the_start = |path: &str| is_of_the_start(&edit(path), &times);
        assert!(of_the_start("/app/a.conf") && !of_the_start("/app/b.conf"));
        // Code is nobody's configuration, and of what was not seen nothing is known.
        assert!(!of_the_start("/app/c.py") && !of_the_start("/app/d.conf"));
    }

    #[test]
    fn a_program_says_that_it_follows_its_source() {
        let says = |line: &str, env: &[(&str, &str)]| {
            let argv: Vec<String> = line.split('|').map(String::from).collect();
            let env: Vec<_> = env.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
            reloads(&argv, &env)
        };
        assert!(says("flask|run|--debug", &[]) && says("sh|-c|exec npm run dev", &[]));
        assert!(says("uvicorn|--reload|app:x", &[]) && says("flask|run", &[("FLASK_DEBUG", "1")]));
        assert!(!says("flask|run", &[("FLASK_DEBUG", "0")]) && !says("python3|/dev/app.py", &[]));
        assert!(!says("redis-server|--debugger", &[]) && !says("node|invite.js", &[]));
    }

    #[test]
    fn what_is_read_anew_or_written_by_programs_makes_no_program_old() {
        assert!(is_read_once("/app/server.py") && is_read_once("/app/config.yaml"));
        for path in [
            "/app/index.html",
            "/app/README.md",
            "/app/x.db",
            "/app/run.log",
            "/app/test_api.py",
            "/app/compose.yaml",
        ] {
            assert!(!is_read_once(path), "{path}");
        }
    }
}
