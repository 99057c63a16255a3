//! Node: net, undici's fetch, axios, node-fetch, clients of databases.

use super::{S, Shape};

pub(super) const SHAPES: &[Shape] = &[
    Shape::of(
        S::ConnectionRefused,
        "node",
        r"connect ECONNREFUSED (?P<host>[0-9A-Za-z_.:-]+):{port}",
    ),
    Shape::of(S::ConnectTimeout, "node", r"connect ETIMEDOUT (?P<host>[0-9A-Za-z_.:-]+):{port}"),
    Shape::of(
        S::NoRoute,
        "node",
        r"connect E(?:HOST|NET)UNREACH (?P<host>[0-9A-Za-z_.:-]+):{port}",
    ),
    Shape::of(S::NameNotFound, "node", r"(?:getaddrinfo|query\w+) (?:ENOTFOUND|ENODATA) {host}"),
    Shape::of(
        S::ResolverFailed,
        "node",
        r"(?:getaddrinfo|query\w+) (?:EAI_AGAIN|ESERVFAIL|ETIMEOUT|ECONNREFUSED) {host}",
    ),
    Shape::of(
        S::ConnectTimeout,
        "node",
        r"ConnectTimeoutError: Connect Timeout Error(?: \(attempted address(?:es)?: {at})?",
    ),
    Shape::of(
        S::ReadTimeout,
        "node",
        r"HeadersTimeoutError: |BodyTimeoutError: |\bESOCKETTIMEDOUT\b",
    ),
    Shape::of(
        S::TlsError,
        "node",
        r"Client network socket disconnected before secure TLS|'?(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|ERR_TLS_CERT_ALTNAME_INVALID|CERT_HAS_EXPIRED)'|\bERR_TLS_CERT_ALTNAME_INVALID\b",
    ),
    Shape::of(
        S::TlsError,
        "node",
        r"Error: (?:self[- ]signed certificate|unable to verify the first certificate|certificate has expired|write EPROTO )|EPROTO .*:SSL routines:",
    ),
    Shape::of(
        S::ClosedWithoutReply,
        "node",
        r"(?:Error: |reason: )socket hang up|SocketError: other side closed",
    ),
    Shape::of(S::ConnectionReset, "node", r"(?:Error: |reason: )?(?:read|write) ECONNRESET\b"),
    Shape::of(S::ConnectionRefused, "node", r"\b(?:code: |AggregateError \[|^)'?ECONNREFUSED\b"),
    Shape::of(S::NameNotFound, "node", r"(?:\bcode: |^)'?ENOTFOUND\b"),
    Shape::of(S::ConnectionReset, "node", r"(?:\bcode: |^)'?ECONNRESET\b"),
    Shape::unnamed(
        "axios",
        r"(?:AxiosError|Error): timeout of \d+ms exceeded|AxiosError: Network Error",
    ),
    Shape::unnamed("prisma", r"Can't reach database server at `{host}`?:`?{port}"),
    Shape::unnamed("node", r"TypeError: fetch failed"),
];
