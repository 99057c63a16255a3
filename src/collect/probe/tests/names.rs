//! Names asked from small name servers on loopback, each with its own way to answer or not.

use super::super::parse_hosts;
use super::super::resolve::resolve_at;
use super::name_servers::{Answer, address, is, servers};
use checks::model::{Lookup, Resolution, ResolverConfig};
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::RecordType;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(1);

/// Knows one name, for IPv4 only.
fn knows(name: &str, kind: RecordType, message: &mut Message) -> bool {
    match (name, kind) {
        ("mock_llm" | "api.dns.podman" | "a.b", RecordType::A) => address(kind, message),
        ("mock_llm" | "api.dns.podman" | "a.b", _) => true,
        _ => is(message, ResponseCode::NXDomain),
    }
}

fn run(name: &str, answers: &[Answer], search: &[&str], ndots: u32) -> (Resolution, Duration) {
    let (nameservers, port) = servers(answers);
    ask(name, nameservers, port, search, ndots)
}

fn ask(
    name: &str,
    nameservers: Vec<IpAddr>,
    port: u16,
    search: &[&str],
    ndots: u32,
) -> (Resolution, Duration) {
    let config = ResolverConfig {
        nameservers,
        search: search.iter().map(ToString::to_string).collect(),
        ndots,
    };
    let hosts = parse_hosts("127.0.0.1 localhost\n10.0.0.9 db DB-2\n::1 localhost\n");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let started = Instant::now();
    (runtime.block_on(resolve_at(name, &config, &hosts, LIMIT, port)), started.elapsed())
}

/// Question and answer of each question that was put, with the number of the server.
fn told(resolution: &Resolution) -> Vec<(u8, &str, &Lookup)> {
    let number = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => ip.octets()[3],
        IpAddr::V6(_) => 0,
    };
    resolution
        .asked
        .iter()
        .map(|asked| (number(asked.server), asked.question.as_str(), &asked.answer))
        .collect()
}

fn found() -> Lookup {
    Lookup::Addresses(vec!["10.0.0.7".parse().unwrap()])
}

#[test]
fn the_hosts_file_comes_first() {
    let silent: Answer = |_, _, _| false;
    let (seen, _) = run("db-2", &[silent], &[], 0);
    assert_eq!(
        (seen.hosts_file, seen.asked),
        (vec!["10.0.0.9".parse::<IpAddr>().unwrap()], vec![])
    );
    let (seen, _) = run("localhost", &[silent], &[], 0);
    assert_eq!((seen.hosts_file.len(), seen.asked.len()), (2, 0));
    let (seen, _) = run("10.0.0.1", &[silent], &[], 0);
    assert_eq!((seen.hosts_file.len(), seen.asked.len()), (0, 0));
}

#[test]
fn an_answer_ends_the_asking() {
    let (seen, _) = run("mock_llm", &[knows, knows], &[], 0);
    assert_eq!(told(&seen), [(2, "mock_llm", &found())]);
    let both: Answer = |_, kind, message| address(kind, message);
    let (seen, _) = run("x", &[both], &[], 0);
    let all = Lookup::Addresses(vec!["10.0.0.7".parse().unwrap(), "fd00::7".parse().unwrap()]);
    assert_eq!(told(&seen), [(2, "x", &all)]);
}

#[test]
fn a_name_that_does_not_exist_ends_the_asking_too() {
    let (seen, _) = run("nobody", &[knows, knows], &[], 0);
    assert_eq!(told(&seen), [(2, "nobody", &Lookup::NoSuchName)]);
    let empty: Answer = |_, _, _| true;
    let (seen, _) = run("x", &[empty, knows], &[], 0);
    assert_eq!(told(&seen), [(2, "x", &Lookup::NoAddresses)]);
    // Names with a meaning of their own are asked for like any other.
    let (seen, _) = run("some.localhost", &[knows], &[], 0);
    assert_eq!(told(&seen), [(2, "some.localhost", &Lookup::NoSuchName)]);
}

#[test]
fn search_domains_are_tried_in_the_order_of_the_dots() {
    let (seen, _) = run("api", &[knows], &["dns.podman"], 1);
    assert_eq!(told(&seen), [(2, "api.dns.podman", &found())]);
    let (seen, _) = run("mock_llm", &[knows], &["dns.podman"], 1);
    assert_eq!(
        told(&seen),
        [(2, "mock_llm.dns.podman", &Lookup::NoSuchName), (2, "mock_llm", &found())]
    );
    let (seen, _) = run("api", &[knows], &["dns.podman"], 0);
    assert_eq!(told(&seen), [(2, "api", &Lookup::NoSuchName), (2, "api.dns.podman", &found())]);
    let (seen, _) = run("a.b", &[knows], &["dns.podman"], 1);
    assert_eq!(told(&seen), [(2, "a.b", &found())]);
    let (seen, _) = run("api.", &[knows], &["dns.podman"], 1);
    assert_eq!(told(&seen), [(2, "api", &Lookup::NoSuchName)]);
}

#[test]
fn failures_lead_to_the_next_server() {
    let fails: Answer = |_, _, message| is(message, ResponseCode::ServFail);
    let refuses: Answer = |_, _, message| is(message, ResponseCode::Refused);
    let (seen, _) = run("mock_llm", &[fails, refuses, knows], &[], 0);
    let expected = [
        (2, "mock_llm", &Lookup::ServerFailure),
        (3, "mock_llm", &Lookup::RefusedByServer),
        (4, "mock_llm", &found()),
    ];
    assert_eq!(told(&seen), expected);
    // A fourth server is never asked.
    let (seen, _) = run("mock_llm", &[fails, fails, fails, knows], &[], 0);
    assert_eq!(seen.asked.len(), 3);
}

#[test]
fn a_dead_server_costs_its_limit_once() {
    let silent: Answer = |_, _, _| false;
    let (seen, took) = run("nobody", &[silent, knows], &["a", "b", "c"], 1);
    assert_eq!(
        seen.asked.iter().filter(|asked| asked.answer == Lookup::Timeout).count(),
        1,
        "{seen:?}"
    );
    assert_eq!(seen.asked.len(), 5, "{seen:?}");
    assert!(took >= LIMIT && took < LIMIT * 2, "{took:?}");
}

#[test]
fn a_server_that_is_not_there_is_seen_at_once() {
    let (mut nameservers, port) = servers(&[knows]);
    nameservers.insert(0, "127.0.0.99".parse().unwrap());
    let (seen, took) = ask("mock_llm", nameservers, port, &[], 0);
    assert_eq!(
        told(&seen),
        [
            (99, "mock_llm", &Lookup::Unreachable("the connection was refused".into())),
            (2, "mock_llm", &found())
        ]
    );
    assert!(took < LIMIT, "{took:?}");
    // No server in the file means the own host to the C library.
    let (seen, _) = ask("mock_llm", Vec::new(), port, &[], 0);
    assert_eq!(seen.asked[0].server, IpAddr::V4(Ipv4Addr::LOCALHOST));
}

#[test]
fn what_ipv6_comes_to_does_not_spoil_ipv4() {
    let v4_only: Answer = |_, kind, message| kind == RecordType::A && address(kind, message);
    assert_eq!(told(&run("x", &[v4_only], &[], 0).0), [(2, "x", &found())]);
    let v6_fails: Answer = |name, kind, message| match kind {
        RecordType::A => knows(name, kind, message),
        _ => is(message, ResponseCode::ServFail),
    };
    assert_eq!(told(&run("mock_llm", &[v6_fails], &[], 0).0), [(2, "mock_llm", &found())]);
    assert_eq!(told(&run("nobody", &[v6_fails], &[], 0).0), [(2, "nobody", &Lookup::NoSuchName)]);
    let silent_on_v6: Answer =
        |name, kind, message| kind == RecordType::A && knows(name, kind, message);
    let (seen, took) = run("nobody", &[silent_on_v6], &["a", "b"], 1);
    assert_eq!(seen.asked.len(), 3);
    assert!(took < LIMIT * 2, "silence on IPv6 is waited for once: {took:?}");
}

#[test]
fn a_truncated_answer_is_fetched_over_tcp() {
    let long: Answer = |_, kind, message| {
        message.metadata.truncation = true;
        kind != RecordType::A || address(kind, message)
    };
    assert_eq!(told(&run("x", &[long], &[], 0).0), [(2, "x", &found())]);
}
