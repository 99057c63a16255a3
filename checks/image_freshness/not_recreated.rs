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
    if let Fact::Known(content) = &freshness.content
        && (!proofs(content).is_empty() || content.compared > 0)
    {
        return Ok(None);
    }
    let name = &server.container.name;
    let short = |id: &str| id.chars().take(12).collect::<String>();
    let found = Found::fail(format!("{name} runs another image than {} means now", tag.reference))
        .evidence(format!("image of {name}"), short(&tag.running))
        .evidence(format!("image that {} names now", tag.reference), short(&tag.now));
    let engine = case.facts.kind(&server.container.engine).command();
    Ok(Some(match &server.container.compose {
        Some(compose) => found.fix_by(
            format!(
                "recreate {} from the image that is there; nothing needs to be built",
                compose.service
            ),
            format!(
                "{engine} compose {} up -d --force-recreate {}",
                compose.flags(),
                compose.service
            ),
        ),
        None => found.fix(format!(
            "remove {name} and start it again from {}: a restart keeps the old image",
            tag.reference
        )),
    }))
}
