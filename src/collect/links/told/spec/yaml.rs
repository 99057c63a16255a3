//! YAML files: which key, which line.

use super::check;

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
            ("http:\n  server: on\n  port: 1\nsmtp: {server: none, port: 25}\n", ""),
            ("cache_server: disabled\ncache_port: 1\nweb: {server: nginx, port: 80}\n", ""),
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
