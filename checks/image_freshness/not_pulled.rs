use super::{freshness, not_recreated};
use crate::model::{
    Case, EngineKind, Fact, Found, Freshness, Judgement, Published, Rule, Undecided, quoted,
};

pub(crate) const RULE: Rule = Rule {
    code: "EC208",
    title: "the registry holds another image under the name, and it was not pulled here",
    explanation: "
## What it is
An image was pushed under the name of the one that runs, and this engine still has the one that it had: a name that is there
is not pulled again, unless somebody asks for it. Other machines may run the new one already.

## What proves it
With `--registry` the registry is asked. It holds the running image, too, so that it once came from there, and under its name
now holds an image with other layers. Where that was made later it is a fault; where it was not (a name that was moved
back), or where the source is known, which says more, it is a warning.

## What disproves it
The same digest, the same configuration or the same layers. A registry that does not hold the running image leaves it open:
what it holds under the name may be anybody's. One that does not answer, or wants a login that is not kept here, does so, too.

## How to repair it
Pull the image and recreate the container. What always has to be the same everywhere is best named by its digest.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?.container;
    let freshness = freshness(case)?;
    let published = match &freshness.published {
        None | Some(Fact::Skipped(_)) => return Ok(None),
        Some(Fact::Unknown(why)) => {
            return Err(Undecided::Unknown(format!("--registry: {why}")));
        }
        Some(Fact::Known(published)) => published,
    };
    // Where the newer image is here already, that is the nearer fault.
    if published.same_content || (not_recreated::RULE.judge)(case)?.is_some() {
        return Ok(None);
    }
    let Published { reference, digest, is_newer, .. } = published;
    if !published.holds_running {
        // What was built here later is ahead of the registry, and not behind.
        return if *is_newer == Some(false) { Ok(None) } else { Err(stranger(published)) };
    }
    let than = if *is_newer == Some(true) { "an older" } else { "another" };
    let seen = format!("{} runs {than} image than {reference} names in its registry", server.name);
    let has_source = freshness.content.value().is_some();
    let found = match is_newer {
        Some(true) if !has_source => Found::fail(seen),
        _ => Found::warn(seen),
    };
    let made = match is_newer {
        Some(true) => ", made after the running one",
        Some(false) => ", made before the running one",
        None => "",
    };
    let found = found
        .evidence(
            format!("image that {reference} names in its registry"),
            format!("{digest}{made}"),
        )
        .evidence("the running image", "the registry holds it, too");
    let kind = case.facts.kind(&server.engine);
    // Podman has to be told, every time.
    let plain =
        if published.is_plain && kind == EngineKind::Podman { "--tls-verify=false " } else { "" };
    let when = if *is_newer == Some(true) { "" } else { "if the registry is right, " };
    let found = found.fix_by(
        format!("{when}pull the image that it holds"),
        format!("{} pull {plain}{}", kind.command(), quoted(reference)),
    );
    Ok(Some(match &server.compose {
        Some(compose) => found.fix_by(
            format!("then recreate {} from it", compose.service),
            compose.command(kind, &format!("up -d --force-recreate {}", quoted(&compose.service))),
        ),
        None => found.fix(format!(
            "then remove {} and start it again from {}: a restart keeps the old image",
            server.name, server.image
        )),
    }))
}

fn stranger(published: &Published) -> Undecided {
    Undecided::Unknown(format!(
        "--registry: {} names another image there, and the registry does not hold the one that runs: whether they have anything in common is open",
        published.reference
    ))
}

/// What the registry says where it holds the running image under its name.
pub(super) fn agrees(freshness: &Freshness) -> Option<String> {
    let published = freshness.published.as_ref()?.value().filter(|p| p.same_content)?;
    Some(format!("its registry holds the same image under {}", published.reference))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says, service};
    use crate::model::{EngineKind, Fact, Freshness, Published, Snapshot};

    fn asked(it: &mut Snapshot, answer: Fact<Published>) {
        let Fact::Known(Freshness { published, .. }) = &mut it.mock().freshness else { return };
        *published = Some(answer);
    }

    fn other(is_newer: Option<bool>) -> Published {
        Published {
            reference: "ghcr.io/shop/mock:1".into(),
            digest: "sha256:bbbb".into(),
            holds_running: true,
            is_newer,
            ..Published::default()
        }
    }

    fn same() -> Published {
        Published { same_content: true, ..other(None) }
    }

    fn without_source(published: Published) -> impl FnOnce(&mut Snapshot) {
        move |it: &mut Snapshot| {
            it.has_no_source();
            asked(it, Fact::Known(published));
        }
    }

    #[test]
    fn catches() {
        let older = "mock runs an older image than ghcr.io/shop/mock:1 names in its registry";
        let another = "mock runs another image than ghcr.io/shop/mock:1 names in its registry";
        says(&RULE, without_source(other(Some(true))), &format!("fail: {older}"));
        row("image-freshness", without_source(other(Some(true))), "fail: EC208");
        // The name was moved back, or the times say nothing.
        says(&RULE, without_source(other(Some(false))), &format!("warn: {another}"));
        says(&RULE, without_source(other(None)), &format!("warn: {another}"));
        // The source is known, and says more.
        let fresh = |it: &mut Snapshot| asked(it, Fact::Known(other(Some(true))));
        says(&RULE, fresh, &format!("warn: {older}"));
        row("image-freshness", fresh, "warn: EC208");
        assert_eq!(
            remedies(&RULE, without_source(other(Some(true)))),
            "$ docker pull ghcr.io/shop/mock:1\nthen remove mock and start it again from mock:1: a restart keeps the old image"
        );
        let by_compose = remedies(&RULE, |it| {
            without_source(Published { is_plain: true, ..other(Some(true)) })(it);
            it.engines[0].kind = EngineKind::Podman;
            it.mock().compose = service("shop", "llm");
        });
        assert_eq!(
            by_compose,
            "$ podman pull --tls-verify=false ghcr.io/shop/mock:1\n$ podman compose -p shop -f /home/ci/compose.yaml up -d --force-recreate llm"
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, without_source(same()), "nothing");
        row(
            "image-freshness",
            without_source(same()),
            "pass: its registry holds the same image under ghcr.io/shop/mock:1; no source of mock:1 is known",
        );
        row(
            "image-freshness",
            |it| asked(it, Fact::Known(same())),
            "pass: 3 of 3 files of the image equal /home/ci/mock, and its registry holds the same image under ghcr.io/shop/mock:1",
        );
        // Built here after what was pushed.
        let built_here = Published { holds_running: false, ..other(Some(false)) };
        row("image-freshness", without_source(built_here), "skip: no source of mock:1 is known");
        // It is here already, and only the container is old.
        says(
            &RULE,
            |it| {
                without_source(other(Some(true)))(it);
                it.tag_moved(false, None);
            },
            "nothing",
        );
    }

    #[test]
    fn what_the_registry_does_not_say_stays_open() {
        says(
            &RULE,
            without_source(Published { holds_running: false, ..other(Some(true)) }),
            "unknown: --registry: ghcr.io/shop/mock:1 names another image there, and the registry does not hold the one that runs: whether they have anything in common is open",
        );
        let silent = |it: &mut Snapshot| asked(it, Fact::Unknown("ghcr.io: no answer".into()));
        row("image-freshness", silent, "unknown: --registry: ghcr.io: no answer");
        let of_this_machine = |it: &mut Snapshot| {
            it.has_no_source();
            asked(it, Fact::Skipped("mock:1 was never pulled".into()));
        };
        row(
            "image-freshness",
            of_this_machine,
            "skip: no source of mock:1 is known; --registry: mock:1 was never pulled",
        );
    }
}
