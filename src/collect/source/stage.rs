//! The stages of a Dockerfile, followed step by step: which files of the context are where.

use super::built::{Built, Workdir};
use super::context::Context;
use super::dockerfile::{Action, Mount, Run, Script, Step};
use super::effect::{self, Effect};
use super::expand::Variable;
use super::past::{self, Made};
use super::paths::{clean, name};
use super::plan::{Planned, Settings};
use super::scope::{Rest, Scope, is_set_by_builder};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Follows the stages that the target needs.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    pub(super) script: &'a Script,
    pub(super) context: Context,
    pub(super) dockerfile: &'a str,
    /// What could not be followed.
    pub(super) undecided: Vec<String>,
    /// What a COPY names and the context does not have: where it would be, and a reason each.
    pub(super) gone: Vec<(String, String)>,
    /// What was copied from the context.
    pub(super) inputs: BTreeSet<String>,
    /// What was copied from it to stages that the built image does not consist of, or is mounted while commands run.
    pub(super) taken_in: BTreeSet<String>,
    /// The commands of the built stages that may write anywhere, and where they stand.
    pub(super) runs: Vec<(String, String)>,
    /// Where folders of the context are copied to in those stages, and which.
    pub(super) folders: Vec<(String, String)>,
    /// What the ignore file left out of that, in the stages of the built image.
    pub(super) left_out: Vec<Planned>,
    settings: Settings,
    globals: Scope,
    /// The stages that the built image consists of, the target first.
    pub(super) chain: Vec<usize>,
    done: BTreeMap<usize, Rc<Built>>,
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
            gone: Vec::new(),
            inputs: BTreeSet::new(),
            taken_in: BTreeSet::new(),
            runs: Vec::new(),
            folders: Vec::new(),
            left_out: Vec::new(),
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
        let seen = self.settings.base_workdir.as_ref();
        if seen.is_some_and(|seen| built.workdir == Workdir::At(seen.clone())) {
            confirmed.extend(&built.workdir_assumes);
        }
        for (name, value) in built.scope.environment() {
            let seen = self.settings.image_env.as_ref().and_then(|image| image.get(name));
            match value {
                Variable::Assumed(value, argument) if Some(value) == seen => {
                    confirmed.push(argument);
                }
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

    /// The build arguments that the Dockerfile asks for and whose value nobody here knows: a build without them may make
    /// another image.
    pub(super) fn open_arguments(&self) -> BTreeSet<String> {
        let stages = self.script.stages.iter().flat_map(|stage| &stage.steps);
        let asked =
            self.script.globals.iter().chain(stages).filter_map(|step| match &step.action {
                Action::Arg(arguments) => Some(arguments.iter().map(|(name, _)| name)),
                _ => None,
            });
        let is_open = |name: &&String| match self.settings.args.get(*name) {
            Some(given) => given.is_none(),
            None => !self.settings.args_known && !is_set_by_builder(name),
        };
        asked.flatten().filter(is_open).cloned().collect()
    }

    /// The steps of the stages that the built image consists of, as a history tells them.
    pub(super) fn steps(&self) -> Vec<Made> {
        self.all_steps().filter_map(|step| Made::by(step, self.script.escape)).collect()
    }

    /// What the target's steps say of the image beside its files.
    pub(super) fn said(&self) -> BTreeSet<String> {
        self.all_steps().flat_map(past::said).collect()
    }

    fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.chain.iter().rev().flat_map(|at| &self.script.stages[*at].steps)
    }

    /// What the target holds at its end.
    pub(super) fn target(&mut self) -> Rc<Built> {
        self.evaluate(self.chain[0])
    }

    /// An earlier stage by its name or number.
    pub(super) fn stage_named(&self, name: &str, before: usize) -> Option<usize> {
        let is_named = |stage: &usize| {
            self.script.stages[*stage]
                .name
                .as_ref()
                .is_some_and(|known| known.eq_ignore_ascii_case(name))
        };
        (0..before)
            .rev()
            .find(is_named)
            .or_else(|| name.parse().ok().filter(|stage| *stage < before))
    }

    fn base_stage(&self, stage: usize) -> Option<usize> {
        let base = self.globals.word(&self.script.stages[stage].base).ok()?.text;
        self.stage_named(&base, stage).filter(|_| base.parse::<usize>().is_err())
    }

    /// What a stage holds at its end.
    pub(super) fn evaluate(&mut self, stage: usize) -> Rc<Built> {
        if let Some(done) = self.done.get(&stage) {
            return Rc::clone(done);
        }
        let mut built = self.begin(stage);
        for step in &self.script.stages[stage].steps {
            self.step(&mut built, stage, step);
        }
        let built = Rc::new(built);
        self.done.insert(stage, Rc::clone(&built));
        built
    }

    fn begin(&mut self, stage: usize) -> Built {
        if let Some(base) = self.base_stage(stage) {
            let mut built = (*self.evaluate(base)).clone();
            built.scope = built.scope.inherited();
            return built;
        }
        let base = self.globals.word(&self.script.stages[stage].base).ok();
        let base = base.filter(|word| word.assumed.is_empty()).map(|word| word.text);
        let from_scratch = base.as_deref() == Some("scratch");
        let in_chain = self.chain.contains(&stage);
        let (workdir, rest) = match &self.settings.image_env {
            _ if from_scratch => (Workdir::At("/".into()), Rest::Unset),
            Some(image) if in_chain => {
                (self.base_workdir(), Rest::Image(Rc::new(self.variables_of_base(image))))
            }
            None if in_chain => (self.base_workdir(), Rest::Unknown),
            _ => (Workdir::Below(String::new()), Rest::Unknown),
        };
        Built { base, from_scratch, ..Built::new(Scope::new(self.script.escape, rest), workdir) }
    }

    /// The built image's working folder and variables, as far as its own Dockerfile says.
    fn declared(&self) -> Built {
        let scope = Scope::new(self.script.escape, Rest::Unknown);
        let mut built = Built::new(scope, Workdir::Below(String::new()));
        for stage in self.chain.iter().rev() {
            built.scope = built.scope.inherited();
            for step in &self.script.stages[*stage].steps {
                self.declare(&mut built, step);
            }
        }
        built
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
        let pairs = steps.filter_map(|step| {
            if let Action::Env(pairs) = &step.action { Some(pairs) } else { None }
        });
        let here = pairs.flatten().map(|(name, _)| {
            (name.clone(), Variable::Unknown(format!("variable {name} of the base image")))
        });
        let there = image.iter().map(|(name, value)| (name.clone(), Variable::Set(value.clone())));
        there.chain(here).collect()
    }

    fn step(&mut self, built: &mut Built, stage: usize, step: &Step) {
        match &step.action {
            Action::Transfer(transfer) => self.transfer(built, stage, step.line, transfer),
            Action::Run(run, mounts) => self.run(built, stage, step.line, run, mounts),
            _ => self.declare(built, step),
        }
    }

    /// The steps that change words, not files.
    fn declare(&self, built: &mut Built, step: &Step) {
        match &step.action {
            Action::Arg(arguments) => {
                for (name, default) in arguments {
                    built.scope.declare(
                        name,
                        default.as_deref(),
                        &self.settings,
                        Some(&self.globals),
                    );
                }
            }
            Action::Env(pairs) => built.scope.set(pairs),
            Action::Workdir(path) => built.enter(path, step.line),
            _ => {}
        }
    }

    fn run(&mut self, built: &mut Built, stage: usize, line: usize, run: &Run, mounts: &[Mount]) {
        let effect = Effect::of(run, self.script.escape);
        let reason = format!("RUN at line {line}");
        self.taken_in.extend(mounts.iter().filter_map(Mount::of_context));
        if effect == Effect::Anywhere && self.chain.contains(&stage) {
            self.runs.push((reason.clone(), run.text()));
        }
        let text = run.text();
        for file in built.files.values_mut().filter(|file| effect.reaches(&file.image)) {
            if effect::may_bring(&text, name(&file.image)) {
                file.is_brought_by(&reason);
            } else {
                file.may_be_changed_by.get_or_insert_with(|| reason.clone());
            }
        }
    }
}
