use super::{probed, twice};
use crate::model::{Answered, Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC104",
    title: "the server cuts off a second connection",
    explanation: "
## What it is
While one client holds a connection the server closes every other one without a reply: its limit of connections,
threads or processes is one.

## What proves it
Twice, with one connection held, a second one was closed or reset before a byte of a reply; alone it was answered.

## What disproves it
An answer to the second client during the hold.

## How to repair it
Raise the limit of connections, threads or processes of the server or of its container.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let seen = probed(case)?;
    if seen.status.is_none() {
        return Ok(None);
    }
    let Some([hold, _]) = twice(seen, Answered::CutOff) else { return Ok(None) };
    let name = &server.container.name;
    Ok(Some(
        Found::fail(format!("{name}:{} closes a second connection without a reply while one is held", server.port))
            .evidence(format!("one connection held for {} ms, twice", hold.held_ms), "the second was closed without a reply")
            .fix(format!("raise the limit of connections, threads or processes in {name}, or of its container (--pids-limit, --ulimit nofile)")),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::says;
    use crate::model::{Answered, Hold, HoldMode, Snapshot};

    fn holds(it: &mut Snapshot, answers: &[Answered]) {
        let held = |answered: &Answered| Hold {
            mode: HoldMode::Idle,
            held_ms: 1,
            answered: *answered,
            answer_ms: None,
        };
        it.probed().holds = answers.iter().map(held).collect();
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| holds(it, &[Answered::CutOff, Answered::CutOff]),
            "fail: mock:8080 closes a second connection without a reply while one is held",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // Once may be chance.
        says(&RULE, |it| holds(it, &[Answered::CutOff]), "nothing");
        says(&RULE, |it| holds(it, &[Answered::CutOff, Answered::DuringHold]), "nothing");
        says(&RULE, |it| holds(it, &[Answered::AfterRelease, Answered::AfterRelease]), "nothing");
        // It answers nobody at all: that is not for want of places.
        says(
            &RULE,
            |it| {
                holds(it, &[Answered::CutOff, Answered::CutOff]);
                it.probed().status = None;
            },
            "nothing",
        );
    }
}
