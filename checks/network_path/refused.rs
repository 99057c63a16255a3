use super::{failed, goes_through_machine, open};
use crate::model::{Attempt, Case, Connect, Found, Judgement, Rule, Undecided};

pub(crate) const RULE: Rule = Rule {
    code: "EC702",
    title: "a firewall refuses connections between client and server",
    explanation: "
## What it is
A rule on the way refuses the connection (`REJECT`), which looks like a server that does not listen.

## What proves it
The connection from the client's namespace is refused, and the server's own kernel sent no refusal.

## What disproves it
A refusal by the server's kernel: nothing listens there, or on the loopback only.

## How to repair it
Take away the rule, or allow the port.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if goes_through_machine(case) {
        return Ok(None);
    }
    let server = case.server()?;
    let path = case.link.path.known()?;
    let Some(attempt) = failed(&case.attempts()?, &Connect::Refused) else { return Ok(None) };
    let open = open(case, attempt.to.ip())?;
    // Without the counter an open socket shows nothing: the server may have been started anew since it was looked at.
    if path.refused_by_server != Some(false) {
        return Ok(None);
    }
    // Who is refused now and then only is not kept out.
    let connected = |a: &Attempt| a.to == attempt.to && a.connect == Connect::Connected;
    if case.link.visit.value().is_some_and(|visit| visit.attempts.iter().any(connected)) {
        return Err(Undecided::Unknown(format!(
            "{} was refused at {} after it had connected there",
            case.link.client, attempt.to
        )));
    }
    let name = &server.container.name;
    let mut found = Found::fail(format!(
        "{} is refused at {}, and not by {name}",
        case.link.client, attempt.to
    ))
    .evidence(
        format!("connect to {} from the namespace of {}", attempt.to, case.link.client),
        format!("refused in {} ms", attempt.ms),
    )
    .evidence(format!("resets sent by the kernel of {name}"), "none");
    if let Some(open) = open {
        found = found.evidence(
            format!("listening socket in the namespace of {name}"),
            open.address.to_string(),
        );
    }
    Ok(Some(found.fix(format!(
        "look for the rule that rejects port {} (iptables -S DOCKER-USER, iptables -S FORWARD, nft list ruleset) and take it away",
        server.port
    ))))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Connect, Snapshot};

    fn refused(it: &mut Snapshot, by_server: Option<bool>) {
        it.way(&[("172.20.0.2:8080", Connect::Refused)], by_server);
    }

    #[test]
    fn catches() {
        let expected = "fail: hapi is refused at 172.20.0.2:8080, and not by mock";
        says(&RULE, |it| refused(it, Some(false)), expected);
        // Nobody listens there either, and still it was not the server that refused.
        says(
            &RULE,
            |it| {
                refused(it, Some(false));
                it.listens(&["127.0.0.1:8080"]);
            },
            expected,
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // The server's own kernel: nothing listens there, or on the loopback only.
        for rows in [&["127.0.0.1:8080"][..], &["0.0.0.0:9090"], &[]] {
            says(
                &RULE,
                |it| {
                    refused(it, Some(true));
                    it.listens(rows);
                },
                "nothing",
            );
            says(
                &RULE,
                |it| {
                    refused(it, None);
                    it.listens(rows);
                },
                "nothing",
            );
        }
        // It got through before.
        says(
            &RULE,
            |it| {
                refused(it, Some(false));
                it.visits("172.20.0.2:8080", Connect::Connected);
            },
            "unknown: hapi was refused at 172.20.0.2:8080 after it had connected there",
        );
        // Without the counter an open socket shows nothing: who listened may have been started anew.
        says(&RULE, |it| refused(it, None), "nothing");
        // A socket for IPv4 takes no connection to the server's IPv6 address.
        says(&RULE, |it| it.way(&[("[fd00::2]:8080", Connect::Refused)], None), "nothing");
        says(
            &RULE,
            |it| {
                let two =
                    [("[fd00::2]:8080", Connect::Refused), ("172.20.0.2:8080", Connect::Connected)];
                it.way(&two, Some(false));
            },
            "nothing",
        );
    }

    #[test]
    fn what_the_servers_kernel_refuses_has_come_through() {
        row(
            "network-path",
            |it| {
                refused(it, Some(true));
                it.listens(&["127.0.0.1:8080"]);
            },
            "pass: packets reach the server: its own kernel refuses 172.20.0.2:8080",
        );
        row(
            "network-path",
            |it| {
                refused(it, None);
                it.listens(&["127.0.0.1:8080"]);
            },
            "unknown: 172.20.0.2:8080 was refused, and whether by the server's kernel or on the way was not seen",
        );
        // An open socket and a refusal by the same kernel do not go together.
        row(
            "network-path",
            |it| refused(it, Some(true)),
            "unknown: 172.20.0.2:8080 was refused by the server's own kernel, though a socket is open there: it began to listen meanwhile, or a rule in its namespace refuses",
        );
    }
}
