use super::repair::quoted;
use crate::model::{BUNDLED, BUNDLED_AND_READ, Case, Found, Judgement, Meant, Rule, Source};

pub(crate) const RULE: Rule = Rule {
    code: "EC418",
    title: "a name that only containers know is handed to browsers",
    explanation: "
## What it is
The variable is one of those that a bundler writes into the pages it makes (`VITE_...`, `REACT_APP_...`, `NEXT_PUBLIC_...`). The
pages run in browsers, outside of every container network, where the name of a container or a service means nothing:
`ERR_NAME_NOT_RESOLVED`. Between the containers all is well.

## What proves it
The variable's name, and an address that is the name of a container.

## What disproves it
A program that reads the variable on the server's side only, or a browser that runs in a container of the same network, as in
tests from end to end.

## How to repair it
Hand browsers an address that they reach: the published port of the machine, a public name, or a path that the server of the
pages passes on.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let endpoint = &case.link.endpoint;
    if case.link.meant != Meant::Name {
        return Ok(None);
    }
    let is_bundled =
        |name: &str| BUNDLED.iter().chain(&BUNDLED_AND_READ).any(|begin| name.starts_with(begin));
    let bundled = endpoint.sources.iter().find_map(|source| match source {
        Source::Env { name } if is_bundled(name) => Some(name),
        _ => None,
    });
    let Some(variable) = bundled else { return Ok(None) };
    let Ok(server) = case.server() else { return Ok(None) };
    let published =
        server.container.ports.iter().find(|port| {
            port.active && port.container_port == server.port && port.protocol == "tcp"
        });
    let to = match published.and_then(|port| port.host_port) {
        Some(port) => format!("port {port} of the machine"),
        None => format!("a published port of {}", server.container.name),
    };
    let found = Found::warn(format!(
        "{variable} is written into pages, and browsers do not know {}",
        endpoint.host
    ));
    Ok(Some(quoted(case, found).fix(format!(
        "hand browsers an address that they reach in {variable}: {to}, or a path that {} passes on",
        case.link.client
    ))))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Meant, Snapshot, Source};

    fn named(it: &mut Snapshot, variable: &str) {
        it.told("mock", 8080, Meant::Name);
        it.link().endpoint.sources = vec![Source::Env { name: variable.into() }];
    }

    #[test]
    fn catches() {
        let seen = "warn: VITE_API_URL is written into pages, and browsers do not know mock";
        says(&RULE, |it| named(it, "VITE_API_URL"), seen);
        row("endpoint-config", |it| named(it, "NEXT_PUBLIC_API"), "warn: EC418");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| named(it, "API_URL"), "nothing");
        let machine = |it: &mut Snapshot| {
            named(it, "VITE_API_URL");
            it.link().meant = Meant::HostPublished;
        };
        says(&RULE, machine, "nothing");
    }
}
