//! The format of a scene file, field by field. `tests/scenes/README.md` tells the same to newcomers.
//!
//! Texts may hold `{{...}}`, which `words` explains; where only a name can stand (a network of a container, the
//! client of an expectation) the bare name is enough.

use super::Engine;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One scene: what stands on the stage, what is broken, and the verdict that must come out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scene {
    /// What is broken, or what looks broken and is not, in one line.
    pub(crate) about: String,
    /// The engines that can produce it; without it, all.
    #[serde(default = "every_engine")]
    pub(crate) engines: Vec<Engine>,
    /// Engines of these kinds that can't show it all the same, such as one without limits.
    #[serde(default)]
    pub(crate) not_on: Vec<Engine>,
    /// Nothing else may run beside it, and its names and ports stay as they are written.
    #[serde(default)]
    pub(crate) alone: bool,
    /// A diagnosis changes it (its server dies of being spoken to, say), so that the next one needs a stage of its own.
    #[serde(default)]
    pub(crate) once: bool,
    /// Another scene whose stage and switches this one uses, with the switches in `on` turned on.
    pub(crate) like: Option<String>,
    #[serde(default)]
    pub(crate) on: Vec<String>,
    #[serde(default)]
    pub(crate) network: Vec<Network>,
    #[serde(default)]
    pub(crate) pod: Vec<Pod>,
    #[serde(default)]
    pub(crate) build: Vec<Build>,
    #[serde(default)]
    pub(crate) container: Vec<Container>,
    /// Each combination of switches is a scene of its own.
    #[serde(default)]
    pub(crate) switch: Vec<Switch>,
    /// Commands of the engine when everything stands: `[["pause", "{{mock}}"]]`.
    #[serde(default)]
    pub(crate) then: Vec<Vec<String>>,
    /// Rules of the machine's firewall, as arguments of `iptables` with `--insert`; deleted again afterwards. The scene
    /// must be `alone`.
    #[serde(default)]
    pub(crate) firewall: Vec<Vec<String>>,
    #[serde(default)]
    pub(crate) symptom: Vec<Symptom>,
    /// `--source`: the server, and the build whose folder holds its source.
    #[serde(default)]
    pub(crate) source: BTreeMap<String, String>,
    /// Further flags of `econn diagnose`.
    #[serde(default)]
    pub(crate) flags: Vec<String>,
    /// The exit code, where the expected outcomes do not tell it.
    pub(crate) exit: Option<i32>,
    #[serde(default)]
    pub(crate) expect: Vec<Expect>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Network {
    pub(crate) name: String,
    /// Options of `network create`.
    #[serde(default)]
    pub(crate) options: Vec<String>,
}

/// A pod of Podman; containers join it with `--pod={{name}}` among their options.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pod {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) networks: Vec<String>,
}

/// An image, and the folder that it was built from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Build {
    pub(crate) name: String,
    /// The history of the folder, oldest first. Without it the folder is no git repository.
    #[serde(default)]
    pub(crate) commit: Vec<Commit>,
    /// Files that are there when the image is built, in no commit.
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    /// The name of the commit that the image is built from; the last one without it.
    pub(crate) at: Option<String>,
    /// Files that are written after the image was built.
    #[serde(default)]
    pub(crate) edits: BTreeMap<String, String>,
    /// After the edits, which then keep the time of what they replace, the image is built once more, from the cache.
    #[serde(default)]
    pub(crate) again: bool,
    /// Options of `build`.
    #[serde(default)]
    pub(crate) options: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Commit {
    pub(crate) name: String,
    /// A folder below `tests/` whose files are copied in.
    pub(crate) folder: Option<String>,
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    /// Files that it takes away.
    #[serde(default)]
    pub(crate) removes: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Container {
    pub(crate) name: String,
    /// The other engine, for a container that does not run where the rest of the scene does.
    pub(crate) engine: Option<Engine>,
    /// The build whose image it runs; without it the lab's base image.
    pub(crate) build: Option<String>,
    /// Another image of the lab.
    pub(crate) image: Option<String>,
    /// Without it, a container of the base image sleeps.
    #[serde(default)]
    pub(crate) command: Vec<String>,
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// Read-only folders, with the files that they hold.
    #[serde(default)]
    pub(crate) mounts: BTreeMap<String, BTreeMap<String, String>>,
    /// `host port:container port`.
    #[serde(default)]
    pub(crate) publish: Vec<String>,
    /// Networks of the scene, or `host`, `none`, `container:NAME`; without it the engine's default network.
    #[serde(default)]
    pub(crate) networks: Vec<String>,
    /// Further names, in every network of the container.
    #[serde(default)]
    pub(crate) aliases: Vec<String>,
    /// Further options of `create`: limits, labels, host name, dns, and so on.
    #[serde(default)]
    pub(crate) options: Vec<String>,
    /// The ports that must be listened on before the scene goes on.
    #[serde(default)]
    pub(crate) listens: Vec<u16>,
    #[serde(default)]
    pub(crate) state: State,
}

/// What a container must be when the scene goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    #[default]
    Running,
    Created,
    Exited,
    /// The engine must fail to start it.
    Unstartable,
}

/// One fault that can be on or off; `{{name}}` in the scene's texts is the value of the side that it is on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switch {
    pub(crate) name: String,
    pub(crate) on: String,
    pub(crate) off: String,
    /// The check that must fail when it is on, the code that it must name, a piece of the fix and one of what was seen.
    pub(crate) check: String,
    pub(crate) code: String,
    pub(crate) fix: Option<String>,
    pub(crate) seen: Option<String>,
    /// What the client sees when this is the first fault that it meets; and what it sees only while somebody holds
    /// an idle connection.
    pub(crate) sees: Option<OneOf>,
    pub(crate) sees_held: Option<OneOf>,
    /// What becomes of other checks while it is on.
    #[serde(default)]
    pub(crate) besides: BTreeMap<String, OneOf>,
}

/// What must be seen on the stage itself, without econn, so that no scene can rot.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Symptom {
    /// Only on this engine.
    pub(crate) engine: Option<Engine>,
    /// A container, or `@host`.
    pub(crate) client: String,
    /// What it calls: the answer is an HTTP status or one of the contract's symptoms.
    pub(crate) url: Option<String>,
    /// Hold an idle connection open while calling.
    #[serde(default)]
    pub(crate) held: bool,
    /// Or: a command to run there, whose output must contain `sees`.
    #[serde(default)]
    pub(crate) run: Vec<String>,
    pub(crate) sees: OneOf,
}

/// The verdict on one link. What is left out is not compared, but an unlisted check must not fail.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// Only on this engine.
    pub(crate) engine: Option<Engine>,
    pub(crate) client: String,
    /// The endpoint's url, or enough of it to know the link.
    pub(crate) url: String,
    /// The server that is meant, and its port inside.
    pub(crate) server: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) outcome: Option<OneOf>,
    pub(crate) symptom: Option<OneOf>,
    pub(crate) root_cause: Option<String>,
    pub(crate) chain: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) checks: BTreeMap<String, OneOf>,
    /// Codes that must be named, and that must not be.
    #[serde(default)]
    pub(crate) codes: Vec<String>,
    #[serde(default)]
    pub(crate) not_codes: Vec<String>,
    /// The only other codes that may be named.
    pub(crate) may: Option<Vec<String>>,
    /// Pieces of text of what the findings say was seen, and of their evidence.
    #[serde(default)]
    pub(crate) seen: Vec<String>,
    /// Pieces of text that the link's fixes must contain.
    #[serde(default)]
    pub(crate) fix: Vec<String>,
}

/// One value, or any of several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOf {
    One(String),
    Any(Vec<String>),
}

impl OneOf {
    /// The same with every value changed.
    pub(crate) fn map<E>(&self, change: impl Fn(&String) -> Result<String, E>) -> Result<Self, E> {
        Ok(match self {
            Self::One(one) => Self::One(change(one)?),
            Self::Any(any) => Self::Any(any.iter().map(change).collect::<Result<_, _>>()?),
        })
    }

    pub(crate) fn holds(&self, value: &str) -> bool {
        self.any(|one| one == value)
    }

    pub(crate) fn any(&self, test: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::One(one) => test(one),
            Self::Any(any) => any.iter().any(|one| test(one)),
        }
    }
}

impl std::fmt::Display for OneOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::One(one) => f.write_str(one),
            Self::Any(any) => f.write_str(&any.join(" or ")),
        }
    }
}

fn every_engine() -> Vec<Engine> {
    Engine::ALL.to_vec()
}
