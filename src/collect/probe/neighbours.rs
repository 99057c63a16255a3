//! Who was asked for on the own networks and did not answer, from the text of a namespace's `net/arp`.

use std::net::IpAddr;

/// The addresses whose owner never told where it is: their flags are 0.
pub(crate) fn silent_neighbours(table: &str) -> Vec<IpAddr> {
    let silent = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let address = words.next()?.parse().ok()?;
        (words.nth(1)? == "0x0").then_some(address)
    };
    table.lines().filter_map(silent).collect()
}

#[cfg(test)]
mod tests {
    use super::silent_neighbours;

    #[test]
    fn only_who_never_answered_is_silent() {
        let table = "IP address       HW type     Flags       HW address            Mask     Device\n\
            172.20.0.1       0x1         0x2         02:42:6d:3c:5d:0a     *        eth0\n\
            172.20.0.9       0x1         0x0         00:00:00:00:00:00     *        eth0\n";
        assert_eq!(silent_neighbours(table), ["172.20.0.9".parse::<std::net::IpAddr>().unwrap()]);
        for text in ["", "x", "172.20.0.9", "172.20.0.9 0x1", "é 0x1 0x0"] {
            assert!(silent_neighbours(text).is_empty(), "{text}");
        }
    }
}
