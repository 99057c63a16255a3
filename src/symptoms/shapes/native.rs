//! Rust, curl, wget, libpq, `MySQL`, redis-cli, PHP, Ruby, .NET.

use super::{S, Shape};

pub(super) const SHAPES: &[Shape] = &[
    // Rust: the standard library's texts, below hyper, reqwest and tonic.
    Shape::of(
        S::NameNotFound,
        "",
        r"failed to lookup address information: (?:Name or service not known|No address associated with hostname|Name does not resolve)",
    ),
    Shape::of(
        S::ResolverFailed,
        "",
        r"failed to lookup address information: (?:Temporary failure in name resolution|Try again)",
    ),
    Shape::of(S::ConnectionRefused, "", r"\(os error 111\)|Os \{ code: 111, "),
    Shape::of(S::NoRoute, "", r"\(os error 1(?:13|01)\)"),
    Shape::of(S::ConnectionReset, "", r"\(os error 104\)|Os \{ code: 104, "),
    Shape::of(S::ConnectTimeout, "", r"\(os error 110\)"),
    Shape::of(S::ClosedWithoutReply, "", r"connection closed before message completed"),
    Shape::of(
        S::TlsError,
        "",
        r"invalid peer certificate: |received corrupt message of type InvalidContentType",
    ),
    Shape::unnamed("reqwest", r"error sending request for url"),
    // curl, also below PHP.
    Shape::of(
        S::ConnectionRefused,
        "",
        r"(?:curl: \(7\)|cURL error 7:) Failed to connect to {host} port {port}.*: Connection refused",
    ),
    Shape::of(
        S::NoRoute,
        "",
        r"(?:curl: \(7\)|cURL error 7:) Failed to connect to {host} port {port}.*: (?:No route to host|Network is unreachable|Host is unreachable)",
    ),
    Shape::of(
        S::ConnectTimeout,
        "",
        r"(?:curl: \(\d+\)|cURL error \d+:) (?:Failed to connect to|connect to) {host} port {port}.*(?:Timeout was reached|timed out)",
    ),
    Shape::of(
        S::ConnectTimeout,
        "",
        r"(?:curl: \(28\)|cURL error 28:) (?:Connection timed out|Connection timeout)",
    ),
    Shape::of(
        S::ReadTimeout,
        "",
        r"(?:curl: \(28\)|cURL error 28:) Operation (?:timed out|too slow)",
    ),
    Shape::of(S::NameNotFound, "", r"(?:curl: \(6\)|cURL error 6:) Could not resolve host: {host}"),
    Shape::of(
        S::NameNotFound,
        "",
        r"(?:curl: \(5\)|cURL error 5:) Could not resolve proxy: {host}",
    ),
    Shape::of(S::TlsError, "", r"(?:curl: \((?:35|51|58|60)\)|cURL error (?:35|51|58|60):)"),
    Shape::of(
        S::ClosedWithoutReply,
        "",
        r"(?:curl: \(52\)|cURL error 52:) Empty reply from server",
    ),
    Shape::of(
        S::ConnectionReset,
        "",
        r"(?:curl: \(56\)|cURL error 56:) .*Connection reset by peer",
    ),
    Shape::unnamed("", r"(?:curl: \(7\)|cURL error 7:) Failed to connect to {host} port {port}"),
    Shape::unnamed("", r"^\s*curl: \((?:55|56)\) "),
    // wget, and that of BusyBox.
    Shape::of(
        S::ConnectionRefused,
        "wget",
        r"Connecting to {host}(?: \([^)]*\))?(?:\|[^|]*\|)?:{port}\.\.\. failed: Connection refused",
    ),
    Shape::of(
        S::ConnectTimeout,
        "wget",
        r"Connecting to {host}(?: \([^)]*\))?(?:\|[^|]*\|)?:{port}\.\.\. failed: Connection timed out",
    ),
    Shape::of(
        S::NoRoute,
        "wget",
        r"Connecting to {host}(?: \([^)]*\))?(?:\|[^|]*\|)?:{port}\.\.\. failed: (?:No route to host|Network is unreachable)",
    ),
    Shape::of(
        S::NameNotFound,
        "wget",
        r"Resolving {host} .*failed: (?:Name or service not known|No address associated)",
    ),
    Shape::of(
        S::ResolverFailed,
        "wget",
        r"Resolving {host} .*failed: Temporary failure in name resolution",
    ),
    Shape::of(S::NameNotFound, "wget", r"wget: bad address '{host}(?::{port})?'"),
    Shape::of(
        S::ConnectionRefused,
        "wget",
        r"can't connect to remote host(?: \({host}\))?: Connection refused",
    ),
    Shape::of(
        S::NoRoute,
        "wget",
        r"can't connect to remote host(?: \({host}\))?: (?:No route to host|Host is unreachable|Network is unreachable)",
    ),
    Shape::of(
        S::ClosedWithoutReply,
        "wget",
        r"HTTP request sent, awaiting response\.\.\. No data received|wget: error getting response",
    ),
    Shape::of(
        S::ReadTimeout,
        "wget",
        r"HTTP request sent, awaiting response\.\.\. Read error \(Connection timed out\)",
    ),
    Shape::of(
        S::ConnectionReset,
        "wget",
        r"HTTP request sent, awaiting response\.\.\. Read error \(Connection reset by peer\)",
    ),
    Shape::unnamed(
        "wget",
        r"wget: unable to resolve host address \W{host}|wget: download timed out",
    ),
    // Databases.
    Shape::of(
        S::ConnectionRefused,
        "",
        r#"connection to server at "(?P<host>[^"]+)"(?: \([^)]*\))?, port {port} failed: Connection refused"#,
    ),
    Shape::of(
        S::ConnectTimeout,
        "",
        r#"connection to server at "(?P<host>[^"]+)"(?: \([^)]*\))?, port {port} failed: (?:timeout expired|Connection timed out)"#,
    ),
    Shape::of(
        S::NoRoute,
        "",
        r#"connection to server at "(?P<host>[^"]+)"(?: \([^)]*\))?, port {port} failed: (?:No route to host|Network is unreachable)"#,
    ),
    Shape::of(
        S::ClosedWithoutReply,
        "",
        r#"connection to server at "(?P<host>[^"]+)"(?: \([^)]*\))?, port {port} failed: server closed the connection"#,
    ),
    Shape::of(
        S::ConnectionReset,
        "",
        r#"connection to server at "(?P<host>[^"]+)"(?: \([^)]*\))?, port {port} failed: .*Connection reset by peer"#,
    ),
    Shape::of(
        S::TlsError,
        "",
        r#"connection to server at "(?P<host>[^"]+)"(?: \([^)]*\))?, port {port} failed: (?:SSL error|server does not support SSL|received invalid response to SSL)"#,
    ),
    Shape::of(
        S::NameNotFound,
        "",
        r#"could not translate host name "{host}" to address: (?:Name or service not known|No address associated|Name does not resolve|Unknown host)"#,
    ),
    Shape::of(
        S::ResolverFailed,
        "",
        r#"could not translate host name "{host}" to address: (?:Temporary failure|Try again)"#,
    ),
    Shape::of(S::ConnectionRefused, "", r"could not connect to server: Connection refused"),
    Shape::of(
        S::ConnectionRefused,
        "mysql",
        r"Can't connect to (?:MySQL )?server on '{host}(?::{port})?' \(111",
    ),
    Shape::of(S::NameNotFound, "mysql", r"Unknown (?:MySQL )?server host '{host}' \(-[25]\)"),
    Shape::of(S::ResolverFailed, "mysql", r"Unknown (?:MySQL )?server host '{host}' \(-3\)"),
    Shape::of(
        S::ConnectTimeout,
        "mysql",
        r"Can't connect to (?:MySQL )?server on '{host}(?::{port})?' \((?:110|timed out)",
    ),
    Shape::of(
        S::NoRoute,
        "mysql",
        r"Can't connect to (?:MySQL )?server on '{host}(?::{port})?' \(1(?:13|01)",
    ),
    // MariaDB's number 115 says no more than that it tried.
    Shape::unnamed("mysql", r"Can't connect to (?:MySQL )?server on '{host}(?::{port})?' \(115"),
    Shape::of(
        S::ConnectionRefused,
        "redis-cli",
        r"Could not connect to Redis at {at}: Connection refused",
    ),
    Shape::of(
        S::NameNotFound,
        "redis-cli",
        r"Could not connect to Redis at {at}: Name or service not known",
    ),
    // PHP, Ruby, .NET.
    Shape::of(
        S::NameNotFound,
        "php",
        r"php_network_getaddresses: getaddrinfo (?:for {host} )?failed: (?:Name or service not known|Name does not resolve)",
    ),
    Shape::of(
        S::ResolverFailed,
        "php",
        r"php_network_getaddresses: getaddrinfo (?:for {host} )?failed: (?:Temporary failure in name resolution|Try again)",
    ),
    Shape::of(
        S::ConnectionRefused,
        "php",
        r"[Uu]nable to connect to (?:[a-z]+://)?{at} \(Connection refused\)|SQLSTATE\[HY000\] \[2002\] Connection refused",
    ),
    Shape::of(
        S::ConnectionRefused,
        "ruby",
        r"Failed to open TCP connection to {at} \(Connection refused",
    ),
    Shape::of(
        S::NameNotFound,
        "ruby",
        r"Failed to open TCP connection to {at} \(getaddrinfo: (?:Name or service not known|Name does not resolve)",
    ),
    Shape::of(
        S::ConnectionRefused,
        "ruby",
        r#"Connection refused - connect\(2\) for "?{host}"?(?: port |:){port}|\bErrno::ECONNREFUSED\b"#,
    ),
    Shape::of(S::ReadTimeout, "ruby", r"\bNet::ReadTimeout\b"),
    Shape::of(S::ConnectTimeout, "ruby", r"\bNet::OpenTimeout\b"),
    Shape::of(S::ConnectionRefused, "dotnet", r"HttpRequestException: Connection refused \({at}\)"),
    Shape::of(
        S::NameNotFound,
        "dotnet",
        r"HttpRequestException: Name or service not known \({at}\)",
    ),
    // Its time counts from the search for the name to the reply.
    Shape::unnamed(
        "dotnet",
        r"canceled due to the configured HttpClient\.Timeout of [\d.,]+ seconds elapsing",
    ),
    Shape::unnamed("npgsql", r"NpgsqlException.*: Failed to connect to {at}"),
    Shape::unnamed(
        "sqlclient",
        r"network-related or instance-specific error occurred while establishing a connection to SQL Server",
    ),
    Shape::unnamed(
        "stackexchange-redis",
        r"UnableToConnect on {at}/|RedisConnectionException: It was not possible to connect to the redis server",
    ),
];
