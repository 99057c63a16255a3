use crate::model::{Case, Fact, Judgement, Rule, Undecided};

pub(crate) const RULE: Rule = Rule {
    code: "EC419",
    title: "the server demands a certificate of its clients",
    explanation: "
## What it is
During the TLS handshake the server asks the client for a certificate of its own (mutual TLS), and turns away whoever shows none. A
program may carry its certificate inside itself, so nothing is concluded from its files: it is never a finding, only the reason of
an unknown.

## What proves it
A handshake that econn began from the client's namespace without a certificate: the server asked for one, and then ended the
connection, answered a request with 400, 401, 403, 495 or 496, or gave it no answer within 1.5 s. No private key was found among the files that are mounted into the client, that
its variables and arguments name, or beside its program.

## What disproves it
A server that goes on without one; a private key, or a key store, that a variable, an argument or a file of the
client names.

## How to repair it
Where the client is turned away (`certificate required`, `bad certificate`), give it a certificate that the server's authority has
signed, with its key.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some(shown) = case.certificate().filter(|shown| shown.demands) else { return Ok(None) };
    let (authority, client) = (case.link.endpoint.authority(), &case.link.client);
    let why = match &shown.trust {
        Some(Fact::Known(trust)) if trust.key => return Ok(None),
        Some(Fact::Known(_)) => {
            format!("no key was seen that a variable, an argument or a file of {client} names")
        }
        Some(Fact::Unknown(why)) => why.clone(),
        Some(Fact::Skipped(_)) | None => {
            format!("nobody looked for one among the files of {client}")
        }
    };
    Err(Undecided::Unknown(format!("{authority} demands a certificate of its clients: {why}")))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{certificate, row, says};
    use crate::model::{Certificate, Fact, Snapshot, Trust};

    fn shows(it: &mut Snapshot, demands: bool, key: Option<bool>) {
        let Fact::Known(visit) = &mut it.link().visit else { return };
        let by = Some("/etc/ca.pem".into());
        let trust = key.map(|key| Fact::Known(Trust { by, key, ..Trust::default() }));
        visit.certificate = Some(Certificate { trust, demands, ..certificate() });
        visit.reply = None;
    }

    #[test]
    fn catches() {
        let why = "unknown: mock:8080 demands a certificate of its clients: no key was seen that a variable, an argument or a file of hapi names";
        says(&RULE, |it| shows(it, true, Some(false)), why);
        row("endpoint-config", |it| shows(it, true, Some(false)), why);
        let why = "unknown: mock:8080 demands a certificate of its clients: nobody looked for one among the files of hapi";
        says(&RULE, |it| shows(it, true, None), why);
    }

    #[test]
    fn catches_not() {
        says(&RULE, |it| shows(it, true, Some(true)), "nothing");
        says(&RULE, |it| shows(it, false, None), "nothing");
        says(&RULE, |_| (), "nothing");
    }
}
