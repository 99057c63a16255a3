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
