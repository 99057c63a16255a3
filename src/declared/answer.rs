//! The answer of one check on one link, by the facts of the snapshot.

use super::{Declared, End, Kind};
use checks::model::{Container, Fact, Link, OwnAnswer, Reply, Snapshot, Verdict};

/// What was seen: whether it holds, or why that is open.
type Seen = Result<(bool, String), Fact<Verdict>>;

/// The answer of one check on one link.
pub(super) fn of(check: &Declared, kind: &Kind, link: &Link, facts: &Snapshot) -> OwnAnswer {
    let (what, seen) = match kind {
        Kind::Tcp => (format!("the connection of {}", link.client), tcp(link)),
        Kind::Http { status } => (format!("the request of {}", link.client), http(link, status)),
        Kind::Dns => (format!("the lookup of {}", link.client), dns(link)),
        Kind::Listening { port } => {
            ("the sockets of the server".into(), listening(link, facts, *port))
        }
        Kind::Image { pattern, on } => (
            "the image's name".into(),
            container(link, facts, *on).map(|it| {
                (checks::matches(pattern, &it.image), format!("{} runs {}", it.name, it.image))
            }),
        ),
        Kind::Env { name, on } => {
            (format!("the variable {name}"), asked(check, link, facts, *on, name))
        }
        Kind::Label { name, on, .. } => {
            (format!("the label {name}"), asked(check, link, facts, *on, name))
        }
        Kind::Nagios { .. } => (String::new(), Err(unknown("it is answered by its program"))),
    };
    let (verdict, seen) = match seen {
        Ok((true, seen)) => (Fact::Known(Verdict::Pass), seen),
        Ok((false, seen)) => (Fact::Known(check.failing), seen),
        Err(open) => (open, String::new()),
    };
    OwnAnswer { link: link.id.clone(), verdict, what, seen }
}

fn unknown(why: impl Into<String>) -> Fact<Verdict> {
    Fact::Unknown(why.into())
}

fn visit(link: &Link) -> Result<&checks::model::Visit, Fact<Verdict>> {
    match &link.visit {
        Fact::Known(visit) => Ok(visit),
        Fact::Unknown(why) => Err(unknown(why)),
        Fact::Skipped(why) => Err(Fact::Skipped(why.clone())),
    }
}

fn tcp(link: &Link) -> Seen {
    let visit = visit(link)?;
    let url = &link.endpoint.url;
    if visit.connected() {
        return Ok((true, format!("{} reaches {url}", link.client)));
    }
    match visit.symptom() {
        Some(symptom) => Ok((false, format!("{} to {url}: {symptom}", link.client))),
        None => Err(unknown(format!("no connection of {} to {url} was seen", link.client))),
    }
}

fn http(link: &Link, wanted: &[u16]) -> Seen {
    let visit = visit(link)?;
    let url = &link.endpoint.url;
    match (&visit.reply, visit.symptom()) {
        (Some(Reply::Status(status)), _) => {
            Ok((wanted.contains(status), format!("{url} answers {status}")))
        }
        (_, Some(symptom)) => Ok((false, format!("{url} gives no answer: {symptom}"))),
        (Some(Reply::NotHttp), None) => Ok((false, format!("what answers at {url} is no HTTP"))),
        _ if visit.http2 => {
            Err(unknown(format!("{url} answers in HTTP/2 alone, and was asked in HTTP/1")))
        }
        _ => Err(unknown(format!("no request was sent to {url}"))),
    }
}

fn dns(link: &Link) -> Seen {
    let visit = visit(link)?;
    let host = &link.endpoint.host;
    let Some(resolution) = &visit.resolution else {
        return Err(Fact::Skipped(format!("{host} is no name that is looked up")));
    };
    if let Some(symptom) = resolution.symptom() {
        return Ok((false, format!("{host}: {symptom}")));
    }
    let all: Vec<String> = resolution.addresses().iter().map(ToString::to_string).collect();
    Ok((true, format!("{host} is {}", all.join(", "))))
}

fn listening(link: &Link, facts: &Snapshot, port: Option<u16>) -> Seen {
    let it = container(link, facts, End::Server)?;
    let port = port.or(link.server.as_ref().map(|server| server.port)).unwrap_or_default();
    match &it.listeners {
        Fact::Known(rows) => {
            let is_there = rows.iter().any(|row| row.address.port() == port);
            let how = if is_there { "listens" } else { "does not listen" };
            Ok((is_there, format!("{} {how} on port {port}", it.name)))
        }
        Fact::Unknown(why) => Err(unknown(why)),
        Fact::Skipped(why) => Err(Fact::Skipped(why.clone())),
    }
}

/// What the containers were asked besides; see [`Declared::ask`].
fn asked(check: &Declared, link: &Link, facts: &Snapshot, on: End, name: &str) -> Seen {
    let it = container(link, facts, on)?;
    match it.answers.get(&check.id) {
        Some(true) => Ok((true, format!("{} has {name}", it.name))),
        Some(false) => Ok((false, format!("{} does not have {name} as it should", it.name))),
        None => Err(unknown(format!("{} was not asked for {name}", it.name))),
    }
}

fn container<'a>(
    link: &Link,
    facts: &'a Snapshot,
    on: End,
) -> Result<&'a Container, Fact<Verdict>> {
    let server = link.server.as_ref();
    let (engine, name) = match on {
        End::Client => (Some(&link.engine), Some(&link.client)),
        End::Server => (
            server.and_then(|s| s.engine.as_ref()).or(Some(&link.engine)),
            server.and_then(|s| s.container.as_ref()),
        ),
    };
    let (Some(engine), Some(name)) = (engine, name) else {
        return Err(Fact::Skipped("the server of this link is no container".into()));
    };
    let Some(it) = facts.container(engine, name) else {
        return Err(Fact::Skipped(format!("{name} is no container")));
    };
    match &it.unread {
        Some(why) => Err(unknown(format!("{name} could not be read: {why}"))),
        None => Ok(it),
    }
}
