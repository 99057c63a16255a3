//! A connection through an HTTP proxy, as clients ask for one that speak TLS.

use super::connect::classify;
use crate::words::words;
use checks::model::{Connect, Proxied, Reply};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The head of a reply is looked at as far as this.
const HEAD: u64 = 1 << 10;

/// Asks the proxy for a connection to `authority`, and waits for the head of its reply. The client library makes none without
/// speaking TLS over it, and here nothing is sent over it.
pub(crate) async fn tunnelled(
    proxy: SocketAddr,
    authority: &str,
    connecting: Duration,
    limit: Duration,
) -> Proxied {
    let mut stream = match timeout(connecting, TcpStream::connect(proxy)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Proxied::Unreached(classify(&error)),
        Err(_) => return Proxied::Unreached(Connect::Timeout),
    };
    let authority: String = authority.chars().filter(char::is_ascii_graphic).collect();
    let request =
        format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: econn\r\n\r\n");
    let ask = async {
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        let mut reader = (&mut stream).take(HEAD);
        while !head.contains(&b'\n') && reader.read_buf(&mut head).await? > 0 {}
        io::Result::Ok(head)
    };
    Proxied::Answered(match timeout(limit, ask).await {
        Err(_) => Reply::ReadTimeout,
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionReset => Reply::Reset,
        Ok(Err(error)) => return Proxied::Unknown(words(&error)),
        Ok(Ok(head)) if head.is_empty() => Reply::Closed,
        Ok(Ok(head)) => status(&head).map_or(Reply::NotHttp, Reply::Status),
    })
}

/// The status of `HTTP/1.1 200 OK`.
fn status(head: &[u8]) -> Option<u16> {
    let line = head.split(|byte| *byte == b'\n').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next()?.trim().parse().ok()
}
