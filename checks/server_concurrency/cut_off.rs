use super::{all_free, probed, twice};
use crate::model::{Answered, Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC104",
    title: "the server cuts off a second connection",
    explanation: "
## What it is
While one client holds a connection the server closes every other one without a reply, or says that it is busy: its limit
of connections, threads or processes is one.

## What proves it
Twice, with one connection held, a second one was closed or reset before a byte of a reply, or answered with 429 or 503;
alone it was answered otherwise. Once is
enough where the kernel counted a thread that it refused the server meanwhile.

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
    let name = &server.container.name;
    let ever = seen.holds.iter().any(|hold| hold.answered == Answered::DuringHold);
    let how = match twice(seen, Answered::CutOff) {
        Some([hold, _]) => format!("one connection held for {} ms, twice", hold.held_ms),
        // Once may be chance, but not beside the kernel's word that there was no thread for it.
        None if !ever && case.was_refused_tasks() => {
            "connections one after the other, and one held".into()
        }
        None => return Ok(None),
    };
    all_free(seen)?;
    Ok(Some(
        Found::fail(format!("{name}:{} turns a second connection away while one is held", server.port))
            .evidence(how, "the next one was turned away without the reply that it gets alone")
            .fix(format!("raise the limit of connections, threads or processes in {name}, or of its container (--pids-limit, --ulimit nofile)")),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::says;
    use crate::model::{Answered, Hold, HoldMode, Limits, Snapshot, Tasks};

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
            "fail: mock:8080 turns a second connection away while one is held",
        );
    }

    #[test]
    fn once_is_enough_where_the_kernel_refused_a_thread() {
        let once = |refused_meanwhile| {
            move |it: &mut Snapshot| {
                holds(it, &[Answered::CutOff]);
                let tasks = Tasks { now: 2, most: 2, refused: 4, refused_meanwhile };
                it.mock().limits = Some(Limits { tasks: Some(tasks), ..Limits::default() });
            }
        };
        says(&RULE, once(1), "fail: mock:8080 turns a second connection away while one is held");
        says(&RULE, once(0), "nothing");
        // There are two places, and one was not free yet.
        says(
            &RULE,
            |it| {
                once(1)(it);
                holds(it, &[Answered::CutOff, Answered::DuringHold]);
            },
            "nothing",
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
