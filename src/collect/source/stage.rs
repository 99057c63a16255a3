//! The stages of a Dockerfile, followed step by step: which files of the context are where.

use super::context::Context;
use super::dockerfile::{Action, Run, Script, Step};
use super::effect::Effect;
use super::paths::{clean, is_within, join, parent};
use super::plan::{Planned, Settings};
use super::scope::{Rest, Scope};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Folders that every base image of some size has.
const USUAL_FOLDERS: [&str; 22] = [
    "/bin", "/dev", "/etc", "/home", "/lib", "/media", "/mnt", "/opt", "/proc", "/root", "/run", "/sbin", "/srv",
    "/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/share", "/var",
];

/// Where relative paths begin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Workdir {
    /// At this folder.
    At(String),
    /// This far below the working folder of the base image.
    Below(String),
    /// Nobody here knows, for this reason.
    Unknown(String),
}

/// What is known of a stage's files after some of its steps.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// The files of the context, by their path in the image.
    pub(super) files: BTreeMap<String, Planned>,
    /// Folders that certainly exist.
    pub(super) folders: BTreeSet<String>,
    /// Where relative destinations begin.
    pub(super) workdir: Workdir,
    /// The variables.
    pub(super) scope: Scope,
    /// The image that the first stage of the chain begins with.
    pub(super) base: Option<String>,
    /// Whether that is nothing at all.
    pub(super) from_scratch: bool,
}

/// Follows the stages that the target needs.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    pub(super) script: &'a Script,
    pub(super) settings: &'a Settings,
    pub(super) context: Context,
    pub(super) dockerfile: &'a str,
    /// What could not be followed.
    pub(super) undecided: Vec<String>,
    /// What was copied from the context.
    pub(super) inputs: BTreeSet<String>,
    globals: Scope,
    /// The stages that the built image consists of, the target first.
    chain: Vec<usize>,
    done: BTreeMap<usize, Rc<State>>,
}

impl<'a> Builder<'a> {
    /// Nothing is followed yet.
    pub(super) fn new(script: &'a Script, settings: &'a Settings, context: Context, dockerfile: &'a str) -> Self {
        let mut globals = Scope::new(script.escape, Rest::Unset);
        for step in &script.globals {
            if let Action::Arg(arguments) = &step.action {
                for (name, default) in arguments {
                    globals.declare(name, default.as_deref(), settings, None);
                }
            }
        }
        let (undecided, inputs, chain, done) = (Vec::new(), BTreeSet::new(), Vec::new(), BTreeMap::new());
        Self { script, settings, context, dockerfile, undecided, inputs, globals, chain, done }
    }

    /// The stage that the image is built from.
    pub(super) fn target(&mut self) -> Result<usize, String> {
        let count = self.script.stages.len();
        let target = match &self.settings.target {
            None => count.checked_sub(1),
            Some(name) => self.stage_named(name, count),
        };
        let target = target.ok_or_else(|| {
            let name = self.settings.target.as_deref().unwrap_or_default();
            format!("{}: no stage is named {name}", self.dockerfile)
        })?;
        self.chain = std::iter::successors(Some(target), |stage| self.base_stage(*stage)).collect();
        Ok(target)
    }

    /// An earlier stage by its name or number.
    pub(super) fn stage_named(&self, name: &str, before: usize) -> Option<usize> {
        let is_named = |stage: &usize| {
            self.script.stages[*stage].name.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(name))
        };
        (0..before).rev().find(is_named).or_else(|| name.parse().ok().filter(|stage| *stage < before))
    }

    fn base_stage(&self, stage: usize) -> Option<usize> {
        let base = self.globals.word(&self.script.stages[stage].base).ok()?.text;
        self.stage_named(&base, stage).filter(|_| base.parse::<usize>().is_err())
    }

    /// What a stage holds at its end.
    pub(super) fn evaluate(&mut self, stage: usize) -> Rc<State> {
        if let Some(done) = self.done.get(&stage) {
            return Rc::clone(done);
        }
        let mut state = self.begin(stage);
        for step in &self.script.stages[stage].steps {
            self.step(&mut state, stage, step);
        }
        let state = Rc::new(state);
        self.done.insert(stage, Rc::clone(&state));
        state
    }

    fn begin(&mut self, stage: usize) -> State {
        if let Some(base) = self.base_stage(stage) {
            let mut state = (*self.evaluate(base)).clone();
            state.scope = state.scope.inherited();
            return state;
        }
        let base = self.globals.word(&self.script.stages[stage].base).ok().map(|word| word.text);
        let from_scratch = base.as_deref() == Some("scratch");
        let in_chain = self.chain.contains(&stage);
        let (workdir, rest) = match &self.settings.image_env {
            _ if from_scratch => (Workdir::At("/".into()), Rest::Unset),
            Some(image) if in_chain => (self.base_workdir(), Rest::Image(Rc::new(self.not_set_here(image)))),
            None if in_chain => (self.base_workdir(), Rest::Unknown),
            _ => (Workdir::Below(String::new()), Rest::Unknown),
        };
        let usual = if from_scratch { &[][..] } else { &USUAL_FOLDERS[..] };
        let folders = usual.iter().copied().chain(["/"]).map(String::from).collect();
        let scope = Scope::new(self.script.escape, rest);
        State { files: BTreeMap::new(), folders, workdir, scope, base, from_scratch }
    }

    /// The working folder of the base image, from that of the built image and all WORKDIRs between them.
    fn base_workdir(&self) -> Workdir {
        let mut state = State {
            files: BTreeMap::new(),
            folders: BTreeSet::new(),
            workdir: Workdir::Below(String::new()),
            scope: Scope::new(self.script.escape, Rest::Unknown),
            base: None,
            from_scratch: false,
        };
        for stage in self.chain.iter().rev() {
            state.scope = state.scope.inherited();
            for step in &self.script.stages[*stage].steps {
                self.declare(&mut state, step);
            }
        }
        let built = self.settings.base_workdir.as_deref().map(|dir| if dir.is_empty() { "/" } else { dir });
        let base = match (&state.workdir, built) {
            (Workdir::Below(rest), Some(built)) if rest.is_empty() => Some(clean(built)),
            (Workdir::Below(rest), Some(built)) => {
                clean(built).strip_suffix(&format!("/{rest}")).map(|base| clean(&format!("/{base}")))
            }
            _ => None,
        };
        base.map_or(Workdir::Below(String::new()), Workdir::At)
    }

    /// The image's variables without those that the Dockerfile sets itself at some time.
    fn not_set_here(&self, image: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut left = image.clone();
        for step in self.chain.iter().flat_map(|stage| &self.script.stages[*stage].steps) {
            if let Action::Env(pairs) = &step.action {
                left.retain(|name, _| pairs.iter().all(|(set, _)| set != name));
            }
        }
        left
    }

    fn step(&mut self, state: &mut State, stage: usize, step: &Step) {
        match &step.action {
            Action::Transfer(transfer) => self.transfer(state, stage, step.line, transfer),
            Action::Run(run) => self.run(state, step.line, run),
            _ => self.declare(state, step),
        }
    }

    /// The steps that change words, not files.
    fn declare(&self, state: &mut State, step: &Step) {
        match &step.action {
            Action::Arg(arguments) => {
                for (name, default) in arguments {
                    state.scope.declare(name, default.as_deref(), self.settings, Some(&self.globals));
                }
            }
            Action::Env(pairs) => state.scope.set(pairs),
            Action::Workdir(path) => state.enter(path, step.line),
            _ => {}
        }
    }

    fn run(&self, state: &mut State, line: usize, run: &Run) {
        let effect = Effect::of(run, self.script.escape);
        let reason = format!("RUN at line {line}");
        for file in state.files.values_mut().filter(|file| effect.reaches(&file.image)) {
            file.may_be_changed_by.get_or_insert_with(|| reason.clone());
        }
    }
}

impl State {
    /// WORKDIR.
    fn enter(&mut self, path: &str, line: usize) {
        let path = match self.scope.word(path) {
            Ok(word) if word.assumed.is_empty() => word.text,
            Ok(word) => {
                let name = &word.assumed[0];
                self.workdir = Workdir::Unknown(format!("WORKDIR at line {line}: build argument {name} is not known"));
                return;
            }
            Err(why) => {
                self.workdir = Workdir::Unknown(format!("WORKDIR at line {line}: {why}"));
                return;
            }
        };
        self.workdir = match &self.workdir {
            _ if path.starts_with('/') => Workdir::At(clean(&path)),
            Workdir::At(folder) => Workdir::At(join(folder, &path)),
            Workdir::Below(rest) if rest.is_empty() => Workdir::Below(clean(&path)),
            Workdir::Below(rest) => Workdir::Below(join(rest, &path)),
            Workdir::Unknown(why) => Workdir::Unknown(why.clone()),
        };
        if let Workdir::At(folder) = &self.workdir {
            let folder = folder.clone();
            self.make_folders(&folder);
        }
    }

    /// A folder exists now, and all above it.
    pub(super) fn make_folders(&mut self, folder: &str) {
        let mut folder = folder;
        while folder.len() > 1 && self.folders.insert(folder.to_owned()) {
            folder = parent(folder);
        }
    }

    /// A file is copied to its place. What was there before is gone, unless that is not certain.
    pub(super) fn put(&mut self, file: Planned, by: &str) {
        self.make_folders(parent(&file.image));
        if !file.certain {
            if let Some(before) = self.files.get_mut(&file.image) {
                before.may_be_changed_by.get_or_insert_with(|| by.to_owned());
                return;
            }
        }
        self.files.insert(file.image.clone(), file);
    }

    /// Something unknown may have been written to a place or below it.
    pub(super) fn obscure(&mut self, place: &str, by: &str) {
        for file in self.files.values_mut().filter(|file| is_within(&file.image, place)) {
            file.may_be_changed_by.get_or_insert_with(|| by.to_owned());
        }
    }
}
