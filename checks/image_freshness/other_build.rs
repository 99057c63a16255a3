use super::{freshness, older_content, proofs};
use crate::model::{Case, Content, Fact, Found, Freshness, Judgement, Rebuilt, Rule, Undecided};

pub(crate) const RULE: Rule = Rule {
    code: "EC207",
    title: "a build of the source gives other files than the image that runs",
    explanation: "
## What it is
The image holds what its build made, such as a compiled program, and a build of the source as it is now makes something
else. The running container was built from an older content.

## What proves it
With `--verify-build` the source is built once more, with the engine's cache. Files at the places that the build copies to
differ between the two images. The first step that is not in the cache copies from the source, the cache still holds that
very step with another content, and what was made of that content is what runs.

## What disproves it
A build that gives the same image, or the same files. Another image alone proves nothing: an emptied cache, another build
argument, another base image or a compiler that writes the time into its output make another image of the same source.
Then this stays unknown.

## How to repair it
Build the image again and recreate the container.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?.container;
    let freshness = freshness(case)?;
    let (Some(content), Some(Fact::Known(built))) = (freshness.content.value(), &freshness.rebuilt)
    else {
        return Ok(None);
    };
    let (Some(first), Some(step)) = (built.differing.first(), &built.changed_at) else {
        return Ok(None);
    };
    // What is seen file by file says more.
    if built.is_same || !proofs(freshness, content).is_empty() {
        return Ok(None);
    }
    let more = match built.differing.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let found = Found::fail(format!(
        "a build of {} gives another {first}{more} than {} runs",
        content.context, server.name
    ))
    .evidence("the step that copied another content than before", step)
    .evidence(
        "files that differ between the image that runs and the build",
        built.differing.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", "),
    )
    .evidence("image that the build gave", short(built));
    Ok(Some(older_content::remedy(found, case, content, freshness.tag.value())))
}

/// What the build says where it proves that the image holds the newest source.
pub(super) fn agrees(freshness: &Freshness) -> Option<String> {
    let content = freshness.content.value()?;
    let built = freshness.rebuilt.as_ref()?.value()?;
    if built.is_same {
        return Some(format!(
            "a build of {} with the engine's cache gives the same image",
            content.context
        ));
    }
    let is_whole = built.differing.is_empty() && built.undecided.is_empty();
    (is_whole && built.compared > 0)
        .then(|| format!("a build of {} gives the same {} files", content.context, built.compared))
}

/// Why the build leaves open what it was asked for.
pub(super) fn doubts(freshness: &Freshness, content: &Content) -> Result<(), Undecided> {
    let why = match &freshness.rebuilt {
        None => return Ok(()),
        Some(Fact::Known(_)) if agrees(freshness).is_some() => return Ok(()),
        Some(Fact::Known(built)) => different(built),
        Some(Fact::Unknown(why) | Fact::Skipped(why)) => why.clone(),
    };
    // Where every file was compared with the source there was nothing left to ask.
    let is_whole = content.compared > 0 && content.undecided.is_empty();
    let differs =
        freshness.rebuilt.as_ref().and_then(Fact::value).is_some_and(|b| !b.differing.is_empty());
    if is_whole && !differs {
        return Ok(());
    }
    Err(Undecided::Unknown(format!("--verify-build: {why}")))
}

fn different(built: &Rebuilt) -> String {
    let step = match &built.first_made {
        Some(step) => format!("{step} was not in the cache"),
        None => "all of its steps were in the cache".into(),
    };
    match (built.differing.first(), built.undecided.first()) {
        (Some(first), _) => format!(
            "a build now gives another image, with another {first}, but nothing shows that it is the source that changed: {step}"
        ),
        (None, Some(why)) => format!("a build now gives another image, and {why}"),
        (None, None) => {
            format!("a build now gives another image, and no file of it could be compared: {step}")
        }
    }
}

fn short(built: &Rebuilt) -> &str {
    built.image.get(..12).unwrap_or(&built.image)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Content, Difference, Fact, Freshness, How, Rebuilt, Snapshot};

    /// The image holds a compiled program, and this came of a build.
    fn compiled(built: Rebuilt) -> impl FnOnce(&mut Snapshot) {
        move |it: &mut Snapshot| {
            let undecided = vec!["COPY --from=build: /app is no copy of the context".into()];
            let (context, dockerfile) =
                (it.compared().context.clone(), it.compared().dockerfile.clone());
            *it.compared() = Content { context, dockerfile, undecided, ..Content::default() };
            rebuilt(it, Fact::Known(built));
        }
    }

    fn rebuilt(it: &mut Snapshot, built: Fact<Rebuilt>) {
        let Fact::Known(Freshness { rebuilt, .. }) = &mut it.mock().freshness else { return };
        *rebuilt = Some(built);
    }

    fn same() -> Rebuilt {
        Rebuilt { image: "a".repeat(64), is_same: true, ..Rebuilt::default() }
    }

    fn other(differing: &[&str], changed_at: Option<&str>) -> Rebuilt {
        Rebuilt {
            image: "b".repeat(64),
            compared: 2,
            differing: differing.iter().map(|path| (*path).to_owned()).collect(),
            changed_at: changed_at.map(Into::into),
            first_made: Some("step 3 (COPY)".into()),
            ..Rebuilt::default()
        }
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            compiled(other(&["/app/server"], Some("step 3 (COPY)"))),
            "fail: a build of /home/ci/mock gives another /app/server than mock runs",
        );
        row(
            "image-freshness",
            compiled(other(&["/a", "/b"], Some("step 3 (COPY)"))),
            "fail: EC207",
        );
        assert_eq!(
            remedies(&RULE, compiled(other(&["/a"], Some("step 3 (COPY)")))),
            "$ docker build -t mock:1 /home/ci/mock"
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        row(
            "image-freshness",
            compiled(same()),
            "pass: a build of /home/ci/mock with the engine's cache gives the same image",
        );
        row(
            "image-freshness",
            compiled(other(&[], None)),
            "pass: a build of /home/ci/mock gives the same 2 files",
        );
        // An emptied cache makes another image of the same source.
        row(
            "image-freshness",
            compiled(other(&["/app/server"], None)),
            "unknown: --verify-build: a build now gives another image, with another /app/server, but nothing shows that it is the source that changed: step 3 (COPY) was not in the cache",
        );
        let open = Rebuilt { undecided: vec!["/app is not readable".into()], ..other(&[], None) };
        row(
            "image-freshness",
            compiled(open),
            "unknown: --verify-build: a build now gives another image, and /app is not readable",
        );
    }

    #[test]
    fn a_build_that_fails_leaves_open_what_was_open() {
        let broken = || Fact::Unknown("the build of the source fails at step 4 (RUN)".into());
        row(
            "image-freshness",
            |it| {
                compiled(same())(it);
                rebuilt(it, broken());
            },
            "unknown: --verify-build: the build of the source fails at step 4 (RUN)",
        );
        row(
            "image-freshness",
            |it| rebuilt(it, broken()),
            "pass: 3 of 3 files of the image equal /home/ci/mock",
        );
    }

    #[test]
    fn the_build_answers_for_its_own_steps() {
        let changed = |by: Option<&str>, built: Rebuilt| {
            let by = by.map(ToOwned::to_owned);
            move |it: &mut Snapshot| {
                it.compared().equal -= 1;
                it.compared().differing.push(Difference {
                    source: "server.py".into(),
                    image: "/app/server.py".into(),
                    may_be_changed_by: by,
                    ..Difference::default()
                });
                rebuilt(it, Fact::Known(built));
            }
        };
        let same_image =
            "pass: a build of /home/ci/mock with the engine's cache gives the same image";
        row("image-freshness", changed(Some("RUN sed"), same()), same_image);
        row(
            "image-freshness",
            changed(Some("RUN sed"), other(&["/app/server.py"], Some("step 3 (COPY)"))),
            "fail: EC207",
        );
        // What no step explains is no pass, even where the build agrees.
        row(
            "image-freshness",
            changed(None, same()),
            "unknown: server.py differs in the image, and may be changed by a later instruction",
        );
        row("image-freshness", changed(None, other(&["/app/server.py"], None)), "fail: EC201");
        let older = |it: &mut Snapshot| {
            changed(None, same())(it);
            it.compared().differing[0].how =
                How::Older { commit: "1a2b3c4".into(), commits_behind: 1, edited_since: false };
        };
        row("image-freshness", older, "fail: EC201");
    }
}
