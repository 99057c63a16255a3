//! One request through a proxy.

use super::super::proxied::{proxied, proxy_request, status};
use super::servers::{parrot, threaded};
use checks::model::{Connect, Proxied, Reply};
use std::net::SocketAddr;
use std::time::Duration;

fn ask(proxy: SocketAddr) -> Proxied {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let request = proxy_request("mock:8080", Some("health"));
    let limit = Duration::from_millis(500);
    runtime.block_on(proxied(proxy, &request, limit, limit))
}

#[test]
fn a_proxy_answers_denies_or_is_not_there() {
    let reply = |text: &'static [u8]| ask(threaded(1, parrot(text)));
    assert_eq!(reply(b"HTTP/1.1 200 OK\r\n\r\n"), Proxied::Answered(Reply::Status(200)));
    assert_eq!(reply(b"HTTP/1.0 503 No\r\n\r\n"), Proxied::Answered(Reply::Status(503)));
    assert_eq!(reply(b"-ERR\r\n"), Proxied::Answered(Reply::NotHttp));
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(ask(nobody), Proxied::Unreached(Connect::Refused));
}

#[test]
fn what_is_asked_for_is_one_line_of_plain_words() {
    let page = proxy_request("mock:8080", Some("a b\r\nX: y"));
    assert!(
        page.starts_with("GET http://mock:8080/abX:y HTTP/1.1\r\nHost: mock:8080\r\n"),
        "{page}"
    );
    assert!(proxy_request("mock:443", None).starts_with("CONNECT mock:443 HTTP/1.1\r\n"));
    assert_eq!((status(b"HTTP/2 200"), status(b"HTTP/1.1 2"), status(b"")), (None, Some(2), None));
}
