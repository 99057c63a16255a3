//! One request through a proxy.

use super::super::{proxied, tunnelled};
use super::servers::{parrot, serial, threaded};
use checks::model::{Connect, Proxied, Reply};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

const LIMIT: Duration = Duration::from_millis(800);

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

fn page(proxy: SocketAddr) -> Result<(Reply, Vec<u8>), Connect> {
    run(proxied(proxy, "mock:8080", "health", LIMIT))
}

fn tunnel(proxy: SocketAddr) -> Proxied {
    run(tunnelled(proxy, "mock:443", LIMIT, LIMIT))
}

fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn a_page_is_asked_for_by_its_whole_address() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let proxy = serial(5, move |mut stream| {
        let mut buffer = [0; 1024];
        let count = stream.read(&mut buffer).unwrap_or(0);
        let _ = sender.send(String::from_utf8_lossy(&buffer[..count]).into_owned());
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    assert_eq!(page(proxy), Ok((Reply::Status(200), b"ok".to_vec())));
    let seen = receiver.recv().unwrap().to_ascii_lowercase();
    assert!(seen.starts_with("get http://mock:8080/health http/1.1\r\n"), "{seen}");
    assert!(seen.contains("\r\nhost: mock:8080\r\n"), "{seen}");
}

#[test]
fn a_proxy_answers_denies_or_is_not_there() {
    let says = |text: &'static [u8]| page(threaded(5, parrot(text))).map(|(reply, _)| reply);
    assert_eq!(says(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"), Ok(Reply::Status(503)));
    assert_eq!(says(b"-ERR\r\n"), Ok(Reply::NotHttp));
    assert_eq!(page(nobody()), Err(Connect::Refused));
}

#[test]
fn a_connection_is_asked_for_by_name_and_port() {
    let says = |text: &'static [u8]| tunnel(threaded(5, parrot(text)));
    assert_eq!(says(b"HTTP/1.1 200 OK\r\n\r\n"), Proxied::Answered(Reply::Status(200)));
    assert_eq!(says(b"HTTP/1.0 403 No\r\n\r\n"), Proxied::Answered(Reply::Status(403)));
    assert_eq!(says(b"-ERR\r\n"), Proxied::Answered(Reply::NotHttp));
    assert_eq!(tunnel(nobody()), Proxied::Unreached(Connect::Refused));
}
