//! One TCP connect with a limit, from the namespace of the calling thread.

use crate::words::words;
use checks::model::{Attempt, Connect};
use rustix::io::Errno;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Connects to `to` and hangs up again.
pub(crate) async fn connect(to: SocketAddr, limit: Duration) -> Attempt {
    let started = Instant::now();
    let connect = match timeout(limit, TcpStream::connect(to)).await {
        Ok(Ok(_)) => Connect::Connected,
        Ok(Err(error)) => classify(&error),
        Err(_) => Connect::Timeout,
    };
    Attempt { to, connect, ms: millis(started.elapsed()) }
}

/// Whole milliseconds.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn classify(error: &io::Error) -> Connect {
    // A family that the client's kernel does not have: no address of that family is available to
    // it.
    if error.raw_os_error() == Some(Errno::AFNOSUPPORT.raw_os_error()) {
        return Connect::AddressNotAvailable;
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Connect::Refused,
        io::ErrorKind::TimedOut => Connect::Timeout,
        io::ErrorKind::HostUnreachable => Connect::HostUnreachable,
        io::ErrorKind::NetworkUnreachable => Connect::NetworkUnreachable,
        io::ErrorKind::ConnectionReset => Connect::Reset,
        io::ErrorKind::AddrNotAvailable => Connect::AddressNotAvailable,
        _ => Connect::Other(words(error)),
    }
}

/// Why a probe of the server in its own namespace broke. An address that the namespace lacks is known by its family: a
/// program may listen on every address of IPv6 where there is none.
pub(super) fn broken(to: SocketAddr, error: &io::Error) -> String {
    if to.is_ipv6() && classify(error) == Connect::AddressNotAvailable {
        return "it listens on IPv6 only, and its network namespace has no IPv6 address".into();
    }
    words(error)
}

#[cfg(test)]
mod tests {
    use super::{classify, connect};
    use checks::model::Connect;
    use rustix::io::Errno;
    use std::time::Duration;

    #[tokio::test]
    async fn an_open_and_a_closed_port_are_told_apart() {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let here = server.local_addr().unwrap();
        let limit = Duration::from_secs(1);
        assert_eq!(connect(here, limit).await.connect, Connect::Connected);
        drop(server);
        let refused = connect(here, limit).await;
        assert_eq!((refused.connect, refused.to), (Connect::Refused, here));
    }

    #[test]
    fn every_known_error_has_its_own_word() {
        let cases = [
            (Errno::CONNREFUSED, Connect::Refused),
            (Errno::TIMEDOUT, Connect::Timeout),
            (Errno::HOSTUNREACH, Connect::HostUnreachable),
            (Errno::NETUNREACH, Connect::NetworkUnreachable),
            (Errno::CONNRESET, Connect::Reset),
            (Errno::ADDRNOTAVAIL, Connect::AddressNotAvailable),
            (Errno::AFNOSUPPORT, Connect::AddressNotAvailable),
            (Errno::ACCESS, Connect::Other("no permission".to_owned())),
        ];
        for (errno, expected) in cases {
            assert_eq!(classify(&errno.into()), expected);
        }
    }
}
