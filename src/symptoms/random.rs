//! Whatever a log holds: no panic, bounded memory, and nothing in the result but words of our own, hosts and ports.

use super::{KINDS, Recogniser};
use proptest::prelude::*;

/// Text made of what the shapes look for.
fn odd() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"Traceback (most recent call last):\n".to_vec()),
        Just(b"During handling of the above exception, another exception occurred:\n".to_vec()),
        Just(b"Caused by: ".to_vec()),
        Just(b"E   ".to_vec()),
        Just(b"____ test ____\n".to_vec()),
        Just(b"{\"log\":\"x\\n\",\"stream\":\"stderr\"}\n".to_vec()),
        Just(b"{\"msg\":\"connect ECONNREFUSED 1.2.3.4:5\",\"port\":99999}\n".to_vec()),
        Just(b"dial tcp ".to_vec()),
        Just(b"[Errno 111] Connection refused\n".to_vec()),
        Just(b"http://u:s3cret@mock:8080/?t=s3cret".to_vec()),
        Just(b": connect: connection refused\n".to_vec()),
        Just(b"\x1b[31m".to_vec()),
        Just(b"\xff\xfe\x00".to_vec()),
        "[ -~]{0,20}\n?".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..20),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_log_breaks_it(log in odd(), cut in 1_usize..64) {
        let mut recogniser = Recogniser::default();
        log.chunks(cut).for_each(|piece| recogniser.read(piece));
        let lines = log.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
        let found = recogniser.finish();
        let all: u64 = found.iter().map(|logged| logged.count).sum();
        prop_assert!(all <= lines as u64, "{all} failures on {lines} lines");
        for logged in found {
            prop_assert!(!logged.to_string().contains("s3cret"), "{logged}");
            let host = logged.host.unwrap_or_default();
            prop_assert!(host.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:".contains(c)));
        }
    }
}

#[test]
fn many_different_addresses_take_bounded_room() {
    let mut recogniser = Recogniser::default();
    for host in 0..5000 {
        recogniser.read(format!("dial tcp h{host}:80: connect: connection refused\n").as_bytes());
    }
    let found = recogniser.finish();
    assert!(found.len() <= KINDS + 1, "{}", found.len());
    assert_eq!(found.iter().map(|logged| logged.count).sum::<u64>(), 5000);
}

#[test]
fn a_failure_at_the_end_of_a_long_line_is_seen() {
    let mut recogniser = Recogniser::default();
    recogniser.read(&vec![b'x'; 300_000]);
    recogniser.read(b" dial tcp mock:80: connect: connection refused\n");
    let found = recogniser.finish();
    assert_eq!(found[0].host.as_deref(), Some("mock"));
}

#[test]
fn a_line_without_an_end_is_no_trouble() {
    let mut recogniser = Recogniser::default();
    recogniser.read(b"dial tcp mock:80: connect: connection refused ");
    for _ in 0..1000 {
        recogniser.read(&[b'x'; 8192]);
    }
    assert_eq!(recogniser.finish().len(), 1);
}
