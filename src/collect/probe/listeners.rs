//! The listening sockets of a network namespace, from the text of its `net/tcp` and `net/tcp6`
//! tables. These can be read from outside without entering the namespace; what they do not show is
//! the length of a queue and the family rule of an IPv6 wildcard.

use checks::model::Listener;
use procfs_core::net::{TcpNetEntries, TcpNetEntry, TcpState};
use procfs_core::{ExplicitSystemInfo, FromBufReadSI};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Docker's resolver listens here in every container on a user network. It is no server of the
/// container's.
const DOCKER_DNS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 11));

/// The same as the kernel writes it.
const DOCKER_DNS_WRITTEN: &str = "0B00007F";

/// Reads the LISTEN rows of both tables, sorted by address. Where IPv6 is off there is no second
/// table: pass "".
///
/// # Errors
///
/// Says which row is not understood: a listener that was overlooked would read as "nothing
/// listens".
pub(crate) fn listeners(tcp: &str, tcp6: &str) -> Result<Vec<Listener>, String> {
    let mut found = Vec::new();
    for line in tcp.lines().chain(tcp6.lines()).filter(|line| is_listen(line)) {
        found.push(row(line).ok_or_else(|| {
            format!("a row of the socket table is not understood: {}", line.trim())
        })?);
    }
    Ok(tidy(found))
}

/// The ports at which datagrams of anybody are taken, sorted, from the text of `net/udp` and `net/udp6`.
pub(crate) fn udp_ports(udp: &str, udp6: &str) -> Vec<u16> {
    let port = |line: &str| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (here, peer) = (fields.next()?, fields.next()?);
        let (address, port) = here.rsplit_once(':')?;
        // One that has a peer takes nothing of others; the resolver is the engine's.
        let is_own = peer.ends_with(":0000") && address != DOCKER_DNS_WRITTEN;
        u16::from_str_radix(port, 16).ok().filter(|_| is_own)
    };
    let mut ports: Vec<u16> = udp.lines().chain(udp6.lines()).filter_map(port).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// The numbers of the sockets that listen on a port, by which the processes that hold them are found.
pub(crate) fn sockets_at(tcp: &str, tcp6: &str, port: u16) -> BTreeSet<u64> {
    let rows = tcp.lines().chain(tcp6.lines()).filter(|line| is_listen(line));
    rows.filter_map(entry)
        .filter(|entry| entry.local_address.port() == port)
        .map(|entry| entry.inode)
        .collect()
}

/// Drops the resolver's rows and puts the rest in one order.
pub(super) fn tidy(mut found: Vec<Listener>) -> Vec<Listener> {
    found.retain(|listener| listener.address.ip() != DOCKER_DNS);
    found
        .sort_by_key(|listener| (listener.address.port(), listener.address.ip(), listener.waiting));
    found
}

/// An IPv4 address written as IPv6 is the IPv4 address.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn is_listen(line: &str) -> bool {
    line.split_ascii_whitespace().nth(3) == Some("0A")
}

fn row(line: &str) -> Option<Listener> {
    let entry = entry(line)?;
    (entry.state == TcpState::Listen).then(|| Listener {
        address: canonical(entry.local_address),
        v6_only: None,
        waiting: entry.rx_queue,
        backlog: None,
    })
}

fn entry(line: &str) -> Option<TcpNetEntry> {
    let system = ExplicitSystemInfo {
        boot_time_secs: 0,
        ticks_per_second: 100,
        page_size: 4096,
        is_little_endian: cfg!(target_endian = "little"),
    };
    // The parser skips the table's heading.
    let table = format!("\n{line}");
    TcpNetEntries::from_buf_read(table.as_bytes(), &system).ok()?.0.pop()
}

#[cfg(test)]
mod tests {
    use super::{listeners, sockets_at, udp_ports};
    use checks::model::Listener;
    use proptest::prelude::*;
    use std::fmt::Write;
    use std::net::{IpAddr, SocketAddr};

    const HEAD: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n";
    #[test]
    fn datagrams_are_taken_where_no_peer_is_named() {
        let udp = "\
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  1: 00000000:2FA8 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 0
  2: 0B00007F:A3D1 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 2 2 0 0
  3: 0100007F:8000 0100007F:0035 01 00000000:00000000 00:00000000 00000000     0        0 3 2 0 0
";
        let udp6 = "  9: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07 0:0 00:0 0 0 0 4 2 0 0\n";
        assert_eq!(udp_ports(udp, udp6), [53, 12200]);
        assert_eq!(udp_ports("", "nothing of the kind\n"), [0_u16; 0]);
    }

    const REST: &str = "00:00000000 00000000     0        0 12345 1 0000000000000000 100 0 0 10 0";

    fn listener(address: &str, waiting: u32) -> Listener {
        Listener { address: address.parse().unwrap(), v6_only: None, waiting, backlog: None }
    }

    fn hex(address: SocketAddr) -> String {
        let octets = match address.ip() {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        let mut text = String::new();
        for word in octets.chunks_exact(4) {
            write!(text, "{:08X}", u32::from_ne_bytes(word.try_into().unwrap())).unwrap();
        }
        format!("{text}:{:04X}", address.port())
    }

    fn table(rows: &[(SocketAddr, &str, u32)]) -> String {
        let none = |address: &SocketAddr| {
            if address.is_ipv4() {
                "00000000:0000"
            } else {
                "00000000000000000000000000000000:0000"
            }
        };
        let row = |(address, state, queue): &(SocketAddr, &str, u32)| {
            format!(
                "   0: {} {} {state} 00000000:{queue:08X} {REST}\n",
                hex(*address),
                none(address)
            )
        };
        format!("{HEAD}{}", rows.iter().map(row).collect::<String>())
    }

    #[test]
    fn listen_rows_of_both_tables_are_found_and_nothing_else() {
        let tcp = table(&[
            ("127.0.0.1:8080".parse().unwrap(), "0A", 3),
            ("0.0.0.0:80".parse().unwrap(), "0A", 0),
            ("127.0.0.11:41234".parse().unwrap(), "0A", 0),
            ("10.0.0.2:80".parse().unwrap(), "01", 7),
        ]);
        let tcp6 = table(&[
            ("[::]:8080".parse().unwrap(), "0A", 1),
            ("[::ffff:127.0.0.1]:9000".parse().unwrap(), "0A", 0),
            ("[::1]:9001".parse().unwrap(), "0A", 0),
        ]);
        let expected = [
            listener("0.0.0.0:80", 0),
            listener("127.0.0.1:8080", 3),
            listener("[::]:8080", 1),
            listener("127.0.0.1:9000", 0),
            listener("[::1]:9001", 0),
        ];
        assert_eq!(listeners(&tcp, &tcp6).unwrap(), expected);
        assert_eq!(listeners(HEAD, "").unwrap(), []);
    }

    #[test]
    fn a_socket_is_found_by_its_port() {
        let tcp = table(&[
            ("127.0.0.1:8080".parse().unwrap(), "0A", 3),
            ("10.0.0.2:8080".parse().unwrap(), "01", 7),
        ]);
        assert_eq!(sockets_at(&tcp, HEAD, 8080).into_iter().collect::<Vec<_>>(), [12345]);
        assert!(sockets_at(&tcp, "", 80).is_empty());
    }

    #[test]
    fn a_row_that_is_not_understood_is_no_empty_table() {
        assert!(
            listeners(&format!("{HEAD}   0: 0100007F:1F90 00000000:0000 0A broken"), "").is_err()
        );
    }

    #[test]
    fn a_real_table_is_read() {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let tcp = std::fs::read_to_string("/proc/thread-self/net/tcp").unwrap();
        let here = server.local_addr().unwrap();
        assert!(listeners(&tcp, "").unwrap().iter().any(|listener| listener.address == here));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(tcp in "\\PC{0,200}", tcp6 in "(\\PC{0,20}[ :\n]){0,30}") {
            let _ = listeners(&tcp, &tcp6);
        }

        #[test]
        fn rows_like_the_kernels_are_survived(
            local in "[0-9A-FZé]{6,33}:[0-9A-F]{0,5}",
            remote in "[0-9A-F]{8,32}:[0-9A-F]{4}",
            rest in "[0-9A-F:]{0,18} [ 0-9:]{0,60}",
        ) {
            let _ = listeners(&format!("{HEAD}   0: {local} {remote} 0A {rest}"), "");
        }

        #[test]
        fn what_is_written_is_read(ip: IpAddr, port: u16, queue: u32) {
            let address = SocketAddr::new(ip, port);
            let read = listeners(&table(&[(address, "0A", queue)]), "").unwrap();
            let expected = SocketAddr::new(ip.to_canonical(), port);
            prop_assume!(expected.ip().to_string() != "127.0.0.11");
            prop_assert_eq!(read, vec![listener(&expected.to_string(), queue)]);
        }
    }
}
