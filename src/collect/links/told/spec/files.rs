//! Files: which key, which line.

use super::super::from_file;
use super::{all, compare, placed, vars, with_known};

fn links(path: &str, text: &str) -> String {
    let vars = vars(&[("LLM_HOST_NAME", "mock-llm"), ("LLM_URL", "http://api:8080")]);
    with_known(&vars, |known| match from_file(path, text, known) {
        Ok(told) => all(&told, placed),
        Err(what) => format!("error: {what}"),
    })
}

fn check(path: &str, table: &[(&str, &str)]) {
    compare(table.iter().map(|(text, expected)| {
        (format!("{path}: {text:?}"), links(path, text), (*expected).to_owned())
    }));
}

#[test]
fn yaml() {
    check(
        "config.yaml",
        &[
            (
                "# mock\nllm:\n  provider: x\n  endpoint: http://127.0.0.1:18141\n",
                "4 llm.endpoint = http://127.0.0.1:18141",
            ),
            (
                "service:\n  upstreams:\n  - name: a\n    url: http://a:1\n  - url: 'http://b:2'\n",
                "4 service.upstreams[0].url = http://a:1 | 5 service.upstreams[1].url = http://b:2",
            ),
            ("db:\n  host: nobody\n  port: 5432\n", "2 db.host = tcp://nobody:5432"),
            ("db: {host: nobody, port: 5432}\n", "1 db.host = tcp://nobody:5432"),
            (
                "db:\n  hostname: nobody\n  port: \"5432\"\n  scheme: http\n",
                "2 db.hostname = http://nobody:5432",
            ),
            ("hosts:\n- a\n- b\nport: 1\n", "2 hosts[0] = tcp://a:1 | 3 hosts[1] = tcp://b:1"),
            (
                "cassandra:\n  hosts:\n  - a\n  - b\n  port: 9042\n",
                "3 cassandra.hosts[0] = tcp://a:9042 | 4 cassandra.hosts[1] = tcp://b:9042",
            ),
            (
                "kafka:\n  bootstrap-servers: a:9092,b:9092\n",
                "2 kafka.bootstrap-servers = tcp://a:9092 | 2 kafka.bootstrap-servers = tcp://b:9092",
            ),
            ("a: 1\n---\nllm.url: http://x:1\n", "3 llm.url = http://x:1"),
            (
                "base: &b\n  llm: {url: \"http://x:1\"}\nprod:\n  <<: *b\n",
                "2 base.llm.url = http://x:1 | 2 prod.llm.url = http://x:1",
            ),
            (
                "left: &b\n  url: http://x:1\nprod:\n  url: http://y:1\n  <<: *b\n",
                "2 left.url = http://x:1 | 4 prod.url = http://y:1",
            ),
            ("u: &u http://x:1\nllm:\n  url: *u\n", "1 u = http://x:1 | 1 llm.url = http://x:1"),
            ("llm:\n  url: >-\n    http://x:1\n", "3 llm.url = http://x:1"),
            ("script: |\n  # x\n  curl http://api:8080/y\n", "3 script = http://api:8080/y"),
            ("llm:\n  url: # comment http://no:1\n    http://x:1\n", "3 llm.url = http://x:1"),
            ("# url: http://no:1\na: 1\n", ""),
            (
                "client:\n  api:\n    base-url: http://localhost:8080\n",
                "3 client.api.base-url = http://localhost:8080",
            ),
            (
                "server:\n  host: 127.0.0.1\n  port: 8080\n  address: localhost:1\nbase_url: http://api:1\nlisten: 'api:80'\n",
                "",
            ),
            ("server:\n  host: api\n  port: 8080\n", "2 server.host = tcp://api:8080"),
            ("cors:\n  allowed_origins:\n  - http://localhost:3000\n", ""),
            (
                "scrape_configs:\n- job_name: x\n  static_configs:\n  - targets: ['app:8080', 'localhost:9090']\n",
                "4 scrape_configs[0].static_configs[0].targets[0] = tcp://app:8080 | 4 scrape_configs[0].static_configs[0].targets[1] = tcp://localhost:9090",
            ),
            (
                "env:\n- name: DB_HOST\n  value: nobody\n- name: DB_PORT\n  value: \"5432\"\n- name: LLM_ENDPOINT\n  value: x:1\n- name: LISTEN_ADDR\n  value: api:1\n",
                "3 env[0].value = tcp://nobody:5432 | 7 env[2].value = tcp://x:1",
            ),
            (
                "environment:\n- LLM_ENDPOINT=x:1\n- LISTEN_ADDR=api:1\n",
                "2 environment[0] = tcp://x:1",
            ),
            ("args: [\"--endpoint=x:1\", \"--listen=api:2\"]\n", "1 args[0] = tcp://x:1"),
            ("llm:\n  url: http://${LLM_HOST_NAME}:8080\n", "2 llm.url = http://mock-llm:8080"),
            ("llm:\n  url: http://${NOBODY}:8080\n", "2 llm.url = http://${NOBODY}:8080 !variable"),
            ("llm:\n  url: ${NOBODY:http://x:1}\n", "2 llm.url = http://x:1"),
            ("llm:\n  url: ${LLM_URL:http://localhost:1}\n", ""),
            ("llm:\n  url: ${LLM_URL}\n  other: ${NOBODY}\n", ""),
            (
                "llm:\n  host: ${LLM_HOST_NAME}\n  port: ${LLM_PORT:8080}\n",
                "2 llm.host = tcp://mock-llm:8080",
            ),
            ("llm:\n  url: mock:8080\n", "2 llm.url = tcp://mock:8080 !scheme"),
            (
                "spring:\n  datasource:\n    url: jdbc:postgresql://db:5432/x\n",
                "3 spring.datasource.url = postgresql://db/x",
            ),
            (
                "info:\n  description: \"see http://localhost:1 there\"\n  license:\n    url: https://localhost:1\n",
                "",
            ),
            ("$schema: https://localhost:1/x\n", ""),
            ("image: localhost:5000/app:1\n", ""),
            ("services:\n  web:\n    image: redis:7\n    ports: ['8080:80']\n", ""),
            ("- http://x:1\n- y\n", "1 [0] = http://x:1"),
            ("http://x:1\n", "1  = http://x:1"),
            ("? {a: b}\n: {url: 'http://x:1'}\n", "2 ?.url = http://x:1"),
            ("\u{feff}url: http://x:1\r\nb: 1\r\n", "1 url = http://x:1"),
            ("", ""),
            ("a: [\n", "error: malformed YAML at line 2, column 1"),
            ("secret: x\n\tb: {\n", "error: malformed YAML at line 1, column 9"),
        ],
    );
}

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
            ("[db]\nhost: nobody\nport: 5432\n", "2 db.host = tcp://nobody:5432"),
            ("[server]\nhttp_addr = 127.0.0.1\nroot_url = http://localhost:3000\n", ""),
            ("url=http://x:1\n", "1 url = http://x:1"),
            (
                "[a]\nurls =\n  http://x:1\n  http://y:1\n",
                "3 a.urls = http://x:1 | 4 a.urls = http://y:1",
            ),
            ("[a]\nbase = nobody\nurl = http://%(base)s:1/\n", "3 a.url = http://nobody:1"),
            ("[remote \"llm\"]\nurl = http://x:1\n", "2 remote.llm.url = http://x:1"),
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
        "nginx.conf",
        &[
            (
                "http {\n  server {\n    listen 80;\n    server_name api;\n    location / {\n      proxy_pass http://nobody:8080/;\n    }\n  }\n}\n",
                "6 http.server.location.proxy_pass = http://nobody:8080",
            ),
            (
                "upstream back {\n  server nobody:8080 weight=1;\n  server b:1; server c:2;\n}\nserver { location / { proxy_pass http://back; } }\n",
                "2 upstream.server = tcp://nobody:8080 | 3 upstream.server = tcp://b:1 | 3 upstream.server = tcp://c:2",
            ),
            (
                "location / {\n  fastcgi_pass php:9000;\n  proxy_set_header Host api:1;\n  return 301 http://api:1/;\n}\n",
                "2 location.fastcgi_pass = tcp://php:9000",
            ),
            ("set $up http://nobody:1;\nproxy_pass http://$up:1;\n", "1 set = http://nobody:1"),
            ("# proxy_pass http://no:1;\n", ""),
            (
                "llm {\n  url = \"http://x:1\"\n  db { host = nobody, port = 1 }\n}\n",
                "2 llm.url = http://x:1",
            ),
        ],
    );
    check(
        "haproxy.cfg",
        &[(
            "frontend f\n  bind *:80\nbackend b\n  server s1 nobody:8080 check\n",
            "4 server = tcp://nobody:8080",
        )],
    );
    check(
        "redis.conf",
        &[(
            "bind 127.0.0.1\nport 6379\nreplicaof nobody 6379\n",
            "3 replicaof = tcp://nobody:6379",
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
fn is_bounded() {
    let deep = |open: &str, n: usize| open.repeat(n);
    for (path, text) in [
        ("a.json", deep("[", 100_000)),
        ("a.json", deep("{\"a\":", 100_000)),
        ("a.yaml", deep("[", 100_000)),
        ("a.yaml", deep("- ", 100_000)),
        ("a.yaml", (0..2000).map(|n| " ".repeat(n) + "a:\n").collect::<Vec<_>>().concat()),
        ("a.toml", format!("a = {}", deep("[", 100_000))),
        ("a.conf", deep("a {\n", 100_000)),
        ("a.yaml", "x".repeat(2 << 20)),
    ] {
        let start = std::time::Instant::now();
        let found = links(path, &text);
        assert!(found.is_empty() || found.starts_with("error: "), "{path} {found}");
        assert!(start.elapsed().as_secs() < 20, "{path} took {:?}", start.elapsed());
    }
    let bomb: String = (1..20).fold("a0: &a0 [http://x:1]\n".to_owned(), |text, n| {
        let alias = format!("*a{}", n - 1);
        text + &format!("a{n}: &a{n} [{}]\n", [alias.as_str(); 9].join(","))
    });
    assert_eq!(links("a.yaml", &bomb), "error: more values than can be read");
}

#[test]
fn says_where_secrets_are() {
    let told = with_known(&[], |known| {
        from_file(
            "a.yaml",
            "a:\n  url: http://x:1\n  b: {url: 'http://y:1', token: z}\n  c: http://u:p@z:1\n",
            known,
        )
    });
    let hidden: Vec<bool> = told.unwrap_or_default().iter().map(|told| told.secret_line).collect();
    assert_eq!(hidden, [false, true, true]);
}
