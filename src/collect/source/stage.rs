//! The stages of a Dockerfile, followed step by step: which files of the context are where.

use super::context::Context;
use super::dockerfile::{Action, Run, Script, Step};
use super::effect::Effect;
use super::expand::Variable;
use super::paths::{clean, is_within, join, parent};
use super::plan::{Planned, Settings};
use super::scope::{Rest, Scope};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

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
    /// The files of the context, by their path in the image: the inner one where there are two.
    pub(super) files: BTreeMap<String, Planned>,
    /// Folders that certainly exist.
    pub(super) folders: BTreeSet<String>,
    /// Where relative destinations begin.
    pub(super) workdir: Workdir,
    /// The build arguments whose value was assumed for that.
    pub(super) workdir_assumes: Vec<String>,
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
    pub(super) context: Context,
    pub(super) dockerfile: &'a str,
    /// What could not be followed.
    pub(super) undecided: Vec<String>,
    /// What was copied from the context.
    pub(super) inputs: BTreeSet<String>,
    settings: Settings,
    globals: Scope,
    /// The stages that the built image consists of, the target first.
    chain: Vec<usize>,
    done: BTreeMap<usize, Rc<State>>,
}

impl<'a> Builder<'a> {
    /// Nothing is followed yet.
    ///
    /// # Errors
    ///
    /// Returns that no stage has the name of the target.
    pub(super) fn new(
        script: &'a Script,
        settings: &Settings,
        context: Context,
        dockerfile: &'a str,
    ) -> Result<Self, String> {
        let mut builder = Self {
            script,
            context,
            dockerfile,
            undecided: Vec::new(),
            inputs: BTreeSet::new(),
            settings: settings.clone(),
            globals: Scope::new(script.escape, Rest::Unset),
            chain: Vec::new(),
            done: BTreeMap::new(),
        };
        builder.set_globals();
        builder.set_chain()?;
        builder.confirm_arguments();
        Ok(builder)
    }

    fn set_globals(&mut self) {
        self.globals = Scope::new(self.script.escape, Rest::Unset);
        for step in &self.script.globals {
            if let Action::Arg(arguments) = &step.action {
                for (name, default) in arguments {
                    self.globals.declare(name, default.as_deref(), &self.settings, None);
                }
            }
        }
    }

    fn set_chain(&mut self) -> Result<(), String> {
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
        Ok(())
    }

    /// Where the image's configuration is what the default of a build argument would give, the default was used.
    fn confirm_arguments(&mut self) {
        let built = self.declared();
        let mut confirmed: Vec<&String> = Vec::new();
        if let Workdir::At(folder) = &built.workdir {
            if Some(folder.as_str()) == self.settings.base_workdir.as_deref() {
                confirmed.extend(&built.workdir_assumes);
            }
        }
        for (name, value) in built.scope.environment() {
            let seen = self.settings.image_env.as_ref().and_then(|image| image.get(name));
            match value {
                Variable::Assumed(value, argument) if Some(value) == seen => confirmed.push(argument),
                _ => {}
            }
        }
        for name in confirmed {
            if let Variable::Assumed(value, _) = built.scope.get(name) {
                self.settings.args.insert(name.clone(), Some(value));
            }
        }
        self.set_globals();
    }

    /// What the built stage holds at its end.
    pub(super) fn built(&mut self) -> Rc<State> {
        self.evaluate(self.chain[0])
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
            Some(image) if in_chain => (self.base_workdir(), Rest::Image(Rc::new(self.variables_of_base(image)))),
            None if in_chain => (self.base_workdir(), Rest::Unknown),
            _ => (Workdir::Below(String::new()), Rest::Unknown),
        };
        State { base, from_scratch, ..State::new(Scope::new(self.script.escape, rest), workdir) }
    }

    /// The built image's working folder and variables, as far as its own Dockerfile says.
    fn declared(&self) -> State {
        let scope = Scope::new(self.script.escape, Rest::Unknown);
        let mut state = State::new(scope, Workdir::Below(String::new()));
        for stage in self.chain.iter().rev() {
            state.scope = state.scope.inherited();
            for step in &self.script.stages[*stage].steps {
                self.declare(&mut state, step);
            }
        }
        state
    }

    /// The working folder of the base image, from that of the built image and all WORKDIRs between them.
    fn base_workdir(&self) -> Workdir {
        let built = self.settings.base_workdir.as_deref().map(|dir| clean(&format!("/{dir}")));
        let base = match (self.declared().workdir, built) {
            (Workdir::Below(rest), Some(built)) if rest.is_empty() => Some(built),
            (Workdir::Below(rest), Some(built)) => {
                built.strip_suffix(&format!("/{rest}")).map(|base| clean(&format!("/{base}")))
            }
            _ => None,
        };
        base.map_or(Workdir::Below(String::new()), Workdir::At)
    }

    /// The image's variables; of those that the Dockerfile sets itself, the base image's value is not known.
    fn variables_of_base(&self, image: &BTreeMap<String, String>) -> BTreeMap<String, Variable> {
        let steps = self.chain.iter().flat_map(|stage| &self.script.stages[*stage].steps);
        let pairs = steps.filter_map(|step| if let Action::Env(pairs) = &step.action { Some(pairs) } else { None });
        let here = pairs.flatten().map(|(name, _)| {
            (name.clone(), Variable::Unknown(format!("variable {name} of the base image")))
        });
        let there = image.iter().map(|(name, value)| (name.clone(), Variable::Set(value.clone())));
        there.chain(here).collect()
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
                    state.scope.declare(name, default.as_deref(), &self.settings, Some(&self.globals));
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
    fn new(scope: Scope, workdir: Workdir) -> Self {
        Self {
            files: BTreeMap::new(),
            folders: BTreeSet::from(["/".to_owned()]),
            workdir,
            workdir_assumes: Vec::new(),
            scope,
            base: None,
            from_scratch: false,
        }
    }

    /// WORKDIR.
    fn enter(&mut self, path: &str, line: usize) {
        let word = match self.scope.word(path) {
            Ok(word) => word,
            Err(why) => {
                self.workdir = Workdir::Unknown(format!("WORKDIR at line {line}: {why}"));
                return;
            }
        };
        let path = word.text;
        if path.starts_with('/') {
            self.workdir_assumes.clear();
        }
        self.workdir_assumes.extend(word.assumed);
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
        let place = file.inner();
        self.make_folders(parent(&file.image));
        if let Some(before) = self.files.get_mut(&place).filter(|_| !file.certain) {
            before.may_be_changed_by.get_or_insert_with(|| by.to_owned());
            return;
        }
        if file.or_below {
            for before in self.files.values_mut().filter(|before| before.or_below && before.image == file.image) {
                before.is_replaced_if_file = true;
            }
        }
        self.files.insert(place, file);
    }

    /// Something unknown may have been written to a place or below it.
    pub(super) fn obscure(&mut self, place: &str, by: &str) {
        for file in self.files.values_mut().filter(|file| is_within(&file.image, place)) {
            file.may_be_changed_by.get_or_insert_with(|| by.to_owned());
        }
    }
}
