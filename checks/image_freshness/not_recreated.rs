use super::{freshness, proofs};
use crate::model::{Case, Fact, Found, Judgement, Rule, quoted};

pub(crate) const RULE: Rule = Rule {
    code: "EC202",
    title: "the image was built again, and the container was not recreated",
    explanation: "
## What it is
The name of the image means another image now than the one that the container runs: it was built or pulled again, and
the container still runs the old one. A restart does not change that.

## What proves it
The id of the container's image differs from the id that the name means now, and their layers differ.

## What disproves it
Equal ids, or equal layers. Where the source is known the content decides alone.

## How to repair it
Recreate the container. Nothing needs to be built.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let freshness = freshness(case)?;
    let Some(tag) = freshness.tag.value() else { return Ok(None) };
    if tag.running == tag.now || tag.same_layers {
        return Ok(None);
    }
    // With a source to compare with, the files decide: an older content is a finding of its own, and equal files are fresh.
    // Files that a later instruction may have changed are told by the newer image: it equals the source, this one does not.
    if let Fact::Known(content) = &freshness.content
        && (!proofs(freshness, content).is_empty() || content.compared > 0)
        && (!proofs(freshness, content).is_empty()
            || content.differing.is_empty()
            || tag.now_is_newest != Some(true))
    {
        return Ok(None);
    }
    let name = &server.container.name;
    let short = |id: &str| id.chars().take(12).collect::<String>();
    let found = Found::fail(format!("{name} runs another image than {} means now", tag.reference))
        .evidence(format!("image of {name}"), short(&tag.running))
        .evidence(format!("image that {} names now", tag.reference), short(&tag.now));
    Ok(Some(match &server.container.compose {
        Some(compose) => found.fix_by(
            format!(
                "recreate {} from the image that is there; nothing needs to be built",
                compose.service
            ),
            compose.command(
                case.facts.kind(&server.container.engine),
                &format!("up -d --force-recreate {}", quoted(&compose.service)),
            ),
        ),
        None => found.fix(format!(
            "remove {name} and start it again from {}: a restart keeps the old image",
            tag.reference
        )),
    }))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says, service};
    use crate::model::{Difference, Fact, Freshness, How, Snapshot};

    fn generated(it: &mut Snapshot) {
        it.compared().differing.push(Difference {
            source: "version.py".into(),
            image: "/app/version.py".into(),
            how: How::Differs,
            may_be_changed_by: Some("RUN make".into()),
            ..Difference::default()
        });
    }

    #[test]
    fn catches() {
        let without_source = |it: &mut Snapshot| {
            it.has_no_source();
            it.tag_moved(false, None);
        };
        says(&RULE, without_source, "fail: mock runs another image than mock:1 means now");
        row("image-freshness", without_source, "fail: EC202");
        // A later instruction may have changed the file; the newer image holds the source's, so it did not.
        says(
            &RULE,
            |it| {
                generated(it);
                it.tag_moved(false, Some(true));
            },
            "fail: mock runs another image than mock:1 means now",
        );
        assert_eq!(
            remedies(&RULE, |it| {
                without_source(it);
                it.mock().compose = service("shop", "llm");
            }),
            "$ docker compose -p shop -f /home/ci/compose.yaml up -d --force-recreate llm"
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // Built again without a change: the same layers, or the same files.
        let same_layers = |it: &mut Snapshot| {
            it.has_no_source();
            it.tag_moved(true, None);
        };
        says(&RULE, same_layers, "nothing");
        row(
            "image-freshness",
            same_layers,
            "pass: mock:1 moved to another image with the same content",
        );
        says(&RULE, |it| it.tag_moved(false, None), "nothing");
        // The newer image differs from the source as well.
        says(
            &RULE,
            |it| {
                generated(it);
                it.tag_moved(false, Some(false));
            },
            "nothing",
        );
        // An older content is one fault, not two.
        says(
            &RULE,
            |it| {
                generated(it);
                it.compared().differing[0].may_be_changed_by = None;
                it.tag_moved(false, Some(true));
            },
            "nothing",
        );
        // An image that is named by its id never moves.
        says(
            &RULE,
            |it| {
                it.has_no_source();
                let Fact::Known(Freshness { tag, .. }) = &mut it.mock().freshness else { return };
                *tag = Fact::Skipped("an image by its id, which no build moves".into());
            },
            "nothing",
        );
    }
}
