//! The sockets of the namespace that the calling thread stands in, asked from the kernel directly:
//! those that listen, and those that wait for an answer to their connect. Unlike the tables in
//! `/proc` the answer holds the length of each listen queue, and it costs a tenth of the time.

use super::listeners::{canonical, tidy};
use checks::model::Listener;
use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP};
use netlink_packet_sock_diag::inet::nlas::Nla;
use netlink_packet_sock_diag::inet::{
    ExtensionFlags, InetRequest, InetResponse, SocketId, StateFlags,
};
use netlink_packet_sock_diag::message::SockDiagMessage;
use netlink_sys::protocols::NETLINK_SOCK_DIAG;
use netlink_sys::{Socket, SocketAddr as NetlinkAddress};
use std::io;
use std::net::SocketAddr;

/// The sockets in state LISTEN, sorted by address, without the rows of Docker's resolver; those of
/// one port if one is given.
///
/// # Errors
///
/// Says why the kernel could not be asked.
pub(crate) fn listening(port: Option<u16>) -> Result<Vec<Listener>, String> {
    let rows = both(&Question { states: StateFlags::LISTEN, port, peers: None });
    let rows = rows.map_err(|error| {
        format!("the kernel could not be asked for its listening sockets: {error}")
    })?;
    Ok(tidy(rows.iter().map(listener).collect()))
}

/// The connects to a port, whatever the address, that nobody has answered yet: each with its own end and the other one.
///
/// # Errors
///
/// Says why the kernel could not be asked.
pub(crate) fn connecting(port: u16) -> Result<Vec<(SocketAddr, SocketAddr)>, String> {
    let rows = both(&Question { states: StateFlags::SYN_SENT, port: None, peers: Some(port) });
    let rows = rows.map_err(|error| {
        format!("the kernel could not be asked for its connects under way: {error}")
    })?;
    let ends = |row: &InetResponse| {
        let id = &row.header.socket_id;
        (
            canonical(SocketAddr::new(id.source_address, id.source_port)),
            canonical(SocketAddr::new(id.destination_address, id.destination_port)),
        )
    };
    Ok(rows.iter().map(ends).filter(|(_, to)| to.port() == port).collect())
}

/// Which sockets: in these states, of this port, and connected to this one.
struct Question {
    states: StateFlags,
    port: Option<u16>,
    peers: Option<u16>,
}

fn both(question: &Question) -> io::Result<Vec<InetResponse>> {
    let mut found = dump(AF_INET, question)?;
    found.extend(dump(AF_INET6, question)?);
    Ok(found)
}

fn dump(family: u8, question: &Question) -> io::Result<Vec<InetResponse>> {
    let mut socket = Socket::new(NETLINK_SOCK_DIAG)?;
    socket.bind_auto()?;
    socket.connect(&NetlinkAddress::new(0, 0))?;
    // The kernel has the answer ready when the question is sent: waiting would be waiting for
    // nothing.
    socket.set_non_blocking(true)?;
    socket.send(&question.bytes(family), 0)?;
    let mut found = Vec::new();
    loop {
        let (datagram, _) = socket.recv_from_full()?;
        if read(&datagram, &mut found)? {
            return Ok(found);
        }
    }
}

impl Question {
    fn bytes(&self, family: u8) -> Vec<u8> {
        let mut socket_id = if family == AF_INET { SocketId::new_v4() } else { SocketId::new_v6() };
        socket_id.source_port = self.port.unwrap_or(0);
        socket_id.destination_port = self.peers.unwrap_or(0);
        let request = InetRequest {
            family,
            protocol: IPPROTO_TCP,
            extensions: ExtensionFlags::empty(),
            states: self.states.clone(),
            socket_id,
        };
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | NLM_F_DUMP;
        let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(request).into());
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        bytes
    }
}

/// Reads the messages of one datagram; true when the kernel says that it was the last.
fn read(datagram: &[u8], found: &mut Vec<InetResponse>) -> io::Result<bool> {
    let mut rest = datagram;
    while !rest.is_empty() {
        let message =
            NetlinkMessage::<SockDiagMessage>::deserialize(rest).map_err(io::Error::other)?;
        match message.payload {
            NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(response)) => {
                found.push(*response);
            }
            NetlinkPayload::Done(_) => return Ok(true),
            NetlinkPayload::Error(error) => return Err(error.to_io()),
            _ => {}
        }
        // Messages are padded to four bytes.
        let length = usize::try_from(message.header.length)
            .unwrap_or(usize::MAX)
            .max(16)
            .next_multiple_of(4);
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(false)
}

fn listener(response: &InetResponse) -> Listener {
    let id = &response.header.socket_id;
    let v6_only = response.nlas.iter().find_map(|nla| match nla {
        Nla::SkV6Only(only) => Some(*only),
        _ => None,
    });
    Listener {
        address: canonical(SocketAddr::new(id.source_address, id.source_port)),
        v6_only,
        waiting: response.header.recv_queue,
        backlog: Some(response.header.send_queue),
    }
}

#[cfg(test)]
mod tests {
    use super::{connecting, listening, read};
    use proptest::prelude::*;
    use std::net::TcpListener;
    use std::time::Duration;

    const LONG: Duration = Duration::from_secs(5);

    #[test]
    fn the_kernel_names_address_and_backlog() {
        // The standard library asks for 128, and the kernel grants no more than its own limit.
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let here = server.local_addr().unwrap();
        let limit: u32 = std::fs::read_to_string("/proc/sys/net/core/somaxconn")
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        let _waiting = std::net::TcpStream::connect(here).unwrap();
        for found in [listening(None).unwrap(), listening(Some(here.port())).unwrap()] {
            let own: Vec<_> = found.iter().filter(|listener| listener.address == here).collect();
            assert_eq!(own.len(), 1);
            assert_eq!((own[0].waiting, own[0].v6_only), (1, None));
            assert!(
                own[0].backlog.is_some_and(|backlog| backlog == limit.min(128) || backlog == limit),
                "{own:?}"
            );
        }
        assert!(
            listening(Some(here.port()))
                .unwrap()
                .iter()
                .all(|listener| listener.address.port() == here.port())
        );
    }

    #[test]
    fn an_ipv6_wildcard_says_whether_it_takes_ipv4() {
        let Ok(server) = TcpListener::bind("[::]:0") else { return };
        let found = listening(Some(server.local_addr().unwrap().port())).unwrap();
        assert_eq!(found[0].v6_only, Some(false));
    }

    #[test]
    fn a_connect_that_nobody_answers_is_seen_with_both_ends() {
        // A queue with no room: the kernel completes one connect, or two, and lets the others wait.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let server = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            socket.listen(0).unwrap()
        });
        let here = server.local_addr().unwrap();
        assert_eq!(connecting(here.port()), Ok(vec![]));
        for _ in 0..4 {
            std::thread::spawn(move || std::net::TcpStream::connect_timeout(&here, LONG).map(drop));
        }
        let seen = || connecting(here.port()).unwrap();
        while seen().is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(seen().iter().all(|(from, to)| *to == here && from.port() != here.port()));
    }

    proptest! {
        #[test]
        fn any_answer_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes, &mut Vec::new());
        }

        #[test]
        fn any_answer_with_a_good_heading_is_survived(
            length in 0u32..300, kind in prop_oneof![Just(20u16), Just(2), Just(3), any::<u16>()],
            body in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut bytes = length.to_ne_bytes().to_vec();
            bytes.extend(kind.to_ne_bytes());
            bytes.extend([2, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            bytes.extend(body);
            let _ = read(&bytes, &mut Vec::new());
        }
    }
}
