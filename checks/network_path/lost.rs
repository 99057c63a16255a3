use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC706",
    title: "the server's reply is lost on the way",
    explanation: "
## What it is
The connection is made and small packets pass; the reply, or all of it but its beginning, never arrives. Somewhere on the way
packets above a certain size vanish: a network whose MTU is larger than that of the way beneath it (VPN, overlay), with the
messages about that filtered out, or a rule that drops long packets.

## What proves it
The server's kernel has sent the reply, sent it again and again, and no byte of it was acknowledged, while the client read.

## What disproves it
A reply that comes to its end. A slow handler has sent nothing yet, and a stream without an end gets all of it acknowledged.

## How to repair it
Make the network with the MTU of the way beneath it, or take away what drops.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some(visit) = case.link.visit.value().filter(|visit| visit.is_lost()) else {
        return Ok(None);
    };
    let (server, Some(lost)) = (case.server()?, visit.lost) else { return Ok(None) };
    let (client, name) = (&case.link.client, &server.container.name);
    let found = Found::fail(format!(
        "{client} connects to {name}:{} and never gets its reply",
        server.port
    ))
    .evidence(
        format!("the kernel of {name}"),
        format!(
            "{} bytes of the reply, sent again {} times, none of them acknowledged",
            lost.bytes, lost.sent_again
        ),
    );
    let networks = case.common_networks();
    let network = networks.first().map_or("the network", |network| network.name.as_str());
    let mtu =
        networks.iter().find_map(|n| n.options.iter().find(|(name, _)| name.ends_with("mtu")));
    let found = match mtu {
        Some((name, value)) => {
            found.evidence(format!("network {network}"), format!("{name}={value}"))
        }
        None => found,
    };
    let option = match case.kind() {
        crate::model::EngineKind::Docker => "com.docker.network.driver.mtu",
        crate::model::EngineKind::Podman => "mtu",
    };
    Ok(Some(
        found
            .fix(format!(
                "look for what drops long packets within {network} (ip link, iptables -S FORWARD, iptables -S DOCKER-USER, nft list ruleset) and take it away"
            ))
            .fix(format!(
                "where the way beneath takes shorter packets only, make {network} again with that MTU (--opt {option}=1400, say)"
            )),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Fact, Reply, Snapshot, Unacknowledged};

    fn loses(it: &mut Snapshot, bytes: u32, sent_again: u32) {
        let Fact::Known(visit) = &mut it.link().visit else { return };
        visit.lost = Some(Unacknowledged { bytes, sent_again });
        visit.reply = Some(Reply::ReadTimeout);
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| loses(it, 40_000, 3),
            "fail: hapi connects to mock:8080 and never gets its reply",
        );
        row("network-path", |it| loses(it, 40_000, 3), "fail: EC706");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // A packet that was lost once is no way that is blocked.
        says(&RULE, |it| loses(it, 40_000, 1), "nothing");
        says(&RULE, Snapshot::sends_nothing, "nothing");
    }
}
