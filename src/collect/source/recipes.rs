//! The ways in which a context may be built: with each of its Dockerfiles, to each of their stages. Where nobody says which one
//! it was, the image's own history does: the steps that change files, in order, with the places they name.

use super::context::Context;
use super::dockerfile::Script;
use super::past::Made;
use super::plan::{Settings, dockerfile};
use super::stage::Builder;
use std::fs;
use std::path::{Path, PathBuf};

/// Ways that are looked at, at most.
const MOST: usize = 24;
/// One way to build a context.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Recipe {
    /// The Dockerfile, where it is not the usual one.
    pub(crate) dockerfile: Option<PathBuf>,
    /// The stage, where it is not the last one.
    pub(crate) target: Option<String>,
    steps: Vec<Made>,
}

/// All ways to build a context, the usual one first; none where the settings say how it is built.
pub(crate) fn recipes(context: &Path, settings: &Settings) -> Vec<Recipe> {
    let is_told = settings.args_known
        || settings.dockerfile.is_some()
        || settings.inline.is_some()
        || settings.target.is_some();
    if is_told {
        return Vec::new();
    }
    let mut all = of_dockerfile(context, settings, None);
    for other in dockerfiles(context) {
        all.extend(of_dockerfile(context, settings, Some(other)));
    }
    let usual = dockerfile(context, settings).ok().and_then(|usual| usual.path);
    all.retain(|recipe| {
        recipe.dockerfile.is_none() || recipe.dockerfile.as_ref().map(|d| context.join(d)) != usual
    });
    all.truncate(MOST);
    all
}

/// What one Dockerfile can be built to: its end, and each stage with a name before that.
fn of_dockerfile(context: &Path, settings: &Settings, other: Option<PathBuf>) -> Vec<Recipe> {
    let settings = Settings { dockerfile: other, ..settings.clone() };
    let Ok(file) = dockerfile(context, &settings) else { return Vec::new() };
    let Ok(script) = Script::parse(&file.text, &file.name) else { return Vec::new() };
    let before = script.stages.len().saturating_sub(1);
    let named = script.stages.iter().take(before).filter_map(|stage| stage.name.clone());
    let targets = std::iter::once(None).chain(named.map(Some));
    let recipe = |target: Option<String>| {
        let settings = Settings { target, ..settings.clone() };
        let podman = settings.containerignore_first;
        let opened = Context::open(context, file.path.as_deref(), podman).ok()?;
        let builder = Builder::new(&script, &settings, opened, &file.name).ok()?;
        let steps = builder.steps();
        Some(Recipe {
            dockerfile: settings.dockerfile.clone(),
            target: settings.target.clone(),
            steps,
        })
    };
    targets.filter_map(recipe).collect()
}

/// The files of a context and of the folders in it that are named as Dockerfiles are.
fn dockerfiles(context: &Path) -> Vec<PathBuf> {
    let is_one = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let begins = ["dockerfile", "containerfile"].iter().any(|usual| name.starts_with(usual));
        (begins || name.ends_with(".dockerfile")) && !name.ends_with("ignore") && path.is_file()
    };
    let within = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(MOST * 10);
        entries.map(|entry| entry.path()).collect()
    };
    let top = within(context);
    let below = top.iter().filter(|path| path.is_dir() && !path.is_symlink());
    let below: Vec<PathBuf> = below.flat_map(|folder| within(folder)).filter(is_one).collect();
    let mut found: Vec<PathBuf> = top.iter().filter(|path| is_one(path)).cloned().collect();
    found.extend(below);
    found.sort();
    found.iter().filter_map(|path| Some(path.strip_prefix(context).ok()?.to_owned())).collect()
}

impl Recipe {
    /// Whether a history, oldest line first, ends with the steps of this recipe.
    pub(crate) fn fits(&self, history: &[String]) -> bool {
        let past: Vec<Made> = history.iter().filter_map(|line| Made::told(line)).collect();
        let Some(from) = past.len().checked_sub(self.steps.len()) else { return false };
        let is_same = |(ours, theirs): (&Made, &Made)| ours.may_be(theirs);
        !self.steps.is_empty() && self.steps.iter().zip(&past[from..]).all(is_same)
    }
}

#[cfg(test)]
mod tests {
    use super::{Settings, recipes};
    use std::fs;

    /// The recipes of these Dockerfiles that fit a history, as `file:stage`.
    fn fitting(files: &[(&str, &str)], history: &[&str]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let history: Vec<String> = history.iter().map(|line| (*line).to_owned()).collect();
        let all = recipes(dir.path(), &Settings::default());
        let fit = all.into_iter().filter(|recipe| recipe.fits(&history));
        fit.map(|recipe| {
            let file = recipe.dockerfile.map_or_else(|| "-".into(), |d| d.display().to_string());
            format!("{file}:{}", recipe.target.unwrap_or_default())
        })
        .collect()
    }

    const CLASSIC: [&str; 5] = [
        "/bin/sh -c #(nop) ADD file:1c0ffee in / ",
        "/bin/sh -c #(nop)  CMD [\"sh\"]",
        "/bin/sh -c #(nop) WORKDIR /app",
        "/bin/sh -c #(nop) COPY file:c0ffee in /app/ ",
        "/bin/sh -c #(nop)  CMD [\"python3\" \"/app/server.py\"]",
    ];
    const BUILDKIT: [&str; 4] = [
        "ADD rootfs.tar / # buildkit",
        "WORKDIR /app",
        "COPY server.py /app/ # buildkit",
        "CMD [\"python3\" \"/app/server.py\"]",
    ];

    #[test]
    fn the_history_tells_by_which_dockerfile_an_image_was_made() {
        let app = "FROM x\nWORKDIR /app\nCOPY server.py /app\nCMD run\n";
        let srv = "FROM x\nWORKDIR /srv\nCOPY server.py /srv\nCMD run\n";
        for history in [&CLASSIC[..], &BUILDKIT] {
            assert_eq!(fitting(&[("Dockerfile", app)], history), ["-:"]);
            let both = [("Dockerfile", srv), ("Dockerfile.dev", app)];
            assert_eq!(fitting(&both, history), ["Dockerfile.dev:"]);
            let below = [("Dockerfile", srv), ("docker/dev.Dockerfile", app)];
            assert_eq!(fitting(&below, history), ["docker/dev.Dockerfile:"]);
            // What stands there with a variable may be any place.
            let open = "FROM x\nWORKDIR $HERE\nCOPY server.py .\n";
            assert_eq!(fitting(&[("Dockerfile", open)], history), ["-:"]);
            let more = "FROM x\nWORKDIR /app\nRUN make\nCOPY server.py /app\n";
            assert_eq!(fitting(&[("Dockerfile", more)], history), [""; 0]);
        }
    }

    #[test]
    fn the_history_tells_to_which_stage_an_image_was_made() {
        let stages = "FROM x AS base\nWORKDIR /app\nCOPY server.py /app\nFROM base AS test\nCOPY tests /tests\nRUN pytest\n";
        assert_eq!(fitting(&[("Dockerfile", stages)], &CLASSIC), ["-:base"]);
        let tested =
            [&CLASSIC[..], &["/bin/sh -c #(nop) COPY dir:1 in /tests ", "/bin/sh -c pytest"]];
        assert_eq!(fitting(&[("Dockerfile", stages)], &tested.concat()), ["-:"]);
    }

    #[test]
    fn what_is_told_is_not_guessed() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["Dockerfile", "Dockerfile.dev"] {
            fs::write(dir.path().join(name), "FROM x AS a\nCOPY x /x\nFROM x\nCOPY y /y\n")
                .unwrap();
        }
        let count = |settings: Settings| recipes(dir.path(), &settings).len();
        assert_eq!(count(Settings::default()), 4);
        assert_eq!(count(Settings { args_known: true, ..Settings::default() }), 0);
        assert_eq!(count(Settings { target: Some("a".into()), ..Settings::default() }), 0);
    }
}
