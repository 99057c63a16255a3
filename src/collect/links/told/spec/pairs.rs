//! Host and port in two variables.

use super::super::from_env;
use super::{all, compare, placed, vars, with_known};

fn links(text: &str) -> String {
    let pairs: Vec<(&str, &str)> =
        text.split(' ').filter_map(|pair| pair.split_once('=')).collect();
    with_known(&[], |known| all(&from_env(&vars(&pairs), known), placed))
}

#[test]
fn a_port_that_is_named_like_the_host_is_taken_and_not_trusted() {
    let table: &[(&str, &str)] = &[
        ("MYSQL_HOST=db MYSQL_TCP_PORT=8080", "tcp://db:8080?"),
        ("REDIS_HOST=redis REDIS_TCP_PORT=8080", "tcp://redis:8080?"),
        ("CASSANDRA_HOSTS=db CASSANDRA_CQL_PORT=8080", "tcp://db:8080?"),
        ("API_HOST=api API_GRPC_PORT=50051", "tcp://api:50051?"),
        ("MYSQL_HOST=db", "tcp://db:3306?"),
        ("MYSQL_HOST=db MYSQL_PORT=1 MYSQL_TCP_PORT=2", "tcp://db:1"),
        // Which of several is meant is not said.
        ("MYSQL_HOST=db MYSQL_TCP_PORT=1 MYSQL_X_PORT=2", "tcp://db"),
        ("MYSQL_HOST=db MYSQL_TCP_PORT=1 MYSQL_X_PORT=1", "tcp://db:1?"),
        // It is another host's, or another port than the one for clients.
        ("DB_HOST=db DB_CACHE_HOST=redis DB_CACHE_PORT=1", "tcp://db | tcp://redis:1"),
        ("REDIS_HOST=redis REDIS_METRICS_PORT=9121", "tcp://redis:6379?"),
        ("POSTGRES_HOST=db POSTGRES_EXTERNAL_PORT=15432", "tcp://db:5432?"),
        ("DB_HOST=nobody DB_TCP_PORT=1", ""),
        ("DB_HOST=redis REDIS_TCP_PORT=1", "tcp://redis"),
        // A URL has the port of its scheme, unless a program puts the other one to it.
        ("API_URL=http://api API_PORT=8080", "http://api?"),
        ("API_URL=http://api:80 API_PORT=8080", "http://api"),
        ("API_URL=http://api PORT=8080", "http://api"),
        ("URL=http://api PORT=8080", "http://api"),
    ];
    let show = |text: &str| {
        let pairs: Vec<(&str, &str)> =
            text.split(' ').filter_map(|pair| pair.split_once('=')).collect();
        with_known(&[], |known| {
            all(&from_env(&vars(&pairs), known), |told| {
                format!("{}{}", told.url(), if told.port_assumed { "?" } else { "" })
            })
        })
    };
    compare(
        table
            .iter()
            .map(|(text, expected)| ((*text).to_owned(), show(text), (*expected).to_owned())),
    );
}

#[test]
fn pairs_make_one_link() {
    let table: &[(&str, &str)] = &[
        ("DB_HOST=db DB_PORT=5432", "DB_HOST = tcp://db:5432"),
        ("DB_PORT=5432 DB_HOST=nobody", "DB_HOST = tcp://nobody:5432"),
        (
            "LLM_SERVICE_HOST=127.0.0.1 LLM_SERVICE_PORT=18141",
            "LLM_SERVICE_HOST = tcp://127.0.0.1:18141",
        ),
        ("DB_HOSTNAME=db DB_PORT=1", "DB_HOSTNAME = tcp://db:1"),
        ("DB_ADDR=db DB_PORT=1", "DB_ADDR = tcp://db:1"),
        ("DB_HOST_NAME=db DB_PORT=1", "DB_HOST_NAME = tcp://db:1"),
        ("PGHOST=db PGPORT=5433", "PGHOST = tcp://db:5433"),
        ("LLM_HOST=api LLM_PORT=8080 LLM_SCHEME=http", "LLM_HOST = http://api:8080"),
        ("LLM_HOST=api LLM_PORT=443 LLM_PROTOCOL=https", "LLM_HOST = https://api"),
        ("ES_HOSTS=a,b ES_PORT=9200", "ES_HOSTS = tcp://a:9200 | ES_HOSTS = tcp://b:9200"),
        ("ES_HOST=http://es ES_PORT=9200", "ES_HOST = http://es:9200"),
        ("ES_HOST=http://es:9201 ES_PORT=9200", "ES_HOST = http://es:9201"),
        ("DB_HOST=a:1 DB_PORT=2", "DB_HOST = tcp://a:1"),
        ("DB_HOST=${H} DB_PORT=5432", "DB_HOST = tcp://${H}:5432 !variable"),
        ("SERVER_HOST=api SERVER_PORT=8080", "SERVER_HOST = tcp://api:8080"),
        ("DB_HOST=db", "DB_HOST = tcp://db"),
        (
            "REDIS_HOST=redis REDIS_PORT=tcp://172.17.0.2:6379",
            "REDIS_HOST = tcp://redis:6379 | REDIS_PORT = tcp://172.17.0.2:6379",
        ),
        ("A_HOST=api B_PORT=1", "A_HOST = tcp://api"),
        ("DB_CONNECTION=mysql DB_HOST=db", "DB_HOST = tcp://db:3306"),
        ("DB_1_HOST=db DB_1_PORT=1", "DB_1_HOST = tcp://db:1"),
        // no links
        ("JAEGER_AGENT_HOST=db JAEGER_AGENT_PORT=6831", ""),
        ("HOST=localhost PORT=8080", ""),
        ("HOST=0.0.0.0 PORT=8080", ""),
        ("DB_HOST=0.0.0.0 DB_PORT=8080", ""),
        ("SERVER_HOST=localhost SERVER_PORT=8080", ""),
        ("BIND_HOST=127.0.0.1 BIND_PORT=1", ""),
        ("UVICORN_HOST=127.0.0.1 UVICORN_PORT=8000", ""),
        ("FLASK_RUN_HOST=localhost FLASK_RUN_PORT=5000", ""),
        ("DB_HOST=nobody", ""),
        ("HTTP_PROXY_HOST=squid HTTP_PROXY_PORT=3128", ""),
        ("DB_HOST=nobody DB_PORT=abc", ""),
        ("DB_HOST=/run/pg DB_PORT=5432", ""),
        ("HTTP_SERVER=on HTTP_PORT=2020", ""),
        ("METRICS_SERVER=true METRICS_PORT=9100", ""),
        ("SMTP_SERVER=disabled SMTP_PORT=25", ""),
        ("SMTP_SERVER=None SMTP_PORT=25", ""),
        ("DEBUG_SERVER=Enabled DEBUG_PORT=1", ""),
        ("DB_HOST=null DB_PORT=5432", ""),
        ("WEB_SERVER=nginx WEB_PORT=80", ""),
        ("APP_SERVER=gunicorn APP_PORT=8000", ""),
        ("HTTP_SERVER=Apache2 HTTP_PORT=80", ""),
        // A word that asks for a host, or says no kind.
        ("API_HOST=nginx API_PORT=80", "API_HOST = tcp://nginx:80"),
        ("SMTP_SERVER=nobody SMTP_PORT=25", "SMTP_SERVER = tcp://nobody:25"),
        ("SMTP_SERVER=onward SMTP_PORT=25", "SMTP_SERVER = tcp://onward:25"),
    ];
    compare(
        table
            .iter()
            .map(|(text, expected)| ((*text).to_owned(), links(text), (*expected).to_owned())),
    );
}
