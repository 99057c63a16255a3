//! What `{{...}}` stands for in the texts of a scene.
//!
//! `{{mock}}` is the real name of the container or network `mock` in this run, `{{18141}}` the host port that stands
//! in for the published port 18141, `{{bind}}` the value of the switch `bind`, `{{ip:mock}}` the address of a
//! container that has started (`{{ip:mock:net}}` the one in that network), `{{gateway:net}}` a network's, `{{bridge:net}}` its
//! interface on the machine,
//! `{{folder:mock}}` and `{{image:mock}}` what belongs to the build `mock`, `{{ns}}` what is added to every name so
//! that runs do not meet, `{{engine}}` docker or podman. A word that stands for nothing is a mistake, and said.

use super::scene::Scene;
use super::{Engine, Result, free_port};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

#[derive(Debug, Default)]
pub(crate) struct Words {
    map: BTreeMap<String, String>,
}

impl Words {
    /// The words of one run. `plain` keeps names and ports as they are written.
    pub(crate) fn of(scene: &Scene, engine: Engine, on: &[String], plain: bool) -> Result<Self> {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let ns = if plain { String::new() } else { format!("-{:x}{run:02x}", std::process::id()) };

        let mut words = Self::default();
        let networks = scene.network.iter().map(|n| &n.name);
        let pods = scene.pod.iter().map(|p| &p.name);
        for name in networks.chain(pods).chain(scene.container.iter().map(|c| &c.name)) {
            words.say(name, &format!("{name}{ns}"))?;
        }
        for published in scene.container.iter().flat_map(|container| &container.publish) {
            let port = host_port(published);
            if words.map.contains_key(port) {
                continue; // two containers that want the same port are a scene, too
            }
            let real = if plain { port.to_owned() } else { free_port()?.to_string() };
            words.say(port, &real)?;
        }
        for switch in &scene.switch {
            words.say(
                &switch.name,
                if on.contains(&switch.name) { &switch.on } else { &switch.off },
            )?;
        }
        words.say("ns", &ns)?;
        words.say("engine", engine.kind().name())?;
        Ok(words)
    }

    pub(crate) fn say(&mut self, word: &str, meaning: &str) -> Result<()> {
        match self.map.insert(word.to_owned(), meaning.to_owned()) {
            Some(_) => Err(format!("the scene has two things named {word:?}")),
            None => Ok(()),
        }
    }

    /// The text with every word replaced; a switch's value may hold words itself.
    pub(crate) fn fill(&self, text: &str) -> Result<String> {
        let Some((before, rest)) = text.split_once("{{") else { return Ok(text.to_owned()) };
        let (word, after) =
            rest.split_once("}}").ok_or_else(|| format!("{text:?}: {{{{ without }}}}"))?;
        let meaning = self.map.get(word).ok_or_else(|| {
            format!("{{{{{word}}}}} in {text:?} stands for nothing in this scene")
        })?;
        Ok(format!("{before}{}{}", self.fill(meaning)?, self.fill(after)?))
    }

    pub(crate) fn fill_all<'a>(
        &self,
        texts: impl IntoIterator<Item = &'a String>,
    ) -> Result<Vec<String>> {
        texts.into_iter().map(|text| self.fill(text)).collect()
    }

    /// A name where only a name can stand: the real one of what the scene declares, else as it is.
    pub(crate) fn name(&self, text: &str) -> Result<String> {
        let name = self.fill(text)?;
        if let Some(other) = name.strip_prefix("container:") {
            return Ok(format!("container:{}", self.name(other)?));
        }
        Ok(self.map.get(&name).cloned().unwrap_or(name))
    }
}

/// The host's side of `18141:8080` or `127.0.0.1:18141:8080/udp`.
pub(crate) fn host_port(published: &str) -> &str {
    published.rsplit(':').nth(1).unwrap_or(published)
}
