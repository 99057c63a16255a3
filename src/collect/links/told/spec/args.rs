//! Command lines; words are parted by `|`.

use super::super::from_args;
use super::{all, compare, placed, vars, with_known};

fn links(text: &str) -> String {
    let argv: Vec<String> = text.split('|').map(str::to_owned).collect();
    let vars = vars(&[("H", "mock-llm"), ("LLM_URL", "http://api:8080")]);
    with_known(&vars, |known| all(&from_args(&argv, known), placed))
}

#[test]
fn is_a_link() {
    let table: &[(&str, &str)] = &[
        ("app|--endpoint=http://api:8080", "1 = http://api:8080"),
        ("app|--endpoint|http://api:8080", "2 = http://api:8080"),
        ("app|http://api:8080/x", "1 = http://api:8080/x"),
        ("app|--upstream|nobody:8080", "2 = tcp://nobody:8080"),
        ("app|-e|api:8080", "2 = tcp://api:8080"),
        ("app|-e|LLM_URL=http://x:1", "2 = http://x:1"),
        ("app|--llm-url=api:8080", "1 = tcp://api:8080 !scheme"),
        ("app|--url=http://${H}:80", "1 = http://${H} !variable"),
        ("app|--url=http://$(H):80", "1 = http://$(H) !variable"),
        ("app|--db-host|nobody|--db-port|5432", "2 = tcp://nobody:5432"),
        ("app|--db-host=nobody|--db-port=5432", "1 = tcp://nobody:5432"),
        ("app|--host|db|--port|5432", "2 = tcp://db:5432"),
        ("java|-Dllm.url=http://api:8080|-jar|app.jar", "1 = http://api:8080"),
        ("app|--brokers|a:9092,b:9092", "2 = tcp://a:9092 | 2 = tcp://b:9092"),
        ("sh|-c|curl http://x:8080/y && sleep 1", "2 = http://x:8080/y"),
        ("/bin/sh|-c|curl -sf http://$H:8080/y || exit 1", "2 = http://mock-llm:8080/y"),
        ("sh|-c|curl http://${NOBODY}:8080", "2 = http://${NOBODY}:8080 !variable"),
        ("sh|-c|curl http://${NOBODY:-api}:8080", "2 = http://api:8080"),
        ("sh|-c|curl 'http://$H:8080'", "2 = http://$H:8080 !variable"),
        ("sh|-c|T=db; psql postgres://u:p@$T/x", "2 = postgres://db/x"),
        (
            "bash|-lc|until nc -z nobody 5432; do sleep 1; done; exec app --url=http://a:1",
            "2 = tcp://nobody:5432 | 2 = http://a:1",
        ),
        ("sh|-c|bash -c \"curl http://x:1\"", "2 = http://x:1"),
        (
            "sh|-c|while true; do curl -s -H 'Host: y:1' http://x:1/; sleep 1; done",
            "2 = http://x:1",
        ),
        ("sh|-c|timeout 5 bash -c '</dev/tcp/nobody/5432'", "2 = tcp://nobody:5432"),
        ("sh|-c|wget -qO- nobody:8080/x", "2 = tcp://nobody:8080"),
        (
            "python3|-c|import urllib.request as u; u.urlopen('http://127.0.0.1:18141/').read()",
            "2 = http://127.0.0.1:18141",
        ),
        ("node|-e|fetch(\"http://nobody:1/x\").then(console.log)", "2 = http://nobody:1/x"),
        ("wait-for-it.sh|nobody:5432|--|app", "1 = tcp://nobody:5432"),
        ("/wait-for-it.sh|db:5432|-t|30|--|uvicorn|--host|0.0.0.0", "1 = tcp://db:5432"),
        ("tini|--|dockerize|-wait|tcp://db:5432|app", "4 = tcp://db:5432"),
        ("psql|-h|db|-U|x", "2 = tcp://db:5432"),
        ("psql|-h|nobody|-p|5433", "2 = tcp://nobody:5433"),
        ("redis-cli|-h|redis|ping", "2 = tcp://redis:6379"),
        ("psql|host=db dbname=x", "1 = postgresql://db"),
        ("app|db:5432", "1 = tcp://db:5432"),
        ("socat|TCP-LISTEN:80,fork|TCP:nobody:5432", "2 = tcp://nobody:5432"),
        ("env|LLM_URL=http://x:1|app", "1 = http://x:1"),
        ("redis-server|--replicaof|nobody|6379", "2 = tcp://nobody:6379"),
        ("client|mock-llm|8080", "1 = tcp://mock-llm:8080"),
        ("app|--config|{\"llm\":{\"url\":\"http://x:1\"}}", "2 = http://x:1"),
    ];
    compare(
        table
            .iter()
            .map(|(text, expected)| ((*text).to_owned(), links(text), (*expected).to_owned())),
    );
}

#[test]
fn is_no_link() {
    let table: &[&str] = &[
        "app|--bind|127.0.0.1:8080",
        "app|--bind=api:8080",
        "app|--listen=127.0.0.1:8080",
        "app|--web.listen-address=127.0.0.1:9090",
        "uvicorn|main:app|--host|0.0.0.0|--port|8000",
        "uvicorn|main:app|--host|127.0.0.1|--port|8000",
        "gunicorn|-b|127.0.0.1:8000|app:app",
        "app|--cors-origin=http://localhost:3000",
        "app|--allowed-origins|http://localhost:3000,http://api:1",
        "app|--base-url=http://localhost:8080",
        "app|--web.external-url=http://localhost:9090",
        "python|-m|http.server|8080|--bind|127.0.0.1",
        "php|-S|127.0.0.1:8000",
        "sh|-c|echo listening on http://localhost:8080",
        "nginx|-g|daemon off;",
        "redis-server|--bind|127.0.0.1|--port|6379",
        "docker|run|-p|8080:80|redis:7",
        "app|--proxy|http://squid:3128",
        "app|nobody:5432",
        "app|--time|12:30",
        "sh|-c|curl $LLM_URL",
        "sh|-c|# curl http://x:1",
        "nc|-l|127.0.0.1|8080",
        "client|127.0.0.1|8080",
        "app|--schema|https://example.com/x.json",
    ];
    compare(table.iter().map(|text| ((*text).to_owned(), links(text), String::new())));
}
