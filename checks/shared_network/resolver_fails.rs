use super::{engines_is_silent, failed_with_an_unknown_name, finds_server, is_engines, lookup};
use crate::model::{Case, Found, Judgement, Lookup, Resolution, Rule, Symptom};

pub(crate) const RULE: Rule = Rule {
    code: "EC503",
    title: "the client's name server does not answer",
    explanation: "
## What it is
The network answers names, and the name server that the client asks fails, refuses or stays silent. That is another
thing than a name that does not exist.

## What proves it
A question asked from the client's network namespace, of the name servers in its own resolv.conf, in its order: no
answer, a refusal or a failure of each; or of the engine's own one, where only a server outside says that there is no
such name.

## What disproves it
An answer of the engine's name server, also that the name does not exist; or a name that no container on the network
carries: the engine's name server passes it on, and fails only because the machine's name server does.

## How to repair it
Let the client use the engine's name server (no `--dns` of its own on Podman), and see that nothing else took port 53.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some((server, lookup)) = lookup(case)? else { return Ok(None) };
    if finds_server(case, server, lookup)
        || !lookup.addresses().is_empty()
        || case.arrives()
        || failed_with_an_unknown_name(case, lookup)
        || !(lookup.symptom() == Some(Symptom::ResolverFailed) || engines_is_silent(case, lookup))
    {
        return Ok(None);
    }
    let client = &case.link.client;
    let seen = if lookup.asked.is_empty() {
        format!("{client} has no name server to ask for {}", lookup.name)
    } else {
        format!("no name server of {client} that knows containers answers for {}", lookup.name)
    };
    let mut found =
        answers(case, Found::fail(seen).awaits(case.name_to_register(&lookup.name)), lookup);
    if lookup.asked.is_empty() {
        found = found.evidence(format!("name servers of {client}"), "none");
    }
    let silent = lookup.asked.iter().find(|asked| {
        asked.answer == Lookup::Timeout
            && !asked.server.is_loopback()
            && is_engines(case, asked.server)
    });
    if let Some(silent) = silent {
        found = found.fix_by(
            format!("let questions pass to the network's name server: see that the machine's firewall accepts UDP port 53 for {}", silent.server),
            format!("iptables -I INPUT -d {} -p udp --dport 53 -j ACCEPT", silent.server),
        );
    }
    Ok(Some(found.fix(format!(
        "see which name servers {client} uses (/etc/resolv.conf inside it), and start it without --dns, or restart the engine's name service"
    ))))
}

/// What each name server said, as evidence.
pub(super) fn answers(case: &Case<'_>, mut found: Found, lookup: &Resolution) -> Found {
    for asked in &lookup.asked {
        found = found.evidence(
            format!("{} asked of {} from {}", asked.question, asked.server, case.link.client),
            spelled(&asked.answer),
        );
    }
    found
}

/// An answer in words.
pub(super) fn spelled(answer: &Lookup) -> String {
    match answer {
        Lookup::Addresses(addresses) => {
            addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        Lookup::NoSuchName => "no such name".into(),
        Lookup::NoAddresses => "no address".into(),
        Lookup::ServerFailure => "server failure".into(),
        Lookup::RefusedByServer => "refused".into(),
        Lookup::Timeout => "no answer".into(),
        Lookup::Unreachable(why) => format!("not reached: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{asked, ip, row, says};
    use crate::model::{Fact, Lookup, Resolution, Snapshot};

    fn podman(it: &mut Snapshot, own: Lookup, upstream: Lookup) {
        it.finds(Lookup::NoSuchName);
        let Fact::Known(lookup) = &mut it.link().lookup else { return };
        lookup.asked = vec![asked("172.20.0.1", own), asked("10.1.1.1", upstream)];
    }

    fn unknown_name(it: &mut Snapshot, server: &str, answer: Lookup) {
        it.finds(answer.clone());
        let Fact::Known(lookup) = &mut it.link().lookup else { return };
        lookup.name = "llm".into();
        lookup.asked = vec![asked(server, answer)];
    }

    const FAIL: &str = "fail: no name server of hapi that knows containers answers for mock";

    #[test]
    fn catches() {
        for failure in [
            Lookup::Timeout,
            Lookup::ServerFailure,
            Lookup::RefusedByServer,
            Lookup::Unreachable("connection refused".into()),
        ] {
            says(&RULE, |it| it.finds(failure.clone()), FAIL);
            // What the server after it says of a container's name proves nothing.
            says(&RULE, |it| podman(it, failure, Lookup::NoSuchName), FAIL);
        }
        row("shared-network", |it| podman(it, Lookup::Timeout, Lookup::NoSuchName), "fail: EC503");
        says(
            &RULE,
            |it| {
                it.finds(Lookup::Timeout);
                let Fact::Known(lookup) = &mut it.link().lookup else { return };
                lookup.asked.clear();
            },
            "fail: hapi has no name server to ask for mock",
        );
    }

    #[test]
    fn catches_what_somebody_else_does_not_answer() {
        let other = |it: &mut Snapshot| unknown_name(it, "10.1.1.1", Lookup::ServerFailure);
        says(&RULE, other, "fail: no name server of hapi that knows containers answers for llm");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // Nobody carries the name: Docker asked the machine's name server, which can't be reached.
        for failure in [Lookup::ServerFailure, Lookup::Timeout] {
            says(&RULE, |it| unknown_name(it, "127.0.0.11", failure), "nothing");
        }
        // That there is no such name is an answer.
        says(&RULE, |it| it.finds(Lookup::NoSuchName), "nothing");
        says(&RULE, |it| podman(it, Lookup::NoSuchName, Lookup::Timeout), "nothing");
        // Names of the outside fail, this one does not; or the second server knows it.
        let found = || Lookup::Addresses(vec![ip("172.20.0.2")]);
        says(&RULE, |it| podman(it, found(), Lookup::Timeout), "nothing");
        says(&RULE, |it| podman(it, Lookup::Timeout, found()), "nothing");
        says(
            &RULE,
            |it| {
                it.link().lookup = Fact::Known(Resolution {
                    name: "mock".into(),
                    hosts_file: vec![ip("172.20.0.2")],
                    asked: Vec::new(),
                });
            },
            "nothing",
        );
        // A network without names has no server to fail, a stopped server no name.
        says(
            &RULE,
            |it| {
                it.ci().names = Fact::Known(false);
                it.finds(Lookup::Timeout);
            },
            "nothing",
        );
        says(&RULE, |it| it.ends("exited", 1), "nothing");
        says(
            &RULE,
            |it| it.link().lookup = Fact::Unknown("permission denied".into()),
            "unknown: permission denied",
        );
    }
}
