use super::repair::quoted;
use crate::model::{Case, Found, Judgement, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    code: "EC421",
    title: "the container was made before its files told another address",
    explanation: "
## What it is
The Compose file, a file that `env_file` names or the project's `.env` tells another address than the container has in its
environment. An environment is fixed when a container is made: a restart keeps the old one.

## What proves it
The address in the container's environment differs from the one that its project's files give the same variable, and the
file was written after the container was made.

## What disproves it
The same address; a container that `compose run` made, which may be told something else on its command line. Where a
variable of the shell may have been filled in, or the file is older than the container, it is a warning.

## How to repair it
Recreate the container. If the address in the container is the right one, put it into the file.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some(retold) = &case.link.retold else { return Ok(None) };
    let (client, variable, url) = (&case.link.client, &retold.variable, &case.link.endpoint.url);
    let place = format!("{} line {}", retold.path, retold.line);
    let now = retold.now.as_deref().unwrap_or("no address");
    let mut found =
        Found::fail(format!("{client} still has {variable} with {url}, {place} says {now}"));
    if retold.by_shell || !retold.since {
        found.severity = Severity::Warn;
    }
    let found = quoted(case, found).evidence(format!("{variable} in {place}"), now);
    let labels = case.client().and_then(|client| client.compose.as_ref());
    Ok(Some(match labels {
        Some(labels) => found.fix_by(
            format!("recreate {}; a restart keeps the old environment", labels.service),
            labels.recreate(case.kind(), &labels.service),
        ),
        None => found.fix(format!("recreate {client}; a restart keeps the old environment")),
    }))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says, service};
    use crate::model::{Retold, Snapshot};

    fn edited(it: &mut Snapshot) {
        it.hapi().compose = service("shop", "web");
        it.link().retold = Some(Retold {
            variable: "LLM_ENDPOINT".into(),
            path: "/home/ci/web.env".into(),
            line: 3,
            now: Some("http://mock-2:8080".into()),
            since: true,
            by_shell: false,
        });
    }

    const SEEN: &str =
        "hapi still has LLM_ENDPOINT with http://mock:8080, /home/ci/web.env line 3 says";

    #[test]
    fn catches() {
        says(&RULE, edited, &format!("fail: {SEEN} http://mock-2:8080"));
        row("endpoint-config", edited, "fail: EC421");
        assert_eq!(
            remedies(&RULE, edited),
            "$ docker compose -p shop -f /home/ci/compose.yaml up -d web"
        );
        says(
            &RULE,
            |it| {
                edited(it);
                it.link().retold.as_mut().unwrap().now = None;
            },
            &format!("fail: {SEEN} no address"),
        );
        // podman-compose does not see by itself that a file has changed.
        assert_eq!(
            remedies(&RULE, |it| {
                edited(it);
                it.hapi().compose.as_mut().unwrap().program = Some("podman-compose".into());
            }),
            "$ podman-compose -p shop -f /home/ci/compose.yaml up -d --force-recreate web"
        );
    }

    #[test]
    fn what_may_have_another_reason_is_a_warning() {
        let warn = format!("warn: {SEEN} http://mock-2:8080");
        says(
            &RULE,
            |it| {
                edited(it);
                it.link().retold.as_mut().unwrap().by_shell = true;
            },
            &warn,
        );
        says(
            &RULE,
            |it| {
                edited(it);
                it.link().retold.as_mut().unwrap().since = false;
            },
            &warn,
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| it.hapi().compose = service("shop", "web"), "nothing");
    }
}
