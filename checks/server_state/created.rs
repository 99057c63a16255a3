use super::{answered_by_another, commands};
use crate::model::{Case, Container, Found, Judgement, Port, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC602",
    title: "the server's container was made and never started",
    explanation: "
## What it is
The container exists and was never started, or its start failed, often because its port on the machine was taken.

## What proves it
The state `created`; the engine keeps the reason of a failed start.

## What disproves it
A start time.

## How to repair it
Start it; where a port is taken, free that port or publish another.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let state = &server.container.state;
    if state.status != "created" && state.status != "configured" && state.status != "initialized" {
        return Ok(None);
    }
    answered_by_another(case, server)?;
    let name = &server.container.name;
    let (start, _) = commands(case)?;
    let mut found = Found::fail(format!("{name} was created and never started"))
        .awaits(case.to_start())
        .evidence(
            format!("State of {name}"),
            format!("{}, exit code {}", state.status, state.exit_code),
        );
    if let Some(error) = &state.start_error {
        found = found.evidence("the engine said at its start", error.clone());
    }
    let ports: Vec<String> =
        server.container.ports.iter().filter_map(|p| p.host_port).map(|p| p.to_string()).collect();
    // Another reason that the engine gave is no matter of ports, whoever has them.
    let said = state.start_error.as_deref();
    let is_port = said.is_some_and(|said| said.contains("port"));
    let is_open = |said: &str| said.contains("network") || said == "it could not be started";
    let may_be_port = is_port || said.is_none_or(is_open);
    let taken = if may_be_port { rivals(case, server.container) } else { Vec::new() };
    for (port, other) in &taken {
        found = found
            .evidence(format!("port {port} of the machine"), format!("published by {other}"))
            .fix(format!(
                "{other} has port {port} of the machine: stop it, or publish another for {name}"
            ));
    }
    if taken.is_empty() && is_port && !ports.is_empty() {
        found = found.fix(format!(
            "see that nothing else on the machine has port {}, or publish another",
            ports.join(", ")
        ));
    }
    let words = match said {
        Some(said) if !is_port => {
            format!("start {name}: the engine says again what it is that fails ({said})")
        }
        _ => format!("start {name}"),
    };
    Ok(Some(found.fix_by(words, start)))
}

/// The ports of the machine that the container wants and another running one has.
fn rivals<'a>(case: &Case<'a>, wants: &Container) -> Vec<(u16, &'a str)> {
    let has = |other: &Container, wanted: &Port| {
        other.state.is_running()
            && other.name != wants.name
            && other.ports.iter().any(|port| {
                let either = port.host_ip.is_none() || wanted.host_ip.is_none();
                port.active
                    && port.host_port == wanted.host_port
                    && port.protocol == wanted.protocol
                    && (either || port.host_ip == wanted.host_ip)
            })
    };
    wants
        .ports
        .iter()
        .filter_map(|wanted| {
            let other = case.facts.containers.iter().find(|other| has(other, wanted))?;
            Some((wanted.host_port?, other.name.as_str()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, says};
    use crate::model::Snapshot;

    fn port_is_taken(it: &mut Snapshot) {
        it.ends("created", 128);
        it.mock().state.start_error = Some("a port on the machine is already taken".into());
    }

    #[test]
    fn catches() {
        says(&RULE, |it| it.ends("created", 0), "fail: mock was created and never started");
        says(&RULE, |it| it.ends("configured", 0), "fail: mock was created and never started");
        says(&RULE, port_is_taken, "fail: mock was created and never started");
        assert_eq!(
            remedies(&RULE, port_is_taken),
            "see that nothing else on the machine has port 18141, or publish another\n$ docker start mock"
        );
    }

    #[test]
    fn another_reason_is_no_matter_of_ports() {
        let no_command = |it: &mut Snapshot| {
            port_is_taken(it);
            it.mock().state.start_error = Some("its command is not in the image".into());
        };
        assert_eq!(remedies(&RULE, no_command), "$ docker start mock");
    }

    #[test]
    fn names_the_container_that_has_the_port() {
        let taken = |it: &mut Snapshot| {
            let port = it.mock().ports[0].clone();
            it.joins("older", "172.20.0.9").ports = vec![port];
            it.ends("created", 0);
        };
        assert_eq!(
            remedies(&RULE, taken),
            "older has port 18141 of the machine: stop it, or publish another for mock\n$ docker start mock"
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| it.ends("exited", 0), "nothing");
    }
}
