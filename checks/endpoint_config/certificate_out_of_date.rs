use super::repair::quoted;
use crate::model::{Case, Found, Judgement, Rule, Validity};

pub(crate) const RULE: Rule = Rule {
    code: "EC415",
    title: "the server's certificate has expired, or is not valid yet",
    explanation: "
## What it is
The server speaks TLS and shows a certificate whose time is over or has not begun. A client that verifies certificates ends
the handshake: `certificate has expired`, `certificate is not yet valid`.

## What proves it
The certificate, seen in a handshake from the client's namespace, and the clock of the machine, which its containers share.

## What disproves it
A certificate that is valid now. A client that says that it verifies nothing (`NODE_TLS_REJECT_UNAUTHORIZED=0`, `--insecure`)
gets through: then it is a warning.

## How to repair it
Make the certificate anew, and start the server again so that it reads it. Verification off is no repair.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some(certificate) = case.certificate() else { return Ok(None) };
    let authority = case.link.endpoint.authority();
    let (seen, until, fix) = match &certificate.validity {
        Validity::Now => return Ok(None),
        Validity::Ended(at) => (
            format!("the certificate at {authority} expired on {at}"),
            format!("valid until {at}"),
            "make the server's certificate anew, and start the server again",
        ),
        Validity::Begins(at) => (
            format!("the certificate at {authority} is not valid before {at}"),
            format!("valid from {at}"),
            "set the clock of the machine, or make the server's certificate anew with a time that has begun",
        ),
    };
    let found = severity(case, seen)
        .evidence("the server's certificate", until)
        .evidence("the look at it", case.facts.taken_at.clone());
    Ok(Some(quoted(case, found).fix(fix)))
}

/// A fault, unless the client says that it verifies no certificate.
pub(super) fn severity(case: &Case<'_>, seen: String) -> Found {
    let Some(client) = case.client() else { return Found::fail(seen) };
    match &client.unverified {
        Some(word) => Found::warn(seen)
            .evidence(format!("what {} says of verification", client.name), word.clone()),
        None => Found::fail(seen),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{certificate, row, says};
    use crate::model::{Certificate, Fact, Snapshot, Validity};

    fn shows(it: &mut Snapshot, validity: Validity) {
        let Fact::Known(visit) = &mut it.link().visit else { return };
        visit.certificate = Some(Certificate { validity, ..certificate() });
        visit.reply = None;
    }

    fn expired(it: &mut Snapshot) {
        shows(it, Validity::Ended("2025-12-31T23:59:59Z".into()));
    }

    #[test]
    fn catches() {
        let seen = "the certificate at mock:8080 expired on 2025-12-31T23:59:59Z";
        says(&RULE, expired, &format!("fail: {seen}"));
        row("endpoint-config", expired, "fail: EC415");
        row("network-path", expired, "pass: hapi connects to 172.20.0.2:8080 in 1 ms");
        says(
            &RULE,
            |it| shows(it, Validity::Begins("2027-01-01T00:00:00Z".into())),
            "fail: the certificate at mock:8080 is not valid before 2027-01-01T00:00:00Z",
        );
        let careless = |it: &mut Snapshot| {
            expired(it);
            it.hapi().unverified = Some("--insecure".into());
        };
        says(&RULE, careless, &format!("warn: {seen}"));
        row("network-path", careless, "pass: hapi connects to 172.20.0.2:8080 in 1 ms");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| shows(it, Validity::Now), "nothing");
        says(&RULE, Snapshot::sends_nothing, "nothing");
    }
}
