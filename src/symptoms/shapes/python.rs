//! Python: sockets, requests and urllib3, httpx, aiohttp, openai and litellm, psycopg, redis.

use super::{S, Shape};

pub(super) const SHAPES: &[Shape] = &[
    Shape::of(
        S::ConnectionRefused,
        "aiohttp",
        r"Cannot connect to host {at} ssl:.*(?:Connect call failed|Connection refused)",
    ),
    Shape::of(
        S::NameNotFound,
        "aiohttp",
        r"Cannot connect to host {at} ssl:\S+ \[(?:\[Errno -[25]\]|Name or service not known|No address associated with hostname|Domain name not found|DNS server returned answer with no data|Name does not resolve)",
    ),
    Shape::of(
        S::ResolverFailed,
        "aiohttp",
        r"Cannot connect to host {at} ssl:\S+ \[(?:Temporary failure in name resolution|Timeout while contacting DNS servers|Could not contact DNS servers|Try again)",
    ),
    Shape::of(
        S::NoRoute,
        "aiohttp",
        r"Cannot connect to host {at} ssl:.*(?:Errno 113|Errno 101|No route to host|Network is unreachable)",
    ),
    Shape::of(S::TlsError, "aiohttp", r"Cannot connect to host {at} ssl:\S+ \[(?:\[SSL|SSLCert)"),
    Shape::of(
        S::ConnectionReset,
        "aiohttp",
        r"Cannot connect to host {at} ssl:\S+ \[(?:Connection reset by peer|\[Errno 104\])",
    ),
    Shape::of(S::ConnectTimeout, "aiohttp", r"Connection timeout to host "),
    Shape::of(
        S::ConnectionRefused,
        "aiohttp",
        r"ClientConnector\w*Error\(ConnectionKey\(host='{host}', port={port}.*ConnectionRefusedError\(111,",
    ),
    Shape::of(
        S::NameNotFound,
        "aiohttp",
        r"ClientConnector\w*Error\(ConnectionKey\(host='{host}', port={port}.*gaierror\(-[25],",
    ),
    Shape::of(
        S::ReadTimeout,
        "aiohttp",
        r"(?:SocketTimeoutError|ServerTimeoutError): Timeout on reading data from socket",
    ),
    Shape::of(
        S::ClosedWithoutReply,
        "aiohttp",
        r"ServerDisconnectedError(?:: Server disconnected|\()",
    ),
    Shape::of(S::ConnectionRefused, "redis-py", r"Error 111 connecting to {at}\. "),
    Shape::of(S::NameNotFound, "redis-py", r"Error -[25] connecting to {at}\. "),
    Shape::of(S::ResolverFailed, "redis-py", r"Error -3 connecting to {at}\. "),
    Shape::of(S::NoRoute, "redis-py", r"Error 1(?:13|01) connecting to {at}\. "),
    Shape::of(
        S::ConnectTimeout,
        "redis-py",
        r"\bTimeoutError: Timeout connecting to server|Error 110 connecting to {at}\. ",
    ),
    Shape::of(S::ReadTimeout, "redis-py", r"\bTimeoutError: Timeout reading from (?:socket|{at})"),
    Shape::of(S::ConnectionReset, "redis-py", r"Error while reading from {at} : \(104,"),
    Shape::of(
        S::ClosedWithoutReply,
        "redis-py",
        r"redis\.exceptions\.ConnectionError: Connection closed by server",
    ),
    Shape::of(
        S::ConnectionRefused,
        "mysql",
        r"Can't connect to (?:MySQL )?server on '{host}(?::{port})?' \(\[Errno 111\]",
    ),
    Shape::of(
        S::NameNotFound,
        "mysql",
        r"Can't connect to (?:MySQL )?server on '{host}(?::{port})?' \(\[Errno -[25]\]",
    ),
    Shape::of(
        S::ReadTimeout,
        "mysql",
        r"\(2013, 'Lost connection to MySQL server during query \(timed out\)'",
    ),
    Shape::of(
        S::ClosedWithoutReply,
        "mysql",
        r"\(2013, 'Lost connection to MySQL server during query'",
    ),
    Shape::of(S::NameNotFound, "", r"Failed to resolve '{host}' \(\[Errno -[25]\]"),
    Shape::of(S::ResolverFailed, "", r"Failed to resolve '{host}' \(\[Errno -3\]"),
    Shape::of(S::NameNotFound, "psycopg", r"failed to resolve host '{host}': \[Errno -[25]\]"),
    Shape::of(S::ResolverFailed, "psycopg", r"failed to resolve host '{host}': \[Errno -3\]"),
    Shape::of(S::ConnectTimeout, "psycopg", r"\bConnectionTimeout: connection timeout expired"),
    Shape::of(S::ConnectTimeout, "", r"Connection to {host} timed out\. \(connect timeout="),
    Shape::of(
        S::ConnectTimeout,
        "",
        r"\b(?:requests\.exceptions|httpx2?|httpcore2?)\.ConnectTimeout\b",
    ),
    // As `repr` tells them.
    Shape::of(S::ConnectTimeout, "", r#"\bConnectTimeout\(['"]"#),
    Shape::of(S::ReadTimeout, "", r#"\bReadTimeout\(['"]"#),
    Shape::of(S::ReadTimeout, "", r"Read timed out\. \(read timeout="),
    Shape::of(S::ReadTimeout, "", r"\b(?:requests\.exceptions|httpx2?|httpcore2?)\.ReadTimeout\b"),
    Shape::of(
        S::ClosedWithoutReply,
        "",
        r"RemoteDisconnected(?:\('|: )Remote end closed connection without response",
    ),
    Shape::of(S::ClosedWithoutReply, "", r"RemoteProtocolError(?:\('|: )Server disconnected"),
    Shape::of(S::ConnectionReset, "", r"ConnectionResetError\(104, "),
    Shape::of(S::ConnectionRefused, "", r"{at}: \[Errno 111\] Connection refused"),
    Shape::of(S::ConnectionRefused, "", r"\[Errno 111\] Connect call failed \('{host}', {port}"),
    Shape::of(
        S::ConnectionRefused,
        "",
        r"\[Errno 111\]|\(111, 'Connection refused'\)|\bConnectionRefusedError(?:: |\(111, )",
    ),
    Shape::of(S::NameNotFound, "", r"\[Errno (?:-[25]|11001)\]|gaierror\(-[25], "),
    Shape::of(S::ResolverFailed, "", r"\[Errno -3\]|gaierror\(-3, "),
    Shape::of(S::ConnectTimeout, "", r"\[Errno 110\]|<urlopen error timed out>"),
    Shape::of(S::ConnectionReset, "", r"\[Errno 104\]|\bConnectionResetError: "),
    Shape::of(S::NoRoute, "", r"\[Errno 113\]|\[Errno 101\]"),
    Shape::of(S::TlsError, "", r"\[SSL: [A-Z0-9_]+\]|\bSSLError\(|\bssl\.SSL\w*Error\b"),
    Shape::unnamed(
        "litellm",
        r"\blitellm\.\S*(?:APIConnectionError|InternalServerError|Timeout)\b|OpenAIException - (?:Connection error|Request timed out)",
    ),
    Shape::unnamed(
        "openai",
        r"\bopenai\.API(?:ConnectionError|TimeoutError)\b|\bAPIConnectionError\b.*Connection error|\bAPITimeoutError\b.*Request timed out",
    ),
    // What wraps it may be all that a program prints of it.
    Shape::unnamed(
        "",
        r#"(?:^|[:=-] |["'(]|\b(?:ERROR|WARN|WARNING|CRITICAL|FATAL)\S* )Connection error\.?["')]?\s*$"#,
    ),
    Shape::unnamed(
        "",
        r#"\bhttp(?:x|core)2?\.(?:Connect|Read|Write)Error\b|All connection attempts failed(?:['"]\))?$"#,
    ),
    Shape::unnamed(
        "",
        r"\brequests\.exceptions\.ConnectionError\b|\burllib3\.exceptions\.(?:NewConnectionError|MaxRetryError)\b",
    ),
    Shape::unnamed("aiohttp", r"Cannot connect to host {at} ssl:"),
    // The standard library's words, whether a connection or a reply was waited for.
    Shape::unnamed("", r"\b(?:TimeoutError|socket\.timeout): timed out$"),
    Shape::unnamed("pika", r"\bpika\.exceptions\.AMQPConnectionError\b"),
    Shape::unnamed("kafka", r"\bkafka\.errors\.NoBrokersAvailable\b"),
];
