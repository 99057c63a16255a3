//! Schemes: which ones lead to a machine over TCP, and the port that each means when none is written.

use super::words::List;

/// What stands before `://`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// Known, with its default port if it has one.
    Network(Option<u16>),
    /// Leads to no machine: a file, a bucket, a package, a name for something.
    Elsewhere,
    /// Written before an address without saying how to speak to it: `dns:///api:50051`.
    Wrapper,
    /// Never heard of.
    Unknown,
}

/// The one table of default ports.
const NETWORK: &[(&str, u16)] = &[
    ("http", 80),
    ("https", 443),
    ("ws", 80),
    ("wss", 443),
    ("postgres", 5432),
    ("postgresql", 5432),
    ("pgsql", 5432),
    ("postgis", 5432),
    ("mysql", 3306),
    ("mysqlx", 33060),
    ("mariadb", 3306),
    ("redis", 6379),
    ("rediss", 6379),
    ("valkey", 6379),
    ("valkeys", 6379),
    ("sentinel", 26379),
    ("amqp", 5672),
    ("amqps", 5671),
    ("mongodb", 27017),
    ("kafka", 9092),
    ("nats", 4222),
    ("memcached", 11211),
    ("memcache", 11211),
    ("clickhouse", 9000),
    ("clickhouses", 9440),
    ("elasticsearch", 9200),
    ("opensearch", 9200),
    ("cassandra", 9042),
    ("scylla", 9042),
    ("sqlserver", 1433),
    ("mssql", 1433),
    ("oracle", 1521),
    ("db2", 50000),
    ("cockroachdb", 26257),
    ("cockroach", 26257),
    ("ldap", 389),
    ("ldaps", 636),
    ("smtp", 25),
    ("smtps", 465),
    ("imap", 143),
    ("imaps", 993),
    ("pop3", 110),
    ("ftp", 21),
    ("ftps", 990),
    ("sftp", 22),
    ("ssh", 22),
    ("mqtt", 1883),
    ("mqtts", 8883),
    ("stomp", 61613),
    ("bolt", 7687),
    ("neo4j", 7687),
    ("zookeeper", 2181),
    ("zk", 2181),
    ("etcd", 2379),
    ("consul", 8500),
    ("influxdb", 8086),
    ("couchbase", 11210),
    ("couchdb", 5984),
    ("rtmp", 1935),
    ("rtsp", 554),
    ("hdfs", 8020),
    ("hive2", 10000),
    ("pulsar", 6650),
    ("pulsar+ssl", 6651),
    ("firebirdsql", 3050),
    ("socks4", 1080),
    ("socks5", 1080),
    ("socks5h", 1080),
    ("beanstalk", 11300),
    ("gearman", 4730),
    ("temporal", 7233),
    ("milvus", 19530),
    ("qdrant", 6334),
];

/// Known, but without a port of their own.
const PORTLESS: List = List(
    "\
    tcp tcp4 tcp6 tls ssl grpc grpcs h2c mongodb+srv plaintext sasl_plaintext sasl_ssl thrift \
    otlp presto trino http2",
);

/// What leads to no machine over TCP.
const ELSEWHERE: List = List(
    "\
    file unix unixpacket http+unix npipe fd stdio data mailto javascript urn tel jar classpath \
    resource about blob chrome chrome-extension view-source vscode s3 s3a s3n gs gcs abfs \
    abfss wasb wasbs azblob oss cos b2 r2 swift rclone arn docker docker-image docker-daemon \
    docker-archive docker-container oci containers-storage dir sqlite sqlite3 h2 hsqldb derby \
    duckdb memory mem inmemory in-memory mock null noop void sync npm pkg link workspace \
    portal patch git svn hg bzr spiffe k8s kubernetes vault secret secrets ssm awssm gcpsm env \
    op ref app lb consul-lb eureka discovery xds static android-app intent magnet bitcoin did \
    tag cid ipfs ipns hf modelscope mlflow models runs databricks sqs sns kinesis gcppubsub \
    udp udp4 udp6 quic dtls statsd gelf syslog journald awslogs coap snowflake bigquery athena \
    dynamodb wss+unix ws+unix tc log console stdout stderr string str base64 http+docker node \
    bun deno internal webpack rsrc sip sips",
);

const WRAPPERS: List = List("dns passthrough ipv4 ipv6");

/// What a scheme in lower case is.
pub(super) fn kind(scheme: &str) -> Kind {
    if let Some((_, port)) = NETWORK.iter().find(|(name, _)| *name == scheme) {
        Kind::Network(Some(*port))
    } else if PORTLESS.has(scheme) {
        Kind::Network(None)
    } else if WRAPPERS.has(scheme) {
        Kind::Wrapper
    } else if ELSEWHERE.has(scheme) || scheme.starts_with("git+") || scheme.ends_with("+unix") {
        Kind::Elsewhere
    } else {
        Kind::Unknown
    }
}

/// Whether a scheme that nobody has heard of is `http` or `https` with a slip of the pen.
pub(super) fn is_slip(scheme: &str) -> bool {
    let near = |meant: &str| strsim::damerau_levenshtein(scheme, meant) == 1;
    kind(scheme) == Kind::Unknown
        && scheme.bytes().all(|b| b.is_ascii_lowercase())
        && !matches!(scheme, "httpu" | "httpg" | "httpx" | "shttp")
        && (near("http") || near("https"))
}

/// The port that a scheme means when none is written.
pub(super) fn default_port(scheme: &str) -> Option<u16> {
    match kind(scheme) {
        Kind::Network(port) => port,
        _ => None,
    }
}

/// The scheme without the driver written onto it: `postgresql+psycopg2` is `postgresql`, `tls+nats` is `nats`.
pub(super) fn plain(scheme: &str) -> String {
    let lower = scheme.to_ascii_lowercase();
    if kind(&lower) != Kind::Unknown {
        return lower;
    }
    let known = |name: &&str| matches!(kind(name), Kind::Network(Some(_)) | Kind::Elsewhere);
    let base = lower.split_once('+').and_then(|(head, tail)| [head, tail].into_iter().find(known));
    base.map_or(lower.clone(), str::to_owned)
}

/// Do its URLs usually hold a login, and may they leave out the host (a socket on the same machine)?
pub(super) fn is_login(scheme: &str) -> bool {
    !matches!(
        scheme,
        "http" | "https" | "ws" | "wss" | "grpc" | "grpcs" | "tcp" | "h2c" | "tls" | "ssl"
    )
}

/// Ports of services that are certain from the name before `HOST` alone.
const SERVICES: &[(&str, u16)] = &[
    ("pg", 5432),
    ("postgres", 5432),
    ("postgresql", 5432),
    ("postgre", 5432),
    ("pgsql", 5432),
    ("pgbouncer", 6432),
    ("mysql", 3306),
    ("mariadb", 3306),
    ("redis", 6379),
    ("valkey", 6379),
    ("mongo", 27017),
    ("mongodb", 27017),
    ("rabbitmq", 5672),
    ("rabbit", 5672),
    ("amqp", 5672),
    ("kafka", 9092),
    ("memcached", 11211),
    ("memcache", 11211),
    ("nats", 4222),
    ("elasticsearch", 9200),
    ("elastic", 9200),
    ("opensearch", 9200),
    ("cassandra", 9042),
    ("zookeeper", 2181),
    ("zk", 2181),
    ("etcd", 2379),
    ("consul", 8500),
    ("influxdb", 8086),
    ("neo4j", 7687),
    ("mqtt", 1883),
    ("mosquitto", 1883),
    ("ollama", 11434),
    ("mssql", 1433),
    ("sqlserver", 1433),
    ("oracle", 1521),
    ("couchdb", 5984),
    ("temporal", 7233),
    ("ldap", 389),
];

/// Words that may stand between the service and the end of a key, and leave it the service that it is. What else stands
/// there names another one: `MONGO_EXPRESS_HOST`, `REDIS_SENTINEL_HOST`.
const BESIDE: List = List(
    "\
    host hosts hostname hostnames name addr addrs address addresses ip url urls uri uris dsn \
    server servers service endpoint endpoints node nodes broker brokers bootstrap db database \
    databases primary main master leader writer reader read write ro rw replica slave secondary \
    cluster default internal private local shared connection conn client cache caching queue \
    queues jobs session sessions store storage data state app prod production staging dev test \
    target value",
);

/// The port of the service that is named by the last word of a key that names anything.
pub(super) fn service_port(words: &[String]) -> Option<u16> {
    let is_beside = |word: &&String| BESIDE.has(word) || word.bytes().all(|b| b.is_ascii_digit());
    let last = words.iter().rev().find(|word| !is_beside(word))?;
    port_of_service(last)
}

/// The port of a kind of service: `django.db.backends.postgresql`, `mysql+pymysql`.
pub(super) fn port_of_kind(words: &[String]) -> Option<u16> {
    words.iter().rev().find_map(|word| port_of_service(word))
}

fn port_of_service(word: &str) -> Option<u16> {
    SERVICES.iter().find(|(name, _)| *name == word).map(|(_, port)| *port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_are_unwrapped() {
        let table = [
            ("PostgreSQL+psycopg2", "postgresql"),
            ("mysql+pymysql", "mysql"),
            ("mongodb+srv", "mongodb+srv"),
            ("redis+cluster", "redis"),
            ("tls+nats", "nats"),
            ("git+ssh", "git+ssh"),
            ("http+unix", "http+unix"),
            ("foo+bar", "foo+bar"),
            ("HTTP", "http"),
        ];
        for (written, plain) in table {
            assert_eq!(super::plain(written), plain);
        }
    }

    #[test]
    fn no_scheme_is_listed_twice() {
        let mut all: Vec<&str> = NETWORK.iter().map(|(name, _)| *name).collect();
        all.extend([PORTLESS, ELSEWHERE, WRAPPERS].iter().flat_map(|list| list.0.split(' ')));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(count, all.len());
    }
}
