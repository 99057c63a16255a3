//! The kernel's cumulative counters of a network namespace. They outlive the failure that they
//! counted, so they are evidence without any probe; they also rise for reasons other than a serial
//! server, so they are evidence only.

use checks::model::QueueCounters;

/// Overflows and drops at listen queues, from the text of `net/netstat`; `None` when the kernel
/// does not count them.
pub(crate) fn queue_counters(netstat: &str) -> Option<QueueCounters> {
    Some(QueueCounters {
        overflows: counter(netstat, "TcpExt", "ListenOverflows")?,
        drops: counter(netstat, "TcpExt", "ListenDrops")?,
    })
}

/// How many refusals (resets) the namespace's kernel has sent, from the text of `net/snmp`.
pub(crate) fn resets_sent(snmp: &str) -> Option<u64> {
    counter(snmp, "Tcp", "OutRsts")
}

/// Each group is two lines that begin alike: the names, then the values.
fn counter(text: &str, group: &str, name: &str) -> Option<u64> {
    let mut lines =
        text.lines().filter_map(|line| line.split_once(':')).filter(|(head, _)| *head == group);
    let (_, names) = lines.next()?;
    let (_, values) = lines.next()?;
    let place = names.split_ascii_whitespace().position(|each| each == name)?;
    values.split_ascii_whitespace().nth(place)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{counter, queue_counters, resets_sent};
    use checks::model::QueueCounters;
    use proptest::prelude::*;

    const NETSTAT: &str = "TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPHPHits\n\
                           TcpExt: 0 205 206 7\n\
                           IpExt: InNoRoutes ListenOverflows\nIpExt: 1 2\n";

    #[test]
    fn the_counters_are_found_by_name() {
        assert_eq!(queue_counters(NETSTAT), Some(QueueCounters { overflows: 205, drops: 206 }));
        assert_eq!(resets_sent("Tcp: RtoMin OutRsts InCsumErrors\nTcp: 200 4 0\n"), Some(4));
    }

    #[test]
    fn a_counter_that_is_missing_is_not_zero() {
        assert_eq!(queue_counters("TcpExt: ListenOverflows\nTcpExt: 1\n"), None);
        assert_eq!(queue_counters("TcpExt: ListenOverflows ListenDrops\n"), None);
        assert_eq!(queue_counters("TcpExt: ListenOverflows ListenDrops\nTcpExt: 1\n"), None);
        assert_eq!(queue_counters(""), None);
    }

    #[test]
    fn the_own_kernel_is_understood() {
        assert!(
            queue_counters(&std::fs::read_to_string("/proc/thread-self/net/netstat").unwrap())
                .is_some()
        );
        assert!(
            resets_sent(&std::fs::read_to_string("/proc/thread-self/net/snmp").unwrap()).is_some()
        );
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(TcpExt:|Tcp:)?(\\PC{0,30}[ :\n]){0,20}") {
            let _ = (queue_counters(&text), resets_sent(&text));
        }

        #[test]
        fn what_is_written_is_read(
            values in prop::collection::vec(any::<u64>(), 1..30),
            pick: prop::sample::Index,
        ) {
            let names: Vec<String> = (0..values.len()).map(|place| format!("N{place}")).collect();
            let numbers: Vec<String> = values.iter().map(u64::to_string).collect();
            let text = format!("A: x\nA: 1\nB: {}\nB: {}\n", names.join(" "), numbers.join(" "));
            let place = pick.index(values.len());
            prop_assert_eq!(counter(&text, "B", &names[place]), Some(values[place]));
        }
    }
}
