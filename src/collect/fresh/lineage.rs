//! Where the files of the running image come from, when a build of the source makes others: the engine's cache still holds
//! what an earlier build made of another content. That alone proves nothing, since every project has such steps; that the
//! running image holds the very files of that build does.

use super::rebuilt::held;
use crate::collect::engine::{BuildStep, Connection, Outcome, Past, Seen, Stored, bare};
use crate::collect::source::ImageFiles;
use std::collections::BTreeMap;

/// Images whose history is asked for, at most.
const MOST_ASKED: usize = 2_000;
/// Earlier builds that are opened, at most.
const MOST_OPENED: usize = 12;

/// The first step that the engine did not have in its cache.
pub(super) fn first_made(outcome: &Outcome) -> Option<usize> {
    let begins = |step: &BuildStep| word(step).eq_ignore_ascii_case("FROM");
    outcome.steps.iter().position(|step| !step.cached && !begins(step))
}

/// That step, if it copies from the context and the running image was made from another content of it.
pub(super) async fn changed_at(
    engine: &Connection,
    seen: &Seen,
    outcome: &Outcome,
    before: &[Stored],
    running: &ImageFiles,
    differing: &[String],
) -> Option<String> {
    let at = first_made(outcome)?;
    let step = outcome.steps.get(at)?;
    let copies = matches!(word(step).to_uppercase().as_str(), "COPY" | "ADD");
    if !copies || step.text.contains("--from") {
        return None;
    }
    let made = step.image.as_deref()?;
    let own = engine.history(made).await.ok()?;
    let place = place(engine, made, &own.first()?.created_by).await?;
    let now = held(engine, made, &[&place]).await.ok()?;
    let parents = Parents::of(before);
    let sources = copied_from_stages(outcome);
    let mut opened = 0;
    for image in before.iter().take(MOST_ASKED) {
        let id = bare(&image.id);
        let Ok(past) = engine.history(id).await else { continue };
        if !is_same_step(&past, &own) {
            continue;
        }
        // Another mode of the same bytes is another step to an engine, and no other source.
        let Ok(then) = held(engine, id, &[&place]).await else { continue };
        if then.beside(&now).1.is_empty() || then.unread().chain(now.unread()).next().is_some() {
            continue;
        }
        if parents.leads(&seen.raw.image_id, id) {
            return Some(outcome.named(at));
        }
        for end in before.iter().map(|image| bare(&image.id)) {
            if parents.has_children(end) || !parents.leads(end, id) {
                continue;
            }
            if sources.is_empty() || opened == MOST_OPENED {
                return None;
            }
            opened += 1;
            let Ok(earlier) = held(engine, end, &sources).await else { continue };
            if differing.iter().any(|path| earlier.holds_that_of(running, path)) {
                return Some(outcome.named(at));
            }
        }
    }
    None
}

/// Where a step of a history copied to.
async fn place(engine: &Connection, image: &str, step: &str) -> Option<String> {
    let to = step.split_whitespace().last()?;
    if to.starts_with('/') {
        return Some(to.to_owned());
    }
    let folder = engine.workdir(image).await?;
    Some(format!("{}/{}", folder.trim_end_matches('/'), to.trim_start_matches("./")))
}

/// Whether one history is the other's with another content of its last step.
fn is_same_step(past: &[Past], own: &[Past]) -> bool {
    let (Some((theirs, before)), Some((ours, before_ours))) =
        (past.split_first(), own.split_first())
    else {
        return false;
    };
    let steps = |past: &[Past]| past.iter().map(|p| p.created_by.clone()).collect::<Vec<_>>();
    theirs.created_by != ours.created_by
        && without_digests(&theirs.created_by) == without_digests(&ours.created_by)
        && steps(before) == steps(before_ours)
}

fn word(step: &BuildStep) -> &str {
    step.text.split_whitespace().next().unwrap_or_default()
}

/// The paths in earlier stages from which files are copied, as far as they stand there in plain words.
fn copied_from_stages(outcome: &Outcome) -> Vec<&str> {
    let mut sources = Vec::new();
    for step in outcome.steps.iter().filter(|step| step.text.contains("--from=")) {
        let words = step.text.split_whitespace().skip(1).filter(|word| !word.starts_with("--"));
        let words: Vec<&str> = words.collect();
        let plain =
            |word: &&&str| word.starts_with('/') && !word.contains(['$', '*', '?', '[', '"']);
        sources.extend(words.split_last().map_or(&[][..], |(_, from)| from).iter().filter(plain));
    }
    sources
}

/// Which image was built on which, where they were built.
struct Parents<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Parents<'a> {
    fn of(images: &'a [Stored]) -> Self {
        let pair = |image: &'a Stored| {
            let parent = image.parent_id.as_deref().filter(|parent| !parent.is_empty())?;
            Some((bare(&image.id), bare(parent)))
        };
        Self(images.iter().filter_map(pair).collect())
    }

    fn has_children(&self, image: &str) -> bool {
        self.0.values().any(|parent| *parent == image)
    }

    /// Whether an image is the other one, or was built on it.
    fn leads(&self, image: &str, to: &str) -> bool {
        let mut at = Some(image);
        for _ in 0..=self.0.len() {
            match at {
                Some(image) if image == to => return true,
                Some(image) => at = self.0.get(image).copied(),
                None => return false,
            }
        }
        false
    }
}

/// A step of a history without the digests of what it copied.
fn without_digests(step: &str) -> String {
    let word = |word: &str| match word.split_once(':') {
        Some((kind, digest))
            if digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
        {
            kind.to_owned()
        }
        _ => word.to_owned(),
    };
    step.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Parents, Stored, copied_from_stages, first_made, without_digests};
    use crate::collect::engine::{BuildStep, Outcome};

    fn outcome(steps: &[(&str, bool)]) -> Outcome {
        let step = |(text, cached): &(&str, bool)| BuildStep {
            text: (*text).to_owned(),
            cached: *cached,
            image: None,
        };
        Outcome { steps: steps.iter().map(step).collect(), ..Outcome::default() }
    }

    #[test]
    fn two_contents_of_one_step_are_the_same_step() {
        let step =
            |digit: &str| format!("/bin/sh -c #(nop) COPY file:{} in /source ", digit.repeat(64));
        assert_eq!(without_digests(&step("a")), without_digests(&step("b")));
        let elsewhere = step("a").replace("/source", "/other");
        assert_ne!(without_digests(&step("a")), without_digests(&elsewhere));
        let past = |steps: &[&str]| -> Vec<super::Past> {
            let one = |step: &&str| serde_json::json!({ "CreatedBy": step });
            let steps: Vec<_> = steps.iter().map(one).collect();
            serde_json::from_value(steps.into()).unwrap()
        };
        let (a, b) = (step("a"), step("b"));
        assert!(super::is_same_step(&past(&[&a, "WORKDIR"]), &past(&[&b, "WORKDIR"])));
        assert!(!super::is_same_step(&past(&[&a, "WORKDIR"]), &past(&[&a, "WORKDIR"])));
        // Two files that are copied to one folder are two steps.
        assert!(!super::is_same_step(&past(&[&a, "WORKDIR"]), &past(&[&b, &a, "WORKDIR"])));
    }

    #[test]
    fn the_first_step_that_was_made_begins_no_stage() {
        let built = outcome(&[("FROM base", false), ("WORKDIR /a", true), ("COPY a b", false)]);
        assert_eq!(first_made(&built), Some(2));
        assert_eq!(built.named(2), "step 3 (COPY)");
        assert!(first_made(&outcome(&[("from base", false), ("COPY a b", true)])).is_none());
    }

    #[test]
    fn only_plain_paths_of_stages_are_looked_at() {
        let built = outcome(&[
            ("COPY --chown=1 --from=build /a /b/c /to", false),
            ("COPY --from=build $WHERE /x/* relative /to", false),
            ("COPY --from=build [\"/a\", \"/b\"]", false),
            ("COPY plain /to", false),
        ]);
        assert_eq!(copied_from_stages(&built), ["/a", "/b/c"]);
    }

    #[test]
    fn who_was_built_on_whom() {
        let image = |id: &str, parent: &str| {
            let image = serde_json::json!({ "Id": format!("sha256:{id}"), "ParentId": parent });
            serde_json::from_value::<Stored>(image).unwrap()
        };
        let images = [image("c", "sha256:b"), image("b", "a"), image("a", ""), image("x", "x")];
        let parents = Parents::of(&images);
        assert!(parents.leads("c", "a") && parents.leads("c", "c"));
        assert!(!parents.leads("a", "c") && !parents.leads("x", "a"));
        assert!(parents.has_children("a") && !parents.has_children("c"));
    }
}
