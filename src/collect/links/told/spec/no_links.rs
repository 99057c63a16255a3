//! One variable that tells no address to call.

use super::{compare, link};

#[test]
fn where_a_program_listens_is_no_link() {
    is_no_link(&[
        ("LISTEN_ADDR", "127.0.0.1:8080"),
        ("LISTEN_ADDRESS", "http://127.0.0.1:8080"),
        ("GRPC_LISTEN", "api:50051"),
        ("BIND", "127.0.0.1:8080"),
        ("GUNICORN_CMD_ARGS", "--bind=127.0.0.1:8000 --workers=4"),
        ("APP_BIND_ADDRESS", "127.0.0.1:8080"),
        ("HOST", "localhost"),
        ("HOST", "db"),
        ("HOST", "http://localhost:3000"),
        ("PORT", "8080"),
        ("HOSTNAME", "db"),
        ("SERVER_ADDRESS", "127.0.0.1:8080"),
        ("SERVER_HOST", "localhost"),
        ("HTTP_ADDR", "127.0.0.1:8080"),
        ("ADDR", "127.0.0.1:8080"),
        ("METRICS_ADDR", "localhost:9090"),
        ("STATS_ADDRESS", "127.0.0.1:9191"),
        ("KAFKA_LISTENERS", "PLAINTEXT://kafka:9092"),
        ("KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT://kafka:9092"),
        ("ETCD_ADVERTISE_CLIENT_URLS", "http://n1:2379"),
        ("ASPNETCORE_URLS", "http://localhost:5000"),
        ("ASPNETCORE_URLS", "http://+:8080"),
        ("LLM_ENDPOINT", "0.0.0.0:8080"),
        ("LLM_ENDPOINT", "http://0.0.0.0:8080"),
        ("LLM_ENDPOINT", "http://[::]:8080"),
        ("LLM_ENDPOINT", ":8080"),
        ("LLM_ENDPOINT", "*:8080"),
        ("LLM_ENDPOINT", "http://*:8080"),
        ("OLLAMA_HOST", "0.0.0.0:11434"),
        ("OLLAMA_HOST", "0.0.0.0"),
    ]);
}

#[test]
fn whom_it_lets_in_is_no_link() {
    is_no_link(&[
        ("CORS_ALLOWED_ORIGINS", "http://localhost:3000,http://api:8080"),
        ("CORS_ORIGIN", "http://localhost:3000"),
        ("ALLOWED_ORIGINS", "http://localhost:3000"),
        ("ALLOWED_HOSTS", "localhost,api"),
        ("DJANGO_CSRF_TRUSTED_ORIGINS", "http://localhost:8000"),
        ("ORIGIN", "http://localhost:3000"),
        ("WHITELIST", "http://localhost:3000"),
        ("CSP_CONNECT_SRC", "http://localhost:3000"),
    ]);
}

#[test]
fn what_it_calls_itself_is_no_link() {
    is_no_link(&[
        ("BASE_URL", "http://localhost:8080"),
        ("BASE_URL", "http://api:8080"),
        ("PUBLIC_URL", "http://localhost:8080"),
        ("ROOT_URL", "http://localhost:8080"),
        ("SITE_URL", "http://localhost:8080"),
        ("EXTERNAL_URL", "http://localhost:8080"),
        ("GF_SERVER_ROOT_URL", "http://localhost:3000"),
        ("APP_URL", "http://localhost:8000"),
        ("FRONTEND_URL", "http://localhost:3000"),
        ("CLIENT_URL", "http://localhost:3000"),
        ("NEXTAUTH_URL", "http://localhost:3000"),
        ("AUTH_URL", "http://localhost:3000"),
        ("WEBHOOK_URL", "http://localhost:5678/"),
        ("PUBLIC_API_URL", "http://localhost:8080"),
        ("DASHBOARD_URL", "http://localhost:8080"),
        ("AIRFLOW__WEBSERVER__BASE_URL", "http://localhost:8080"),
        ("ISSUER", "http://localhost:5556/dex"),
        ("VIRTUAL_HOST", "app.example.com"),
        ("SERVER_NAME", "api:8080"),
        ("OAUTH_REDIRECT_URI", "http://localhost:8080/cb"),
        ("OAUTH_CALLBACK_URL", "http://localhost:8080/cb"),
        ("POST_LOGOUT_REDIRECT_URI", "http://localhost:8080"),
        ("STRIPE_SUCCESS_URL", "http://localhost:3000/ok"),
        ("COOKIE_DOMAIN", "localhost:8080"),
        ("HEALTHCHECK_URL", "http://localhost:8080/health"),
        ("HEALTH_CHECK_URL", "http://localhost:8080/health"),
        ("SERVICE_CHECK_HTTP", "http://localhost:8000/health"),
        ("SERVICE_8000_CHECK_HTTP", "http://localhost:8000/health"),
        ("GF_AUTH_GENERIC_OAUTH_AUTH_URL", "http://localhost:8080/realms/x/auth"),
        ("OIDC_AUTHORIZATION_ENDPOINT", "http://localhost:8080/auth"),
        ("LOGIN_URL", "http://localhost:3000/login"),
        ("SERVICE_URL_TEMPLATE", "http://{service}:9000"),
        ("URL_PATTERN", "https://{region}.example.com"),
        ("XDEBUG_CLIENT_HOST", "host.docker.internal"),
        ("XDEBUG_CONFIG", "client_host=host.docker.internal client_port=9003"),
    ]);
}

#[test]
fn proxies_are_no_links() {
    is_no_link(&[
        ("HTTP_PROXY", "http://squid:3128"),
        ("https_proxy", "http://squid:3128"),
        ("ALL_PROXY", "socks5://squid:1080"),
        ("NO_PROXY", "localhost,api:8080"),
        ("JAVA_TOOL_OPTIONS", "-Dhttp.proxyHost=squid -Dhttp.proxyPort=3128"),
    ]);
}

#[test]
fn mentions_are_no_links() {
    is_no_link(&[
        ("HOMEPAGE", "http://example.com"),
        ("DOCS_URL", "https://docs.example.com"),
        ("DOCUMENTATION", "https://example.com"),
        ("LICENSE_URL", "https://example.com"),
        ("IMAGE", "registry:5000"),
        ("IMAGE", "ghcr.io/acme/app:1"),
        ("APP_IMAGE", "localhost:5000/app:1"),
        ("REPOSITORY_URL", "https://example.com/x.git"),
        ("SCHEMA", "https://json-schema.org/x"),
        ("USER_AGENT", "bot (+http://example.com)"),
        ("JWT_AUDIENCE", "http://localhost:8080"),
        ("OAUTH_SCOPE", "https://www.googleapis.com/auth/drive"),
        ("MOTD", "see http://localhost:8080 for help"),
    ]);
}

#[test]
fn names_for_something_are_no_links() {
    is_no_link(&[
        ("JWT_ISSUER", "http://issuer:1"),
        ("JWT_ISSUER", "http://api:8080"),
        ("AUTH_JWT_ISSUERS", "http://api:8080,http://db:1"),
        ("TOKEN_ISSUER", "http://api:8080"),
        ("Jwt__Issuer", "http://api:8080"),
        ("VALID_ISSUER", "http://api:8080"),
        ("JWT_ISS", "http://api:8080"),
        ("JWT_AUDIENCE", "http://api:8080"),
        ("AUTH0_AUDIENCE", "http://localhost:8080"),
        ("AUDIENCE_URI", "http://api:8080"),
        ("OAUTH_SCOPES", "http://api:8080/read,http://api:8080/write"),
        ("SAML_ENTITY_ID", "http://api:8080/saml"),
        ("SP_ENTITYID", "http://api:8080/saml"),
        ("SAML_ISSUER", "http://api:8080/saml"),
        ("AUTH_REALM", "http://api:8080"),
        ("SOAP_NAMESPACE", "http://api:8080/soap"),
        ("NAMESPACE_URI", "http://api:8080/soap"),
        ("SCHEMA_ID", "http://api:8080/schema.json"),
        ("CLIENT_ID", "http://api:8080"),
        ("EVENT_TYPE", "http://api:8080/created"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=api,deployment.url=http://api:8080"),
    ]);
}

#[test]
fn what_browsers_are_to_dial_is_no_link() {
    is_no_link(&[
        ("VITE_API_URL", "http://localhost:8080"),
        ("REACT_APP_API_URL", "http://localhost:8080"),
        ("EXPO_PUBLIC_API_URL", "http://127.0.0.1:8080"),
        ("VITE_API_URL", "https://api.example.com"),
        ("KEYCLOAK_FRONTEND_URL", "http://localhost:8080/auth"),
        ("KC_HOSTNAME_ADMIN", "http://localhost:8080"),
        ("KONG_ADMIN_GUI_URL", "http://localhost:8002"),
        ("ASSET_URL", "http://localhost:8080"),
        ("STATIC_URL", "http://localhost:8080/static"),
        ("MEDIA_URL", "http://localhost:8080/media"),
        ("CDN_URL", "http://localhost:8080"),
        ("ASSETS_HOST", "localhost:8080"),
        ("SAML_ACS_URL", "http://localhost:8080/acs"),
        ("S3_PUBLIC_ENDPOINT", "http://localhost:9000"),
        ("MINIO_EXTERNAL_ENDPOINT", "http://localhost:9000"),
        ("PASSWORD_RESET_URL", "http://localhost:3000/reset"),
        ("INVITE_URL", "http://localhost:3000/join"),
        ("SHARE_BASE_URL", "http://localhost:3000"),
        ("ABSOLUTE_URL", "http://localhost:3000"),
        ("SWAGGER_SERVER_URL", "http://localhost:8080"),
        ("GRAPHQL_PLAYGROUND_ENDPOINT", "http://localhost:4000/graphql"),
        ("MAIL_LINK_BASE", "http://localhost:3000"),
    ]);
}

#[test]
fn what_images_carry_is_no_link() {
    is_no_link(&[
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/bin"),
        ("PYTHON_VERSION", "3.12.1"),
        ("PYTHON_SHA256", "9f86d081884c7d659a2feaa0c55ad015"),
        ("PYTHON_GET_PIP_URL", "https://github.com/pypa/get-pip/raw/abc/public/get-pip.py"),
        ("REDIS_DOWNLOAD_URL", "http://download.redis.io/releases/redis-7.tar.gz"),
        ("PHP_URL", "https://www.php.net/distributions/php-8.3.tar.xz"),
        ("PHP_ASC_URL", "https://www.php.net/distributions/php-8.3.tar.xz.asc"),
        ("GPG_KEY", "A035C8C19219BA821ECEA86B64E628F8D684696D"),
        ("GPG_KEYS", "hkps://keys.openpgp.org"),
        ("PIP_INDEX_URL", "https://packages.example/simple"),
        ("GOPROXY", "https://packages.example"),
        ("NPM_CONFIG_REGISTRY", "https://packages.example"),
        ("JAVA_HOME", "/opt/java"),
        ("LANG", "C.UTF-8"),
        ("NGINX_VERSION", "1.25.3"),
    ]);
}

#[test]
fn what_leads_to_no_machine_is_no_link() {
    is_no_link(&[
        ("A", "file:///etc/x"),
        ("DOCKER_HOST", "unix:///var/run/docker.sock"),
        ("A", "data:text/plain,hello"),
        ("A", "mailto:a@example.com"),
        ("A", "git+ssh://git@example.com/x.git"),
        ("DATABASE_URL", "sqlite:///data.db"),
        ("DATABASE_URL", "sqlite:////data/x.db"),
        ("DATABASE_URL", "data.db"),
        ("DATABASE_URL", "./data.db"),
        ("DATABASE_URL", "postgresql:///app"),
        ("DATABASE_URL", "postgresql:///app?host=/run/postgresql"),
        ("DB_DSN", "u:p@unix(@mysql)/x"),
        ("JDBC_URL", "jdbc:h2:mem:test"),
        ("JDBC_URL", "jdbc:sqlite:x.db"),
        ("JDBC_URL", "jdbc:tc:postgresql:15:///x"),
        ("BUCKET_URL", "s3://bucket/key"),
        ("CELERY_RESULT_BACKEND", "db+sqlite:///x"),
        ("STATSD_ADDR", "udp://statsd:8125"),
        ("DB_DSN", "u:p@unix(/run/mysqld.sock)/x"),
        ("DB_DSN", "host=/var/run/postgresql dbname=x"),
        ("ConnectionStrings__X", "Data Source=app.db;Cache=Shared"),
        ("STATSD_HOST", "db:8125"),
        ("JAEGER_AGENT", "db:6831"),
        ("SYSLOG_ADDR", "db:514"),
        ("SIP_URI", "sip:100@api:5060"),
        ("SIP_URI", "sips://api:5061"),
        ("DNS_SERVER", "db:53"),
        ("RADIUS_SERVER", "db:18120"),
        ("AUTH_SERVER", "db:1812"),
        ("TFTP_HOST", "db:69"),
        ("WG_ENDPOINT", "db:51820"),
        ("GRAYLOG_HOST", "db:12201"),
        ("API_URL", "http://unix:/run/app.sock:/v1"),
    ]);
}

#[test]
fn what_only_looks_like_an_address_is_no_link() {
    is_no_link(&[
        ("DB_CONNECTION", "redis"),
        ("CACHE_BACKEND", "redis"),
        ("CELERY_BROKER", "redis"),
        ("DB_NAME", "db"),
        ("SERVICE_NAME", "api"),
        ("API_PATH", "/api"),
        ("API_URL", "/api/v1"),
        ("API_URL", "true"),
        ("API_URL", ""),
        ("BACKEND", "file"),
        ("TIME", "12:30"),
        ("APP_USER", "redis:999"),
        ("RUN_AS_USER", "redis:1000"),
        ("QUEUES", "api:5,redis:2"),
        ("BASE", "redis:7"),
        ("UID_GID", "1000:1000"),
        ("SOMETHING", "nobody:8080"),
        ("LEVELS", "a:1,b:2"),
        ("IMAGE_TAG", "redis:7"),
        ("CACHE_IMAGE", "redis:alpine"),
        ("CACHE", "redis:alpine"),
        ("VOLUME", "redis:/data"),
        ("RULE", "http:web:80"),
        ("ROW", "tcp:10:20"),
        ("PROTOCOL", "http:"),
        ("MESSAGE", "http://api and more words"),
        ("EMAIL", "ops@example.com"),
        ("DB_URL_FILE", "/run/secrets/db_url"),
        ("LLM_ENDPOINT", "http://${"),
        ("LLM_HOST", "nobody"),
        ("LLM_HOST", "${LLM}"),
    ]);
}

fn is_no_link(table: &[(&str, &str)]) {
    compare(
        table
            .iter()
            .map(|(name, value)| (format!("{name}={value}"), link(name, value), String::new())),
    );
}
