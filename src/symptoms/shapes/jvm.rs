//! The JVM: java.net, java.net.http, Apache's clients, Netty, `OkHttp`, JDBC, Kafka.

use super::{S, Shape};

pub(super) const SHAPES: &[Shape] = &[
    Shape::of(
        S::ConnectionRefused,
        "",
        r"Connection refused: (?:no further information: )?{host}?/(?:\[[0-9A-Fa-f:]+\]|[0-9A-Fa-f:.]+):{port}",
    ),
    Shape::of(S::ConnectionRefused, "jdbc-postgresql", r"Connection to {at} refused\. Check that"),
    Shape::of(
        S::ConnectionRefused,
        "apache-httpclient",
        r"Connect to (?:https?://)?{at} \[.*\] failed: Connection refused",
    ),
    Shape::of(S::ConnectionRefused, "", r"\bConnectException: Connection refused"),
    Shape::of(
        S::ResolverFailed,
        "",
        r"UnknownHostException: {host}: Temporary failure in name resolution",
    ),
    Shape::of(S::NameNotFound, "", r"UnknownHostException: Failed to resolve '{host}'"),
    Shape::of(
        S::NameNotFound,
        "okhttp",
        r#"UnknownHostException: Unable to resolve host "{host}""#,
    ),
    Shape::of(S::NameNotFound, "", r"UnknownHostException: {host}(?:\s*$|: |[)}\]])"),
    Shape::of(S::NameNotFound, "", r"\bUnresolvedAddressException\b"),
    Shape::of(
        S::ConnectTimeout,
        "",
        r"connection timed out(?: after \d+ ms)?: {host}?/(?:\[[0-9A-Fa-f:]+\]|[0-9A-Fa-f:.]+):{port}",
    ),
    Shape::of(
        S::ConnectTimeout,
        "okhttp",
        r"SocketTimeoutException: failed to connect to {host}/\S+ \(port {port}\)",
    ),
    Shape::of(
        S::ConnectTimeout,
        "apache-httpclient",
        r"(?:ConnectTimeoutException|ConnectTimeout\w*): Connect to (?:https?://)?{at} \[.*\] failed",
    ),
    Shape::of(
        S::ConnectTimeout,
        "",
        r"SocketTimeoutException: [Cc]onnect timed out|ConnectException: Connection timed out|HttpConnectTimeoutException",
    ),
    Shape::of(
        S::ReadTimeout,
        "",
        r"SocketTimeoutException: (?:Read timed out|timeout\s*$|\d+ MILLISECONDS)|\bReadTimeoutException\b",
    ),
    Shape::of(
        S::ConnectionReset,
        "",
        r"(?:SocketException|IOException|NativeIoException): .*Connection reset(?: by peer)?",
    ),
    Shape::of(
        S::ClosedWithoutReply,
        "apache-httpclient",
        r"NoHttpResponseException: {at} failed to respond",
    ),
    Shape::of(
        S::ClosedWithoutReply,
        "",
        r"HTTP/1\.1 header parser received no bytes|PrematureCloseException|unexpected end of stream on http",
    ),
    Shape::of(S::NoRoute, "", r"NoRouteToHostException"),
    Shape::of(
        S::TlsError,
        "",
        r"\bSSL(?:Handshake|PeerUnverified)?Exception: |PKIX path building failed",
    ),
    Shape::unnamed("okhttp", r"ConnectException: Failed to connect to {host}/\S*:{port}"),
    Shape::unnamed(
        "kafka",
        r"Connection to node -?\d+ \({host}/\S*:{port}\) could not be established",
    ),
    Shape::unnamed("lettuce", r"Unable to connect to {host}/(?:<unresolved>|[0-9.]+):{port}"),
    Shape::unnamed(
        "jedis",
        r"JedisConnectionException: Failed (?:to connect|connecting)(?: to (?:host )?{at})?",
    ),
    Shape::unnamed(
        "redisson",
        r"redisson\.client\.RedisConnectionException: .*?: {host}/\S*?:{port}",
    ),
    Shape::unnamed("mongodb", r"MongoTimeoutException: Timed out after \d+ ms while waiting"),
    Shape::unnamed("mysql-connector-j", r"CommunicationsException: Communications link failure"),
    Shape::unnamed(
        "java",
        r"\bjava\.net\.ConnectException\s*$|\bHttpTimeoutException: request timed out",
    ),
];
