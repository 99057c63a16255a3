//! Small servers of every kind that the probes must tell apart. They live as long as the test
//! process.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A listener with a listen queue of a chosen length.
pub(super) fn listener(backlog: u32) -> TcpListener {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let _inside = runtime.enter();
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(backlog).unwrap().into_std().unwrap();
    listener.set_nonblocking(false).unwrap();
    listener
}

/// A listener that shares its port with others.
pub(super) fn shared(address: Option<SocketAddr>) -> TcpListener {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let _inside = runtime.enter();
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_reuseport(true).unwrap();
    socket.bind(address.unwrap_or_else(|| "127.0.0.1:0".parse().unwrap())).unwrap();
    let listener = socket.listen(50).unwrap().into_std().unwrap();
    listener.set_nonblocking(false).unwrap();
    listener
}

/// Takes up one connection after the other.
pub(super) fn serial(backlog: u32, handle: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = listener(backlog);
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().flatten().for_each(handle));
    address
}

/// Gives each connection a thread.
pub(super) fn threaded(
    backlog: u32,
    handle: impl Fn(TcpStream) + Send + Sync + 'static,
) -> SocketAddr {
    let handle = Arc::new(handle);
    serial(backlog, move |stream| {
        let handle = Arc::clone(&handle);
        thread::spawn(move || handle(stream));
    })
}

/// Serves everybody, and counts the most connections that were open at once.
pub(super) fn counting(
    handle: impl Fn(TcpStream) + Send + Sync + 'static,
) -> (SocketAddr, Arc<AtomicUsize>) {
    let (open, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let address = threaded(50, move |stream| {
        seen.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        handle(stream);
        open.fetch_sub(1, Ordering::SeqCst);
    });
    (address, most)
}

/// Serves as many connections at a time as it has threads, and lets the others wait in the queue.
pub(super) fn pool(size: usize, handle: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let (listener, handle) = (Arc::new(listener(50)), Arc::new(handle));
    for _ in 0..size {
        let (listener, handle) = (Arc::clone(&listener), Arc::clone(&handle));
        thread::spawn(move || listener.incoming().flatten().for_each(|stream| handle(stream)));
    }
    listener.local_addr().unwrap()
}

/// Serves up to `most` connections at a time and closes every other one at once.
pub(super) fn limited(
    most: usize,
    handle: impl Fn(TcpStream) + Send + Sync + 'static,
) -> SocketAddr {
    let open = Arc::new(AtomicUsize::new(0));
    threaded(50, move |stream| {
        if open.fetch_add(1, Ordering::SeqCst) < most {
            handle(stream);
        }
        open.fetch_sub(1, Ordering::SeqCst);
    })
}

/// One thread for all connections that stands still for `stall` of every `period`.
pub(super) fn event_loop(stall: Duration, period: Duration, reply: &'static str) -> SocketAddr {
    let listener = listener(100);
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    thread::spawn(move || {
        let mut open: Vec<(TcpStream, Vec<u8>)> = Vec::new();
        loop {
            thread::sleep(stall);
            let busy = Instant::now();
            while busy.elapsed() < period.saturating_sub(stall) {
                while let Ok((stream, _)) = listener.accept() {
                    stream.set_nonblocking(true).unwrap();
                    open.push((stream, Vec::new()));
                }
                open.retain_mut(|(stream, seen)| step(stream, seen, reply));
                thread::sleep(Duration::from_millis(1));
            }
        }
    });
    address
}

/// Takes up a connection when its first byte is there, one after the other.
pub(super) fn deferred(handle: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = listener(50);
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    thread::spawn(move || {
        let mut idle: Vec<TcpStream> = Vec::new();
        loop {
            idle.extend(listener.accept().map(|(stream, _)| stream));
            for stream in std::mem::take(&mut idle) {
                stream.set_nonblocking(true).unwrap();
                match stream.peek(&mut [0]) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => idle.push(stream),
                    Ok(1..) => {
                        stream.set_nonblocking(false).unwrap();
                        handle(stream);
                    }
                    _ => {}
                }
            }
            thread::sleep(Duration::from_millis(1));
        }
    });
    address
}

/// Reads what is there; false when the connection is done with.
fn step(stream: &mut TcpStream, seen: &mut Vec<u8>, reply: &str) -> bool {
    let mut buffer = [0; 1024];
    match stream.read(&mut buffer) {
        Ok(0) => false,
        Ok(count) => {
            seen.extend(&buffer[..count]);
            let done = seen.ends_with(b"\r\n\r\n");
            if done {
                let _ = stream.write_all(reply.as_bytes());
            }
            !done
        }
        Err(error) => error.kind() == ErrorKind::WouldBlock,
    }
}

pub(super) const OK_10: &str = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Reads one request; false when the client hangs up or the patience ends.
fn read_request(stream: &mut TcpStream) -> bool {
    let (mut seen, mut buffer) = (Vec::new(), [0; 1024]);
    while !seen.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(count @ 1..) => seen.extend(&buffer[..count]),
            _ => return false,
        }
    }
    true
}

/// HTTP/1.0: answers one request after `delay` and closes.
pub(super) fn http10(delay: Duration) -> impl Fn(TcpStream) + Send + Sync + 'static {
    move |mut stream| {
        if read_request(&mut stream) {
            thread::sleep(delay);
            let _ = stream.write_all(OK_10.as_bytes());
        }
    }
}

/// Like that, but only one request is worked on at a time, however many connections there are.
pub(super) fn one_worker(delay: Duration) -> impl Fn(TcpStream) + Send + Sync + 'static {
    let turn = Mutex::new(());
    move |mut stream| {
        if read_request(&mut stream) {
            let worked = turn.lock().unwrap();
            thread::sleep(delay);
            drop(worked);
            let _ = stream.write_all(OK_10.as_bytes());
        }
    }
}

/// HTTP/1.0 at once: so many requests are answered, and one more after each `refill`; the others are told that they are too many.
pub(super) fn rationed(most: u32, refill: Duration) -> impl Fn(TcpStream) + Send + Sync + 'static {
    let taken: Mutex<Vec<Instant>> = Mutex::default();
    move |mut stream| {
        if read_request(&mut stream) {
            let mut taken = taken.lock().unwrap();
            taken.retain(|at| at.elapsed() < refill * most);
            let is_free = taken.len() < most as usize;
            if is_free {
                taken.push(Instant::now());
            }
            drop(taken);
            let _ = stream.write_all(if is_free {
                OK_10.as_bytes()
            } else {
                b"HTTP/1.0 429 Too Many Requests\r\n\r\n"
            });
        }
    }
}

/// HTTP/1.1: answers requests on one connection until the client hangs up, or is silent for
/// `patience`.
pub(super) fn http11(patience: Duration) -> impl Fn(TcpStream) + Send + Sync + 'static {
    move |mut stream| {
        stream.set_read_timeout(Some(patience)).unwrap();
        while read_request(&mut stream) {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    }
}

/// Says the same to whatever it is told.
pub(super) fn parrot(reply: &'static [u8]) -> impl Fn(TcpStream) + Send + Sync + 'static {
    move |mut stream| {
        let mut buffer = [0; 1024];
        while let Ok(1..) = stream.read(&mut buffer) {
            let _ = stream.write_all(reply);
        }
    }
}
