//! Files of well known programs whose keys mean something else than elsewhere.

use super::check;

#[test]
fn vector() {
    check(
        "vector.toml",
        &[
            (
                "[api]\nenabled = true\naddress = \"127.0.0.1:8686\"\n[sources.a]\ntype = \"socket\"\naddress = \"127.0.0.1:9000\"\n\
                 [sources.b]\ntype = \"prometheus_scrape\"\nendpoints = [\"http://x:1\"]\n[sinks.c]\ntype = \"vector\"\naddress = \"nobody:6000\"\n",
                "9 sources.b.endpoints[0] = http://x:1 | 12 sinks.c.address = tcp://nobody:6000",
            ),
            // Another program's.
            ("[api]\naddress = \"127.0.0.1:1\"\n", "2 api.address = tcp://127.0.0.1:1"),
        ],
    );
}

#[test]
fn collector() {
    let head = "receivers:\n  zipkin/2: {endpoint: 'localhost:9411'}\n  redis: {endpoint: 'redis:6379'}\n  fluentforward:\n    endpoint: 127.0.0.1:8006\n";
    let service = "service:\n  pipelines: {traces: {receivers: [zipkin/2]}}\n  telemetry: {metrics: {address: '127.0.0.1:8888'}}\n";
    let exporters = "exporters:\n  otlp: {endpoint: 'nobody:4317'}\n";
    check(
        "otel.yaml",
        &[(
            &format!("{head}{exporters}{service}"),
            "3 receivers.redis.endpoint = tcp://redis:6379 | 7 exporters.otlp.endpoint = tcp://nobody:4317",
        )],
    );
}

#[test]
fn schemas_and_links_of_pages() {
    check(
        "values.json",
        &[
            (
                "{\"$schema\": \"x\", \"properties\": {\"url\": {\"default\": \"http://localhost:1\", \"examples\": [\"http://localhost:2\"]}}}",
                "",
            ),
            (
                "{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"a\": {\"b\": \"http://localhost:1\"}}",
                "",
            ),
            (
                "{\"$schema\": \"x\", \"properties\": {\"default\": \"http://x:1\"}, \"api\": {\"default\": \"http://y:1\"}}",
                "1 properties.default = http://x:1 | 1 api.default = http://y:1",
            ),
            (
                "{\"properties\": {\"url\": {\"default\": \"http://x:1\"}}}",
                "1 properties.url.default = http://x:1",
            ),
        ],
    );
    check(
        "datasources.yml",
        &[(
            "datasources:\n- url: http://x:1\n  jsonData:\n    exemplarTraceIdDestinations:\n    - url: http://localhost:16686/trace\n\
             \x20   derivedFields:\n    - url: http://localhost:2\n",
            "2 datasources[0].url = http://x:1",
        )],
    );
    check(
        "supervisord.conf",
        &[(
            "[supervisorctl]\nserverurl=http://127.0.0.1:9001\n[program:x]\nurl=http://x:1\n",
            "4 program:x.url = http://x:1",
        )],
    );
}
