use super::failed;
use crate::model::{Case, Connect, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC709",
    title: "the client has no port left for a connection",
    explanation: "
## What it is
Every connection needs a port of the client's own. The client keeps so many connections open, or has closed so many within
the last minute, that none of its range is left for this server.

## What proves it
A connection from the client's namespace to an IPv4 address ends at once with EADDRNOTAVAIL: nothing was sent, so neither
the way nor the server can be at fault.

## What disproves it
Any other end. For an IPv6 address the same error means that the client has no such address.

## How to repair it
Keep connections and use them again (keep-alive, a pool), or widen `net.ipv4.ip_local_port_range`.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let Some(attempt) =
        failed(&case.attempts()?, &Connect::AddressNotAvailable).filter(|a| a.to.is_ipv4())
    else {
        return Ok(None);
    };
    let (name, client) = (&server.container.name, &case.link.client);
    Ok(Some(
        Found::fail(format!("{client} has no port of its own left for a connection to {name}:{}", server.port))
            .evidence(
                format!("connect to {} from the namespace of {client}", attempt.to),
                format!("no free port (EADDRNOTAVAIL) after {} ms", attempt.ms),
            )
            .fix(format!("let {client} keep its connections and use them again, in place of a new one for each request"))
            .fix(format!(
                "start {client} with a wider range: `--sysctl net.ipv4.ip_local_port_range=\"10240 65535\"`, `sysctls:` in Compose"
            )),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::Connect;

    #[test]
    fn catches() {
        let none_left = [("172.20.0.2:8080", Connect::AddressNotAvailable)];
        says(
            &RULE,
            |it| it.way(&none_left, None),
            "fail: hapi has no port of its own left for a connection to mock:8080",
        );
        row("network-path", |it| it.way(&none_left, None), "fail: EC709");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // A client without IPv6.
        says(
            &RULE,
            |it| it.way(&[("[fd00::2]:8080", Connect::AddressNotAvailable)], None),
            "nothing",
        );
        says(&RULE, |it| it.way(&[("172.20.0.2:8080", Connect::Timeout)], None), "nothing");
    }
}
