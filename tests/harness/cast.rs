//! All scenes, and what their switches make of them.

use super::scene::{Expect, OneOf, Scene, Switch, Symptom};
use super::{Engine, Result};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The checks in the order in which a connection meets their faults, as the contract has it.
pub(crate) const ORDER: [&str; 7] = [
    "endpoint-config",
    "shared-network",
    "server-state",
    "network-path",
    "bind-address",
    "server-concurrency",
    "image-freshness",
];

/// One scene with each of its switches on one side.
#[derive(Debug, Clone)]
pub(crate) struct Play {
    pub(crate) name: String,
    pub(crate) scene: Scene,
    pub(crate) on: Vec<String>,
}

/// Every play there is, by name.
#[derive(Debug, Clone)]
pub(crate) struct Cast {
    pub(crate) plays: Vec<Play>,
}

impl Cast {
    /// Reads `tests/scenes`.
    pub(crate) fn load() -> Result<Self> {
        let mut scenes = BTreeMap::new();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenes");
        for entry in fs::read_dir(&folder)
            .map_err(|trouble| format!("{}: {trouble}", folder.display()))?
            .flatten()
        {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let text = fs::read_to_string(&path)
                    .map_err(|trouble| format!("{}: {trouble}", path.display()))?;
                scenes.insert(
                    name,
                    toml::from_str(&text)
                        .map_err(|trouble| format!("{}: {trouble}", path.display()))?,
                );
            }
        }
        let mut plays = vec![];
        for (name, scene) in &scenes {
            plays.extend(plays_of(name, scene, &scenes)?);
        }
        Ok(Self { plays })
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Play> {
        self.plays.iter().find(|play| play.name == name)
    }
}

fn plays_of(name: &str, scene: &Scene, scenes: &BTreeMap<String, Scene>) -> Result<Vec<Play>> {
    if let Some(other) = &scene.like {
        let mut stage = scenes
            .get(other)
            .ok_or_else(|| format!("{name}: no scene {other:?} to be like"))?
            .clone();
        stage.about.clone_from(&scene.about);
        stage.engines.clone_from(&scene.engines);
        if let Some(unknown) =
            scene.on.iter().find(|on| stage.switch.iter().all(|switch| switch.name != **on))
        {
            return Err(format!("{name}: {other} has no switch {unknown:?}"));
        }
        return Ok(vec![Play { name: name.to_owned(), scene: stage, on: scene.on.clone() }]);
    }
    let combinations = 1_usize << scene.switch.len();
    Ok((0..combinations)
        .map(|bits| {
            let on = scene.switch.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
            let on: Vec<String> = on.map(|(_, switch)| switch.name.clone()).collect();
            let side = if on.is_empty() { "none".to_owned() } else { on.join("+") };
            let name =
                if scene.switch.is_empty() { name.to_owned() } else { format!("{name}/{side}") };
            Play { name, scene: scene.clone(), on }
        })
        .collect())
}

impl Play {
    /// The switches that are on, in the order in which the client would meet their faults.
    fn faults(&self) -> Vec<&Switch> {
        let mut faults: Vec<_> =
            self.scene.switch.iter().filter(|switch| self.on.contains(&switch.name)).collect();
        faults.sort_by_key(|switch| ORDER.iter().position(|check| *check == switch.check));
        faults
    }

    /// What this symptom must be, with these switches.
    pub(crate) fn sees<'a>(&'a self, symptom: &'a Symptom) -> &'a OneOf {
        let first = self.faults().into_iter().find_map(|switch| {
            let held = switch.sees_held.as_ref().filter(|_| symptom.held);
            held.or(switch.sees.as_ref()).filter(|_| symptom.url.is_some())
        });
        first.unwrap_or(&symptom.sees)
    }

    /// The verdicts that must come out on one engine, with these switches.
    pub(crate) fn expected(&self, engine: Engine) -> Vec<Expect> {
        let here = |only: Option<Engine>| only.is_none_or(|only| only.covers(engine));
        let mut expected: Vec<_> =
            self.scene.expect.iter().filter(|expect| here(expect.engine)).cloned().collect();
        let faults = self.faults();
        if self.scene.switch.is_empty() {
            return expected;
        }
        for expect in &mut expected {
            expect.chain = Some(faults.iter().map(|switch| switch.code.clone()).collect());
            if let Some(first) = faults.first() {
                expect.outcome = Some(OneOf::One("fail".to_owned()));
                expect.root_cause = Some(first.code.clone());
                expect.symptom.clone_from(&first.sees);
            }
            for switch in &faults {
                expect.checks.insert(switch.check.clone(), OneOf::One("fail".to_owned()));
                expect.codes.push(switch.code.clone());
                expect.fix.extend(switch.fix.clone());
                expect.seen.extend(switch.seen.clone());
                expect.checks.extend(switch.besides.clone());
            }
        }
        expected
    }

    /// Whether a run may end so: as the scene says, else as the outcomes mean.
    pub(crate) fn exits(&self, expected: &[Expect], code: i32) -> bool {
        let may = |e: &Expect, outcomes: &[&str]| {
            e.outcome.as_ref().is_some_and(|o| o.any(|one| outcomes.contains(&one)))
        };
        match (self.scene.exit, code) {
            (Some(exit), _) => exit == code,
            (None, 1) => expected.iter().any(|e| may(e, &["fail"])),
            (None, 3) => expected.iter().any(|e| may(e, &["unknown"])),
            (None, 0) => {
                expected.iter().all(|e| e.outcome.is_none() || may(e, &["pass", "warn", "skip"]))
            }
            _ => false,
        }
    }
}
