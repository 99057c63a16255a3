use crate::model::{Case, Fact, Judgement, Rule, Undecided};

pub(crate) const RULE: Rule = Rule {
    code: "EC419",
    title: "the server asks its clients for a certificate of their own",
    explanation: "
## What it is
During the TLS handshake the server asks the client for a certificate (mutual TLS). Some servers turn away whoever shows none,
others let everybody in, and a program may carry its certificate inside itself. So nothing is concluded: it is never a finding,
only the reason of an unknown.

## What proves it
The server's request, in the handshake that econn began from the client's namespace without a certificate, while no private key
was found among the files that are mounted into the client, that its variables and arguments name, or beside its program.

## What disproves it
A handshake in which the server asks for none; a private key, or a key store, among the client's files.

## How to repair it
Where the client is turned away (`certificate required`, `bad certificate`, HTTP 400), give it a certificate that the server's
authority has signed, with its key.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some(shown) = case.certificate().filter(|shown| shown.asks) else { return Ok(None) };
    let has_key = shown.trust.as_ref().and_then(Fact::value).is_some_and(|trust| trust.key);
    if has_key {
        return Ok(None);
    }
    let (authority, client) = (case.link.endpoint.authority(), &case.link.client);
    Err(Undecided::Unknown(format!(
        "{authority} asks its clients for a certificate of their own, and no key of {client} was seen"
    )))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Certificate, Fact, Snapshot, Trust, Validity};

    fn shows(it: &mut Snapshot, asks: bool, key: Option<bool>) {
        let Fact::Known(visit) = &mut it.link().visit else { return };
        let (names, covers, validity) = (vec!["mock".into()], true, Validity::Now);
        let (issuer, self_signed) = (None, false);
        let by = Some("/etc/ca.pem".into());
        let trust = key.map(|key| Fact::Known(Trust { by, key, ..Trust::default() }));
        visit.certificate =
            Some(Certificate { names, covers, validity, issuer, self_signed, trust, asks });
        visit.reply = None;
    }

    #[test]
    fn who_is_let_in_is_not_seen() {
        let why = "unknown: mock:8080 asks its clients for a certificate of their own, and no key of hapi was seen";
        for key in [None, Some(false)] {
            says(&RULE, |it| shows(it, true, key), why);
            row("endpoint-config", |it| shows(it, true, key), why);
        }
        says(&RULE, |it| shows(it, true, Some(true)), "nothing");
        says(&RULE, |it| shows(it, false, None), "nothing");
        says(&RULE, |_| (), "nothing");
    }
}
