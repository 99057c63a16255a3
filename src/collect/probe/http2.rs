//! Whether a port speaks HTTP/2 from the first byte on ("prior knowledge"), as servers of gRPC do: HTTP/1 means nothing to them.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What a client says first: the preface, and settings of which none differs from its default.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// The frame that holds settings, by its number; each of them takes six bytes.
const SETTINGS: u8 = 4;
const SETTING: u32 = 6;
/// No frame may be longer before both sides have agreed on more.
const LONGEST: u32 = 1 << 14;

/// Whether the port answers a client of HTTP/2 with a server's settings.
pub(super) async fn is_spoken(target: SocketAddr, limit: Duration) -> bool {
    let look = async {
        let mut stream = TcpStream::connect(target).await?;
        stream.write_all(PREFACE).await?;
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        io::Result::Ok(head)
    };
    matches!(timeout(limit, look).await, Ok(Ok(head)) if begins_a_connection(head))
}

/// A server's settings come first, and belong to no stream.
fn begins_a_connection([a, b, c, kind, flags, stream @ ..]: [u8; 9]) -> bool {
    let length = u32::from_be_bytes([0, a, b, c]);
    kind == SETTINGS
        && flags == 0
        && stream == [0; 4]
        && length.is_multiple_of(SETTING)
        && length <= LONGEST
}

#[cfg(test)]
mod tests {
    use super::begins_a_connection;

    #[test]
    fn settings_are_told_from_anything_else() {
        assert!(begins_a_connection([0, 0, 0, 4, 0, 0, 0, 0, 0]));
        assert!(begins_a_connection([0, 0, 18, 4, 0, 0, 0, 0, 0]));
        for other in [
            *b"HTTP/1.1 ",
            *b"220 hello",
            [0; 9],
            [0, 0, 8, 7, 0, 0, 0, 0, 0],
            [0, 0, 7, 4, 0, 0, 0, 0, 0],
            [0, 0, 0, 4, 1, 0, 0, 0, 0],
            [0, 0, 6, 4, 0, 0, 0, 0, 1],
        ] {
            assert!(!begins_a_connection(other), "{other:?}");
        }
    }
}
