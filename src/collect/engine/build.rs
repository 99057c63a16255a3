//! One build of a source as it is now: with the engine's cache, without a name. What it made and nobody had before is removed
//! by id again.

use super::inspect::{Past, Stored};
use super::transport::Body;
use super::{Connection, bare, line};
use bollard::query_parameters::RemoveImageOptionsBuilder;
use checks::model::EngineKind;
use http_body_util::BodyExt;
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::{Instant, timeout_at};

/// How Podman calls the form of images that its own command makes; its interface for Docker's clients makes the other.
const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
/// Of an engine's words on a build nothing is kept but these, in bytes of one line.
const LONGEST_LINE: usize = 64 << 10;

/// What a build is told.
pub(crate) struct Recipe {
    /// The Dockerfile's path in the context.
    pub(crate) dockerfile: String,
    /// The stage to build, if not the last.
    pub(crate) target: Option<String>,
    /// Build arguments.
    pub(crate) arguments: BTreeMap<String, String>,
    /// Labels that were given beside those of the Dockerfile.
    pub(crate) labels: BTreeMap<String, String>,
    /// The form of the running image, where the engine makes several.
    pub(crate) form: Option<String>,
}

/// What a build came to.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Outcome {
    /// The image, once there is one.
    pub(crate) id: Option<String>,
    /// Its steps, in order.
    pub(crate) steps: Vec<BuildStep>,
    /// Whether the engine said that it failed.
    pub(crate) failed: bool,
}

/// One step of a build.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct BuildStep {
    /// The instruction, as it stands in the Dockerfile.
    pub(crate) text: String,
    /// Whether the engine took it from its cache.
    pub(crate) cached: bool,
    /// The beginning of the id of the image after it.
    pub(crate) image: Option<String>,
}

impl Connection {
    /// Builds, and tells in `outcome` how far it came, whatever ends it.
    pub(crate) async fn build(
        &self,
        recipe: &Recipe,
        context: Body,
        deadline: Instant,
        outcome: &mut Outcome,
    ) -> Result<(), String> {
        let late = |_| "the build did not end within the run's limit (--timeout)".to_owned();
        let path = recipe.path(self.facts.kind);
        let sent = self.transport.build(&path, context);
        let response = timeout_at(deadline, sent).await.map_err(late)??;
        let accepted = response.status().is_success();
        let (mut body, mut rest) = (response.into_body(), Vec::new());
        while let Some(frame) = timeout_at(deadline, body.frame()).await.map_err(late)? {
            let frame = frame.map_err(|_| "the engine broke off in the middle of the build")?;
            rest.extend_from_slice(&frame.into_data().unwrap_or_default());
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                outcome.take(&String::from_utf8_lossy(&rest[..end]));
                rest.drain(..=end);
            }
            if rest.len() > LONGEST_LINE {
                rest.clear();
            }
        }
        outcome.take(&String::from_utf8_lossy(&rest));
        outcome.failed |= !accepted;
        Ok(())
    }

    /// All images, those that only a cache holds among them, the newest first.
    pub(crate) async fn stored(&self) -> Result<Vec<Stored>, String> {
        let (place, limit) = ("/images/json", super::LIST_LIMIT);
        let answer = self.find_again(&format!("{place}?all=1"), limit).await?;
        let text = answer
            .map_err(|status| format!("the engine answered {} to {place}", status.as_u16()))?;
        let mut all: Vec<Stored> = super::read(place, &text)?;
        all.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.id.cmp(&b.id)));
        Ok(all)
    }

    /// How an image came to be, the last step first.
    pub(crate) async fn history(&self, id: &str) -> Result<Vec<Past>, String> {
        self.read(&format!("/images/{id}/history")).await
    }

    /// The folder in which an image's programs begin.
    pub(crate) async fn workdir(&self, id: &str) -> Option<String> {
        let image: serde_json::Value = self.read(&format!("/images/{id}/json")).await.ok()?;
        image.pointer("/Config/WorkingDir")?.as_str().map(ToOwned::to_owned)
    }

    /// The form of an image, where the engine makes several.
    pub(crate) async fn form(&self, id: &str) -> Option<String> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Form {
            manifest_type: Option<String>,
        }
        if self.facts.kind == EngineKind::Docker {
            return None;
        }
        let form: Form = self.read(&format!("/v4.0.0/libpod/images/{id}/json")).await.ok()?;
        form.manifest_type
    }

    /// Removes the images of a build that were not there before it, the last first. One that somebody uses, or has given a name
    /// by now, stays.
    pub(crate) async fn remove_built(&self, outcome: &Outcome, before: &BTreeSet<String>) {
        let Ok(now) = self.stored().await else { return };
        let is_named =
            |image: &Stored| image.repo_tags.iter().flatten().any(|tag| !tag.contains("<none>"));
        let new = now.iter().filter(|image| !is_named(image)).map(|image| bare(&image.id));
        let new: Vec<&str> = new.filter(|id| !before.contains(*id)).collect();
        let ends = outcome.steps.iter().filter_map(|step| step.image.as_deref());
        let mut made: Vec<&str> = ends
            .chain(outcome.id.as_deref())
            .filter_map(|start| new.iter().find(|id| id.starts_with(start)).copied())
            .collect();
        made.dedup();
        for id in made.into_iter().rev() {
            self.transport.has_made(id);
            let options = RemoveImageOptionsBuilder::new().force(false).noprune(true).build();
            drop(self.docker.remove_image(id, Some(options), None).await.map_err(|e| line(&e)));
        }
    }
}

impl Recipe {
    fn path(&self, kind: EngineKind) -> String {
        let json = |map: &BTreeMap<String, String>| serde_json::to_string(map).unwrap_or_default();
        let mut words = vec![
            ("rm", "1".to_owned()),
            ("forcerm", "1".to_owned()),
            ("dockerfile", self.dockerfile.clone()),
        ];
        if !self.arguments.is_empty() {
            words.push(("buildargs", json(&self.arguments)));
        }
        if !self.labels.is_empty() {
            words.push(("labels", json(&self.labels)));
        }
        words.extend(self.target.clone().map(|target| ("target", target)));
        let mut place = "/build";
        if kind == EngineKind::Podman {
            // Without it Podman looks at no cache.
            words.push(("layers", "1".to_owned()));
            if self.form.as_deref() == Some(OCI) {
                place = "/v4.0.0/libpod/build";
                words.push(("outputformat", OCI.to_owned()));
            }
        }
        let words: Vec<String> =
            words.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        format!("{place}?{}", words.join("&"))
    }
}

/// A value as a query holds it.
fn escaped(value: &str) -> String {
    let keeps = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~/".contains(byte);
    value
        .bytes()
        .map(
            |byte| {
                if keeps(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
            },
        )
        .collect()
}

impl Outcome {
    /// Takes one line of the engine's answer. Of what the steps print nothing is kept.
    fn take(&mut self, line: &str) {
        let Ok(said) = serde_json::from_str::<serde_json::Value>(line) else { return };
        self.failed |= said.get("error").is_some();
        if let Some(id) = said.pointer("/aux/ID").and_then(serde_json::Value::as_str) {
            self.id = Some(bare(id).to_owned());
        }
        let text = said.get("stream").and_then(serde_json::Value::as_str).unwrap_or_default();
        text.lines().for_each(|line| self.take_words(line.trim()));
    }

    fn take_words(&mut self, words: &str) {
        if let Some(instruction) = instruction(words) {
            let text = instruction.to_owned();
            self.steps.push(BuildStep { text, ..BuildStep::default() });
            return;
        }
        let arrow = words.strip_prefix("---> ").or_else(|| words.strip_prefix("--> "));
        match (arrow, self.steps.last_mut()) {
            (Some(rest), Some(step)) => {
                let is_cached = rest.starts_with("Using cache");
                step.cached |= is_cached;
                let id = rest.trim_start_matches("Using cache").trim();
                if is_id(id) {
                    step.image = Some(id.to_owned());
                }
            }
            _ if words.len() == 64 && is_id(words) => self.id = Some(words.to_owned()),
            _ => {}
        }
    }

    /// One of its steps in words that hold nothing of what it says or printed: either may be a secret.
    pub(crate) fn named(&self, index: usize) -> String {
        let word = self.steps.get(index).and_then(|step| step.text.split_whitespace().next());
        format!("step {} ({})", index + 1, word.unwrap_or("none"))
    }

    /// The step at which it ended.
    pub(crate) fn end(&self) -> String {
        format!("at {}", self.named(self.steps.len().saturating_sub(1)))
    }
}

/// `Step 2/7 : COPY a b` and `[1/2] STEP 2/4: COPY a b`
fn instruction(words: &str) -> Option<&str> {
    let words = match words.strip_prefix('[') {
        Some(rest) => rest.split_once("] ")?.1,
        None => words,
    };
    let rest = words.strip_prefix("Step ").or_else(|| words.strip_prefix("STEP "))?;
    let (count, instruction) = rest.split_once(':')?;
    count
        .trim()
        .split_once('/')?
        .1
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(instruction.trim())
}

fn is_id(text: &str) -> bool {
    (11..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::{EngineKind, OCI, Outcome, Recipe};

    fn read(lines: &[&str]) -> Outcome {
        let mut outcome = Outcome::default();
        for line in lines {
            outcome.take(&serde_json::json!({ "stream": format!("{line}\n") }).to_string());
        }
        outcome
    }

    fn told(outcome: &Outcome) -> Vec<String> {
        let word = |step: &super::BuildStep| {
            let cached = if step.cached { " cached" } else { "" };
            format!("{}{cached} {}", step.text, step.image.as_deref().unwrap_or("-"))
        };
        outcome.steps.iter().map(word).collect()
    }

    #[test]
    fn both_engines_tell_their_steps() {
        let docker = read(&[
            "Step 1/3 : FROM base:1 AS build",
            " ---> e7f354688e79",
            "Step 2/3 : COPY server.py .",
            " ---> Using cache",
            " ---> 087834bf0d78",
            "Step 3/3 : RUN make",
            " ---> Running in ca23b43f0cb0",
            "token=geheim",
            "Removing intermediate container ca23b43f0cb0",
            " ---> 660218824762",
        ]);
        assert_eq!(
            told(&docker),
            [
                "FROM base:1 AS build e7f354688e79",
                "COPY server.py . cached 087834bf0d78",
                "RUN make 660218824762"
            ]
        );
        assert_eq!(docker.end(), "at step 3 (RUN)");
        let podman = read(&[
            "[1/2] STEP 1/2: FROM base:1 AS build",
            "[1/2] STEP 2/2: WORKDIR /source",
            "--> Using cache f12d3ec9c489462b852dcd982898164686c0ec248e2702af3f2b78955c7658f9",
            "--> f12d3ec9c48",
            "[2/2] STEP 1/1: COPY a b",
            "[2/2] COMMIT",
            "--> a60f963e80b",
            "a60f963e80b04e222dee98bee87fb3155aacd9ba9b6af51abee592d3f710a0f4",
        ]);
        assert_eq!(
            told(&podman),
            [
                "FROM base:1 AS build -",
                "WORKDIR /source cached f12d3ec9c48",
                "COPY a b a60f963e80b"
            ]
        );
        assert!(podman.id.unwrap().starts_with("a60f963e80b04e"));
    }

    #[test]
    fn a_failure_is_one_whatever_it_says() {
        let mut outcome = Outcome::default();
        outcome.take(r#"{"errorDetail":{"message":"x"},"error":"token=geheim"}"#);
        outcome.take("no json");
        assert!(outcome.failed && outcome.id.is_none() && outcome.steps.is_empty());
        outcome.take(r#"{"aux":{"ID":"sha256:00ff"}}"#);
        assert_eq!(outcome.id.as_deref(), Some("00ff"));
    }

    #[test]
    fn no_build_gives_a_name() {
        let recipe = Recipe {
            dockerfile: "a b/Dockerfile".into(),
            target: None,
            arguments: [("WHO".into(), "b&t=x".into())].into(),
            labels: [].into(),
            form: Some(OCI.into()),
        };
        assert_eq!(
            recipe.path(EngineKind::Docker),
            "/build?rm=1&forcerm=1&dockerfile=a%20b/Dockerfile&buildargs=%7B%22WHO%22%3A%22b%26t%3Dx%22%7D"
        );
        let podman = recipe.path(EngineKind::Podman);
        assert!(podman.starts_with("/v4.0.0/libpod/build?rm=1&forcerm=1&dockerfile="));
        assert!(
            podman.ends_with("&layers=1&outputformat=application/vnd.oci.image.manifest.v1%2Bjson")
        );
        let form = Some("application/vnd.docker.distribution.manifest.v2+json".into());
        let recipe = Recipe { form, ..recipe };
        assert!(recipe.path(EngineKind::Podman).starts_with("/build?rm=1"));
    }
}
