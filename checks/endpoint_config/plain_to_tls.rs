use super::repair::{Right, quoted, rewritten};
use crate::model::{Case, Found, Judgement, Reply, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC412",
    title: "the client is told to speak plain text to a port that speaks TLS",
    explanation: "
## What it is
The address begins with `http://`, and the server expects a TLS handshake on that port. The client sees a connection that is
closed or reset, or a status of 400.

## What proves it
A plain request from the client's namespace was not served, and the beginning of a handshake was answered with a TLS record.

## What disproves it
A plain request that is answered.

## How to repair it
Tell the client `https://`, with a certificate that it trusts; or dial the server's plain port, if it has one.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let endpoint = &case.link.endpoint;
    let Some(visit) = case.link.visit.value() else { return Ok(None) };
    let secure = match endpoint.scheme.as_deref() {
        Some("http") => "https",
        Some("ws") => "wss",
        _ => return Ok(None),
    };
    if visit.reply != Some(Reply::Tls) {
        return Ok(None);
    }
    let found = quoted(case, Found::fail(format!("{} speaks TLS", endpoint.authority()))).evidence(
        format!("the beginning of a TLS handshake from {}", case.link.client),
        "answered with a TLS record",
    );
    let right = Right { scheme: Some(secure), host: endpoint.host.clone(), port: endpoint.port };
    Ok(Some(rewritten(case, found, &right)))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Fact, Reply, Snapshot};

    fn answers(it: &mut Snapshot, reply: Reply) {
        let Fact::Known(visit) = &mut it.link().visit else { return };
        visit.reply = Some(reply);
    }

    #[test]
    fn catches() {
        says(&RULE, |it| answers(it, Reply::Tls), "fail: mock:8080 speaks TLS");
        assert!(remedies(&RULE, |it| answers(it, Reply::Tls)).contains("to https://mock:8080"));
        row("endpoint-config", |it| answers(it, Reply::Tls), "fail: EC412");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        for reply in [Reply::Status(400), Reply::Reset, Reply::Closed, Reply::NotHttp] {
            says(&RULE, |it| answers(it, reply), "nothing");
        }
        says(&RULE, Snapshot::sends_nothing, "nothing");
    }
}
