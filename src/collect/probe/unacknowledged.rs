//! What a server's kernel sent and never saw acknowledged, from the text of its namespace's `net/tcp` and `net/tcp6`. A reply
//! that is slow is not sent yet; one that is lost on the way is sent again and again.

use checks::model::Unacknowledged;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The worst connection of the server's port with one of these clients whose bytes were sent again and are still open.
pub(crate) fn unacknowledged(
    tables: &str,
    port: u16,
    clients: &[IpAddr],
) -> Option<Unacknowledged> {
    let rows = tables.lines().filter_map(row);
    let ours = rows.filter(|row| row.port == port && clients.contains(&row.remote));
    let open = ours.map(|row| row.open).filter(|open| open.bytes > 0 && open.sent_again > 0);
    open.max_by_key(|open| open.sent_again)
}

struct Row {
    port: u16,
    remote: IpAddr,
    open: Unacknowledged,
}

/// `sl local remote state tx:rx timer:when retransmits ...`, all of it in hexadecimal.
fn row(line: &str) -> Option<Row> {
    let mut words = line.split_ascii_whitespace().skip(1);
    let (_, port) = words.next()?.split_once(':')?;
    let (remote, _) = words.next()?.split_once(':')?;
    let (bytes, _) = words.nth(1)?.split_once(':')?;
    let sent_again = words.nth(1)?;
    Some(Row {
        port: u16::from_str_radix(port, 16).ok()?,
        remote: address(remote)?,
        open: Unacknowledged {
            bytes: u32::from_str_radix(bytes, 16).ok()?,
            sent_again: u32::from_str_radix(sent_again, 16).ok()?,
        },
    })
}

/// The kernel writes addresses as words of four bytes in the machine's own order.
fn address(text: &str) -> Option<IpAddr> {
    let words: Option<Vec<u8>> = (0..text.len() / 8)
        .map(|n| u32::from_str_radix(text.get(n * 8..n * 8 + 8)?, 16).ok())
        .map(|word| word.map(u32::to_ne_bytes))
        .collect::<Option<Vec<_>>>()
        .map(|words| words.concat());
    let bytes = words?;
    match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => Some(Ipv4Addr::from(four).into()),
        Err(_) => Some(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_canonical()),
    }
}

#[cfg(test)]
mod tests {
    use super::unacknowledged;
    use checks::model::Unacknowledged;
    use std::net::IpAddr;

    const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
        0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n\
        1: 020014AC:1F90 030014AC:D2F0 01 00005A98:00000000 01:00000043 00000003     0        0 2 3 0 900 20 30 1 7\n\
        2: 020014AC:1F90 030014AC:D2F1 01 00000000:00000000 00:00000000 00000000     0        0 3 3 0 900 20 30 1 7\n\
        3: 020014AC:2382 030014AC:D2F2 01 00000010:00000000 01:00000043 00000009     0        0 4 3 0 900 20 30 1 7\n";

    #[test]
    fn only_what_was_sent_again_to_the_client_counts() {
        let client: IpAddr = "172.20.0.3".parse().unwrap();
        let lost = Some(Unacknowledged { bytes: 0x5a98, sent_again: 3 });
        assert_eq!(unacknowledged(TABLE, 8080, &[client]), lost);
        assert_eq!(unacknowledged(TABLE, 8081, &[client]), None);
        assert_eq!(unacknowledged(TABLE, 8080, &["172.20.0.4".parse().unwrap()]), None);
        let mapped = "0: 0000000000000000FFFF0000020014AC:1F90 0000000000000000FFFF0000030014AC:D2F0 04 00000001:00000000 01:1 00000002 0 0 5";
        let lost = Some(Unacknowledged { bytes: 1, sent_again: 2 });
        assert_eq!(unacknowledged(mapped, 8080, &[client]), lost);
    }

    #[test]
    fn other_text_is_survived() {
        for text in ["", "x", "0: a:b c:d", "0: 1:1F90 é:1 01 1:1 1 1", "\u{0}\n\n: :"] {
            assert_eq!(unacknowledged(text, 8080, &[]), None);
        }
    }
}
