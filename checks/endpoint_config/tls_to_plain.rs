use super::repair::{Right, quoted, rewritten};
use crate::model::{Case, Found, Judgement, Reply, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC413",
    title: "the client is told to speak TLS to a port that speaks plain text",
    explanation: "
## What it is
The address begins with `https://`, and the server answers plain HTTP on that port. The client's TLS library says something
like `wrong version number` or `record layer failure`.

## What proves it
From the client's namespace the beginning of a TLS handshake got no TLS record, and a plain request got an HTTP status.

## What disproves it
A TLS record in answer to the handshake.

## How to repair it
Tell the client `http://`, or the port on which the server speaks TLS.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let endpoint = &case.link.endpoint;
    let Some(visit) = case.link.visit.value() else { return Ok(None) };
    let plain = match endpoint.scheme.as_deref() {
        Some("https") => "http",
        Some("wss") => "ws",
        _ => return Ok(None),
    };
    let Some(Reply::TlsError(why)) = &visit.reply else { return Ok(None) };
    let found =
        quoted(case, Found::fail(format!("{} speaks plain HTTP, not TLS", endpoint.authority())))
            .evidence(format!("a TLS handshake from {}", case.link.client), why.clone());
    let right = Right { scheme: Some(plain), host: endpoint.host.clone(), port: endpoint.port };
    Ok(Some(rewritten(case, found, &right)))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Fact, Reply, Snapshot};

    fn secure(it: &mut Snapshot, reply: Option<Reply>) {
        let link = it.link();
        link.endpoint.scheme = Some("https".into());
        link.endpoint.url = "https://mock:8080".into();
        link.endpoint.written[0].scheme = Some("https".into());
        let Fact::Known(visit) = &mut link.visit else { return };
        visit.reply = reply;
    }

    fn plain(it: &mut Snapshot) {
        secure(it, Some(Reply::TlsError("answered in plain text".into())));
    }

    #[test]
    fn catches() {
        says(&RULE, plain, "fail: mock:8080 speaks plain HTTP, not TLS");
        assert!(remedies(&RULE, plain).contains("to http://mock:8080"));
        row("endpoint-config", plain, "fail: EC413");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| secure(it, None), "nothing");
        says(&RULE, Snapshot::sends_nothing, "nothing");
    }
}
