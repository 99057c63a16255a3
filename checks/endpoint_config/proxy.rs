use super::repair::quoted;
use crate::model::{Case, Container, Found, Judgement, Meant, Rule, ServerKind, quoted as word};

pub(crate) const RULE: Rule = Rule {
    code: "EC410",
    title: "a proxy stands between the client and a server of the same engine",
    explanation: "
## What it is
A variable such as `HTTP_PROXY` sends the client's requests to a proxy, and no entry of `NO_PROXY` spares the server. A
proxy outside knows no container by its name; one on the client's own loopback is usually not there at all.

## What proves it
The client's proxy variable for the scheme of the address, and `NO_PROXY` without the host (names, suffixes, addresses,
networks, `*` and ports are read). Engines hand such variables to every container when they are set for the engine itself.

## What disproves it
An entry that covers the host; a client that ignores the variables. A proxy that is a container of the same engine may know
the server: then it is a warning. So it is where programs differ: the host stands in one of `NO_PROXY` and `no_proxy` only, or
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
    let found = if let Some((with, without)) = differ {
        Found::warn(format!("{seen}, or past it: {with} exempts it and {without} does not"))
    } else if let Some(empty) = client.proxies.emptied(scheme) {
        Found::warn(format!("{seen}, or past it: {empty} is empty, which is no proxy to some"))
    // Many programs never ask a proxy for their own loopback.
    } else if endpoint.is_loopback() || case.facts.containers.iter().any(is_container) {
        Found::warn(seen)
    } else {
        Found::fail(seen)
    };
    let mut found =
        quoted(case, found).evidence(format!("Config.Env {}", proxy.name), proxy.url.clone());
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

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Exceptions, Meant, ProxyVariable, Snapshot};

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
