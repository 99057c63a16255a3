use super::resolver_fails::answers;
use super::{finds_server, lookup};
use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC505",
    title: "the name resolves to something else than the server",
    explanation: "
## What it is
The client gets an address for the name, and it is not the server's: its own hostname, a line of its hosts file, another
container with that alias, or a name server outside that answers for everything.

## What proves it
None of the addresses in the answer is one of the server's.

## What disproves it
One that is.

## How to repair it
Rename what took the name, remove the line from the hosts file, or dial the server's own name.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some((server, lookup)) = lookup(case)? else { return Ok(None) };
    let addresses = lookup.addresses();
    let Some(first) = addresses.first() else { return Ok(None) };
    if finds_server(case, server, lookup) || server.container.addresses().next().is_none() {
        return Ok(None);
    }
    let name = &lookup.name;
    let owner = case
        .facts
        .containers
        .iter()
        .find(|c| c.engine == case.link.engine && c.addresses().any(|ip| ip == *first));
    let who = match owner {
        Some(owner) if owner.name == case.link.client => format!("{} itself", owner.name),
        Some(owner) => owner.name.clone(),
        None => "no container of this engine".into(),
    };
    let mut found = Found::fail(format!(
        "{name} means {first} in {}, which is {who}, not {}",
        case.link.client, server.container.name
    ));
    if lookup.hosts_file.is_empty() {
        found = answers(case, found, lookup);
    } else {
        found = found
            .evidence(format!("hosts file of {}", case.link.client), format!("{first} {name}"));
    }
    let own: Vec<String> = server.container.addresses().map(|ip| ip.to_string()).collect();
    found = found.evidence(format!("addresses of {}", server.container.name), own.join(", "));
    Ok(Some(match owner {
        Some(owner) if owner.name == case.link.client => {
            found.fix(format!("start {} with another hostname than {name}", owner.name))
        }
        Some(owner) => found.fix(format!("take the name {name} from {}, or dial another name of {}", owner.name, server.container.name)),
        None => found.fix(format!(
            "remove what answers for {name} in {} (a line of its hosts file, --add-host, a search domain)",
            case.link.client
        )),
    }))
}
