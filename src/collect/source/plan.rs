//! What the context would put into the image if it was built now.

use super::configuration::Configuration;
use super::context::{Context, MOST_FILES};
use super::dockerfile::Script;
use super::effect;
use super::local::Local;
use super::past::{self, Made};
use super::paths::{is_within, join, name};
use super::stage::Builder;
use crate::bounded;
use crate::words::words;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What is known of the build beside the context.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// The Dockerfile, absolute or relative to the context; found by its usual names if not given.
    pub(crate) dockerfile: Option<PathBuf>,
    /// The Dockerfile's text, where a Compose file holds it.
    pub(crate) inline: Option<String>,
    /// Build arguments that were given. Without a value: given, but nobody here knows the value.
    pub(crate) args: BTreeMap<String, Option<String>>,
    /// Whether `args` is all of them.
    pub(crate) args_known: bool,
    /// The stage that was built; the last one if not given.
    pub(crate) target: Option<String>,
    /// The working folder in the image's configuration.
    pub(crate) base_workdir: Option<String>,
    /// The environment in the image's configuration. Only names of folders are made of it.
    pub(crate) image_env: Option<BTreeMap<String, String>>,
    /// Whether the builder was Podman, which has file names of its own.
    pub(crate) containerignore_first: bool,
}

/// What the context would put into the image.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// The folder of the context.
    pub(crate) context: PathBuf,
    /// The Dockerfile, relative to the context where possible.
    pub(crate) dockerfile: String,
    /// The files, ordered by their path in the context.
    pub(crate) files: Vec<Planned>,
    /// What could not be followed, one line each.
    pub(crate) undecided: Vec<String>,
    /// The folders of the built image that a folder of the context is copied to, each with that folder's path in the context.
    pub(crate) folders: Vec<(String, String)>,
    /// The single files that the ignore file leaves out of the paths that are copied, where they would be.
    pub(crate) left_out: Vec<Planned>,
    /// What the ignore file leaves out of the paths that are copied.
    #[cfg_attr(
        not(test),
        expect(
            dead_code,
            reason = "shown by the tests against real builds: it is the ignore file's reading"
        )
    )]
    pub(crate) excluded: Vec<Excluded>,
    /// The image that the built stage begins with, where it is certain.
    pub(crate) final_stage_base: Option<String>,
    /// The files and folders that all stages it needs copy from the context.
    pub(crate) inputs: Vec<String>,
    /// The commands of the built stages that may write anywhere: where they stand, and what they say.
    pub(crate) runs: Vec<(String, String)>,
    /// Where the built stage copies what is not followed (the output of other stages, archives, what an address answers), and
    /// the step that does.
    pub(crate) handed_over: Vec<(String, String)>,
    /// The files of the context that other stages or mounts take in and that are nowhere in the image, one line each.
    pub(crate) unseen_inputs: Vec<String>,
    /// All files that these are, by their path in the context; only listed where `files` is empty.
    pub(crate) input_files: Vec<String>,
    /// How the context is opened again to look for another recipe's files; `None` where the recipe was told.
    pub(crate) guess: Option<Guess>,
    /// What the Dockerfile says of the image beside its files.
    pub(crate) configuration: Configuration,
    /// The files that the Dockerfile names and that the context does not have: where they would be, and a reason each.
    pub(crate) gone: Vec<(String, String)>,
    /// Its steps, as a history tells them.
    pub(super) steps: Vec<Made>,
    /// What they say of the image beside its files.
    pub(super) said: BTreeSet<String>,
    /// In what the steps that made the image are not the Dockerfile's.
    pub(super) unlike: Option<String>,
    /// What a build that makes the same image again must be told beside folder and Dockerfile, as far as that is open.
    pub(crate) built_with: Vec<String>,
}

/// What decides which files of a context a recipe can copy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Guess {
    /// Where the Dockerfile is.
    pub(super) dockerfile: Option<PathBuf>,
    /// Whether the builder was Podman.
    pub(super) podman: bool,
}

/// One file that the context would put into the image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Planned {
    /// Its path in the context.
    pub(crate) source: String,
    /// Its absolute path in the image, or that of the folder that it may be in.
    pub(crate) image: String,
    /// Whether the Dockerfile names the file itself, not its folder or a pattern.
    pub(crate) explicit: bool,
    /// What may rightly have changed it after it was copied.
    pub(crate) may_be_changed_by: Option<String>,
    /// What may rightly have put another version of it there: then not even an older version is a proof.
    pub(crate) may_be_brought_by: Option<String>,
    /// The line of the ignore file that keeps it out of the build.
    pub(super) left_out_by: Option<String>,
    /// Its own name, if `image` turns out to be a folder.
    pub(super) name: String,
    /// Whether `image` is its place, or may be the folder that it is in.
    pub(super) place: Place,
    /// Whether it is certain that it is copied to this place.
    pub(super) certain: bool,
    /// Its bytes.
    pub(super) local: Local,
}

/// What a path in the image means for a file that is copied to it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// The file is there.
    Exact,
    /// The file is there, or in it if the base image has a folder there.
    Open,
    /// As before, but if there is no folder, a later file took its place.
    OpenAndReplaced,
}

/// A path that an ignore file leaves out. A folder stands for all that is below it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Excluded {
    /// The path in the context.
    pub(crate) path: String,
    /// The pattern that left it out.
    pub(crate) rule: String,
    /// The ignore file, relative to the context where possible.
    pub(crate) file: String,
    /// The pattern's line.
    pub(crate) line: usize,
}

impl Planned {
    /// Whether it is a symbolic link.
    pub(crate) fn is_link(&self) -> bool {
        self.local.is_link()
    }

    /// Notes a step that may have put another version in its place.
    pub(super) fn is_brought_by(&mut self, step: &str) {
        self.may_be_changed_by.get_or_insert_with(|| step.to_owned());
        self.may_be_brought_by.get_or_insert_with(|| step.to_owned());
    }

    /// Its path in the image if that has a folder where it may have one.
    pub(crate) fn inner(&self) -> String {
        match self.place {
            Place::Exact => self.image.clone(),
            Place::Open | Place::OpenAndReplaced => join(&self.image, &self.name),
        }
    }
}

/// Follows the Dockerfile over the context.
///
/// # Errors
///
/// Returns in one line why that is not possible: no such folder, no Dockerfile, or where it does not parse.
pub(crate) fn plan(context: &Path, settings: &Settings) -> Result<Plan, String> {
    let dockerfile = dockerfile(context, settings)?;
    let opened =
        Context::open(context, dockerfile.path.as_deref(), settings.containerignore_first)?;
    let script = Script::parse(&dockerfile.text, &dockerfile.name)?;
    let mut builder = Builder::new(&script, settings, opened, &dockerfile.name)?;
    let built = builder.target();
    let arguments = builder.open_arguments();
    let (steps, said) = (builder.steps(), builder.said());
    let mut undecided = std::mem::take(&mut builder.undecided);
    let mut opened = builder.context;
    if opened.is_cut() {
        undecided
            .push(format!("more than {MOST_FILES} files are copied: the rest was not compared"));
    }
    undecided.extend(std::mem::take(&mut opened.trouble));
    let mut files: Vec<Planned> = built.files.values().cloned().collect();
    files.sort_by(|a, b| (&a.source, &a.image).cmp(&(&b.source, &b.image)));
    let mut input_files = Vec::new();
    if files.is_empty() {
        for input in &builder.inputs {
            let input = if input == "." { "" } else { input };
            match opened.on_disk(input) {
                path if path.is_dir() => {
                    input_files.extend(opened.below(input).into_iter().map(|found| found.path));
                }
                path if path.is_file() => input_files.push(input.to_owned()),
                _ => {}
            }
        }
    }
    input_files.sort();
    input_files.dedup();
    let unseen_inputs = unseen_inputs(&mut opened, &builder.taken_in, &files);
    let mut left_out = builder.left_out;
    left_out.retain(|file| !built.files.contains_key(&file.inner()));
    let target = settings.target.iter().map(|stage| format!("stage {stage}"));
    let arguments = arguments.into_iter().map(|name| format!("build argument {name}"));
    let excluded = opened.excluded.into_iter().map(|(path, rule)| Excluded {
        path,
        rule: rule.text,
        file: rule.file,
        line: rule.line,
    });
    Ok(Plan {
        context: context.into(),
        dockerfile: dockerfile.name.clone(),
        files,
        folders: builder.folders,
        undecided,
        left_out,
        excluded: excluded.collect(),
        final_stage_base: built.base.clone(),
        inputs: builder.inputs.into_iter().collect(),
        runs: builder.runs,
        handed_over: built.opaque.iter().map(|(at, by)| (at.clone(), by.clone())).collect(),
        unseen_inputs,
        input_files,
        guess: (!settings.args_known).then_some(Guess {
            dockerfile: dockerfile.path,
            podman: settings.containerignore_first,
        }),
        configuration: Configuration::of(&script, builder.chain.iter().rev().copied()),
        gone: builder.gone,
        steps,
        said,
        unlike: None,
        built_with: target.chain(arguments).collect(),
    })
}

impl Plan {
    /// Notes in what the history of an image, oldest line first, is not the Dockerfile's; `base` is that of the image that this
    /// begins with, as far as it is here.
    pub(crate) fn remembered(mut self, history: &[String], base: &[String]) -> Self {
        self.unlike = past::unlike(&self.steps, &self.said, history, base, &self.dockerfile);
        self
    }

    /// Whether the image was made by these steps, as far as its history tells.
    pub(crate) fn is_remembered(&self) -> bool {
        self.unlike.is_none()
    }

    /// The last step of the built stages that may put a file of another origin to a place.
    pub(crate) fn may_bring(&self, path: &str) -> Option<&str> {
        let brings = |(_, text): &&(String, String)| effect::may_bring(text, name(path));
        let covers = |(at, _): &&(String, String)| is_within(path, at);
        let run = self.runs.iter().rev().find(brings).map(|(by, _)| by);
        let copy = || self.handed_over.iter().rev().find(covers).map(|(_, by)| by);
        run.or_else(copy).map(String::as_str)
    }

    /// Notes that the image may have been made by another recipe: what that copies otherwise proves nothing.
    pub(crate) fn doubt(&mut self, other: &Plan, name: &str) {
        self.built_with.push(
            match other.built_with.iter().find(|with| with.starts_with("stage ")) {
                Some(stage) => format!("or {stage} of {name}"),
                None => format!("or {name}"),
            },
        );
        self.gone.retain(|why| other.gone.contains(why));
        if self.configuration != other.configuration {
            self.configuration = Configuration::default();
        }
        let same = |a: &Planned, b: &Planned| a.source == b.source && a.image == b.image;
        for file in self.files.iter_mut().filter(|f| !other.files.iter().any(|o| same(f, o))) {
            file.may_be_changed_by.get_or_insert_with(|| format!("a build by {name}"));
            file.certain = false;
        }
    }
}

/// The files below paths that stages or mounts take in, as far as none of them is in the image.
fn unseen_inputs(
    context: &mut Context,
    taken_in: &BTreeSet<String>,
    files: &[Planned],
) -> Vec<String> {
    let seen: BTreeSet<&str> = files.iter().map(|file| file.source.as_str()).collect();
    let mut unseen = Vec::new();
    for input in taken_in {
        let input = if input == "." { "" } else { input };
        let below = if context.on_disk(input).is_dir() {
            context.below(input).into_iter().map(|found| found.path).collect()
        } else {
            vec![input.to_owned()]
        };
        unseen.extend(below.into_iter().filter(|path| !seen.contains(path.as_str())));
    }
    unseen.sort();
    unseen.dedup();
    let line = |path: String| {
        format!("{path} goes into the image by another way than a copy, and was not compared")
    };
    unseen.into_iter().map(line).collect()
}

/// The Dockerfile of a build.
pub(super) struct Dockerfile {
    /// Where it is; nowhere if a Compose file holds it.
    pub(super) path: Option<PathBuf>,
    /// Its path relative to the context where possible.
    pub(super) name: String,
    /// What it says.
    pub(super) text: String,
}

/// Finds and reads the Dockerfile of a build.
///
/// # Errors
///
/// Returns in one line why there is none, or why it can't be read.
pub(super) fn dockerfile(context: &Path, settings: &Settings) -> Result<Dockerfile, String> {
    if let Some(text) = &settings.inline {
        return Ok(Dockerfile { path: None, name: "dockerfile_inline".into(), text: text.clone() });
    }
    let path = match &settings.dockerfile {
        Some(given) => context.join(given),
        None => usual_name(context, settings.containerignore_first)?,
    };
    let name = path.strip_prefix(context).unwrap_or(&path).display().to_string();
    let bytes = bounded::written(&path)
        .map_err(|error| format!("{name} cannot be read: {}", words(&error)))?;
    Ok(Dockerfile { path: Some(path), name, text: String::from_utf8_lossy(&bytes).into_owned() })
}

fn usual_name(context: &Path, podman: bool) -> Result<PathBuf, String> {
    if !context.is_dir() {
        return Err(format!("{} is no folder", context.display()));
    }
    let names =
        if podman { ["Containerfile", "Dockerfile"] } else { ["Dockerfile", "Containerfile"] };
    let found = names.iter().map(|name| context.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| {
        let below = below(context, &names, 3);
        let hint = match below.as_slice() {
            [] => String::new(),
            [only] => {
                format!("; there is {}: name the folder that its build was given", only.display())
            }
            [first, rest @ ..] => format!(
                "; there is {} and {} more: name the folder that the server's build was given",
                first.display(),
                rest.len()
            ),
        };
        format!("{} holds no Dockerfile{hint}", context.display())
    })
}

/// The Dockerfiles in the folders below, as far as a short look finds them.
fn below(folder: &Path, names: &[&str], depth: usize) -> Vec<PathBuf> {
    const MOST: usize = 200;
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(MOST);
    let is_own = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        !name.starts_with('.') && name != "node_modules" && !path.is_symlink() && path.is_dir()
    };
    let mut folders: Vec<_> = entries.map(|entry| entry.path()).filter(is_own).collect();
    folders.sort();
    let mut found = Vec::new();
    for folder in folders {
        found.extend(names.iter().map(|name| folder.join(name)).find(|path| path.is_file()));
        found.extend(below(&folder, names, depth));
    }
    found
}
