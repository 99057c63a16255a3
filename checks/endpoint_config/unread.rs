use crate::model::{Case, Judgement, Rule, Undecided};

pub(crate) const RULE: Rule = Rule {
    code: "EC409",
    title: "a configuration file of the client can't be read",
    explanation: "
## What it is
A configuration file that is mounted into the client does not parse. It may name another address than the one that was
judged, so the client's addresses are not all known. It is never a finding, only the reason of an unknown.

## What proves it
The parser's own error, with file and line.

## What disproves it
A file that parses.

## How to repair it
Mend the file at the line that is named.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    match case.client().and_then(|client| client.unread_files.first()) {
        Some(why) => Err(Undecided::Unknown(why.clone())),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::Snapshot;

    fn broken(it: &mut Snapshot) {
        it.hapi().unread_files = vec!["/etc/hapi.yaml line 3: a tab where a space belongs".into()];
    }

    #[test]
    fn catches() {
        says(&RULE, broken, "unknown: /etc/hapi.yaml line 3: a tab where a space belongs");
        row(
            "endpoint-config",
            broken,
            "unknown: /etc/hapi.yaml line 3: a tab where a space belongs",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // The server's files tell the client nothing.
        says(&RULE, |it| it.mock().unread_files = vec!["/etc/mock.yaml line 1".into()], "nothing");
        // What is wrong with the address that was read stands.
        row(
            "endpoint-config",
            |it| {
                broken(it);
                it.told("mokc", 8080, crate::model::Meant::Nobody);
                it.finds(crate::model::Lookup::NoSuchName);
            },
            "fail: EC403",
        );
    }
}
