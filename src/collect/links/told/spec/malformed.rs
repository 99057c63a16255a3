//! One variable whose address cannot be used as it is, and secrets that never come through.

use super::super::from_env;
use super::{all, compare, link, shown, vars, with_known};

#[test]
fn is_a_malformed_link() {
    let table: &[(&str, &str, &str)] = &[
        ("API_URL", "api:8080", "tcp://api:8080 !scheme"),
        ("API_URL", "api", "tcp://api !scheme"),
        ("API_URL", "//api:8080/v1", "tcp://api:8080 !scheme"),
        ("API_URL", "api.example.com/v1", "tcp://api.example.com !scheme"),
        ("API_URI", "127.0.0.1:8080", "tcp://127.0.0.1:8080 !scheme"),
        ("KAFKA_URL", "a:9092,b:9092", "tcp://a:9092 !scheme | tcp://b:9092 !scheme"),
        ("API_URL", "http://${HOST}:8080", "http://${HOST}:8080 !variable"),
        ("API_URL", "http://$HOST:8080/v1", "http://$HOST:8080/v1 !variable"),
        ("API_URL", "http://$(HOST):8080", "http://$(HOST):8080 !variable"),
        ("API_URL", "http://{{ .Host }}:8080", "http://{{ .Host }}:8080 !variable"),
        ("API_URL", "http://${HOST:-localhost}:8080", "http://${HOST:-localhost}:8080 !HOST"),
        ("API_URL", "http://api:${PORT}", "http://api !variable"),
        ("API_URL", "${SCHEME}://api:8080", "tcp://api:8080 !variable"),
        ("API_URL", "${API}", "tcp://${API} !variable"),
        ("BACKEND", "${HOST}:8080", "tcp://${HOST}:8080 !variable"),
        ("WHATEVER", "http://${HOST}:8080", "http://${HOST}:8080 !variable"),
        ("API_URL", "http://:8080", "http://:8080 !host"),
        ("API_URL", "http://:8080/v1", "http://:8080/v1 !host"),
        ("API_URL", "http:///v1", "http:///v1 !host"),
        ("API_URL", "http://", "http:// !host"),
        ("API_URL", "http://api:80a", "http://api:80a !text"),
        ("API_URL", "http://api:80a/v1?x=y", "http://api:80a !text"),
        ("API_URL", "http://api:http", "http://api:*** !text"),
        ("API_URL", "http://api:8080x9", "http://api:8080x9 !text"),
        ("BACKEND", "api:99999", "tcp://api:99999 !text"),
        ("API_URL", "http://api:99999", "http://api:99999 !text"),
        ("API_URL", "http://[::1", "http:// !text"),
        ("API_URL", "http://::1:8080", "http://::1:8080 !text"),
        ("API_URL", "http://a:80:80", "http://a:80:80 !text"),
        ("API_URL", "http://api:80:80", "http:// !text"),
        ("API_URL", "http://ap!i:80", "http:// !text"),
        ("API_URL", "http:/api:8080", "http:/api:8080 !text"),
        ("WHATEVER", "http:/api:8080/v1", "http:/api:8080 !text"),
        ("API_URL", "http:/api", "http:/api !text"),
        ("API_URL", r"http:\\api:8080", r"http:\\api:8080 !text"),
        ("DATABASE_URL", "postgres:/user:pw@db:5432/x", "tcp:// !text"),
        ("API_URL", "http:api:8080", "http:api:8080 !text"),
        ("API_URL", "http//api:8080", "http//api:8080 !text"),
        ("API_URL", "http://<host>:8080", "http://<host>:8080 !variable"),
        ("API_URL", "http://{host}:8080", "http://{host}:8080 !variable"),
        ("API_URL", "http://http://api:8080", "http://http://api:8080 !text"),
        ("API_URL", "http://https://api/v1", "http://https://api !text"),
        ("API_URL", "http://http://u:p@api:8080", "http:// !text"),
        ("API_URL", "htp://api:8080/v1", "htp://api:8080 !text"),
        ("API_URL", "htpps://api", "htpps://api !text"),
        ("API_URL", "http://ap i:8080", "http://ap i:8080 !text"),
        ("API_URL", "http://api :8080", "http://api :8080 !text"),
        ("API_URL", "http://api: 8080/v1", "http://api: 8080 !text"),
        ("API_URL", "http:// api:8080", "http:// api:8080 !text"),
        ("API_URL", "http://api /v1", "http://api !text"),
        ("API_URL", "\"http://api:8080/v1\"", "\"http://api:8080/v1\" !text"),
        ("API_URL", "'http://u:p@api:8080/v1?x=y'", "'http://api:8080/v1' !text"),
        ("API_URL", "http://api:8080\r", "http://api:8080"),
        ("BROKERS", "\"a:1,b:2\"", "tcp://a:1 | tcp://b:2"),
        ("HOSTS_JSON", "[\"http://api:8080\"]", "http://api:8080"),
        ("JAVA_OPTS", "-Dllm.url=\"http://api:8080\"", "http://api:8080"),
        ("CMD_URL", "'curl http://api:8080'", "http://api:8080"),
    ];
    compare(table.iter().map(|(name, value, urls)| {
        (format!("{name}={value}"), link(name, value), (*urls).to_owned())
    }));
}

#[test]
fn what_stands_around_a_host_is_a_part_of_it() {
    let told = |host: &str, port: &str| {
        with_known(&[], |known| {
            all(&from_env(&vars(&[("Q_HOST", host), ("Q_PORT", port)]), known), shown)
        })
    };
    for (host, expected) in [
        ("api", "tcp://api:8080"),
        (" api ", "tcp://api:8080"),
        ("\"api\"", "tcp://\"api\":8080 !text"),
        ("'api'", "tcp://'api':8080 !text"),
        ("api\r", r"tcp://api\r:8080 !text"),
        ("api\n", r"tcp://api\n:8080 !text"),
    ] {
        assert_eq!(told(host, "8080"), expected, "{host:?}");
    }
    assert_eq!(told("api", "8080\r"), "tcp://api:8080");
}

#[test]
fn keeps_no_secret() {
    let table: &[(&str, &str)] = &[
        ("A_URL", "http://user:hunter2@api:8080/x?token=hunter2#hunter2"),
        ("A_URL", "\"http://user:hunter2@api:8080/x?token=hunter2#hunter2\""),
        ("A_URL", "postgres://user:hunter2/x@db:5432/x"),
        ("A_URL", "postgres://user:x#hunter2@db:5432/x"),
        ("A_URL", "postgres://user:hunter2?x@db:5432/x"),
        ("A_URL", "postgres://user:x@hunter2/y@db:5432/x"),
        ("A_URL", "postgres://user:x)hunter2@db:5432/x"),
        ("A_URL", "postgres://user:x,hunter2@db:5432/x"),
        ("A_URL", "postgres://user:x'hunter2@db:5432/x"),
        ("A_URL", "http://user:hunter2/y@api:80/"),
        ("A_URL", "http://user:x@y/hunter2@api:80/"),
        ("A_DSN", "host=db password=hunter2 dbname=x"),
        ("A_DSN", "host=db password='x hunter2' dbname=x"),
        ("A_DSN", "user:hunter2@tcp(db:3306)/x"),
        ("A_DSN", "Server=db;Password=x;hunter2;User Id=x"),
        ("REDIS_CONFIG", "redis:6379,password=hunter2"),
        ("A_URL", "jdbc:postgresql://db/x?password=hunter2"),
        ("A_URL", "jdbc:sqlserver://db;password=hunter2"),
        ("A_URL", "amqp://u:hunter2:x@rabbit:5672/"),
        ("A_URL", "u:hunter2@db:5432"),
        ("A_URL", "http:/user:hunter2@db:5432"),
        ("A_URL", "http://user:hunter2"),
        ("A_URL", "postgres://user:0hunter2"),
        ("A_URL", "postgres://user:0hunter2/?@db:5432/x"),
        ("A_URL", "postgres://user:,hunter2/?@db:5432/x"),
        ("A_URL", "postgres://user:,hunter2/?a=@db:5432/x"),
        ("A_URL", "mongodb://user:,hunter2/x?a=b@db:27017/x"),
        ("A_URL", "http://http://user:hunter2@db:5432"),
        ("A_URL", "http://user:hunter2 @db:5432"),
    ];
    for (name, value) in table {
        with_known(&[], |known| {
            for told in from_env(&vars(&[(name, value)]), known) {
                assert!(!format!("{told:?}").contains("hunter2"), "{value}: {told:?}");
                assert!(told.secret_line, "{value}");
            }
        });
    }
}

#[test]
fn what_is_set_beside_it_may_be_filled_in_by_the_program() {
    let told = |pairs: &[(&str, &str)]| {
        with_known(&[], |known| all(&from_env(&vars(pairs), known), shown))
    };
    let url = ("API_URL", "http://${SHOP}:$(DOOR)/v1");
    let expected = "http://${SHOP}/v1 !SHOP+DOOR";
    assert_eq!(told(&[url, ("SHOP", "api"), ("DOOR", "80")]), expected);
    let alone = ("API_URL", "http://${SHOP:-api}:8080");
    assert_eq!(told(&[alone]), "http://${SHOP:-api}:8080 !SHOP");
    assert_eq!(told(&[("API_URL", "http://$HOSTNAME:8080")]), "http://$HOSTNAME:8080 !HOSTNAME");
    // One of them is not there, or holds nothing.
    assert_eq!(told(&[url, ("DOOR", "80")]), expected.replace("SHOP+DOOR", "variable"));
    assert_eq!(
        told(&[url, ("SHOP", ""), ("DOOR", "80")]),
        expected.replace("SHOP+DOOR", "variable")
    );
}
