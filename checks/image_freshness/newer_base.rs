use super::freshness;
use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC206",
    title: "the base image was made after the image that should begin with it",
    explanation: "
## What it is
The Dockerfile names a base image, and what that name means now is younger than the image that runs. The newest build of
the base, with its repairs, is not in the container.

## What proves it
The running image does not begin with the layers of the base image, and was made before it. The source itself may be the
newest all the same, so this is a warning.

## What disproves it
The layers of the base image at the beginning of the running one.

## How to repair it
Build the image again and recreate the container.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?.container;
    let freshness = freshness(case)?;
    let Some(base) = freshness.base.as_ref().filter(|base| base.is_newer) else { return Ok(None) };
    let context = freshness.content.value().map_or("its source", |content| &content.context);
    Ok(Some(
        Found::warn(format!(
            "the image of {} was built on another {} than the one that is here now",
            server.name, base.name
        ))
        .evidence(
            format!("image that {} names now", base.name),
            format!("{}, made later", base.now.get(..12).unwrap_or(&base.now)),
        )
        .fix(format!("build {} again from {context} and recreate {}", server.image, server.name)),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Base, Fact, Snapshot};

    fn built_on(it: &mut Snapshot, is_newer: bool) {
        let Fact::Known(freshness) = &mut it.mock().freshness else { panic!("not looked at") };
        freshness.base =
            Some(Base { name: "python:3".into(), now: "cccccccccccccccc".into(), is_newer });
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| built_on(it, true),
            "warn: the image of mock was built on another python:3 than the one that is here now",
        );
        row("image-freshness", |it| built_on(it, true), "warn: EC206");
    }

    #[test]
    fn catches_not() {
        // An engine that did not say whether there is one leaves the row unknown, and no pass.
        let silent = |it: &mut Snapshot| {
            let Fact::Known(freshness) = &mut it.mock().freshness else { panic!("not looked at") };
            freshness.unanswered.push("the base: no answer".into());
        };
        says(&RULE, silent, "nothing");
        row("image-freshness", silent, "unknown: the base: no answer");
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| built_on(it, false), "nothing");
    }
}
