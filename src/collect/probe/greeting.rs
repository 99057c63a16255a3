//! What a server says before anything is asked. Nothing is sent: servers whose protocol is not HTTP may take every byte for a
//! request.

use checks::model::TurnedAway;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a server that speaks first is given to begin.
const GREETING: Duration = Duration::from_millis(500);
/// And how long one that only speaks to turn somebody away, which it does at once.
const AT_ONCE: Duration = Duration::from_millis(200);
/// Errors of `MySQL` by which it turns hosts away: blocked, not allowed.
const REFUSALS: [u16; 2] = [1129, 1130];
/// So much of it is read.
const LONGEST: usize = 64;

/// Whether the port says something before anything is asked.
pub(super) async fn speaks_first(target: SocketAddr) -> bool {
    let look = async {
        let mut greeting = [0; 3];
        TcpStream::connect(target).await?.read_exact(&mut greeting).await?;
        io::Result::Ok(greeting)
    };
    // Some answer before they are asked.
    matches!(timeout(GREETING, look).await, Ok(Ok(greeting)) if &greeting != b"HTT")
}

/// How the server turns away whoever connects from here, where it says so at once.
pub(crate) async fn turned_away(target: SocketAddr) -> Option<TurnedAway> {
    let mut greeting = Vec::new();
    let look = async {
        let stream = TcpStream::connect(target).await?;
        let mut first = stream.take(LONGEST as u64);
        while first.read_buf(&mut greeting).await? > 0 && refusal(&greeting).is_none() {}
        io::Result::Ok(())
    };
    // What was read before the connection was reset counts as well.
    let _ = timeout(AT_ONCE, look).await;
    refusal(&greeting)
}

/// A refusal that a greeting begins with.
fn refusal(greeting: &[u8]) -> Option<TurnedAway> {
    match greeting {
        // Redis: `-DENIED Redis is running in protected mode`. That it has no place left may be for a moment.
        [b'-', b'D', b'E', b'N', b'I', b'E', b'D', b' ', ..] => Some(TurnedAway::Redis),
        // `MySQL`: the length of the packet, its number, and an error instead of a greeting, with its own number.
        [_, _, 0, 0, 0xff, low, high, ..] => {
            let number = u16::from_le_bytes([*low, *high]);
            REFUSALS.contains(&number).then_some(TurnedAway::Mysql(number))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{TurnedAway, refusal, turned_away};
    use std::io::Write;
    use std::net::TcpListener;

    #[test]
    fn refusals_are_told_from_greetings() {
        assert_eq!(refusal(b"-DENIED Redis is running in"), Some(TurnedAway::Redis));
        let mysql = b"\x45\0\0\0\xff\x6a\x04Host '172.18.0.3' is not allowed";
        assert_eq!(refusal(mysql), Some(TurnedAway::Mysql(1130)));
        for greeting in [
            &b""[..],
            b"-",
            b"-DENIED",
            b"- no",
            b"-denied it",
            b"-ERR max number of clients reached\r\n",
            b"-WELCOME to it",
            b"\x45\0\0\0\xff\x10\x04Too many connections",
            b"+PONG\r\n",
            b"\x4a\0\0\0\x0a8.0.36\0",
            b"SSH-2.0-OpenSSH_9.2",
            b"220 mail ESMTP",
            b"\x45\0\0\0\xff",
        ] {
            assert_eq!(refusal(greeting), None, "{greeting:?}");
        }
    }

    #[tokio::test]
    async fn a_refusal_counts_though_the_connection_is_closed_behind_it() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            client.write_all(b"-DENIED Redis").unwrap();
        });
        assert_eq!(turned_away(at).await, Some(TurnedAway::Redis));
        server.join().unwrap();
        // Nobody listens any more.
        assert_eq!(turned_away(at).await, None);
    }
}
