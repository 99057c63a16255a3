use super::nobody::is_carried_by_nobody;
use super::repair::quoted;
use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC422",
    title: "the service that the name means has no container",
    explanation: "
## What it is
The client is told a service of its own Compose project, and that service was never started: it belongs to a profile that
was not enabled, the client was started alone (`run --no-deps`, `up` with one name), or the container was removed.

## What proves it
The project's Compose files describe the service, and no container of the engine, running or not, carries its name.

## What disproves it
A container of the service: that it does not run is EC601 and its neighbours, that its name does not resolve is EC504.

## How to repair it
Start the service, with its profile where it has one, and name it in `depends_on` of the client.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some(unstarted) = &case.link.unstarted else { return Ok(None) };
    if !is_carried_by_nobody(case)? {
        return Ok(None);
    }
    let service = &case.link.endpoint.host;
    let place = format!("{} line {}", unstarted.path, unstarted.line);
    let profiles = unstarted.profiles.join(", ");
    let found = Found::fail(if profiles.is_empty() {
        format!("{service} is a service of {place}, and has no container")
    } else {
        format!("{service} is a service of {place}, in profile {profiles}, and has no container")
    });
    let found = quoted(case, found).evidence(format!("service {service}"), place);
    Ok(Some(match case.start_of_service() {
        Some((say, command)) => found.fix_by(say, command),
        None => found.fix(format!("start {service}")),
    }))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{ip, remedies, row, says, service};
    use crate::model::{Lookup, Meant, Snapshot, Unstarted};

    fn never_started(it: &mut Snapshot) {
        it.told("db", 5432, Meant::Nobody);
        it.finds(Lookup::NoSuchName);
        it.hapi().compose = service("shop", "web");
        it.link().server = None;
        it.link().unstarted =
            Some(Unstarted { path: "/home/ci/compose.yaml".into(), line: 9, profiles: Vec::new() });
    }

    fn in_a_profile(it: &mut Snapshot) {
        never_started(it);
        it.link().unstarted.as_mut().unwrap().profiles = vec!["data".into()];
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            never_started,
            "fail: db is a service of /home/ci/compose.yaml line 9, and has no container",
        );
        assert_eq!(
            remedies(&RULE, never_started),
            "$ docker compose -p shop -f /home/ci/compose.yaml up -d db"
        );
        says(
            &RULE,
            in_a_profile,
            "fail: db is a service of /home/ci/compose.yaml line 9, in profile data, and has no container",
        );
        assert_eq!(
            remedies(&RULE, in_a_profile),
            "$ docker compose -p shop -f /home/ci/compose.yaml --profile data up -d db"
        );
        // It is one fault, not two: the name is no slip of the pen.
        row("endpoint-config", never_started, "fail: EC422");
        says(
            &RULE,
            |it| {
                never_started(it);
                it.sends_nothing();
            },
            "fail: db is a service of /home/ci/compose.yaml line 9, and has no container",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // A line of a hosts file carries the name.
        says(
            &RULE,
            |it| {
                never_started(it);
                it.link().meant = Meant::Name;
            },
            "nothing",
        );
        says(
            &RULE,
            |it| {
                never_started(it);
                it.finds(Lookup::Addresses(vec![ip("10.1.2.3")]));
            },
            "unknown: no container of docker has the name db, and hapi finds it all the same",
        );
    }
}
