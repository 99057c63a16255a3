use super::dropped::unanswered;
use crate::model::{Case, Found, Judgement, Rule, Task};

pub(crate) const RULE: Rule = Rule {
    code: "EC722",
    title: "packets are lost between two nodes of the Swarm",
    explanation: "
## What it is
Client and server are on one overlay network, on two nodes. The overlay carries their packets from node to node in UDP (port
4789, unless the Swarm was made with another), and these do not arrive, while the managers still hear from both nodes: names
resolve, and every node is ready.

## What proves it
The connection from the client's namespace to the server's own address on the overlay times out; the server runs on another
node, and its listen queue has room.

## What disproves it
An answer, also a refusal; a server on the client's own node.

## How to repair it
Let UDP 4789 and, for encrypted networks, the protocol ESP pass between the nodes, in both directions.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if !case.crosses_nodes() {
        return Ok(None);
    }
    let Some(attempt) = unanswered(case)? else { return Ok(None) };
    let server = case.server()?.container;
    let client = &case.link.client;
    let there = server.task.as_ref().map_or(server.engine.as_str(), |task| task.place());
    let here = case.client().and_then(|client| client.task.as_ref()).map(Task::place);
    let here = here.unwrap_or(&case.link.engine);
    let network = case.common_networks().first().map_or("the network", |n| n.name.as_str());
    Ok(Some(
        Found::fail(format!(
            "{client} on {here} gets no answer from {} on {there} at {}",
            server.name, attempt.to
        ))
        .evidence(
            format!("connect to {} from the namespace of {client}", attempt.to),
            format!("no answer in {} ms", attempt.ms),
        )
        .evidence(format!("nodes of {network}"), format!("{here}, {there}"))
        .fix(format!(
            "let UDP port 4789 pass between {here} and {there}, in both directions (iptables -S, nft list ruleset on both, and what filters between them)"
        )),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{listener, row, says};
    use crate::model::{Connect, Fact, Listener, Node, Snapshot};

    fn two_nodes(it: &mut Snapshot) {
        let node = |id: &str| Some(Node { swarm: "a".into(), id: id.into(), manager: id == "a" });
        it.engines[0].node = node("a");
        let mut other = it.engines[0].clone();
        (other.name, other.node) = ("node-b".into(), node("b"));
        it.engines.push(other);
        it.mock().engine = "node-b".into();
        it.link().server.as_mut().unwrap().engine = Some("node-b".into());
    }

    fn cut(it: &mut Snapshot) {
        two_nodes(it);
        it.way(&[("172.20.0.2:8080", Connect::Timeout)], None);
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            cut,
            "fail: hapi on docker gets no answer from mock on node-b at 172.20.0.2:8080",
        );
        row("network-path", cut, "fail: EC722");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, two_nodes, "nothing");
        for check in ["shared-network", "network-path"] {
            let expected = match check {
                "shared-network" => "pass: both are on ci, and mock resolves to 172.20.0.2",
                _ => "pass: hapi connects to 172.20.0.2:8080 in 1 ms",
            };
            row(check, two_nodes, expected);
        }
        // On one node it is a rule of that node.
        let near = |it: &mut Snapshot| it.way(&[("172.20.0.2:8080", Connect::Timeout)], None);
        says(&RULE, near, "nothing");
        row("network-path", near, "fail: EC701");
        says(
            &RULE,
            |it| {
                cut(it);
                it.mock().listeners =
                    Fact::Known(vec![Listener { waiting: 128, ..listener("0.0.0.0:8080") }]);
            },
            "unknown: the listen queue of mock:8080 is full, which drops connections as well",
        );
    }
}
