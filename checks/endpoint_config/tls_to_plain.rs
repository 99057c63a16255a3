use super::repair::{Right, quoted, rewritten, spoken_at};
use crate::model::{Case, Found, Judgement, PLAIN_HTTP, Reply, Rule, Undecided};

pub(crate) const RULE: Rule = Rule {
    code: "EC413",
    title: "the client is told to speak TLS to a port that speaks plain text",
    explanation: "
## What it is
The address asks for TLS (`https://`, `rediss://`, `amqps://`), and the server answers in plain text on that port. The client's
TLS library says something like `wrong version number` or `record layer failure`.

## What proves it
From the client's namespace the beginning of a TLS handshake was answered twice with something else than a TLS record, or got no
answer while a plain request got an HTTP status. Where the client does not come so far, both are asked inside the server's namespace.

## What disproves it
A TLS record in answer to the handshake. A port that closes the connection at it, or stays silent, is `unknown`: it may be a
plain one, or one that takes up nobody. Schemes of which some clients ask for TLS in plain text first (`smtps`, `imaps`, `ftps`,
`tls`, `ssl`) are not judged.

## How to repair it
Tell the client the plain scheme (`http://`, `redis://`), or the port on which the server speaks TLS.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let endpoint = &case.link.endpoint;
    let Some(visit) = case.link.visit.value() else { return Ok(None) };
    let Some((plain, is_web)) = endpoint.scheme.as_deref().and_then(without_tls) else {
        return Ok(None);
    };
    let (authority, client) = (endpoint.authority(), &case.link.client);
    // What got lost on the way is no silence of the port.
    if let Some(became) = visit.no_handshake.as_ref().filter(|_| !visit.is_lost()) {
        return Err(Undecided::Unknown(format!(
            "whether {authority} speaks TLS was not seen: a handshake that was begun {became}"
        )));
    }
    let Some(Reply::TlsError(why)) = case.spoken() else { return Ok(None) };
    let is_http = why == PLAIN_HTTP;
    let speaks = if is_http { "plain HTTP, not TLS" } else { "no TLS" };
    let (speaker, asked_from, right) = spoken_at(case)?;
    let found = quoted(case, Found::fail(format!("{speaker} speaks {speaks}")))
        .evidence(format!("a TLS handshake {asked_from}"), why.clone());
    // HTTP where something else is expected, or the reverse, is another server's port.
    if is_http != is_web {
        return Ok(Some(
            found.fix(format!("tell {client} the port on which {} speaks TLS", right.host)),
        ));
    }
    Ok(Some(rewritten(case, found, &Right { scheme: Some(plain), ..right })))
}

/// What a scheme of which clients shake hands before anything else is called without TLS, and whether it is one of HTTP.
fn without_tls(scheme: &str) -> Option<(&'static str, bool)> {
    let (plain, is_web) = match scheme {
        "https" => ("http", true),
        "wss" => ("ws", true),
        "rediss" => ("redis", false),
        "valkeys" => ("valkey", false),
        "amqps" => ("amqp", false),
        "mqtts" => ("mqtt", false),
        "ldaps" => ("ldap", false),
        "grpcs" => ("grpc", false),
        _ => return None,
    };
    Some((plain, is_web))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Fact, NO_TLS, PLAIN_HTTP, Reply, Snapshot, Unacknowledged};

    fn told(it: &mut Snapshot, scheme: &str, reply: Option<Reply>) {
        let link = it.link();
        link.endpoint.scheme = Some(scheme.into());
        link.endpoint.url = format!("{scheme}://mock:8080");
        link.endpoint.written[0].scheme = Some(scheme.into());
        let Fact::Known(visit) = &mut link.visit else { return };
        visit.reply = reply;
    }

    fn secure(it: &mut Snapshot, reply: Option<Reply>) {
        told(it, "https", reply);
    }

    fn plain(it: &mut Snapshot) {
        secure(it, Some(Reply::TlsError(PLAIN_HTTP.into())));
    }

    fn silent(it: &mut Snapshot) {
        secure(it, None);
        let Fact::Known(visit) = &mut it.link().visit else { return };
        visit.no_handshake = Some("was closed by the server".into());
    }

    #[test]
    fn catches() {
        says(&RULE, plain, "fail: mock:8080 speaks plain HTTP, not TLS");
        assert!(remedies(&RULE, plain).contains("to http://mock:8080"));
        row("endpoint-config", plain, "fail: EC413");
        for (scheme, why, seen, remedy) in [
            ("rediss", NO_TLS, "no TLS", "to redis://mock:8080"),
            ("https", NO_TLS, "no TLS", "the port on which mock speaks TLS"),
            ("amqps", PLAIN_HTTP, "plain HTTP, not TLS", "the port on which mock speaks TLS"),
        ] {
            let answered = |it: &mut Snapshot| told(it, scheme, Some(Reply::TlsError(why.into())));
            says(&RULE, answered, &format!("fail: mock:8080 speaks {seen}"));
            assert!(remedies(&RULE, answered).contains(remedy), "{scheme}");
        }
    }

    #[test]
    fn silence_proves_nothing() {
        let why = "unknown: whether mock:8080 speaks TLS was not seen: a handshake that was begun was closed by the server";
        says(&RULE, silent, why);
        row("endpoint-config", silent, why);
        let lost = |it: &mut Snapshot| {
            silent(it);
            let Fact::Known(visit) = &mut it.link().visit else { return };
            visit.lost = Some(Unacknowledged { bytes: 1400, sent_again: 3 });
        };
        says(&RULE, lost, "nothing");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| secure(it, None), "nothing");
        says(&RULE, Snapshot::sends_nothing, "nothing");
        // Some of their clients ask for TLS in plain text first.
        for scheme in ["tls", "smtps", "postgresql"] {
            let greets = |it: &mut Snapshot| told(it, scheme, Some(Reply::TlsError(NO_TLS.into())));
            says(&RULE, greets, "nothing");
        }
    }
}
