//! What the concurrency probes see of servers whose nature is known. A serial one must be seen
//! twice in the same mode; of any other nothing may be seen that reads so.

use super::servers::{
    OK_10, event_loop, http10, http11, limited, one_worker, parrot, pool, serial, threaded,
};
use crate::collect::probe::{Limits, Protocol, concurrency};
use checks::model::{Answered, Concurrency, HoldMode};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const NEVER: Duration = Duration::from_secs(3600);
const AT_ONCE: Duration = Duration::ZERO;

fn probe(target: SocketAddr, protocol: &Protocol, time: Duration) -> Concurrency {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(concurrency(target, protocol, Limits::default(), Instant::now() + time))
}

fn http(target: SocketAddr) -> Concurrency {
    let protocol = Protocol::Http { host: target.to_string(), path: "/".to_owned() };
    probe(target, &protocol, Duration::from_secs(30))
}

fn unknown(target: SocketAddr) -> Concurrency {
    probe(target, &Protocol::Unknown, Duration::from_secs(30))
}

/// Mode and answer of the two holds that agree.
fn twice(seen: &Concurrency) -> Option<(HoldMode, Answered)> {
    let blocked = |answered| matches!(answered, Answered::AfterRelease | Answered::CutOff);
    seen.holds.windows(2).find_map(|pair| {
        (pair[0].mode == pair[1].mode
            && pair[0].answered == pair[1].answered
            && blocked(pair[0].answered))
        .then_some((pair[0].mode, pair[0].answered))
    })
}

fn waiting(seen: &Concurrency) -> Vec<(u32, Option<u32>)> {
    seen.queue.iter().map(|step| (step.held, step.waiting)).collect()
}

#[test]
fn a_serial_server_is_seen_twice_with_an_idle_connection() {
    for target in [serial(5, http10(AT_ONCE)), serial(5, http11(NEVER)), serial(1, http10(AT_ONCE))]
    {
        let seen = http(target);
        assert_eq!(twice(&seen), Some((HoldMode::Idle, Answered::AfterRelease)), "{seen:?}");
        assert_eq!(
            (seen.holds.len(), seen.status, seen.stopped.as_deref()),
            (2, Some(200), None),
            "{seen:?}"
        );
        let moved = seen.holds[1].answer_ms.unwrap() - seen.holds[0].answer_ms.unwrap();
        assert!((300..600).contains(&moved), "the answer moves with the release: {seen:?}");
        assert!(seen.staircases.is_empty() && seen.queue.is_empty());
    }
}

#[test]
fn servers_of_many_connections_answer_during_every_hold() {
    for target in [
        threaded(5, http10(AT_ONCE)),
        threaded(128, http11(NEVER)),
        pool(4, http11(NEVER)),
        event_loop(AT_ONCE, NEVER, OK_10),
    ] {
        let seen = http(target);
        assert!(seen.holds.iter().all(|hold| hold.answered == Answered::DuringHold), "{seen:?}");
        assert!(seen.holds.len() >= 2 && seen.stopped.is_none(), "{seen:?}");
        assert!(
            seen.holds.iter().all(|hold| hold.held_ms < 400),
            "a hold ends with the answer: {seen:?}"
        );
    }
}

#[test]
fn a_loop_that_stands_still_is_not_taken_for_a_serial_server() {
    for (stall, period) in [(450, 900), (900, 1800), (600, 700)] {
        let target = event_loop(Duration::from_millis(stall), Duration::from_millis(period), OK_10);
        let seen = http(target);
        assert_eq!(twice(&seen), None, "{seen:?}");
        assert_eq!(seen.status, Some(200));
        let seen = unknown(target);
        let serial =
            waiting(&seen) == [(3, Some(2)), (4, Some(3))] && seen.waiting_before == Some(0);
        assert!(!serial, "{seen:?}");
    }
}

#[test]
fn a_server_that_hangs_up_by_itself_is_not_held() {
    // Threads and a short patience: answered at once all the same.
    let seen = http(threaded(50, http11(Duration::from_millis(200))));
    assert!(
        !seen.holds.is_empty()
            && seen.holds.iter().all(|hold| hold.answered == Answered::DuringHold),
        "{seen:?}"
    );
    // In series it is never proven, and never passes for concurrent either.
    let seen = http(serial(50, http11(Duration::from_millis(200))));
    assert_eq!((seen.holds.len(), seen.stopped.is_some()), (0, true), "{seen:?}");
}

#[test]
fn a_second_connection_that_is_cut_off_is_written_down() {
    let seen = http(limited(1, http11(NEVER)));
    assert_eq!(twice(&seen), Some((HoldMode::Idle, Answered::CutOff)), "{seen:?}");
    assert!(seen.holds.iter().all(|hold| hold.answer_ms.is_none()));
}

#[test]
fn four_slow_requests_at_once_show_one_worker_or_many() {
    let delay = Duration::from_millis(100);
    let seen = http(threaded(50, one_worker(delay)));
    assert_eq!((seen.staircases.len(), twice(&seen)), (2, None), "{seen:?}");
    for round in &seen.staircases {
        assert!(
            round.len() == 4 && round.windows(2).all(|pair| pair[1] - pair[0] >= 60),
            "{seen:?}"
        );
    }
    let seen = http(threaded(50, http10(delay)));
    assert_eq!(seen.staircases.len(), 2, "{seen:?}");
    assert!(seen.staircases.iter().all(|round| round.len() == 4 && round[3] < 300), "{seen:?}");
}

#[test]
fn of_an_unknown_protocol_the_queue_is_read_and_no_byte_is_sent() {
    let silent = || {
        |mut stream: std::net::TcpStream| {
            assert_eq!(std::io::Read::read(&mut stream, &mut [0]).unwrap(), 0)
        }
    };
    for (target, expected) in [
        (serial(50, silent()), [(3, Some(2)), (4, Some(3))]),
        (serial(1, silent()), [(2, Some(1)), (3, Some(2))]),
        (serial(0, silent()), [(2, Some(1)), (2, Some(1))]),
        (pool(2, silent()), [(3, Some(1)), (4, Some(2))]),
        (threaded(5, silent()), [(3, Some(0)), (4, Some(0))]),
    ] {
        let seen = unknown(target);
        assert_eq!((waiting(&seen), seen.waiting_before), (expected.to_vec(), Some(0)), "{seen:?}");
        assert_eq!((seen.path, seen.status, seen.stopped), (None, None, None));
        assert!(seen.baseline_us.is_empty() && seen.holds.is_empty());
    }
}

#[test]
fn a_server_that_does_not_speak_http_is_judged_by_its_queue() {
    let seen = http(threaded(5, parrot(b"-ERR unknown command\r\n")));
    assert_eq!(
        (waiting(&seen), seen.path, seen.status),
        (vec![(3, Some(0)), (4, Some(0))], None, None)
    );
}

#[test]
fn a_server_that_never_accepts_shows_every_connection_waiting() {
    let listener = super::servers::listener(50);
    let seen = unknown(listener.local_addr().unwrap());
    assert_eq!(waiting(&seen), [(3, Some(3))], "{seen:?}");
    // What nobody takes up stays in the queue, so the second step never finds it empty.
    assert!(seen.stopped.unwrap().contains("3 connections"));
}

#[test]
fn the_end_of_the_time_is_said_and_kept() {
    let target = serial(5, http10(AT_ONCE));
    let started = Instant::now();
    let seen = probe(
        target,
        &Protocol::Http { host: "x".into(), path: "/".into() },
        Duration::from_millis(900),
    );
    assert!(seen.stopped.as_ref().unwrap().contains("ended before"), "{seen:?}");
    assert!(started.elapsed() < Duration::from_millis(1100) && twice(&seen).is_none(), "{seen:?}");
    let seen = probe(target, &Protocol::Unknown, Duration::from_millis(100));
    assert!(seen.stopped.unwrap().contains("ended before"));
    let closed = super::servers::listener(1).local_addr().unwrap();
    assert!(unknown(closed).stopped.unwrap().contains("nothing listens"));
}
