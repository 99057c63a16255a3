//! Files: which key, which line. YAML has a table of its own.

use super::super::from_file;
use super::{Joint, Known, all, check, in_file, placed, vars, with_known};

#[test]
fn json() {
    check(
        "config.json",
        &[
            ("{\n \"llm\": {\n  \"url\": \"http://x:1\"\n }\n}", "3 llm.url = http://x:1"),
            ("{\"db\": {\"host\": \"nobody\", \"port\": 5432}}", "1 db.host = tcp://nobody:5432"),
            (
                "{\n // http://no:1\n \"a\": [\"http://x:1\", {\"b\": \"http://y:1\"}], /* c */\n}",
                "3 a[0] = http://x:1 | 3 a[1].b = http://y:1",
            ),
            ("{\"u\": \"http:\\/\\/x:1\\/y\"}", "1 u = http://x:1/y"),
            ("{\"$schema\": \"https://x:1\", \"homepage\": \"http://y:1\"}", ""),
            ("", ""),
            ("{\"a\": \n", "error: malformed JSON at line 2, column 1"),
            ("{\"password\": \"hunter2\" ]", "error: malformed JSON at line 1, column 24"),
        ],
    );
}

#[test]
fn toml() {
    check(
        "config.toml",
        &[
            ("# x\n[llm]\nurl = \"http://x:1\"\n", "3 llm.url = http://x:1"),
            ("b = \"http://y:1\"\na = \"http://x:1\"\n", "1 b = http://y:1 | 2 a = http://x:1"),
            (
                "[[up]]\nurl = 'http://x:1'\n[[up]]\nurl = 'http://y:1'\n",
                "2 up[0].url = http://x:1 | 4 up[1].url = http://y:1",
            ),
            ("db = { host = \"nobody\", port = 5432 }\n", "1 db.host = tcp://nobody:5432"),
            ("[server]\nhost = \"127.0.0.1\"\nport = 8080\n", ""),
            (
                "a.b.\"c.d\" = [\n  \"http://x:1\",\n  \"http://y:1\"\n]\n",
                "2 a.b.c.d[0] = http://x:1 | 3 a.b.c.d[1] = http://y:1",
            ),
            ("urls = [\"tcp://a:1\"]", "1 urls[0] = tcp://a:1"),
            ("password = hunter2\n", "error: malformed TOML at line 1, column 12"),
        ],
    );
}

#[test]
fn ini() {
    check(
        "config.ini",
        &[
            ("[llm]\n; url = http://no:1\nurl = http://x:1 ; comment\n", "3 llm.url = http://x:1"),
            ("[llm]\nurl = # http://no:1\n", ""),
            ("[db]\nhost: nobody\nport: 5432\n", "2 db.host = tcp://nobody:5432"),
            ("[server]\nhttp_addr = 127.0.0.1\nroot_url = http://localhost:3000\n", ""),
            ("url=http://x:1\n", "1 url = http://x:1"),
            (
                "[a]\nurls =\n  http://x:1\n  http://y:1\n",
                "3 a.urls = http://x:1 | 4 a.urls = http://y:1",
            ),
            ("[a]\nbase = nobody\nurl = http://%(base)s:1/\n", "3 a.url = http://nobody:1"),
            ("[remote \"llm\"]\nurl = http://x:1\n", "2 remote.llm.url = http://x:1"),
            ("[SERVICE]\n    HTTP_Server On\n    HTTP_Listen 0.0.0.0\n    HTTP_Port 2020\n", ""),
            (
                "[OUTPUT]\n    Name es\n    Host nobody\n    Port 9200\n",
                "3 OUTPUT.Host = tcp://nobody:9200",
            ),
        ],
    );
}

#[test]
fn properties() {
    check(
        "application.properties",
        &[
            (
                "# x\nspring.datasource.url=jdbc:mysql://db:3306/x\n",
                "2 spring.datasource.url = mysql://db/x",
            ),
            ("llm.url = http\\://x\\:1\n", "1 llm.url = http://x:1"),
            ("llm.url: http://x:1\n", "1 llm.url = http://x:1"),
            ("llm.url http://x:1\n", "1 llm.url = http://x:1"),
            (
                "! http://no:1\nllm.urls=http://x:1,\\\n  http://y:1\n",
                "2 llm.urls = http://x:1 | 3 llm.urls = http://y:1",
            ),
            ("db.host=nobody\ndb.port=5432\n", "1 db.host = tcp://nobody:5432"),
            ("server.port=8080\nserver.address=127.0.0.1\n", ""),
            ("a.host=nobody\nllm.url=http://${a.host}:1\n", "2 llm.url = http://nobody:1"),
            ("llm.url=${X:http://x:1}\n", "1 llm.url = http://x:1"),
            (
                "bootstrap.servers=a:9092\nzookeeper.connect=zk:2181\n",
                "1 bootstrap.servers = tcp://a:9092 | 2 zookeeper.connect = tcp://zk:2181",
            ),
        ],
    );
}

#[test]
fn dotenv() {
    check(
        "/app/.env.local",
        &[
            ("export LLM_URL=\"http://x:1\"\n", "1 LLM_URL = http://x:1"),
            ("# A=http://no:1\nA=http://x:1 # http://no:1\n", "2 A = http://x:1"),
            ("DB_HOST=nobody\nDB_PORT=5432\n", "1 DB_HOST = tcp://nobody:5432"),
            (
                "H=nobody\nA_URL=http://${H}:1\nB_URL='http://${H}:1'\n",
                "2 A_URL = http://nobody:1 | 3 B_URL = http://${H}:1 !variable",
            ),
            ("HOST=api\nPORT=1\nBASE_URL=http://api:1\nHTTP_PROXY=http://api:1\n", ""),
            ("A_URL=\"http://x:1,\nhttp://y:1\"\n", "1 A_URL = http://x:1 | 2 A_URL = http://y:1"),
            ("A_URL=http://${NOBODY}:1\n", "1 A_URL = http://${NOBODY}:1 !variable"),
        ],
    );
}

#[test]
fn conf() {
    check(
        "haproxy.cfg",
        &[
            (
                "frontend f\n  bind *:80\nbackend b\n  server s1 nobody:8080 check\n",
                "4 server = tcp://nobody:8080",
            ),
            (
                "backend b\n  server s1 b:1 check\n  server s2 gone:8080 check backup disabled init-addr none\n",
                "2 server = tcp://b:1",
            ),
        ],
    );
    check(
        "redis.conf",
        &[(
            "bind 127.0.0.1\nport 6379\nreplicaof nobody 6379\n",
            "3 replicaof = tcp://nobody:6379",
        )],
    );
    check(
        "sentinel.conf",
        &[(
            "port 26379\nsentinel monitor main nobody 6379 2\nsentinel down-after-milliseconds main 5000\nsentinel parallel-syncs main 1\n",
            "2 sentinel = tcp://nobody:6379",
        )],
    );
    check("chrony.conf", &[("server nobody iburst minpoll 4\nmakestep 1 3\n", "")]);
    check(
        "/etc/caddy/Caddyfile",
        &[(
            "http://localhost:80, http://127.0.0.1:80 {\n  reverse_proxy /a/* nobody:8080 {\n    header_up Host {upstream_hostport}\n  }\n  reverse_proxy b:1 b:2\n  redir https://{host}{uri}\n}\n",
            "2 http://localhost:80,.reverse_proxy = tcp://nobody:8080 | 5 http://localhost:80,.reverse_proxy = tcp://b:1 | 5 http://localhost:80,.reverse_proxy = tcp://b:2",
        )],
    );
    check(
        "postgresql.conf",
        &[(
            "listen_addresses = '*'\nprimary_conninfo = 'host=nobody port=5432 user=x'\n",
            "2 primary_conninfo = tcp://nobody:5432",
        )],
    );
    check(
        "apache.conf",
        &[(
            "Listen 80\nServerName api:80\nProxyPass \"/x\" \"http://nobody:8080/\"\n",
            "3 ProxyPass = http://nobody:8080",
        )],
    );
    check(
        "my.cnf",
        &[(
            "[client]\nhost=db\nport=3306\n[mysqld]\nbind-address=127.0.0.1\n",
            "2 client.host = tcp://db:3306",
        )],
    );
    check(
        "app.conf",
        &[
            ("hosts => [\"http://es:9200\"]\n", "1 hosts[0] = http://es:9200"),
            ("url=http://x:1\n", "1 url = http://x:1"),
        ],
    );
}

#[test]
fn what_tells_others_is_no_link() {
    for (path, text) in [
        ("openapi.yaml", "openapi: 3.0.0\nservers:\n- url: http://localhost:8080\n"),
        (
            "compose.yaml",
            "services:\n  web:\n    image: x\n    environment: {A_URL: 'http://localhost:1'}\n",
        ),
        ("k8s.yaml", "apiVersion: v1\nkind: Service\n---\nurl: http://localhost:1\n"),
        ("ci.yaml", "jobs:\n  test:\n    runs-on: x\n    env: {A_URL: 'http://localhost:1'}\n"),
    ] {
        assert_eq!(in_file(path, text), "", "{path}");
    }
    // Programs write such words into their own files, too.
    check(
        "app.yaml",
        &[
            (
                "apiVersion: 1\ndatasources:\n- url: http://x:1\n",
                "3 datasources[0].url = http://x:1",
            ),
            (
                "apiVersion: v1\nkind: Config\nclusters:\n- cluster: {server: 'https://x:1'}\n",
                "4 clusters[0].cluster.server = https://x:1",
            ),
            ("services:\n  pay: {url: 'http://x:1'}\n", "2 services.pay.url = http://x:1"),
            ("url: http://{{ .Values.host }}:80\n", ""),
        ],
    );
}

#[test]
fn what_an_entrypoint_exports_is_filled_in() {
    let exported = [("API_HOST".to_owned(), "api".to_owned()), ("U".into(), "http://x:1".into())];
    let known =
        Known { is_name: &|_| false, vars: &[], exported: &exported, joint: Joint::default() };
    let text = "a: {url: 'http://${API_HOST}:80/v1'}\nb: {url: '${U}'}\n";
    let told = from_file("app.yaml", text, &known).map(|told| all(&told, placed));
    assert_eq!(told, Ok("1 a.url = http://api/v1 | 2 b.url = http://x:1".to_owned()));
}

#[test]
fn what_a_file_switches_off_is_no_link() {
    check(
        "app.yaml",
        &[
            ("tracing:\n  enabled: false\n  endpoint: http://x:1\n", ""),
            ("tracing:\n  disabled: true\n  to:\n    url: http://x:1\n", ""),
            ("tracing: {enabled: \"no\", host: nobody, port: 1}\n", ""),
            ("tracing: {enabled: true, url: 'http://x:1'}\n", "1 tracing.url = http://x:1"),
            ("db: {url: 'http://x:1', tls: {enabled: false}}\n", "1 db.url = http://x:1"),
            (
                "sinks:\n- {enabled: false, url: 'http://x:1'}\n- {url: 'http://y:1'}\n",
                "3 sinks[1].url = http://y:1",
            ),
            ("a: {enabled: false}\n---\na: {url: 'http://x:1'}\n", "3 a.url = http://x:1"),
            ("url: http://${oc.env:NOBODY,x}:1\n", "1 url = http://x:1"),
            ("url: http://${oc.env:LLM_HOST_NAME,x}:1\n", "1 url = http://mock-llm:1"),
            ("url: http://${env:NOBODY, 'x'}:1\n", "1 url = http://x:1"),
            ("url: http://${api.host:x}:1\n", "1 url = http://x:1"),
            ("url: http://${sys:HOST}:1\n", "1 url = http://${sys:HOST}:1 !variable"),
        ],
    );
    check("app.json", &[("{\"t\": {\"enabled\": false, \"url\": \"http://x:1\"}}", "")]);
    check("app.toml", &[("[t]\nenabled = false\nurl = \"http://x:1\"\n", "")]);
    check("app.ini", &[("[t]\nenabled = no\nurl = http://x:1\n", "")]);
    check(
        "application.conf",
        &[(
            "api {\n  host = \"api\"\n  url = \"http://\"${api.host}\":9000/v1\"\n  url = ${?API_URL}\n}\n",
            "2 api.host = tcp://api",
        )],
    );
    check(
        "out.json",
        &[
            ("{\"tool\": {\"name\": \"econn\"}, \"links\": [{\"url\": \"http://x:1\"}]}", ""),
            ("{\"snapshot_version\": 1, \"econn\": \"0.1.0\", \"url\": \"http://x:1\"}", ""),
            ("{\"tool\": {\"name\": \"mine\"}, \"url\": \"http://x:1\"}", "1 url = http://x:1"),
        ],
    );
    check(
        "prometheus.yml",
        &[("relabel_configs:\n  - regex: (.+)\n    replacement: http://${1}:9000/health\n", "")],
    );
    check(
        "xdebug.ini",
        &[(
            "zend_extension=xdebug\nxdebug.client_host=host.docker.internal\nxdebug.client_port=9003\n",
            "",
        )],
    );
    check("app.properties", &[("a.zipkin.enabled=false\na.zipkin.base-url=http://x:1\n", "")]);
    check(
        ".env",
        &[("T_ENABLED=false\nT_URL=http://x:1\nU_URL=http://y:1\n", "3 U_URL = http://y:1")],
    );
}

#[test]
fn parts_for_another_environment_are_no_links() {
    let told = |var: (&str, &str), path: &str, text: &str| {
        let vars = vars(&[var]);
        with_known(&vars, |known| from_file(path, text, known).map(|told| all(&told, placed)))
    };
    let both = r#"{"test": {"url": "http://x:1"}, "production": {"url": "http://y:1"}}"#;
    for (environment, expected) in [
        ("production", "1 production.url = http://y:1"),
        ("test", "1 test.url = http://x:1"),
        ("staging", "1 test.url = http://x:1 | 1 production.url = http://y:1"),
    ] {
        assert_eq!(told(("NODE_ENV", environment), "db.json", both), Ok(expected.to_owned()));
    }
    let alone = r#"{"test": {"url": "http://x:1"}}"#;
    let kept = "1 test.url = http://x:1".to_owned();
    assert_eq!(told(("NODE_ENV", "production"), "db.json", alone), Ok(kept));
    // Told nothing, and one for production names a server: the others are a developer's.
    let rails = "default: &d\n  host: localhost\n  port: 1\ndevelopment:\n  <<: *d\ntest:\n  <<: *d\n\
                 production:\n  <<: *d\n  host: db\n";
    let expected = Ok("10 production.host = tcp://db:1".to_owned());
    assert_eq!(told(("A", "b"), "database.yml", rails), expected);
    let socket = "development: {url: 'http://x:1'}\nproduction: {socket: /run/x}\n";
    let kept = Ok("1 development.url = http://x:1".to_owned());
    assert_eq!(told(("A", "b"), "database.yml", socket), kept);
    let spring = "a: {url: 'http://x:1'}\n---\nspring: {config: {activate: {on-profile: dev}}}\n\
                  a: {url: 'http://y:1'}\n---\nspring: {profiles: '!dev'}\nb: {url: 'http://z:1'}\n";
    for (profile, expected) in [
        ("prod", "1 a.url = http://x:1 | 7 b.url = http://z:1"),
        ("eu,dev", "1 a.url = http://x:1 | 4 a.url = http://y:1"),
        // Told none.
        ("", "1 a.url = http://x:1 | 7 b.url = http://z:1"),
    ] {
        let found = told(("SPRING_PROFILES_ACTIVE", profile), "application.yml", spring);
        assert_eq!(found, Ok(expected.to_owned()));
    }
    let named = format!("spring: {{profiles: {{active: dev}}}}\n---\n{spring}");
    let found = told(("A", "b"), "application.yml", &named);
    assert_eq!(found, Ok("3 a.url = http://x:1 | 6 a.url = http://y:1".to_owned()));
    let open = format!("spring: {{profiles: {{active: '@profile@'}}}}\n---\n{spring}");
    let found = told(("A", "b"), "application.yml", &open);
    let all = "3 a.url = http://x:1 | 6 a.url = http://y:1 | 9 b.url = http://z:1";
    assert_eq!(found, Ok(all.to_owned()));
    let docker = spring.replace("dev", "docker");
    let all = "1 a.url = http://x:1 | 4 a.url = http://y:1 | 7 b.url = http://z:1";
    assert_eq!(told(("A", "b"), "application.yml", &docker), Ok(all.to_owned()));
}
