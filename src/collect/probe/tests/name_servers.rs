//! Name servers on loopback that answer as they are told.

use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;

/// What a server does with a question; no message is silence.
pub(super) type Answer = fn(&str, RecordType, &mut Message) -> bool;

/// Starts one server for each answer, on 127.0.0.2 and on, all on the same port, UDP and TCP.
pub(super) fn servers(answers: &[Answer]) -> (Vec<IpAddr>, u16) {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    'port: loop {
        let port = 20_000
            + u16::try_from(std::process::id() % 10_000).unwrap()
            + NEXT.fetch_add(1, Ordering::SeqCst);
        let mut bound = Vec::new();
        for (number, answer) in (2..).zip(answers) {
            let ip = Ipv4Addr::new(127, 0, 0, number);
            let (Ok(udp), Ok(tcp)) = (UdpSocket::bind((ip, port)), TcpListener::bind((ip, port)))
            else {
                continue 'port;
            };
            bound.push((IpAddr::V4(ip), udp, tcp, *answer));
        }
        return (
            bound.into_iter().map(|(ip, udp, tcp, answer)| serve(ip, udp, tcp, answer)).collect(),
            port,
        );
    }
}

fn serve(ip: IpAddr, udp: UdpSocket, tcp: TcpListener, answer: Answer) -> IpAddr {
    thread::spawn(move || {
        let mut buffer = [0; 1500];
        while let Ok((count, from)) = udp.recv_from(&mut buffer) {
            if let Some(bytes) = reply(&buffer[..count], answer, false) {
                let _ = udp.send_to(&bytes, from);
            }
        }
    });
    thread::spawn(move || {
        for mut stream in tcp.incoming().flatten() {
            let mut length = [0; 2];
            while stream.read_exact(&mut length).is_ok() {
                let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
                let _ = stream.read_exact(&mut question);
                if let Some(bytes) = reply(&question, answer, true) {
                    let _ = stream.write_all(&u16::try_from(bytes.len()).unwrap().to_be_bytes());
                    let _ = stream.write_all(&bytes);
                }
            }
        }
    });
    ip
}

fn reply(question: &[u8], answer: Answer, tcp: bool) -> Option<Vec<u8>> {
    let asked = Message::from_vec(question).ok()?;
    let query = asked.queries.first()?.clone();
    let mut message = asked.clone();
    message.metadata.message_type = MessageType::Response;
    let name = query.name().to_string();
    let told = answer(name.trim_end_matches('.'), query.query_type(), &mut message);
    // Over UDP a truncated reply is a hint to ask again over TCP.
    if tcp {
        message.metadata.truncation = false;
    } else if message.metadata.truncation {
        message.answers.clear();
    }
    told.then(|| message.to_vec().ok()).flatten()
}

/// Answers with a code alone.
pub(super) fn is(message: &mut Message, code: ResponseCode) -> bool {
    message.metadata.response_code = code;
    true
}

/// Answers with one address of the wanted kind.
pub(super) fn address(kind: RecordType, message: &mut Message) -> bool {
    let name = message.queries[0].name().clone();
    let data = match kind {
        RecordType::AAAA => RData::AAAA("fd00::7".parse().unwrap()),
        _ => RData::A("10.0.0.7".parse().unwrap()),
    };
    message.add_answer(Record::from_rdata(name, 1, data));
    true
}
