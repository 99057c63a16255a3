use crate::model::{Case, Judgement, Link, Rule, Undecided, is_loopback, numeric};

pub(crate) const RULE: Rule = Rule {
    code: "EC409",
    title: "a configuration file of the client can't be read",
    explanation: "
## What it is
A configuration file that is mounted into the client does not parse. It may name another address than the one that was
judged, so the client's addresses are not all known. It is never a finding, only the reason of an unknown.

## What proves it
The parser's own error, with file and line.

## What disproves it
A file that parses; or one that names the end of another link of the client only.

## How to repair it
Mend the file at the line that is named.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some(client) = case.client() else { return Ok(None) };
    let told = |link: &&Link| link.engine == client.engine && link.client == client.name;
    let links: Vec<&Link> = case.facts.links.iter().filter(told).collect();
    let affects = |(at, why): (usize, &'_ String)| {
        let names = client.unread_names.get(at).map_or(&[][..], Vec::as_slice);
        let own = names.iter().any(|name| means(case, case.link, name));
        // A file that names no end of any link of the client may mean each of them.
        let some = || links.iter().any(|link| names.iter().any(|name| means(case, link, name)));
        (own || !some()).then(|| why.clone())
    };
    let unread: Vec<String> = client.unread_files.iter().enumerate().filter_map(affects).collect();
    if unread.is_empty() { Ok(None) } else { Err(Undecided::Unknown(unread.join("; "))) }
}

/// Whether a text in a file is a name of the link's endpoint or server.
fn means(case: &Case<'_>, link: &Link, name: &str) -> bool {
    let server = link.server.as_ref().and_then(|server| {
        let engine = server.engine.as_deref().unwrap_or(&link.engine);
        case.facts.container(engine, server.container.as_deref()?)
    });
    link.endpoint.host.eq_ignore_ascii_case(name)
        || (is_loopback(name) && link.endpoint.is_loopback())
        || server.is_some_and(|c| {
            c.is_named(name) || numeric(name).is_some_and(|ip| c.addresses().any(|own| own == ip))
        })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::Snapshot;

    fn broken(it: &mut Snapshot) {
        it.hapi().unread_files = vec!["/etc/hapi.yaml line 3: a tab where a space belongs".into()];
    }

    #[test]
    fn catches() {
        says(&RULE, broken, "unknown: /etc/hapi.yaml line 3: a tab where a space belongs");
        row(
            "endpoint-config",
            broken,
            "unknown: /etc/hapi.yaml line 3: a tab where a space belongs",
        );
    }

    #[test]
    fn every_file_is_named_where_it_matters() {
        let two = |it: &mut Snapshot, names: [&[&str]; 2]| {
            it.hapi().unread_files = vec!["/etc/a.yaml line 3".into(), "/etc/b.json line 1".into()];
            it.hapi().unread_names =
                names.iter().map(|n| n.iter().map(|n| (*n).to_owned()).collect()).collect();
            let mut other = it.links[0].clone();
            (other.endpoint.host, other.server) = ("db".into(), None);
            it.links.push(other);
        };
        for (names, expected) in [
            // Nobody knows what they name, or they name no end of any link: each link may be meant.
            ([&[][..], &[]], "unknown: /etc/a.yaml line 3; /etc/b.json line 1"),
            ([&["cache"], &["mail"]], "unknown: /etc/a.yaml line 3; /etc/b.json line 1"),
            ([&["mock"], &["db"]], "unknown: /etc/a.yaml line 3"),
            ([&["db"], &["172.20.0.2"]], "unknown: /etc/b.json line 1"),
            ([&["db"], &["db", "MOCK"]], "unknown: /etc/b.json line 1"),
            ([&["db"], &["db"]], "nothing"),
        ] {
            says(&RULE, |it| two(it, names), expected);
        }
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // The server's files tell the client nothing.
        says(&RULE, |it| it.mock().unread_files = vec!["/etc/mock.yaml line 1".into()], "nothing");
        // What is wrong with the address that was read stands.
        row(
            "endpoint-config",
            |it| {
                broken(it);
                it.told("mokc", 8080, crate::model::Meant::Nobody);
                it.finds(crate::model::Lookup::NoSuchName);
            },
            "fail: EC403",
        );
    }
}
