use super::{failed, path};
use crate::model::{Case, Connect, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC703",
    title: "the server's address can't be reached",
    explanation: "
## What it is
The client's kernel has no way to the server's address, or was told on the way that there is none. firewalld rejects
with such a message within milliseconds; an address that nobody has gives it after about three seconds.

## What proves it
The connection from the client's namespace ends with \"no route to host\" or \"network is unreachable\".

## What disproves it
Any other end.

## How to repair it
Take away the firewall's rule, or repair the routes.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let path = path(case)?;
    let Some(attempt) = failed(path, &Connect::HostUnreachable)
        .or_else(|| failed(path, &Connect::NetworkUnreachable))
    else {
        return Ok(None);
    };
    let name = &server.container.name;
    Ok(Some(
        Found::fail(format!("{} has no way to {name} at {}", case.link.client, attempt.to))
            .evidence(
                format!("connect to {} from the namespace of {}", attempt.to, case.link.client),
                format!("no route after {} ms", attempt.ms),
            )
            .fix("look for a rule that rejects with icmp-host-prohibited (firewalld), and for routes that overlap the network's subnet"),
    ))
}
