//! Proxies that say how they did not reach the server behind them: nginx, Apache, Envoy.

use super::{S, Shape};

pub(super) const SHAPES: &[Shape] = &[
    // nginx.
    Shape::of(
        S::ConnectionRefused,
        "nginx",
        r"\(111: Connection refused\) while connecting to upstream",
    ),
    Shape::of(
        S::ConnectTimeout,
        "nginx",
        r"upstream timed out \(110: [^)]*\) while connecting to upstream",
    ),
    Shape::of(
        S::ReadTimeout,
        "nginx",
        r"upstream timed out \(110: [^)]*\) while reading (?:response header )?(?:from )?upstream",
    ),
    Shape::of(
        S::ClosedWithoutReply,
        "nginx",
        r"upstream prematurely closed connection while reading response header",
    ),
    Shape::of(
        S::ConnectionReset,
        "nginx",
        r"\(104: Connection reset by peer\) while reading response header from upstream",
    ),
    Shape::of(S::NoRoute, "nginx", r"\(113: [^)]*\) while connecting to upstream"),
    Shape::of(S::NameNotFound, "nginx", r#"host not found in upstream "{host}(?::{port})?""#),
    Shape::of(S::NameNotFound, "nginx", r"\b{host} could not be resolved \(3: Host not found\)"),
    Shape::of(
        S::ResolverFailed,
        "nginx",
        r"\b{host} could not be resolved \((?:110: Operation timed out|2: Server failure)\)",
    ),
    // Apache: the address that it dialled, and the name that it was told.
    Shape::of(
        S::ConnectionRefused,
        "httpd",
        r"\(111\)Connection refused: AH00957: .*attempt to connect to \S+:{port} \({host}(?::\d+)?\) failed",
    ),
    Shape::of(
        S::ConnectionRefused,
        "httpd",
        r"\(111\)Connection refused: AH00957: .*attempt to connect to {at} ",
    ),
    Shape::of(
        S::ConnectTimeout,
        "httpd",
        r"\(110\)[^:]*: AH00957: .*attempt to connect to \S+:{port} \({host}(?::\d+)?\) failed",
    ),
    Shape::of(
        S::NoRoute,
        "httpd",
        r"\(1(?:13|01)\)[^:]*: AH00957: .*attempt to connect to \S+:{port} \({host}(?::\d+)?\) failed",
    ),
    Shape::unnamed("httpd", r"AH00957: .*attempt to connect to {at} .*failed"),
    // Envoy tells its own clients, whose URL is not what failed.
    Shape::of(
        S::ConnectionRefused,
        "envoy",
        r"upstream connect error or disconnect/reset before headers\..*delayed connect error: (?:111|Connection refused)",
    ),
    Shape::of(
        S::NoRoute,
        "envoy",
        r"upstream connect error or disconnect/reset before headers\..*delayed connect error: (?:113|101|No route to host|Network is unreachable)",
    ),
    Shape::of(
        S::ConnectTimeout,
        "envoy",
        r"upstream connect error or disconnect/reset before headers\..*(?:delayed connect error: (?:110|Connection timed out)|reset reason: connection timeout)",
    ),
    Shape::of(
        S::TlsError,
        "envoy",
        r"upstream connect error or disconnect/reset before headers\..*transport failure reason: TLS",
    ),
    Shape::of(
        S::ClosedWithoutReply,
        "envoy",
        r"upstream connect error or disconnect/reset before headers\..*reset reason: (?:remote )?connection termination",
    ),
    Shape::unnamed(
        "envoy",
        r"upstream connect error or disconnect/reset before headers\..*reset reason: (?:(?:local|remote) )?connection failure",
    ),
];
