//! The system's own words, by whatever program they come: behind a colon or in brackets, and at the end of what is said.

use super::{S, Shape};

pub(super) const SHAPES: &[Shape] = &[
    Shape::of(
        S::ConnectionRefused,
        "",
        r"{host} port {port}(?: \(tcp\))?(?: failed)?: Connection refused",
    ),
    Shape::of(S::ConnectionRefused, "", r#"[:(\]] ?Connection refused(?:[.)"'\]},;\s]*$|[)"'\]])"#),
    Shape::of(
        S::NameNotFound,
        "",
        r#"[:(\]] ?Name or service not known(?:[.)"'\]},;\s]*$|[)"'\]])"#,
    ),
    Shape::of(
        S::ResolverFailed,
        "",
        r#"[:(\]] ?Temporary failure in name resolution(?:[.)"'\]},;\s]*$|[)"'\]])"#,
    ),
    Shape::of(S::ConnectTimeout, "", r#"[:(\]] ?Connection timed out(?:[.)"'\]},;\s]*$|[)"'\]])"#),
    Shape::of(
        S::ConnectionReset,
        "",
        r#"[:(\]] ?Connection reset by peer(?:[.)"'\]},;\s]*$|[)"'\]])"#,
    ),
    Shape::of(
        S::NoRoute,
        "",
        r#"[:(\]] ?(?:No route to host|Network is unreachable|Host is unreachable)(?:[.)"'\]},;\s]*$|[)"'\]])"#,
    ),
];
