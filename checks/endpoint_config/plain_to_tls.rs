use super::repair::{Right, quoted, rewritten, spoken_at};
use crate::model::{Case, Found, Judgement, Reply, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC412",
    title: "the client is told to speak plain text to a port that speaks TLS",
    explanation: "
## What it is
The address begins with `http://`, and the server expects a TLS handshake on that port. The client sees a connection that is
closed or reset, or a status of 400.

## What proves it
A plain request from the client's namespace was not served, and the beginning of a handshake was answered with a TLS record. Where
the client does not come so far, both are asked inside the server's namespace.

## What disproves it
A plain request that is answered.

## How to repair it
Tell the client `https://`, with a certificate that it trusts; or dial the server's plain port, if it has one.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let endpoint = &case.link.endpoint;
    let secure = match endpoint.scheme.as_deref() {
        Some("http") => "https",
        Some("ws") => "wss",
        _ => return Ok(None),
    };
    if case.spoken() != Some(&Reply::Tls) {
        return Ok(None);
    }
    let (speaker, asked_from, right) = spoken_at(case)?;
    let found = quoted(case, Found::fail(format!("{speaker} speaks TLS"))).evidence(
        format!("the beginning of a TLS handshake {asked_from}"),
        "answered with a TLS record",
    );
    Ok(Some(rewritten(case, found, &Right { scheme: Some(secure), ..right })))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Connect, Fact, Reply, Snapshot};

    fn answers(it: &mut Snapshot, reply: Reply) {
        let Fact::Known(visit) = &mut it.link().visit else { return };
        visit.reply = Some(reply);
    }

    #[test]
    fn catches() {
        says(&RULE, |it| answers(it, Reply::Tls), "fail: mock:8080 speaks TLS");
        assert!(remedies(&RULE, |it| answers(it, Reply::Tls)).contains("to https://mock:8080"));
        row("endpoint-config", |it| answers(it, Reply::Tls), "fail: EC412");
        // Behind another fault it is asked inside.
        let inside = |it: &mut Snapshot| {
            it.visits("127.0.0.1:18141", Connect::Refused);
            it.link().inside = Some(Reply::Tls);
        };
        says(&RULE, inside, "fail: port 8080 of mock speaks TLS");
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
