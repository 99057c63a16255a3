use crate::model::{Case, Connect, Found, Judgement, Rule, quoted};

pub(crate) const RULE: Rule = Rule {
    code: "EC721",
    title: "the virtual address of the service does not answer, its task does",
    explanation: "
## What it is
A service of a Swarm has one virtual address, and the kernel of each node spreads connections to it over the tasks. The name
resolves to that address, and nobody answers there: the kernel has no IPVS (`ip_vs`), or its table on this node is stale.

## What proves it
From the client's namespace no connection to the virtual address is completed, while one to the task's own address on the
same network is.

## What disproves it
An answer at the virtual address. If the task's own address is silent as well, the way is broken: EC701 and EC722.

## How to repair it
Load `ip_vs` on the node, or let the service answer with the addresses of its tasks (`--endpoint-mode dnsrr`). A stale table
is made anew with the service.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let Some(task) = server.container.task.as_ref() else { return Ok(None) };
    let Some(visit) = case.link.visit.value() else { return Ok(None) };
    let silent = visit
        .attempts
        .iter()
        .find(|attempt| task.virtual_addresses.contains(&attempt.to.ip().to_canonical()));
    let Some(silent) = silent.filter(|_| !visit.connected()) else { return Ok(None) };
    let way = case.link.path.known()?;
    let Some(own) = way.attempts.iter().find(|a| a.connect == Connect::Connected) else {
        return Ok(None);
    };
    let (client, service) = (&case.link.client, &task.service);
    Ok(Some(
        Found::fail(format!(
            "{client} gets no connection at {}, the virtual address of {service}, and one at {}, its task's own",
            silent.to, own.to
        ))
        .evidence(
            format!("connect to {} from the namespace of {client}", silent.to),
            silent.connect.to_string(),
        )
        .evidence(
            format!("connect to {} from the namespace of {client}", own.to),
            own.connect.to_string(),
        )
        .fix_by(
            format!("let {service} answer with the addresses of its tasks"),
            format!("docker service update --endpoint-mode dnsrr {}", quoted(service)),
        )
        .fix_by("or load IPVS into the kernel of the client's node", "modprobe ip_vs"),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{attempt, ip, remedies, row, says};
    use crate::model::{Connect, Fact, Lookup, Path, Snapshot, Task};

    fn silent(it: &mut Snapshot) {
        it.mock().task = Some(Task {
            service: "mock".into(),
            node: Some("node-b".into()),
            state: Some("running".into()),
            why: None,
            virtual_addresses: vec![ip("172.20.0.50")],
            image: None,
        });
        it.finds(Lookup::Addresses(vec![ip("172.20.0.50")]));
        it.visits("172.20.0.50:8080", Connect::Timeout);
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            silent,
            "fail: hapi gets no connection at 172.20.0.50:8080, the virtual address of mock, and one at 172.20.0.2:8080, its task's own",
        );
        row("network-path", silent, "fail: EC721");
        row("shared-network", silent, "pass: both are on ci, and mock resolves to 172.20.0.50");
        assert_eq!(
            remedies(&RULE, silent),
            "$ docker service update --endpoint-mode dnsrr mock\n$ modprobe ip_vs"
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(
            &RULE,
            |it| {
                silent(it);
                it.visits("172.20.0.50:8080", Connect::Connected);
            },
            "nothing",
        );
        // The way itself is broken.
        says(
            &RULE,
            |it| {
                silent(it);
                let attempts = vec![attempt("172.20.0.2:8080", Connect::Timeout)];
                it.link().path = Fact::Known(Path { attempts, refused_by_server: None });
            },
            "nothing",
        );
        says(
            &RULE,
            |it| {
                silent(it);
                it.link().path = Fact::Unknown("permission denied".into());
            },
            "unknown: permission denied",
        );
    }
}
