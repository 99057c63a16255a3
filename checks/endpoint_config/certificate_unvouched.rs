use super::repair::quoted;
use crate::model::{Case, Certificate, Found, Judgement, Meant, Rule, Trust, Undecided, Validity};

pub(crate) const RULE: Rule = Rule {
    code: "EC417",
    title: "nothing that the client holds vouches for the server's certificate",
    explanation: "
## What it is
The server's certificate signed itself, or an authority of one's own signed it, and the client has no certificate of that
authority. A client that verifies ends the handshake: `self-signed certificate`, `unable to get local issuer certificate`,
`certificate signed by unknown authority`. It is a warning, since a program may bring its authorities along or verify nothing,
which is not seen from outside.

## What proves it
The chain that the server shows in a handshake from the client's namespace, against every certificate in the client's files:
the authorities of its system, the files that its variables and arguments name, variables that hold one themselves, files that are
mounted or stand beside its program.

## What disproves it
A file of the client that holds the certificate itself, or one of an authority that leads to it. A client that says that it
verifies nothing (`NODE_TLS_REJECT_UNAUTHORIZED=0`, `--insecure`). A key store of Java is not read: then it is unknown. So it is
where the only such file is one that nothing names for the client's program: no argument, no file and no variable that it reads
(Node reads `NODE_EXTRA_CA_CERTS`, and not `SSL_CERT_FILE`).

## How to repair it
Mount the authority's certificate into the client and name it as its program wants: `SSL_CERT_FILE` (OpenSSL, Python, Go),
`REQUESTS_CA_BUNDLE`, `NODE_EXTRA_CA_CERTS`, `CURL_CA_BUNDLE`; or add it to the image and run `update-ca-certificates`.
Verification off is no repair.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some(client) = case.client() else { return Ok(None) };
    let Some(certificate) = case.certificate() else { return Ok(None) };
    // A name that leads to somebody else shows that one's certificate.
    let is_others = case.link.meant == Meant::Name && case.server().is_ok() && !case.arrives();
    if certificate.validity != Validity::Now || client.unverified.is_some() || is_others {
        return Ok(None);
    }
    let Some(trust) = &certificate.trust else { return Ok(None) };
    let (authority, name) = (case.link.endpoint.authority(), &client.name);
    let (waiting, looked) = match trust.known()? {
        Trust { by: Some(path), unnamed: true, .. } => {
            return Err(Undecided::Unknown(format!(
                "{path} of {name} vouches for the certificate at {authority}, and nothing that its program is known to read names that one: \
                 whether its program reads it was not seen"
            )));
        }
        Trust { by: Some(_), .. } => return Ok(None),
        Trust { waiting, looked, .. } => (waiting, looked),
    };
    let signer = signer(certificate);
    let looked = if looked.is_empty() { "none".to_owned() } else { looked.join(", ") };
    let found = Found::warn(format!(
        "the certificate at {authority} is signed by {signer}, for whom nothing that {name} holds vouches"
    ))
    .evidence("who signed it", signer)
    .evidence(format!("files of certificates in {name}"), looked);
    let found = quoted(case, found);
    let Some(path) = waiting else {
        let what = if certificate.self_signed {
            "that certificate"
        } else {
            "that authority's certificate"
        };
        return Ok(Some(found.fix(format!(
            "mount {what} into {name} and name it as its program wants: SSL_CERT_FILE (OpenSSL, Python, Go), \
             REQUESTS_CA_BUNDLE, NODE_EXTRA_CA_CERTS, CURL_CA_BUNDLE"
        ))));
    };
    let engine = case.kind().command();
    let is_red_hats = path.starts_with("/etc/pki/");
    let program = if is_red_hats { "update-ca-trust" } else { "update-ca-certificates" };
    let found = found.evidence(format!("it waits in {name} to be installed"), path.clone());
    Ok(Some(found.fix_by(
        format!("have {name} take {path} up among its system's authorities, in its image or at its start"),
        format!("{engine} exec -u 0 {name} {program}"),
    )))
}

fn signer(certificate: &Certificate) -> String {
    match &certificate.issuer {
        _ if certificate.self_signed => "itself".into(),
        Some(name) => name.clone(),
        None => "an authority without a name".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{certificate, remedies, row, says};
    use crate::model::{Certificate, Fact, Snapshot, Trust, Validity};

    fn shows(it: &mut Snapshot, trust: Option<Fact<Trust>>) -> Option<&mut Certificate> {
        let link = it.link();
        link.endpoint.scheme = Some("https".into());
        link.endpoint.url = "https://mock:8080".into();
        let Fact::Known(visit) = &mut link.visit else { return None };
        visit.reply = None;
        visit.certificate =
            Some(Certificate { issuer: Some("ours".into()), trust, ..certificate() });
        visit.certificate.as_mut()
    }

    fn holds(by: Option<&str>) -> Option<Fact<Trust>> {
        let looked = vec!["/etc/ssl/certs/ca-certificates.crt".into()];
        Some(Fact::Known(Trust { by: by.map(ToOwned::to_owned), looked, ..Trust::default() }))
    }

    fn unvouched(it: &mut Snapshot) {
        shows(it, holds(None));
    }

    #[test]
    fn catches() {
        let seen = "the certificate at mock:8080 is signed by ours, for whom nothing that hapi holds vouches";
        says(&RULE, unvouched, &format!("warn: {seen}"));
        row("endpoint-config", unvouched, "warn: EC417");
        assert!(remedies(&RULE, unvouched).contains("SSL_CERT_FILE"));
        let itself = |it: &mut Snapshot| {
            if let Some(shown) = shows(it, holds(None)) {
                shown.self_signed = true;
            }
        };
        says(&RULE, itself, &format!("warn: {}", seen.replace("ours", "itself")));
        let waits = |it: &mut Snapshot| {
            let path = "/usr/local/share/ca-certificates/ours.crt".to_owned();
            let trust = Trust { by: None, waiting: Some(path), ..Trust::default() };
            shows(it, Some(Fact::Known(trust)));
        };
        assert!(remedies(&RULE, waits).contains("update-ca-certificates"));
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(
            &RULE,
            |it| {
                shows(it, holds(Some("/certs/ca.pem")));
            },
            "nothing",
        );
        says(
            &RULE,
            |it| {
                if let Some(shown) = shows(it, holds(Some("/certs/ca.pem")))
                    && let Some(Fact::Known(trust)) = &mut shown.trust
                {
                    trust.unnamed = true;
                }
            },
            "unknown: /certs/ca.pem of hapi vouches for the certificate at mock:8080, and nothing that its program is known to read names that one: whether its program reads it was not seen",
        );
        says(
            &RULE,
            |it| {
                shows(it, None);
            },
            "nothing",
        );
        says(&RULE, Snapshot::sends_nothing, "nothing");
        let careless = |it: &mut Snapshot| {
            unvouched(it);
            it.hapi().unverified = Some("--insecure".into());
        };
        says(&RULE, careless, "nothing");
        let expired = |it: &mut Snapshot| {
            if let Some(shown) = shows(it, holds(None)) {
                shown.validity = Validity::Ended("2025-12-31T23:59:59Z".into());
            }
        };
        says(&RULE, expired, "nothing");
    }

    #[test]
    fn leaves_open() {
        let unread = |it: &mut Snapshot| {
            shows(it, Some(Fact::Unknown("its key store is not read".into())));
        };
        says(&RULE, unread, "unknown: its key store is not read");
        row("endpoint-config", unread, "unknown: its key store is not read");
    }
}
