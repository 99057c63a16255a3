use crate::model::{Case, Found, Judgement, Rule, Symptom, Tracked};

pub(crate) const RULE: Rule = Rule {
    code: "EC707",
    title: "the kernel's table of connections is full",
    explanation: "
## What it is
The kernel of the engine's machine keeps every connection in a table, for its firewall and for published ports. While
the table is full it drops the first packet of new connections and questions to name servers: some get through, others
wait in vain, on all networks of the machine.

## What proves it
The count of connections is at its limit. It is a fault of the link where the client's own connection got no answer,
else a warning.

## What disproves it
A count below the limit.

## How to repair it
Raise `net.netfilter.nf_conntrack_max`, and look for who opens so many connections.
",
    judge,
};

/// The full table of the machine of the link's engine.
pub(super) fn table(case: &Case<'_>) -> Option<Tracked> {
    case.facts.machines.get(&case.link.engine)?.tracked.filter(|table| table.is_full())
}

fn judge(case: &Case<'_>) -> Judgement {
    let Some(table) = table(case) else { return Ok(None) };
    let seen = format!("the kernel keeps {} connections and no more: its table is full", table.now);
    let is_lost = case.symptom() == Some(Symptom::ConnectTimeout);
    let found = if is_lost { Found::fail(seen) } else { Found::warn(seen) };
    Ok(Some(
        found
            .evidence("net.netfilter.nf_conntrack_count", table.now.to_string())
            .evidence("net.netfilter.nf_conntrack_max", table.most.to_string())
            .fix_by(
                "give the table room, and look for who opens so many connections (ss -s, conntrack -L)",
                format!("sysctl -w net.netfilter.nf_conntrack_max={}", table.most.saturating_mul(2)),
            ),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Connect, Machine, Snapshot, Tracked};

    fn of(it: &mut Snapshot, engine: &str, now: u64) {
        let tracked = Some(Tracked { now, most: 65536 });
        it.machines.insert(engine.into(), Machine { tracked, ..Machine::default() });
    }

    fn holds(now: u64) -> impl Fn(&mut Snapshot) {
        move |it| of(it, "docker", now)
    }

    fn lost(it: &mut Snapshot) {
        holds(65536)(it);
        it.way(&[("172.20.0.2:8080", Connect::Timeout)], None);
    }

    #[test]
    fn catches() {
        let seen = "the kernel keeps 65536 connections and no more: its table is full";
        says(&RULE, holds(65536), &format!("warn: {seen}"));
        says(&RULE, lost, &format!("fail: {seen}"));
        // A firewall that drops would look the same; the full table is reason enough.
        row("network-path", lost, "fail: EC707");
        assert_eq!(remedies(&RULE, lost), "$ sysctl -w net.netfilter.nf_conntrack_max=131072");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, holds(65000), "nothing");
        // Another engine's machine.
        says(&RULE, |it| of(it, "far", 65536), "nothing");
    }
}
