//! `resolv.conf` and `hosts` as the machine's C library reads them, and sockets that a program has open as the kernel's tables
//! show them, in namespaces made for that.

use super::super::listeners::listeners;
use super::super::resolver_files::{parse_hosts, parse_resolv_conf};
use crate::collect::reference::{Reference, runner};
use checks::model::ResolverConfig;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

/// As many name servers of a file are asked.
const ASKED: usize = 3;

fn library() -> Option<Reference> {
    let inside = "ip link set lo up && exec python3 libc.py";
    let command = ["unshare", "--user", "--map-root-user", "--mount", "--net", "sh", "-c", inside];
    Reference::start(&command, &json!({"hosts": "", "name": "a"}))
}

/// The names for which the name servers are asked, in this order, while nobody knows one of them.
fn candidates(config: &ResolverConfig, name: &str) -> Vec<String> {
    let dots = name.matches('.').count();
    let longer = config.search.iter().map(|domain| format!("{name}.{domain}"));
    let plain = std::iter::once(name.to_owned());
    if dots >= config.ndots as usize {
        plain.chain(longer).collect()
    } else {
        longer.chain(plain).collect()
    }
}

#[test]
fn resolv_conf_means_what_the_c_library_makes_of_it() {
    let Some(library) = library() else { return };
    let domains = || vec("[a-z]{1,4}(\\.[a-z]{1,3})?\\.?", 1..4);
    let line = prop_oneof![
        4 => (1..6_u8, "( # c|\t)?").prop_map(|(n, end)| format!("nameserver 127.0.0.{n}{end}\n")),
        2 => (domains(), "[ \t]").prop_map(|(all, gap)| format!("search{gap}{}\n", all.join(" "))),
        1 => "[a-z]{1,4}".prop_map(|domain| format!("domain {domain}\n")),
        2 => (0..20_u8).prop_map(|n| format!("options ndots:{n} timeout:1\n")),
        1 => (0..4_u8).prop_map(|n| format!("options timeout:1 ndots:{n}\n")),
        1 => "[#;][a-z ]{0,6}\n",
        1 => " nameserver 127\\.0\\.0\\.1\n",
        1 => "nameservers 127\\.0\\.0\\.1\n",
    ];
    let name = "[a-z]{1,3}(\\.[a-z]{1,3}){0,3}";
    let questions = (vec(line, 0..7), name, any::<bool>());
    let outcome = runner(80).run(&questions, |(lines, name, fails)| {
        let text = format!("{}options attempts:1\n", lines.concat());
        let config = parse_resolv_conf(&text);
        prop_assume!(!config.nameservers.is_empty() && !config.search.is_empty());
        let servers = if fails { ASKED } else { 1 };
        let servers: Vec<IpAddr> = config.nameservers.iter().take(servers).copied().collect();
        let answer = library.ask(&json!({"resolv": text, "name": name, "fails": fails}));
        let asked = answer["asked"].as_array().into_iter().flatten();
        // Who fails is asked again for the same name, which is of no interest here; nor is a domain that stands there twice.
        let met: Vec<&str> = asked.clone().filter_map(|one| one[1].as_str()).collect();
        let mut names: Vec<&str> = met.clone();
        names.dedup();
        let mut ours = candidates(&config, &name);
        ours.dedup();
        prop_assert_eq!(names, ours, "{}", text);
        let first = asked.take_while(|one| one[1].as_str() == met.first().copied());
        let mut by: Vec<IpAddr> = first.filter_map(|one| one[0].as_str()?.parse().ok()).collect();
        by.truncate(servers.len());
        prop_assert_eq!(by, servers, "{}", text);
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}

#[test]
fn hosts_mean_what_the_c_library_makes_of_them() {
    let Some(library) = library() else { return };
    let address = prop_oneof![
        3 => "10\\.0\\.[0-9]\\.[0-9]",
        2 => "fd00::[1-9a-f]{1,4}",
        1 => "10\\.0\\.0|x|10\\.0\\.0\\.999",
    ];
    let line = prop_oneof![
        6 => (address, vec("[ab]|A|a\\.b|A\\.B|c-d", 1..4), "[ \t]{1,2}", "( ?#[ab ]{0,3})?")
            .prop_map(|(address, names, gap, end)| format!("{address}{gap}{}{end}\n", names.join(&gap))),
        1 => "# [ab]{1,3}\n",
        1 => Just("\n".to_owned()),
        1 => "10\\.0\\.0\\.1\n",
    ];
    let outcome = runner(50).run(&(vec(line, 0..8), "a|b|A|a\\.b|c-d"), |(lines, name)| {
        let text = lines.concat();
        let carries = |names: &[String]| names.iter().any(|one| one.eq_ignore_ascii_case(&name));
        let ours: BTreeSet<IpAddr> = parse_hosts(&text)
            .into_iter()
            .filter(|line| carries(&line.names))
            .map(|line| line.address)
            .collect();
        let answer = library.ask(&json!({"hosts": text, "name": name}));
        let theirs: BTreeSet<IpAddr> = answer["addresses"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(|one| one.as_str()?.parse().ok())
            .collect();
        prop_assert_eq!(ours, theirs, "{} in\n{}", name, text);
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}

#[test]
fn the_kernels_tables_show_every_socket_that_is_open() {
    let Some(library) = library() else { return };
    let address = prop_oneof![
        Just("0.0.0.0".to_owned()),
        "127\\.[0-9]\\.[0-9]\\.[1-9]",
        Just("::1".to_owned()),
        Just("::".to_owned()),
    ];
    let outcome = runner(50).run(&vec((address, 1_u16..), 0..12), |wanted| {
        let answer = library.ask(&json!({"listen": wanted}));
        let text = |table: &str| answer[table].as_str().unwrap_or_default().to_owned();
        let mut theirs: Vec<SocketAddr> = answer["open"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| {
                let ip: IpAddr = one[0].as_str()?.parse().ok()?;
                Some(SocketAddr::new(ip, u16::try_from(one[1].as_u64()?).ok()?))
            })
            .collect();
        theirs.sort_by_key(|address| (address.port(), address.ip()));
        let read = listeners(&text("tcp"), &text("tcp6")).map_err(TestCaseError::fail)?;
        let ours: Vec<SocketAddr> = read.iter().map(|listener| listener.address).collect();
        prop_assert_eq!(ours, theirs);
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}
