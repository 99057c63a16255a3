//! One variable that tells an address.

use super::super::from_env;
use super::{all, compare, link, shown, vars, with_known};

#[test]
fn a_url_is_a_link_under_whatever_name() {
    is_a_link(&[
        ("LLM_ENDPOINT", "http://127.0.0.1:18141", "http://127.0.0.1:18141"),
        ("LLM_ENDPOINT", "http://mock-llm:8080/v1/", "http://mock-llm:8080/v1"),
        ("LLM_ENDPOINT", "HTTP://Mock-LLM:8080", "http://mock-llm:8080"),
        ("WHATEVER", "'http://api:8080'", "http://api:8080"),
        ("WHATEVER", "http://api:8080", "http://api:8080"),
        ("WHATEVER", "http://nobody:8080", "http://nobody:8080"),
        ("API_URL", "https://api", "https://api"),
        ("API_URL", "https://api:443/x?y=1#z", "https://api/x"),
        ("API_URL", "http://example.com", "http://example.com"),
        ("API_URL", "http://user:pw@api:8080/x", "http://api:8080/x"),
        ("API_URL", "http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("API_URL", "http://[fe80:0::1]/x", "http://[fe80::1]/x"),
        ("API_URL", "http://10.0.0.7:8080", "http://10.0.0.7:8080"),
        ("API_URL", "http://host.docker.internal:8080", "http://host.docker.internal:8080"),
        ("API_URL", "http://other_1:8080", "http://other_1:8080"),
        ("WS", "ws://api:8080/socket", "ws://api:8080/socket"),
        ("WS", "wss://api/socket", "wss://api/socket"),
        ("DOCKER_HOST", "tcp://docker:2375", "tcp://docker:2375"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4317", "http://otel:4317"),
        ("GRPC_TARGET", "grpc://api:50051", "grpc://api:50051"),
        ("GRPC_TARGET", "dns:///api:50051", "tcp://api:50051"),
        ("S3_ENDPOINT", "http://minio:9000", "http://minio:9000"),
        ("DB_PORT", "tcp://172.17.0.2:5432", "tcp://172.17.0.2:5432"),
        (
            "SLACK_WEBHOOK_URL",
            "https://hooks.slack.com/services/T0AB/B0CD/xyz",
            "https://hooks.slack.com/services/***/***/***",
        ),
        ("MCP_SERVER", "mcp://tools:9000", "tcp://tools:9000"),
        ("LLM_ENDPOINT", "http://mock-llm:8080,", "http://mock-llm:8080"),
        ("LLM_ENDPOINT", "<http://mock-llm:8080>", "<http://mock-llm:8080> !text"),
        (
            "LLM_ENDPOINT",
            "<http://mock-llm:8080>,<http://x:1>",
            "http://mock-llm:8080 | http://x:1",
        ),
        ("LLM_ENDPOINT", "http://mock-llm:", "http://mock-llm"),
        ("LLM_ENDPOINT", "htp://mock-llm:8080", "htp://mock-llm:8080 !text"),
        ("AGENT_URL", "http://localhost:8080", "http://localhost:8080"),
        ("SELENIUM_REMOTE_URL", "http://selenium:4444/wd/hub", "http://selenium:4444/wd/hub"),
        ("LLM_URL", "https://api.openai.com/v1/{id}", "https://api.openai.com/v1/{id}"),
        ("API_URL", "http://u:p@api:8080/x?mail=a@b.c", "http://api:8080/***"),
        ("API_URL", "http://api:8080/@scope/x", "http://api:8080/***"),
    ]);
}

#[test]
fn with_another_name_before_it_it_is_a_link() {
    is_a_link(&[
        ("OPENAI_BASE_URL", "http://localhost:11434/v1", "http://localhost:11434/v1"),
        ("API_BASE_URL", "http://localhost:8080", "http://localhost:8080"),
        ("OPENAI_API_BASE", "http://mock-llm:8080/v1", "http://mock-llm:8080/v1"),
        ("AUTH_SERVICE_BASE_URL", "http://auth:8080", "http://auth:8080"),
        ("OIDC_ISSUER", "http://keycloak:8080/realms/x", "http://keycloak:8080/realms/x"),
        ("NEXT_PUBLIC_API_URL", "http://localhost:3000", "http://localhost:3000"),
        ("SCHEMA_REGISTRY_URL", "http://schema-registry:8081", "http://schema-registry:8081"),
        ("SERVER_URL", "http://localhost:8080", "http://localhost:8080"),
        ("URL", "http://localhost:8080", "http://localhost:8080"),
        ("APP_URL", "http://api:8080", "http://api:8080"),
        ("PAYMENT_PUBLIC_URL", "http://api:8080", "http://api:8080"),
        ("OIDC_ISSUER_URL", "http://keycloak:8080/realms/x", "http://keycloak:8080/realms/x"),
        ("JWT_ISSUER_URI", "http://api:8080", "http://api:8080"),
        ("KEYCLOAK_REALM_URL", "http://keycloak:8080/realms/x", "http://keycloak:8080/realms/x"),
        ("JWT_JWKS_URI", "http://api:8080/jwks", "http://api:8080/jwks"),
        ("VITE_API_URL", "http://api:8080", "http://api:8080"),
        ("MEDIA_URL", "http://api:8080", "http://api:8080"),
        ("S3_PUBLIC_ENDPOINT", "http://api:8080", "http://api:8080"),
        ("MEDIA_SERVER_URL", "http://localhost:8080", "http://localhost:8080"),
        ("BASE_ENDPOINT", "http://localhost:8080", "http://localhost:8080"),
        ("CREDIT_CHECK_SERVICE_URL", "http://localhost:8080", "http://localhost:8080"),
        ("LINK_API_URL", "http://localhost:8080", "http://localhost:8080"),
        ("VITE_PROXY_TARGET", "http://localhost:8080", "http://localhost:8080"),
    ]);
}

#[test]
fn databases_and_queues_are_links() {
    is_a_link(&[
        ("DATABASE_URL", "postgres://u:p@db/app", "postgres://db/app"),
        (
            "DATABASE_URL",
            "postgresql://u:p@db:5433/app?sslmode=disable",
            "postgresql://db:5433/app",
        ),
        ("DATABASE_URL", "postgresql+psycopg2://u:p@db:5432/app", "postgresql://db/app"),
        ("DATABASE_URL", "postgres://u@a:1,b:2/app", "postgres://a:1/app | postgres://b:2/app"),
        ("DATABASE_URL", "mysql://u:p@tcp(db:3306)/app", "mysql://db/app"),
        ("DATABASE_URL", "mysql+pymysql://u:p@db/app", "mysql://db/app"),
        ("DATABASE_URL", "ecto://u:p@db:5432/app", "tcp://db:5432"),
        ("DB_DSN", "u:p@tcp(db:3306)/app?parseTime=true", "mysql://db"),
        ("DB_DSN", "host=db port=5432 user=u password='p w' dbname=app", "postgresql://db"),
        ("DB_DSN", "host=db user=u dbname=app", "postgresql://db"),
        ("DB_DSN", r"host=db password='it\'s a secret' dbname=app", "postgresql://db"),
        ("DB_DSN", "host=db hostaddr=10.0.0.7 dbname=app", "postgresql://10.0.0.7"),
        ("DB_DSN", "u:p(x/@tcp(db:3307)/app?parseTime=true", "mysql://db:3307"),
        ("DATABASE_URL", "postgresql:///app?host=db&port=5433", "postgresql://db:5433/app"),
        ("DATABASE_URL", "postgresql://u:p@/app?host=db", "postgresql://db/app"),
        ("DB_DSN", "host=a,b port=1,2 dbname=x", "postgresql://a:1 | postgresql://b:2"),
        ("DATABASE_URL", "host=db port=5432 dbname=app", "postgresql://db"),
        (
            "ConnectionStrings__Default",
            "Server=db,1433;Database=x;User Id=sa;Password=p",
            "sqlserver://db",
        ),
        (
            "ConnectionStrings__Default",
            "Server=tcp:db,1434;Initial Catalog=x;",
            "sqlserver://db:1434",
        ),
        ("ConnectionStrings__Default", "Host=db;Port=5432;Username=u;Password=p", "tcp://db:5432"),
        (
            "ConnectionStrings__Default",
            "Data Source=db\\INST,1433;Initial Catalog=x",
            "sqlserver://db",
        ),
        ("PDO_DSN", "mysql:host=db;port=3307;dbname=x", "mysql://db:3307"),
        ("PDO_DSN", "pgsql:host=db;dbname=x", "postgresql://db"),
        (
            "AZURE_STORAGE",
            "DefaultEndpointsProtocol=http;AccountKey=abc==;BlobEndpoint=http://azurite:10000/dev;",
            "http://azurite:10000/dev",
        ),
        ("JDBC", "jdbc:postgresql://db:5432/app?user=u&password=p", "postgresql://db/app"),
        ("JDBC", "jdbc:mysql://a:3306,b:3307/app", "mysql://a/app | mysql://b:3307/app"),
        (
            "JDBC",
            "jdbc:mysql:loadbalance://a:3306,b:3307/app",
            "mysql://a/app | mysql://b:3307/app",
        ),
        ("JDBC", "jdbc:sqlserver://db:1434;databaseName=x;password=y", "sqlserver://db:1434"),
        ("JDBC", "jdbc:oracle:thin:@//db:1521/svc", "oracle://db"),
        ("JDBC", "jdbc:oracle:thin:@db:1522:sid", "oracle://db:1522"),
        (
            "JDBC",
            "jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=db)(PORT=1521)))",
            "oracle://db",
        ),
        ("JDBC", "r2dbc:pool:postgresql://db/app", "postgresql://db/app"),
        ("JDBC", "jdbc:clickhouse://ch:8123/x", "clickhouse://ch:8123/x"),
        ("REDIS_URL", "redis://redis", "redis://redis"),
        ("REDIS_URL", "redis://:secret@redis:6380/0", "redis://redis:6380/0"),
        ("REDIS_URL", "rediss://redis:6379", "rediss://redis"),
        ("REDIS_CONFIG", "redis:6379,password=x,ssl=False,abortConnect=false", "tcp://redis:6379"),
        ("CELERY_BROKER_URL", "amqp://guest:guest@rabbit:5672//", "amqp://rabbit"),
        ("AMQP", "amqps://rabbit", "amqps://rabbit"),
        (
            "MONGO_URL",
            "mongodb://u:p@a:27017,b:27018/x?replicaSet=r",
            "mongodb://a/x | mongodb://b:27018/x",
        ),
        (
            "MONGO_URL",
            "mongodb+srv://u:p@cluster0.abc.mongodb.net/x",
            "mongodb+srv://cluster0.abc.mongodb.net/x",
        ),
        ("NATS_URL", "nats://a:4222,nats://b:4222", "nats://a | nats://b"),
        ("MEMCACHED", "memcached://cache", "memcached://cache"),
        ("CLICKHOUSE", "clickhouse://u:p@ch:9000/x", "clickhouse://ch/x"),
        ("ES", "http://es1:9200 http://es2:9200", "http://es1:9200 | http://es2:9200"),
        ("ES", "http://es1:9200;http://es2:9200", "http://es1:9200 | http://es2:9200"),
        ("ES", "[\"http://es1:9200\", \"http://es2:9200\"]", "http://es1:9200 | http://es2:9200"),
        (
            "ETCD_INITIAL_CLUSTER",
            "n1=http://n1:2380,n2=http://n2:2380",
            "http://n1:2380 | http://n2:2380",
        ),
        ("CELERY_RESULT_BACKEND", "db+postgresql://u:p@db/x", "postgresql://db/x"),
        ("SENTRY_DSN", "https://abc@sentry:9000/1", "https://sentry:9000/1"),
        ("NEO4J_URI", "bolt+s://neo4j:7687", "bolt://neo4j"),
        ("CONN", "User ID=u;Password=p;Server=db;Port=5432;Database=x;", "tcp://db:5432"),
        ("PULSAR", "pulsar://a:6650,b:6651", "pulsar://a | pulsar://b:6651"),
        ("JDBC", "jdbc:mysql://address=(host=db)(port=3307)/x", "mysql://db:3307"),
    ]);
}

#[test]
fn without_a_scheme_the_key_decides() {
    is_a_link(&[
        ("KAFKA_BOOTSTRAP_SERVERS", "a:9092,b:9092", "tcp://a:9092 | tcp://b:9092"),
        ("KAFKA_BROKERS", "PLAINTEXT://a:9092", "tcp://a:9092"),
        ("KAFKA_BROKERS", "SASL_SSL://a:9092", "tcp://a:9092"),
        ("ZOOKEEPER_CONNECT", "zk1:2181,zk2:2181/kafka", "tcp://zk1:2181 | tcp://zk2:2181"),
        ("KAFKA_ZOOKEEPER_CONNECT", "zk:2181", "tcp://zk:2181"),
        ("REDIS_ADDR", "cache:6379", "tcp://cache:6379"),
        ("BACKEND", "nobody:8080", "tcp://nobody:8080"),
        ("UPSTREAM", "127.0.0.1:8080", "tcp://127.0.0.1:8080"),
        ("TARGET", "[::1]:8080", "tcp://[::1]:8080"),
        ("OLLAMA_HOST", "ollama:11434", "tcp://ollama:11434"),
        ("PGHOST", "db", "tcp://db:5432"),
        ("POSTGRES_HOST", "localhost", "tcp://localhost:5432"),
        ("REDIS_HOST", "redis", "tcp://redis:6379"),
        ("LLM_HOST", "mock-llm", "tcp://mock-llm"),
        ("SOMETHING", "mock-llm:8080", "tcp://mock-llm:8080"),
        ("SOMETHING", "api:8080/v1", "tcp://api:8080"),
        ("LITELLM_PROXY_ENDPOINT", "litellm:4000", "tcp://litellm:4000"),
        ("PEERS", "node1:7000 node2:7000", "tcp://node1:7000 | tcp://node2:7000"),
        ("WORDPRESS_DB_HOST", "db:3306", "tcp://db:3306"),
        ("CONSUL_HTTP_ADDR", "consul:8500", "tcp://consul:8500"),
        ("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@api:9093", "tcp://api:9093"),
        ("KC_DB_URL_HOST", "db", "tcp://db"),
        ("REVERSE_PROXY", "nobody:8080", "tcp://nobody:8080"),
        // The service is the last that the key names, and not each that it mentions.
        ("REDIS_CACHE_HOST", "redis", "tcp://redis:6379"),
        ("POSTGRES_PRIMARY_HOST", "db", "tcp://db:5432"),
        ("MONGO_EXPRESS_HOST", "api", "tcp://api"),
        ("REDIS_SENTINEL_HOST", "redis", "tcp://redis"),
    ]);
}

#[test]
fn addresses_inside_other_forms_are_links() {
    is_a_link(&[
        ("SPRING_APPLICATION_JSON", "{\"llm\": {\"url\": \"http://api:8080\"}}", "http://api:8080"),
        (
            "JAVA_OPTS",
            "-Xmx1g -Dllm.url=http://api:8080 -Dserver.host=127.0.0.1",
            "http://api:8080",
        ),
        ("APP_ARGS", "--verbose --endpoint http://api:8080", "http://api:8080"),
        ("CMD_TO_RUN", "curl -s http://api:8080/x", "http://api:8080/x"),
    ]);
}

#[test]
fn what_a_variable_switches_off_is_no_link() {
    let told = |pairs: &[(&str, &str)]| {
        with_known(&[], |known| all(&from_env(&vars(pairs), known), shown))
    };
    let url = "http://x:4317";
    for (switch, value, name, expected) in [
        ("TRACING_ENABLED", "false", "TRACING_ENDPOINT", ""),
        ("TRACING_ENABLED", "true", "TRACING_ENDPOINT", url),
        ("TRACING_ENABLED", "false", "METRICS_ENDPOINT", url),
        ("OTEL_SDK_DISABLED", "true", "OTEL_EXPORTER_OTLP_ENDPOINT", ""),
        ("OTEL_SDK_DISABLED", "false", "OTEL_EXPORTER_OTLP_ENDPOINT", url),
        ("ENABLE_TRACING", "0", "TRACING_ENDPOINT", ""),
        ("DISABLE_TRACING", "yes", "TRACING_ENDPOINT", ""),
        ("DB_SSL_ENABLED", "false", "DB_URL", url),
        // It may be its own interface that is off.
        ("API_ENABLED", "false", "API_URL", url),
        ("ENABLED", "false", "API_URL", url),
    ] {
        assert_eq!(told(&[(switch, value), (name, url)]), expected, "{switch}={value} {name}");
    }
}

fn is_a_link(table: &[(&str, &str, &str)]) {
    compare(table.iter().map(|(name, value, urls)| {
        (format!("{name}={value}"), link(name, value), (*urls).to_owned())
    }));
}
