use crate::model::{Case, Found, Judgement, Reply, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC803",
    title: "the server is slow for want of processor time",
    explanation: "
## What it is
The container may use a share of the processors, uses it up, and stands still for the rest of each period: answers come
late. Name, network, address and queue are in order.

## What proves it
The kernel's own count (`nr_throttled` of `cpu.stat`): it was stopped in a fifth of the periods of this run or more, and its
answers took 100 ms and longer.

## What disproves it
A count that stands still: then the program itself is slow, or waits for something.

## How to repair it
Raise the share (`--cpus`), or let the server need less.
",
    judge,
};

/// From this median on an answer is called slow, in microseconds.
const SLOW: u64 = 100_000;

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let Some(cpu) = server.container.limits.and_then(|limits| limits.cpu) else { return Ok(None) };
    let mut baseline =
        case.link.concurrency.value().map(|seen| seen.baseline_us.clone()).unwrap_or_default();
    baseline.sort_unstable();
    let median = baseline.get(baseline.len() / 2).copied();
    let waited = case.link.visit.value().is_some_and(|v| v.reply == Some(Reply::ReadTimeout));
    if !cpu.is_short() || !(waited || median.is_some_and(|us| us >= SLOW)) {
        return Ok(None);
    }
    let name = &server.container.name;
    let answers = match median {
        Some(us) if !waited => format!("its answers take {} ms", us / 1000),
        _ => "it does not answer in time".to_owned(),
    };
    let engine = case.facts.kind(&server.container.engine).command();
    Ok(Some(
        Found::warn(format!("{name} has used up its share of the processors: {answers}"))
            .evidence(
                format!("cpu.stat of {name} during this run"),
                format!("stopped in {} of {} periods", cpu.throttled, cpu.periods),
            )
            .fix(format!(
                "give {name} a larger share of the processors than it has ({engine} inspect {name} shows it, {engine} update --cpus \
                 changes it)"
            )),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Cpu, Fact, Limits, Reply, Snapshot};

    fn throttled(it: &mut Snapshot, throttled: u64, periods: u64) {
        it.mock().limits =
            Some(Limits { cpu: Some(Cpu { periods, throttled }), ..Limits::default() });
        it.probed().baseline_us = vec![480_000, 500_000, 510_000];
    }

    #[test]
    fn catches() {
        let expected =
            "warn: mock has used up its share of the processors: its answers take 500 ms";
        says(&RULE, |it| throttled(it, 12, 20), expected);
        row("server-state", |it| throttled(it, 12, 20), "warn: EC803");
        says(
            &RULE,
            |it| {
                throttled(it, 12, 20);
                let Fact::Known(visit) = &mut it.link().visit else { return };
                visit.reply = Some(Reply::ReadTimeout);
            },
            "warn: mock has used up its share of the processors: it does not answer in time",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| throttled(it, 4, 5), "nothing");
        says(&RULE, |it| throttled(it, 5, 50), "nothing");
        // It is stopped now and then, and answers promptly all the same.
        says(
            &RULE,
            |it| {
                throttled(it, 12, 20);
                it.probed().baseline_us = vec![3_000, 4_000, 90_000];
            },
            "nothing",
        );
    }
}
