use super::certificate_out_of_date::severity;
use super::repair::{at, quoted, rewritten};
use crate::model::{Case, Found, Judgement, Meant, Rule, Target};

pub(crate) const RULE: Rule = Rule {
    code: "EC414",
    title: "the server's certificate is for another name than the one that the client dials",
    explanation: "
## What it is
The server speaks TLS and shows a certificate for other names. A client that verifies certificates, as nearly all do unless
they are told not to, ends the handshake: hostname mismatch, `certificate is valid for ..., not ...`.

## What proves it
The certificate, seen in a handshake from the client's namespace, and its subject alternative names. A common name counts no
more for most clients; where a certificate has nothing else, it is a warning.

## What disproves it
An alternative name or an address in the certificate that covers the dialled host, wildcards included. A client that says that
it verifies nothing (`NODE_TLS_REJECT_UNAUTHORIZED=0`, `--insecure`) gets through: then it is a warning.
So it is outside https and wss, where many clients verify who signed and compare no names (libpq with `sslmode=verify-ca`).

## How to repair it
Make the certificate for the name that clients dial, or let them dial a name that it is for. Verification off is no repair.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let endpoint = &case.link.endpoint;
    let Some(certificate) = case.certificate() else { return Ok(None) };
    if certificate.covers {
        return Ok(None);
    }
    let server = case.server().ok();
    // Where the name leads to somebody else, that one's certificate is beside the point.
    if case.link.meant == Meant::Name && server.is_some() && !case.arrives() {
        return Ok(None);
    }
    let names = certificate.names.join(", ");
    let found = if certificate.names.is_empty() {
        let seen =
            format!("the certificate at {} names no host that it is for", endpoint.authority());
        Found::warn(seen).evidence("its subject alternative names", "none")
    } else {
        let seen = format!(
            "the certificate at {} is for {names}, not for {}",
            endpoint.authority(),
            endpoint.host
        );
        let compared = matches!(endpoint.scheme.as_deref(), Some("https" | "wss"));
        let found = if compared { severity(case, seen) } else { Found::warn(seen) };
        found.evidence("its subject alternative names", names)
    };
    let found = quoted(case, found).fix(format!(
        "make the certificate again with the subject alternative name {}:{}",
        if endpoint.address().is_some() { "IP" } else { "DNS" },
        endpoint.host
    ));
    let known = server.and_then(|server| covered(server, &certificate.names));
    Ok(Some(match known {
        Some(name) => rewritten(case, found, &at(case, name, endpoint.port)),
        None => found,
    }))
}

/// A name of the server that the certificate is for.
fn covered<'a>(server: Target<'a>, names: &[String]) -> Option<&'a str> {
    server.container.names().find(|name| names.iter().any(|n| n.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{certificate, remedies, row, says};
    use crate::model::{Certificate, Fact, Lookup, Meant, Snapshot};

    fn shows(it: &mut Snapshot, names: &[&str], covers: bool) {
        let link = it.link();
        link.endpoint.scheme = Some("https".into());
        link.endpoint.url = "https://mock:8080".into();
        let Fact::Known(visit) = &mut link.visit else { return };
        let names = names.iter().map(ToString::to_string).collect();
        visit.certificate = Some(Certificate { names, covers, ..certificate() });
        visit.reply = None;
    }

    fn of_another(it: &mut Snapshot) {
        shows(it, &["llm.example.com", "*.example.org"], false);
    }

    #[test]
    fn catches() {
        let seen =
            "the certificate at mock:8080 is for llm.example.com, *.example.org, not for mock";
        says(&RULE, of_another, &format!("fail: {seen}"));
        row("endpoint-config", of_another, "fail: EC414");
        assert_eq!(
            remedies(&RULE, of_another),
            "make the certificate again with the subject alternative name DNS:mock"
        );
        // The server carries a name that is covered.
        let carried = |it: &mut Snapshot| {
            of_another(it);
            it.mock().attachments[0].aliases.push("llm.example.com".into());
        };
        let remedy = remedies(&RULE, carried);
        assert!(remedy.contains("llm.example.com:8080"), "{remedy}");
        // The client's own words: it does not verify.
        let careless = |it: &mut Snapshot| {
            of_another(it);
            it.hapi().unverified = Some("NODE_TLS_REJECT_UNAUTHORIZED".into());
        };
        says(&RULE, careless, &format!("warn: {seen}"));
        // Whose clients often compare no names.
        let redis = |it: &mut Snapshot| {
            of_another(it);
            it.link().endpoint.scheme = Some("rediss".into());
        };
        says(&RULE, redis, &format!("warn: {seen}"));
        says(
            &RULE,
            |it| shows(it, &[], false),
            "warn: the certificate at mock:8080 names no host that it is for",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| shows(it, &["mock"], true), "nothing");
        says(&RULE, Snapshot::sends_nothing, "nothing");
        // Somebody else answers to the name.
        let impostor = |it: &mut Snapshot| {
            of_another(it);
            it.visits("172.20.0.9:8080", crate::model::Connect::Connected);
            assert_eq!(it.link().meant, Meant::Name);
        };
        says(&RULE, impostor, "nothing");
        says(&RULE, |it| it.finds(Lookup::NoSuchName), "nothing");
    }
}
