use super::repair::{aim, quoted, rewritten};
use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC405",
    title: "an address named URL has no scheme",
    explanation: "
## What it is
A variable or key named URL or URI holds `host:port`. Many clients refuse that, or take the host for the scheme.

## What proves it
The name of the place, and a value without `://`.

## What disproves it
A program that adds the scheme by itself: it is a warning.

## How to repair it
Write the scheme.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if !case.link.endpoint.scheme_missing {
        return Ok(None);
    }
    let authority = case.link.endpoint.authority();
    let found = quoted(case, Found::warn(format!("{authority} is written without a scheme")));
    // One remedy repairs everything that is wrong with the address: two that differ would undo each other.
    let right = aim(case);
    if right.scheme.is_none() {
        return Ok(Some(found.fix(format!(
            "write the scheme that {} expects before {}",
            case.link.client,
            crate::model::authority(&right.host, right.port)
        ))));
    }
    Ok(Some(rewritten(case, found, &right)))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| it.link().endpoint.scheme_missing = true,
            "warn: mock:8080 is written without a scheme",
        );
        row("endpoint-config", |it| it.link().endpoint.scheme_missing = true, "warn: EC405");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // `DB_HOST` and `DB_PORT` need none.
        says(&RULE, |it| it.link().endpoint.scheme = None, "nothing");
    }
}
