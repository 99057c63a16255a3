//! Connection strings as the drivers' own libraries take them apart, or as their documentation writes them.

use super::super::address::Address;
use super::super::variable::NOBODY;
use super::super::{dsn, url, value};
use crate::collect::reference::{Reference, runner};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

/// `host:port`, the port where one is written.
fn ours(read: &[Address]) -> Vec<String> {
    let one = |address: &Address| {
        let port = address.port.map(|port| port.to_string()).unwrap_or_default();
        format!("{}:{port}", address.host)
    };
    read.iter().map(one).collect()
}

/// The same of libpq: it dials the addresses where they are given, and one port is all hosts'. Paths are sockets.
fn theirs(answer: &Value) -> Vec<String> {
    let list = |key: &str| -> Vec<String> {
        let text = answer[key].as_str().filter(|text| !text.is_empty());
        text.map(|text| text.split(',').map(str::to_owned).collect()).unwrap_or_default()
    };
    let (hosts, ports) = (list("hostaddr"), list("port"));
    let hosts = if hosts.is_empty() { list("host") } else { hosts };
    let port = |at: usize| ports.get(at).or(ports.last()).cloned().unwrap_or_default();
    let named = hosts
        .iter()
        .enumerate()
        .filter(|(_, host)| !host.is_empty() && !host.starts_with(['/', '@']));
    named.map(|(at, host)| format!("{host}:{}", port(at))).collect()
}

fn libpq() -> Option<Reference> {
    Reference::start(&["python3", "conninfo.py"], &json!({"text": "host=db dbname=x"}))
}

/// Whatever strings of this kind come, both find the same servers in those that libpq takes.
fn agree(texts: &impl Strategy<Value = String>, read: impl Fn(&str) -> Vec<Address>) {
    let Some(reference) = libpq() else { return };
    let taken = std::cell::Cell::new(0);
    let outcome = runner(400).run(texts, |text| {
        let answer = reference.ask(&json!({"text": text}));
        if answer["refused"].is_string() {
            return Ok(());
        }
        taken.set(taken.get() + 1);
        let read = read(&text);
        if let Some(bad) = read.iter().find(|address| address.trouble.is_some()) {
            return Err(TestCaseError::fail(format!("{text}: {:?}", bad.trouble)));
        }
        prop_assert_eq!(ours(&read), theirs(&answer), "{}", text);
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    assert!(taken.get() > 130, "of 400 strings, libpq takes only {}", taken.get());
}

#[test]
fn connection_strings_as_libpq_reads_them() {
    let host = "[a-z][a-z0-9-]{0,4}[a-z0-9]|10\\.0\\.0\\.[1-9]|/run/[a-z]{1,3}|@[a-z]{1,3}";
    let hosts = vec(host, 1..3).prop_map(|hosts| hosts.join(","));
    let ports = vec("[1-9][0-9]{0,3}", 1..3).prop_map(|ports| ports.join(","));
    let text = "[a-z:/@,;%#]{0,6}|'[a-z =@:/]{0,6}'|'[a-z ]{0,3}(\\\\'|\\\\\\\\)[a-z]{0,3}'|[a-z]{0,2}\\\\[ ']{1}[a-z]{0,2}";
    let pair = prop_oneof![
        3 => hosts.prop_map(|hosts| format!("host={hosts}")),
        1 => "10\\.0\\.0\\.[1-9]".prop_map(|address| format!("hostaddr={address}")),
        2 => ports.prop_map(|ports| format!("port={ports}")),
        2 => text.prop_map(|text| format!("password={text}")),
        1 => "[a-z]{1,4}".prop_map(|user| format!("user = {user}")),
        1 => Just("sslmode=disable".to_owned()),
        1 => "'[a-z]{1,4}'".prop_map(|host| format!("host = {host}")),
    ];
    let texts = vec(pair, 1..5).prop_map(|pairs| format!("dbname=app {}", pairs.join("  ")));
    agree(&texts, |text| dsn::read(text).unwrap_or_default());
}

#[test]
fn uris_as_libpq_reads_them() {
    let login = "([a-z]{1,4}(:[a-zA-Z0-9!$*._-]{0,6})?@)?";
    let host = "([a-z][a-z0-9]{0,4}|10\\.0\\.0\\.[1-9])(:[1-9][0-9]{0,3})?";
    let hosts =
        prop_oneof![3 => vec(host, 1..3).prop_map(|all| all.join(",")), 1 => Just(String::new())];
    let query = "(\\?(sslmode=disable&)?(host=([a-z]{1,4}|%2Frun%2Fpg|/run/pg)&)?(port=[1-9]{1,4}&)?application_name=x)?";
    let texts = ("postgres|postgresql", login, hosts, "(/[a-z]{0,4})?", query).prop_map(
        |(scheme, login, hosts, path, query)| format!("{scheme}://{login}{hosts}{path}{query}"),
    );
    agree(&texts, url::read);
}

/// `[username[:password]@][protocol[(address)]]/dbname[?param1=value1&...]`, as the driver's documentation has it.
#[test]
fn go_mysql_as_its_grammar_has_it() {
    let login = "([a-z]{1,4}(:[a-zA-Z][a-zA-Z0-9@:/()!?=&]{0,7})?@)?";
    let address = "([a-z][a-z0-9-]{0,4}[a-z0-9]|10\\.0\\.0\\.[1-9]|\\[::[1-9]\\]):[1-9][0-9]{0,3}";
    let after = "/[a-z]{0,4}(\\?[a-z]{1,4}=[a-zA-Z0-9%,']{0,6}(&[a-z]{1,3}=[a-z]{0,3}){0,2})?";
    let outcome = runner(400).run(
        &(login, "tcp|tcp6", address, after),
        |(login, protocol, address, after)| {
            let text = format!("{login}{protocol}({address}){after}");
            let read = dsn::read(&text).unwrap_or_default();
            let (host, port) = address.rsplit_once(':').unwrap_or_default();
            let host = host.trim_matches(['[', ']']);
            prop_assert_eq!(ours(&read), [format!("{host}:{port}")], "{}", text);
            prop_assert_eq!(read[0].secret, !login.is_empty() || after.contains('?'), "{}", text);
            Ok(())
        },
    );
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}

/// What the libraries that dial such addresses say of them: `(host, port)` of each server, with the library's default.
fn agree_on_servers(
    reference: &Reference,
    texts: &impl Strategy<Value = String>,
    default: u16,
    question: impl Fn(&str) -> Value,
) {
    let taken = std::cell::Cell::new(0);
    let outcome = runner(300).run(texts, |text| {
        let answer = reference.ask(&question(&text));
        let Some(servers) = answer["servers"].as_array() else { return Ok(()) };
        taken.set(taken.get() + 1);
        let read = value::read(&text, NOBODY).addresses;
        if let Some(bad) = read.iter().find(|address| address.trouble.is_some()) {
            return Err(TestCaseError::fail(format!("{text}: {:?}", bad.trouble)));
        }
        let port = |address: &Address| address.port.unwrap_or(default);
        let mut ours: Vec<_> = read.iter().map(|a| format!("{}:{}", a.host, port(a))).collect();
        let mut theirs: Vec<_> = servers.iter().filter_map(Value::as_str).collect();
        ours.sort_unstable();
        theirs.sort_unstable();
        ours.dedup();
        theirs.dedup();
        prop_assert_eq!(ours, theirs, "{}", text);
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    assert!(taken.get() > 100, "of 300 addresses, the library takes only {}", taken.get());
}

/// Names, addresses of either kind, and what is written before them.
const HOST: &str =
    "([a-z][a-z0-9-]{0,4}[a-z0-9](\\.[a-z]{2,3})?|10\\.0\\.0\\.[1-9])(:[1-9][0-9]{0,3})?";
const LOGIN: &str = "([a-z]{1,4}(:([a-zA-Z0-9!$*._-]|%[24][0-9A-F]){1,6})?@)?";

fn libraries() -> Option<Reference> {
    let first = json!({"kind": "kafka", "text": "a:1"});
    Reference::start(&["/usr/bin/python3", "dsns.py"], &first)
}

#[test]
fn mongodb_as_its_driver_reads_it() {
    let Some(reference) = libraries() else { return };
    let hosts = vec(HOST, 1..4).prop_map(|hosts| hosts.join(","));
    let after = "(/([a-z]{1,4}(\\?(replicaSet=rs0|tls=true|w=1)(&authSource=admin)?)?)?)?";
    let texts = (LOGIN, hosts, after).prop_map(|(a, b, c)| format!("mongodb://{a}{b}{c}"));
    agree_on_servers(&reference, &texts, 27017, |text| json!({"kind": "mongodb", "text": text}));
}

#[test]
fn mysql_as_sqlalchemy_reads_it() {
    let Some(reference) = libraries() else { return };
    let scheme = "(mysql|mariadb)(\\+(pymysql|mysqldb|aiomysql))?";
    let after = "/[a-z]{0,4}(\\?charset=utf8mb4(&ssl_mode=[A-Z]{2})?)?";
    let texts = (scheme, LOGIN, HOST, after).prop_map(|(a, b, c, d)| format!("{a}://{b}{c}{d}"));
    agree_on_servers(&reference, &texts, 3306, |text| json!({"kind": "mysql", "text": text}));
}

#[test]
fn amqp_as_pika_reads_it() {
    let Some(reference) = libraries() else { return };
    let after = "(/(%2[fF]|[a-z]{0,4})(\\?heartbeat=[1-9]0)?)?";
    let texts = (LOGIN, HOST, after).prop_map(|(a, b, c)| format!("amqp://{a}{b}{c}"));
    agree_on_servers(&reference, &texts, 5672, |text| json!({"kind": "amqp", "text": text}));
}

#[test]
fn redis_as_its_client_reads_it() {
    let Some(reference) = libraries() else { return };
    let login = "(([a-z]{1,4})?(:[a-zA-Z0-9!$*._-]{1,6})@)?";
    let texts = ("rediss?", login, HOST, "(/[0-9]?)?(\\?db=[0-9])?")
        .prop_map(|(a, b, c, d)| format!("{a}://{b}{c}{d}"));
    agree_on_servers(&reference, &texts, 6379, |text| json!({"kind": "redis", "text": text}));
}

#[test]
fn lists_of_brokers_as_a_client_of_kafka_reads_them() {
    let Some(reference) = libraries() else { return };
    let ported =
        "([a-z][a-z0-9-]{0,4}[a-z0-9]|10\\.0\\.0\\.[1-9]|\\[fd00::[1-9]\\]):[1-9][0-9]{0,3}";
    let texts = vec(ported, 1..5).prop_map(|brokers| brokers.join(","));
    agree_on_servers(&reference, &texts, 9092, |text| json!({"kind": "kafka", "text": text}));
}

#[test]
fn jdbc_as_its_drivers_read_it() {
    let jars = "/usr/share/java/mariadb-java-client.jar:/usr/share/java/postgresql.jar";
    let first = json!("jdbc:postgresql://a:1/x");
    let started = Reference::start(&["java", "-cp", jars, "Jdbc.java"], &first);
    let Some(reference) = started else { return };
    let after = "/[a-z]{1,4}(\\?user=[a-z]{1,4}(&password=[a-zA-Z0-9!$*._-]{1,6})?)?";
    let hosts = || vec(HOST, 1..4).prop_map(|hosts| hosts.join(","));
    let mariadb = "jdbc:(mariadb|mysql):((loadbalance|failover|replication|sequential):)?";
    let texts = (mariadb, hosts(), after).prop_map(|(a, b, c)| format!("{a}//{b}{c}"));
    agree_on_servers(&reference, &texts, 3306, |text| json!(text));
    let texts =
        (hosts(), after).prop_map(|(hosts, after)| format!("jdbc:postgresql://{hosts}{after}"));
    agree_on_servers(&reference, &texts, 5432, |text| json!(text));
}
