use super::commands;
use crate::model::{Case, Found, Judgement, LogClass, Logged, Rule, Symptom};

pub(crate) const RULE: Rule = Rule {
    code: "EC806",
    title: "the logs show answers with an error status, which is no fault of the connection",
    explanation: "
## What it is
A log that was given with `--log` holds replies of this server with a status of 400 or more. The request arrived and was
answered, so none of the layers of a connection is at fault: the request itself is wrong (4xx), or the server's program
fails (5xx).

## What proves it
The client's own words in the log, counted, with the server's address.

## What disproves it
Other failures of the same link in the log, such as a refused connection: those are about the connection.

## How to repair it
Compare what the client asks (path, method, body, key) with what the server expects, and look at the server's log.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let is_status = |one: &Logged| one.class == LogClass::Symptom(Symptom::HttpError);
    let mut said = case.facts.logged_of(case.link);
    said.retain(is_status);
    if said.is_empty() {
        return Ok(None);
    }
    let server = case.server()?;
    let (_, logs) = commands(case)?;
    let words: Vec<String> = said.iter().map(ToString::to_string).collect();
    let times: u64 = said.iter().map(|one| one.count).sum();
    let name = &server.container.name;
    let answers = if times == 1 { "an answer" } else { "answers" };
    let found = Found::warn(format!(
        "the logs hold {answers} of {name}:{} with an error status: the connection worked",
        server.port
    ));
    Ok(Some(
        found
            .evidence("the logs", words.join("; "))
            .fix_by(format!("compare the request with what {name} expects, and see its log"), logs),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::says;
    use crate::model::{LogClass, Logged, Snapshot, Symptom};

    fn logs(it: &mut Snapshot, class: LogClass, status: Option<u16>, host: &str) {
        let (host, port) = (Some(host.to_owned()), Some(8080));
        it.logged = vec![Logged { class, status, host, port, library: None, count: 3 }];
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| logs(it, LogClass::Symptom(Symptom::HttpError), Some(400), "mock"),
            "warn: the logs hold answers of mock:8080 with an error status: the connection worked",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| {}, "nothing");
        let status = LogClass::Symptom(Symptom::HttpError);
        says(&RULE, |it| logs(it, status, Some(404), "elsewhere"), "nothing");
        for class in [LogClass::Unnamed, LogClass::Symptom(Symptom::ReadTimeout)] {
            says(&RULE, |it| logs(it, class, None, "mock"), "nothing");
        }
    }
}
