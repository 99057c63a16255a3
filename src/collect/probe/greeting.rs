//! What a server says before anything is asked. Nothing is sent: servers whose protocol is not HTTP may take every byte for a
//! request.

use checks::model::TurnedAway;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// How long a server that speaks first is given to begin.
const GREETING: Duration = Duration::from_millis(500);
/// And how long one that only speaks to turn somebody away, which it does at once.
const AT_ONCE: Duration = Duration::from_millis(200);
/// Errors of `MySQL` by which it turns hosts away: blocked, not allowed.
const REFUSALS: [u16; 2] = [1129, 1130];
/// The one by which it says that all its places are taken.
const TOO_MANY: u16 = 1040;
/// So often it is looked, and so long is waited in between.
const LOOKS: usize = 3;
const FREE: Duration = Duration::from_millis(100);
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

/// How the server turns away each of three connections from here on which nothing is asked, where it does so at once.
pub(crate) async fn turned_away(target: SocketAddr) -> Option<TurnedAway> {
    let first = turned_away_once(target).await?;
    for _ in 1..LOOKS {
        // A place that was taken may be free again.
        sleep(FREE).await;
        if turned_away_once(target).await.as_ref() != Some(&first) {
            return None;
        }
    }
    Some(first)
}

async fn turned_away_once(target: SocketAddr) -> Option<TurnedAway> {
    let mut greeting = Vec::new();
    let stream = timeout(AT_ONCE, TcpStream::connect(target)).await.ok()?.ok()?;
    let look = async {
        let mut first = stream.take(LONGEST as u64);
        while first.read_buf(&mut greeting).await? > 0 && refusal(&greeting).is_none() {}
        io::Result::Ok(())
    };
    // What was read before the connection was reset counts as well.
    let ended = timeout(AT_ONCE, look).await;
    let hangs_up = greeting.is_empty()
        && ended.is_ok_and(|ended| match ended {
            Ok(()) => true,
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        });
    refusal(&greeting).or_else(|| hangs_up.then_some(TurnedAway::HangsUp))
}

/// A refusal that a greeting begins with.
fn refusal(greeting: &[u8]) -> Option<TurnedAway> {
    match greeting {
        // Redis: `-DENIED Redis is running in protected mode`.
        [b'-', b'D', b'E', b'N', b'I', b'E', b'D', b' ', ..] => Some(TurnedAway::Redis),
        _ if greeting.starts_with(b"-ERR max number of clients") => Some(TurnedAway::Full),
        // `MySQL`: the length of the packet, its number, and an error instead of a greeting, with its own number.
        [_, _, 0, 0, 0xff, low, high, ..] => match u16::from_le_bytes([*low, *high]) {
            TOO_MANY => Some(TurnedAway::Full),
            number => REFUSALS.contains(&number).then_some(TurnedAway::Mysql(number)),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{TurnedAway, refusal, turned_away};
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn refusals_are_told_from_greetings() {
        assert_eq!(refusal(b"-DENIED Redis is running in"), Some(TurnedAway::Redis));
        let mysql = b"\x45\0\0\0\xff\x6a\x04Host '172.18.0.3' is not allowed";
        assert_eq!(refusal(mysql), Some(TurnedAway::Mysql(1130)));
        let full = [
            &b"-ERR max number of clients reached\r\n"[..],
            b"\x17\0\0\0\xff\x10\x04Too many connections",
        ];
        assert!(full.iter().all(|greeting| refusal(greeting) == Some(TurnedAway::Full)));
        for greeting in [
            &b""[..],
            b"-",
            b"-DENIED",
            b"- no",
            b"-denied it",
            b"-ERR unknown command\r\n",
            b"-WELCOME to it",
            b"\x45\0\0\0\xff\x11\x04Another error",
            b"+PONG\r\n",
            b"\x4a\0\0\0\x0a8.0.36\0",
            b"SSH-2.0-OpenSSH_9.2",
            b"220 mail ESMTP",
            b"\x45\0\0\0\xff",
        ] {
            assert_eq!(refusal(greeting), None, "{greeting:?}");
        }
    }

    /// What is seen of a server that does this with each connection, by its number.
    async fn seen_of(does: impl Fn(usize, TcpStream) + Send + 'static) -> Option<TurnedAway> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            listener.incoming().flatten().enumerate().for_each(|(number, one)| does(number, one));
        });
        turned_away(at).await
    }

    #[tokio::test]
    async fn a_refusal_counts_though_the_connection_is_closed_behind_it() {
        let denies = |_, mut client: TcpStream| client.write_all(b"-DENIED Redis").unwrap();
        assert_eq!(seen_of(denies).await, Some(TurnedAway::Redis));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let closed = listener.local_addr().unwrap();
        drop(listener);
        assert_eq!(turned_away(closed).await, None);
    }

    #[tokio::test]
    async fn who_hangs_up_at_once_does_so_each_time() {
        assert_eq!(seen_of(|_, client| drop(client)).await, Some(TurnedAway::HangsUp));
        let kept = std::sync::Mutex::new(Vec::new());
        let second = move |number, client| {
            if number == 1 {
                kept.lock().unwrap().push(client);
            }
        };
        assert_eq!(seen_of(second).await, None);
        let speaks = |_, mut client: TcpStream| client.write_all(b"Sat Nov 28\r\n").unwrap();
        assert_eq!(seen_of(speaks).await, None);
    }
}
