//! Go: net, net/http, crypto/tls.

use super::{S, Shape};

pub(super) const SHAPES: &[Shape] = &[
    Shape::of(
        S::ResolverFailed,
        "go",
        r"lookup {host}(?: on \S+)?: (?:server misbehaving|Temporary failure in name resolution|Try again|(?:read|dial) udp \S+: .*(?:i/o timeout|refused|unreachable))",
    ),
    Shape::of(S::ResolverFailed, "go", r"lookup {host}(?: on \S+)?: i/o timeout"),
    Shape::of(S::NameNotFound, "go", r"lookup {host}(?: on \S+)?: no such host"),
    Shape::of(S::ConnectionRefused, "go", r"dial tcp[46]? {at}: connect: connection refused"),
    Shape::of(
        S::NoRoute,
        "go",
        r"dial tcp[46]? {at}: connect: (?:no route to host|network is unreachable|host is unreachable)",
    ),
    Shape::of(
        S::ConnectTimeout,
        "go",
        r"dial tcp[46]? {at}: (?:i/o timeout|connect: connection timed out)",
    ),
    Shape::of(S::ConnectTimeout, "go", r"net/http: request canceled while waiting for connection"),
    Shape::of(
        S::ReadTimeout,
        "go",
        r"\(Client\.Timeout exceeded while (?:awaiting headers|reading body)\)|net/http: timeout awaiting response headers",
    ),
    Shape::of(S::ReadTimeout, "go", r"read tcp[46]? \S+->{at}: i/o timeout"),
    Shape::of(
        S::ConnectionReset,
        "go",
        r"(?:read|write) tcp[46]? \S+->{at}: (?:read|write): connection reset by peer",
    ),
    Shape::of(
        S::TlsError,
        "go",
        r": x509: |: tls: |: remote error: tls: |net/http: TLS handshake timeout|http: server gave HTTP response to HTTPS client|malformed HTTP response .\\x15\\x03",
    ),
    Shape::of(
        S::ClosedWithoutReply,
        "go",
        r#"\b(?:Get|Post|Put|Patch|Delete|Head|Options) "[^"]*": (?:http: server closed idle connection|(?:unexpected )?EOF)"#,
    ),
    Shape::of(S::ConnectionRefused, "", r": connect: connection refused"),
    Shape::of(S::ConnectionReset, "", r": (?:read|write): connection reset by peer"),
    Shape::unnamed(
        "go",
        r#"\b(?:Get|Post|Put|Patch|Delete|Head|Options) "[^"]*": context deadline exceeded"#,
    ),
];
