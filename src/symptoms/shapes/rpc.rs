//! gRPC in its languages, and message brokers.

use super::{S, Shape};

pub(super) const SHAPES: &[Shape] = &[
    Shape::of(
        S::ConnectionRefused,
        "grpc",
        r"failed to connect to all addresses.*ipv[46]:{at}: .*Connection refused",
    ),
    Shape::of(
        S::ConnectTimeout,
        "grpc",
        r"failed to connect to all addresses.*ipv[46]:{at}: .*(?:Timeout occurred|[Cc]onnection timed out|connect\(\) timed out)",
    ),
    Shape::of(
        S::NoRoute,
        "grpc",
        r"failed to connect to all addresses.*ipv[46]:{at}: .*(?:No route to host|Network is unreachable)",
    ),
    Shape::of(
        S::ConnectionReset,
        "grpc",
        r"failed to connect to all addresses.*ipv[46]:{at}: .*Connection reset by peer",
    ),
    Shape::of(
        S::ClosedWithoutReply,
        "grpc",
        r"failed to connect to all addresses.*ipv[46]:{at}: Socket closed",
    ),
    Shape::of(
        S::TlsError,
        "grpc",
        r"failed to connect to all addresses.*ipv[46]:{at}: .*(?:Ssl handshake|SSL_ERROR|CERTIFICATE_VERIFY)",
    ),
    Shape::of(
        S::ResolverFailed,
        "grpc",
        r"(?:DNS resolution failed for|errors resolving) {at}: .*(?:Timeout while contacting DNS|Could not contact DNS|general failure)",
    ),
    Shape::of(
        S::NameNotFound,
        "grpc",
        r"(?:DNS resolution failed for|errors resolving) {at}: .*(?:not found|NXDOMAIN|no data)",
    ),
    Shape::of(S::NameNotFound, "grpc", r"Name resolution failed for target dns:{at}"),
    Shape::of(S::NameNotFound, "grpc", r"UNAVAILABLE: Unable to resolve host {host}"),
    Shape::of(S::ConnectionRefused, "kafka", r"Connect to ipv[46]#{at} failed: Connection refused"),
    Shape::of(
        S::ConnectionRefused,
        "kafka",
        r"Connect attempt to <BrokerConnection .*\bhost={at} .*> returned error 111\.",
    ),
    Shape::of(
        S::ConnectTimeout,
        "kafka",
        r"Connect attempt to <BrokerConnection .*\bhost={at} .*> returned error 110\.",
    ),
    Shape::of(
        S::NoRoute,
        "kafka",
        r"Connect attempt to <BrokerConnection .*\bhost={at} .*> returned error 1(?:13|01)\.",
    ),
    Shape::of(S::ConnectTimeout, "kafka", r"{at}/\S*: Connection setup timed out in state CONNECT"),
    Shape::of(S::NameNotFound, "kafka", r"Failed to resolve '{at}': Name or service not known"),
    Shape::of(
        S::ResolverFailed,
        "kafka",
        r"Failed to resolve '{at}': Temporary failure in name resolution",
    ),
    Shape::unnamed("grpc", r"failed to connect to all addresses(?:.*ipv[46]:{at})?"),
    Shape::unnamed(
        "grpc",
        r"StatusCode\.DEADLINE_EXCEEDED|code = DeadlineExceeded|\b4 DEADLINE_EXCEEDED: ",
    ),
    Shape::unnamed(
        "grpc",
        r"UNAVAILABLE: io exception|\b14 UNAVAILABLE: No connection established|code = Unavailable desc = ",
    ),
];
