//! What one request comes to, with servers that answer, stay silent, hang up, or speak something
//! else.

use super::super::request;
use super::servers::{http10, listener, parrot, serial, threaded};
use checks::model::Reply;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

const LIMIT: Duration = Duration::from_millis(800);

fn ask(target: SocketAddr, path: &str) -> Option<Reply> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(request(target, "mock-llm:8080", path, LIMIT)).reply
}

#[test]
fn any_status_is_an_answer_and_no_redirect_is_followed() {
    for (reply, status) in [
        (&b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"[..], 404),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302),
        (b"HTTP/1.0 200 OK\r\n\r\nno length", 200),
    ] {
        assert_eq!(ask(threaded(5, parrot(reply)), "/"), Some(Reply::Status(status)));
    }
}

#[test]
fn the_host_is_named_and_the_path_kept() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let target = serial(5, move |mut stream| {
        let mut buffer = [0; 1024];
        let count = stream.read(&mut buffer).unwrap_or(0);
        let _ = sender.send(String::from_utf8_lossy(&buffer[..count]).into_owned());
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    assert_eq!(ask(target, "health?a=b c"), Some(Reply::Status(200)));
    let seen = receiver.recv().unwrap().to_ascii_lowercase();
    assert!(seen.starts_with("get /health?a=b%20c http/1.1\r\n"), "{seen}");
    assert!(
        seen.contains("\r\nhost: mock-llm:8080\r\n") && seen.matches("host:").count() == 1,
        "{seen}"
    );
}

#[test]
fn a_plain_400_is_the_complaint_of_tls_only_where_it_says_so() {
    let both = |body: &'static str| {
        threaded(5, move |mut stream: std::net::TcpStream| {
            let mut first = [0; 1];
            let _ = stream.read(&mut first);
            let _ = stream.read(&mut [0; 4096]);
            let _ = match first {
                [0x16] => stream.write_all(b"\x15\x03\x03\x00\x02\x02\x28"),
                _ => write!(
                    stream,
                    "HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                ),
            };
        })
    };
    let ask = |body| ask(both(body), "/");
    assert_eq!(ask("Client sent an HTTP request to an HTTPS server.\n"), Some(Reply::Tls));
    assert_eq!(ask("400 The plain HTTP request was sent to HTTPS port"), Some(Reply::Tls));
    assert_eq!(ask(""), Some(Reply::Tls));
    assert_eq!(ask("{\"error\": \"no model was named\"}"), Some(Reply::Status(400)));
}

#[test]
fn every_kind_of_no_answer_has_its_own_word() {
    assert_eq!(ask(threaded(5, http10(LIMIT * 4)), "/"), Some(Reply::ReadTimeout));
    assert_eq!(ask(threaded(5, parrot(b"-ERR unknown command\r\n")), "/"), Some(Reply::NotHttp));
    assert_eq!(ask(threaded(5, parrot(b"\x15\x03\x01\x00\x02\x02\x46")), "/"), Some(Reply::Tls));
    let hangs_up = |mut stream: std::net::TcpStream| drop(stream.read(&mut [0; 4096]));
    assert_eq!(ask(threaded(5, hangs_up), "/"), Some(Reply::Closed));
    // Bytes that were sent and not read turn the close into a reset.
    let resets = |mut stream: std::net::TcpStream| drop(stream.read(&mut [0; 10]));
    assert_eq!(ask(threaded(5, resets), "/"), Some(Reply::Reset));
    let half = |mut stream: std::net::TcpStream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 2");
    };
    assert_eq!(ask(threaded(5, half), "/"), Some(Reply::Closed));
}

#[test]
fn without_a_connection_there_is_no_reply() {
    let closed = listener(1).local_addr().unwrap();
    assert_eq!(ask(closed, "/"), None);
    // A full queue: the kernel does not answer any more.
    let full = listener(0);
    let target = full.local_addr().unwrap();
    let _open: Vec<_> =
        (0..2).map(|_| std::net::TcpStream::connect_timeout(&target, LIMIT)).collect();
    assert_eq!(ask(target, "/"), None);
}
