use super::repair::quoted;
use crate::model::{
    Case, Container, Fact, Found, Judgement, Meant, Proxied, Reply, Rule, ServerKind, Undecided,
    quoted as word,
};

pub(crate) const RULE: Rule = Rule {
    code: "EC410",
    title: "a proxy stands between the client and a server of the same engine",
    explanation: "
## What it is
A variable such as `HTTP_PROXY` sends the client's requests to a proxy, and no entry of `NO_PROXY` spares the server. A
proxy outside knows no container by its name; one on the client's own loopback is usually not there at all.

## What proves it
The client's proxy variable for the scheme of the address, and `NO_PROXY` without the host (names, suffixes, addresses,
networks, `*` and ports are read); and one request through that proxy, from the client's place, that comes to another end than
the one without it. Engines hand such variables to every container when they are set for the engine itself.

## What disproves it
An entry that covers the host; a client that ignores the variables; a proxy that gives the very page that comes without it. Where it gives another
one, nobody can tell whose that is: then it is a warning. A proxy that is a container of the same engine may know
the server: where nobody asked it, it is a warning. So it is where programs differ: the host stands in one of `NO_PROXY` and `no_proxy` only, or
`http_proxy` is empty beside `HTTP_PROXY`.

## How to repair it
Add the server's name to `NO_PROXY` and `no_proxy`: programs differ in which of the two they read.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let endpoint = &case.link.endpoint;
    let Some(client) = case.client() else { return Ok(None) };
    let known = case.link.server.as_ref().is_some_and(|s| s.kind != ServerKind::External);
    // Of an address that is wrong by itself, its own finding speaks.
    let wrong = matches!(
        case.link.meant,
        Meant::Nobody | Meant::OwnLoopback | Meant::OwnLoopbackPublished | Meant::OwnLoopbackServed
    );
    let scheme = endpoint.scheme.as_deref().unwrap_or_default();
    let Some(proxy) = client.proxies.of(scheme) else { return Ok(None) };
    let differ = client.proxies.differ(&endpoint.host, endpoint.port);
    let spared = client.proxies.spares(&endpoint.host, endpoint.port) && differ.is_none();
    if !known || wrong || spared {
        return Ok(None);
    }
    let is_container = |c: &Container| {
        c.engine == client.engine
            && c.name != client.name
            && c.state.is_running()
            && (c.is_named(&proxy.host) || c.addresses().any(|a| a.to_string() == proxy.host))
    };
    let seen = format!(
        "{} sends what is for {} to the proxy {} ({})",
        client.name,
        endpoint.authority(),
        proxy.url,
        proxy.name
    );
    let through = through(case)?;
    if through == Through::Arrives {
        return Ok(None);
    }
    let found = if let Some((with, without)) = differ {
        Found::warn(format!("{seen}, or past it: {with} exempts it and {without} does not"))
    } else if let Some(empty) = client.proxies.emptied(scheme) {
        Found::warn(format!("{seen}, or past it: {empty} is empty, which is no proxy to some"))
    // Many programs never ask a proxy for their own loopback.
    // A container of the engine may know the server, where nobody asked it; and whose page it is that differs, can't be told.
    } else if endpoint.is_loopback()
        || matches!(through, Through::Differs(_))
        || (through == Through::Untold && case.facts.containers.iter().any(is_container))
    {
        Found::warn(seen)
    } else {
        Found::fail(seen)
    };
    let mut found =
        quoted(case, found).evidence(format!("Config.Env {}", proxy.name), proxy.url.clone());
    if let Through::Ends(how) | Through::Differs(how) = &through {
        found = found.evidence(format!("the request of {} through it", client.name), how.clone());
    }
    let mut spared: Vec<&str> = Vec::new();
    if let Some(empty) = client.proxies.emptied(scheme) {
        found = found.evidence(format!("Config.Env {empty}"), "empty");
    }
    for exceptions in &client.proxies.exceptions {
        found =
            found.evidence(format!("Config.Env {}", exceptions.name), exceptions.entries.join(","));
        spared.extend(exceptions.entries.iter().map(String::as_str));
    }
    spared.push(&endpoint.host);
    let mut list: Vec<&str> = Vec::new();
    for entry in spared {
        if !list.contains(&entry) {
            list.push(entry);
        }
    }
    let list = list.join(",");
    Ok(Some(found.fix(format!(
        "set NO_PROXY and no_proxy of {} to {list} and start it again (-e {} -e {})",
        client.name,
        word(&format!("NO_PROXY={list}")),
        word(&format!("no_proxy={list}"))
    ))))
}

/// What is known of the way through the proxy.
#[derive(Eq, PartialEq)]
enum Through {
    /// Nobody asked it.
    Untold,
    /// The server answers.
    Arrives,
    /// Somebody answers, and otherwise than without it.
    Differs(String),
    /// Nobody does, and how it ends.
    Ends(String),
}

fn through(case: &Case<'_>) -> Result<Through, Undecided> {
    let visit = match &case.link.visit {
        Fact::Known(visit) => visit,
        // Where no request is sent at all, the variables are what there is.
        Fact::Skipped(_) | Fact::Unknown(_) => return Ok(Through::Untold),
    };
    let unknown = |why: String| Err(Undecided::Unknown(why));
    let speaks_tls = case.link.endpoint.scheme.as_deref() == Some("https");
    Ok(match &visit.proxied {
        None => Through::Untold,
        Some(Proxied::NoName) => Through::Ends("the proxy's name is not known".into()),
        Some(Proxied::Unreached(how)) => Through::Ends(format!("the connection to it {how}")),
        Some(Proxied::Unknown(why)) => return unknown(format!("the way through the proxy: {why}")),
        Some(Proxied::Answered(Reply::Status(407))) => {
            return unknown("the proxy asks for a login, which econn does not send".into());
        }
        Some(Proxied::Answered(Reply::ReadTimeout)) => {
            return unknown("the proxy did not answer in time".into());
        }
        Some(Proxied::AsWithout) => Through::Arrives,
        // Of TLS only the connection was asked for.
        Some(Proxied::Answered(Reply::Status(200..=299))) if speaks_tls => Through::Arrives,
        // Any web server answers so for itself; and pages may differ from one request to the next.
        Some(Proxied::Answered(reply @ Reply::Status(status)))
            if *status < 400 || (!speaks_tls && visit.reply.as_ref() == Some(reply)) =>
        {
            Through::Differs(format!("answered {status}, with another page than without it"))
        }
        Some(Proxied::Answered(reply)) => Through::Ends(match reply {
            Reply::Status(status) => format!("answered {status}"),
            Reply::NotHttp | Reply::Tls | Reply::TlsError(_) => "no answer in HTTP".into(),
            Reply::Reset => "reset".into(),
            Reply::Closed | Reply::ReadTimeout => "closed without a reply".into(),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Connect, Exceptions, Fact, Meant, Proxied, ProxyVariable, Reply, Snapshot};

    fn through(it: &mut Snapshot, name: &str, host: &str) {
        let url = format!("http://{host}:3128");
        let (name, host) = (name.into(), host.into());
        it.hapi().proxies.variables.push(ProxyVariable { name, url, host });
    }

    fn except(it: &mut Snapshot, entries: &[&str]) {
        let entries = entries.iter().map(ToString::to_string).collect();
        it.hapi().proxies.exceptions.push(Exceptions { name: "NO_PROXY".into(), entries });
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| through(it, "HTTP_PROXY", "127.0.0.1"),
            "fail: hapi sends what is for mock:8080 to the proxy http://127.0.0.1:3128 (HTTP_PROXY)",
        );
        says(
            &RULE,
            |it| through(it, "all_proxy", "proxy.example.com"),
            "fail: hapi sends what is for mock:8080 to the proxy http://proxy.example.com:3128 (all_proxy)",
        );
        let exempts_another = |it: &mut Snapshot| {
            through(it, "http_proxy", "proxy.example.com");
            except(it, &["localhost", "other"]);
        };
        assert_eq!(
            remedies(&RULE, exempts_another),
            "set NO_PROXY and no_proxy of hapi to localhost,other,mock and start it again \
             (-e NO_PROXY=localhost,other,mock -e no_proxy=localhost,other,mock)"
        );
        row("endpoint-config", exempts_another, "fail: EC410");
        // A proxy that stands on the same networks may know the name.
        says(
            &RULE,
            |it| {
                it.joins("squid", "172.20.0.9");
                through(it, "http_proxy", "squid");
            },
            "warn: hapi sends what is for mock:8080 to the proxy http://squid:3128 (http_proxy)",
        );
    }

    #[test]
    fn what_a_request_through_it_comes_to_decides() {
        let ends = |came: Proxied| {
            move |it: &mut Snapshot| {
                through(it, "http_proxy", "proxy.example.com");
                let Fact::Known(visit) = &mut it.link().visit else { return };
                visit.proxied = Some(came.clone());
            }
        };
        let seen = "hapi sends what is for mock:8080 to the proxy http://proxy.example.com:3128 (http_proxy)";
        for came in [
            Proxied::NoName,
            Proxied::Unreached(Connect::Refused),
            Proxied::Unreached(Connect::Timeout),
            Proxied::Answered(Reply::Status(503)),
            Proxied::Answered(Reply::Closed),
        ] {
            says(&RULE, ends(came), &format!("fail: {seen}"));
        }
        says(&RULE, ends(Proxied::AsWithout), "nothing");
        // A web server that answers for itself, or a page that is never the same.
        says(&RULE, ends(Proxied::Answered(Reply::Status(200))), &format!("warn: {seen}"));
        let same_status = |it: &mut Snapshot| {
            ends(Proxied::Answered(Reply::Status(404)))(it);
            let Fact::Known(visit) = &mut it.link().visit else { return };
            visit.reply = Some(Reply::Status(404));
        };
        says(&RULE, same_status, &format!("warn: {seen}"));
        // Of TLS the connection is all that was asked for.
        let tunnelled = |it: &mut Snapshot| {
            through(it, "https_proxy", "proxy.example.com");
            it.link().endpoint.scheme = Some("https".into());
            let Fact::Known(visit) = &mut it.link().visit else { return };
            visit.proxied = Some(Proxied::Answered(Reply::Status(200)));
        };
        says(&RULE, tunnelled, "nothing");
        for (came, why) in [
            (
                Proxied::Answered(Reply::Status(407)),
                "the proxy asks for a login, which econn does not send",
            ),
            (Proxied::Answered(Reply::ReadTimeout), "the proxy did not answer in time"),
            (Proxied::Unknown("no permission".into()), "the way through the proxy: no permission"),
        ] {
            says(&RULE, ends(came), &format!("unknown: {why}"));
        }
    }

    #[test]
    fn where_programs_differ_it_is_a_warning() {
        let emptied = |it: &mut Snapshot| {
            through(it, "HTTP_PROXY", "proxy.example.com");
            let (url, host) = (String::new(), String::new());
            let name = "http_proxy".into();
            it.hapi().proxies.variables.push(ProxyVariable { name, url, host });
        };
        let seen = "hapi sends what is for mock:8080 to the proxy http://proxy.example.com:3128";
        says(
            &RULE,
            emptied,
            &format!(
                "warn: {seen} (HTTP_PROXY), or past it: http_proxy is empty, which is no proxy to some"
            ),
        );
        let lists = |it: &mut Snapshot, small: &str| {
            through(it, "http_proxy", "proxy.example.com");
            except(it, &["mock"]);
            let entries = vec![small.into()];
            it.hapi().proxies.exceptions.push(Exceptions { name: "no_proxy".into(), entries });
        };
        says(
            &RULE,
            |it| lists(it, "other"),
            &format!(
                "warn: {seen} (http_proxy), or past it: NO_PROXY exempts it and no_proxy does not"
            ),
        );
        says(&RULE, |it| lists(it, "mock"), "nothing");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        for entries in [&["mock"][..], &["*"], &["localhost", "mock:8080"]] {
            says(
                &RULE,
                |it| {
                    through(it, "HTTP_PROXY", "127.0.0.1");
                    except(it, entries);
                },
                "nothing",
            );
        }
        // Another scheme, or none that goes through a proxy.
        says(&RULE, |it| through(it, "https_proxy", "proxy.example.com"), "nothing");
        says(
            &RULE,
            |it| {
                through(it, "http_proxy", "proxy.example.com");
                it.link().endpoint.scheme = Some("redis".into());
            },
            "nothing",
        );
        // The address is wrong by itself.
        says(
            &RULE,
            |it| {
                through(it, "http_proxy", "proxy.example.com");
                it.told("mokc", 8080, Meant::Nobody);
            },
            "nothing",
        );
    }
}
