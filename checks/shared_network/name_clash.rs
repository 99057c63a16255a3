use super::resolver_fails::answers;
use super::{finds_server, lookup};
use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC506",
    title: "two containers answer to one name",
    explanation: "
## What it is
Several containers on the network carry the name that the client dials. Docker gives their addresses in turn, so some
requests reach the wrong one; Podman gives them in a fixed order.

## What proves it
The answer holds the server's address and that of a container that is not a replica of it.

## What disproves it
All owners are replicas of one Compose service.

## How to repair it
Take the name from one of them, or dial a name that only the server has.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some((server, lookup)) = lookup(case)? else { return Ok(None) };
    if !finds_server(case, server, lookup) {
        return Ok(None);
    }
    let ours = case.namespace_owner(server.container).unwrap_or(server.container);
    let addresses = lookup.addresses();
    let other = case.facts.containers.iter().find(|c| {
        c.engine == case.link.engine
            && c.name != ours.name
            && c.addresses().any(|ip| addresses.contains(&ip))
            && !c.is_replica_of(ours)
    });
    let Some(other) = other else { return Ok(None) };
    let name = &lookup.name;
    let found = Found::fail(format!("{name} means both {} and {}", ours.name, other.name));
    Ok(Some(answers(case, found, lookup).fix(format!(
        "take the name {name} from {} (or stop it if it is a left-over), or dial a name that only {} has",
        other.name, ours.name
    ))))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{ip, says, service};
    use crate::model::{Lookup, Snapshot};

    fn two_answers(it: &mut Snapshot) {
        it.joins("old", "172.20.0.9");
        it.finds(Lookup::Addresses(vec![ip("172.20.0.2"), ip("172.20.0.9")]));
    }

    #[test]
    fn catches() {
        says(&RULE, two_answers, "fail: mock means both mock and old");
        // The same service of another project is no replica.
        says(
            &RULE,
            |it| {
                two_answers(it);
                it.mock().compose = service("shop", "mock");
                it.containers[2].compose = service("bank", "mock");
            },
            "fail: mock means both mock and old",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(
            &RULE,
            |it| {
                two_answers(it);
                it.mock().compose = service("shop", "mock");
                it.containers[2].compose = service("shop", "mock");
            },
            "nothing",
        );
        // Two addresses of one server.
        says(
            &RULE,
            |it| {
                it.mock().attachments[0].addresses.push(ip("fd00::2"));
                it.finds(Lookup::Addresses(vec![ip("172.20.0.2"), ip("fd00::2")]));
            },
            "nothing",
        );
        // The other one is not in the answer, or alone in it.
        says(&RULE, |it| it.joins("old", "172.20.0.9").hostname = "mock".into(), "nothing");
        says(
            &RULE,
            |it| {
                two_answers(it);
                it.finds(Lookup::Addresses(vec![ip("172.20.0.9")]));
            },
            "nothing",
        );
    }
}
