//! The listening sockets of the namespace that the calling thread stands in, asked from the kernel
//! directly. Unlike the tables in `/proc` the answer holds the length of each listen queue, and it
//! costs a tenth of the time.

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
    let reason = |error: io::Error| {
        format!("the kernel could not be asked for its listening sockets: {error}")
    };
    let mut found = dump(AF_INET, port).map_err(reason)?;
    found.extend(dump(AF_INET6, port).map_err(reason)?);
    Ok(tidy(found))
}

fn dump(family: u8, port: Option<u16>) -> io::Result<Vec<Listener>> {
    let mut socket = Socket::new(NETLINK_SOCK_DIAG)?;
    socket.bind_auto()?;
    socket.connect(&NetlinkAddress::new(0, 0))?;
    // The kernel has the answer ready when the question is sent: waiting would be waiting for
    // nothing.
    socket.set_non_blocking(true)?;
    socket.send(&question(family, port), 0)?;
    let mut found = Vec::new();
    loop {
        let (datagram, _) = socket.recv_from_full()?;
        if read(&datagram, &mut found)? {
            return Ok(found);
        }
    }
}

fn question(family: u8, port: Option<u16>) -> Vec<u8> {
    let mut socket_id = if family == AF_INET { SocketId::new_v4() } else { SocketId::new_v6() };
    socket_id.source_port = port.unwrap_or(0);
    let request = InetRequest {
        family,
        protocol: IPPROTO_TCP,
        extensions: ExtensionFlags::empty(),
        states: StateFlags::LISTEN,
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

/// Reads the messages of one datagram; true when the kernel says that it was the last.
fn read(datagram: &[u8], found: &mut Vec<Listener>) -> io::Result<bool> {
    let mut rest = datagram;
    while !rest.is_empty() {
        let message =
            NetlinkMessage::<SockDiagMessage>::deserialize(rest).map_err(io::Error::other)?;
        match message.payload {
            NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(response)) => {
                found.push(listener(&response));
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
    use super::{listening, read};
    use proptest::prelude::*;
    use std::net::TcpListener;

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
