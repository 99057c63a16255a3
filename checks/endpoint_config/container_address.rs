use super::repair::{quoted, repaired};
use crate::model::{Case, Found, Judgement, Meant, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC404",
    title: "the client is told a container's address instead of its name",
    explanation: "
## What it is
The engine gives addresses anew at every start. An address that is right today belongs to another container, or to
nobody, tomorrow.

## What proves it
The endpoint is an address that a container has on one of the engine's networks.

## What disproves it
A name; or an address given by hand (`--ip`), where you know that it stays.

## How to repair it
Tell the client the server's name.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if case.link.meant != Meant::Address {
        return Ok(None);
    }
    let server = case.server()?;
    let name = &server.container.name;
    let found = quoted(
        case,
        Found::warn(format!("{} is {name} only until its next start", case.link.endpoint.host)),
    );
    Ok(Some(repaired(case, found, server)))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, says};
    use crate::model::Meant;

    #[test]
    fn catches() {
        let told = |it: &mut crate::model::Snapshot| it.told("172.20.0.2", 8080, Meant::Address);
        says(&RULE, told, "warn: 172.20.0.2 is mock only until its next start");
        assert!(remedies(&RULE, told).contains("to http://mock:8080"));
        // From the machine the published port is the address that stays.
        let from_the_machine = |it: &mut crate::model::Snapshot| {
            told(it);
            it.comes_from_the_machine();
        };
        assert!(remedies(&RULE, from_the_machine).contains("to http://127.0.0.1:18141"));
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| it.told("172.20.0.1", 18141, Meant::HostPublished), "nothing");
        says(&RULE, |it| it.told("172.20.0.77", 8080, Meant::Nobody), "nothing");
    }
}
