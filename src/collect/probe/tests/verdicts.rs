//! What the concurrency probes see of servers whose nature is known. Of a server that is not serial
//! nothing may ever be seen that reads so. What proves something may be missed on a machine that is
//! busy with other tests, so it is looked for up to three times.

use super::super::{Limits, Protocol, concurrency};
use super::servers::{
    OK_10, counting, deferred, event_loop, http10, http11, limited, one_worker, parrot, pool,
    rationed, serial, shared, threaded,
};
use checks::model::{Answered, Concurrency, Hold, HoldMode};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::Ordering;
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

/// Probes until `proof` is seen.
fn seek(probe: impl Fn() -> Concurrency, proof: impl Fn(&Concurrency) -> bool) {
    let tries: Vec<Concurrency> = (0..3).map(|_| probe()).take_while(|seen| !proof(seen)).collect();
    assert!(tries.len() < 3, "{tries:#?}");
}

/// Whether each answer of a round waited for the one before.
fn in_steps(round: &[u64]) -> bool {
    round.len() == 4 && round.windows(2).all(|pair| pair[1] - pair[0] >= 60)
}

fn serial_by_queue(seen: &Concurrency) -> bool {
    let all_but_one = |(held, waiting): &(u32, Option<u32>)| *waiting == Some(held - 1);
    seen.waiting_before == Some(0) && seen.queue.len() == 2 && waiting(seen).iter().all(all_but_one)
}

#[test]
fn a_serial_server_is_seen_twice_with_an_idle_connection() {
    for target in [serial(5, http10(AT_ONCE)), serial(5, http11(NEVER)), serial(1, http10(AT_ONCE))]
    {
        seek(
            || http(target),
            |seen| {
                let moved = |holds: &[Hold]| {
                    let [first, second] = [0, 1].map(|number| holds[number].answer_ms.unwrap_or(0));
                    (300..700).contains(&(second.saturating_sub(first)))
                };
                twice(seen) == Some((HoldMode::Idle, Answered::AfterRelease))
                    && (seen.holds.len(), seen.status, &seen.stopped) == (2, Some(200), &None)
                    && moved(&seen.holds)
                    && seen.staircases.is_empty()
                    && seen.queue.is_empty()
            },
        );
    }
}

/// Answers, each time after as long.
fn slowly(time: Duration) -> impl Fn(TcpStream) + Send + Sync + Clone + 'static {
    move |mut stream| {
        let mut request = [0; 1024];
        if stream.read(&mut request).is_ok_and(|read| read > 0) {
            std::thread::sleep(time);
            let _ = stream.write_all(OK_10.as_bytes());
        }
    }
}

#[test]
fn a_slow_serial_server_is_seen_in_the_two_seconds_before_others_use_it() {
    let brief = |target: SocketAddr| {
        let protocol = Protocol::Http { host: target.to_string(), path: "/".to_owned() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let until = Instant::now() + Duration::from_secs(2);
        runtime.block_on(concurrency(target, &protocol, Limits::brief(), until))
    };
    for ms in [5, 100, 180] {
        let time = Duration::from_millis(ms);
        let target = serial(5, slowly(time));
        let is_proven =
            |seen: &Concurrency| twice(seen) == Some((HoldMode::Idle, Answered::AfterRelease));
        seek(|| brief(target), is_proven);
        // One that gives each its own thread never is.
        let target = threaded(50, slowly(time));
        for _ in 0..2 {
            let seen = brief(target);
            assert_eq!(twice(&seen), None, "{ms} ms: {seen:?}");
        }
    }
}

#[test]
fn a_server_that_is_serial_from_the_first_byte_on_is_seen_in_a_later_mode() {
    let target = deferred(http11(NEVER));
    seek(
        || http(target),
        |seen| {
            seen.holds.first().is_some_and(|hold| hold.answered == Answered::DuringHold)
                && twice(seen) == Some((HoldMode::Partial, Answered::AfterRelease))
        },
    );
}

#[test]
fn servers_of_many_connections_answer_during_every_hold() {
    for target in [
        threaded(5, http10(AT_ONCE)),
        threaded(128, http11(NEVER)),
        pool(4, http11(NEVER)),
        event_loop(AT_ONCE, NEVER, OK_10),
    ] {
        let during = |hold: &Hold| hold.answered == Answered::DuringHold && hold.held_ms < 400;
        seek(
            || {
                let seen = http(target);
                assert_eq!(twice(&seen), None, "{seen:?}");
                seen
            },
            |seen| seen.holds.len() >= 2 && seen.holds.iter().all(during) && seen.stopped.is_none(),
        );
    }
}

#[test]
fn a_loop_that_stands_still_is_not_taken_for_a_serial_server() {
    for (stall, period) in [(450, 900), (900, 1800), (600, 700)] {
        let target = event_loop(Duration::from_millis(stall), Duration::from_millis(period), OK_10);
        let seen = http(target);
        assert_eq!((twice(&seen), seen.status), (None, Some(200)), "{seen:?}");
        let seen = unknown(target);
        assert!(!serial_by_queue(&seen) && seen.stuck.is_none(), "{seen:?}");
    }
}

#[test]
fn a_server_that_is_held_by_the_probe_alone_is_not_one_that_never_accepts() {
    let target = serial(50, http11(NEVER));
    // Two others keep calling: while the probe holds the server, they wait with it.
    for _ in 0..2 {
        std::thread::spawn(move || {
            loop {
                let Ok(mut stream) = TcpStream::connect(target) else { return };
                let _ = stream.write_all(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
                let _ = stream.set_read_timeout(Some(Duration::from_secs(3)));
                let _ = stream.read(&mut [0; 64]);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
    }
    seek(|| unknown(target), |seen| seen.stuck.is_none());
}

#[test]
fn a_serial_server_that_works_on_the_probes_own_request_does_not_stand_still() {
    let target = serial(50, http10(Duration::from_millis(6500)));
    seek(
        || http(target),
        |seen| {
            assert!(seen.stuck.is_none(), "{seen:?}");
            serial_by_queue(seen)
        },
    );
}

#[test]
fn a_server_that_hangs_up_by_itself_is_not_held() {
    let impatient = || http11(Duration::from_millis(200));
    // With threads: answered at once all the same.
    let target = threaded(50, impatient());
    let during = |hold: &Hold| hold.answered == Answered::DuringHold;
    seek(|| http(target), |seen| !seen.holds.is_empty() && seen.holds.iter().all(during));
    // In series it is never proven, and never passes for concurrent either.
    let seen = http(serial(50, impatient()));
    assert_eq!((seen.holds.len(), seen.stopped.is_some()), (0, true), "{seen:?}");
}

#[test]
fn a_second_connection_that_is_cut_off_is_written_down() {
    let target = limited(1, http11(NEVER));
    seek(
        || http(target),
        |seen| {
            twice(seen) == Some((HoldMode::Idle, Answered::CutOff))
                && seen.holds.iter().all(|hold| hold.answer_ms.is_none())
        },
    );
}

#[test]
fn who_turns_away_a_request_alone_as_well_cuts_off_nobody_for_a_held_connection() {
    // Three single requests and one more in ten seconds, whether a connection is held or not.
    let seen = http(threaded(50, rationed(4, Duration::from_secs(10))));
    assert_eq!(twice(&seen), None, "{seen:?}");
    assert!(seen.holds.iter().any(|hold| hold.answered == Answered::DuringHold), "{seen:?}");
    // One in eighty milliseconds: the second connection comes too soon after the request before it.
    let seen = http(threaded(50, rationed(1, Duration::from_millis(80))));
    assert_eq!(twice(&seen), None, "{seen:?}");
}

#[test]
fn four_slow_requests_at_once_show_one_worker_or_many() {
    let delay = Duration::from_millis(100);
    let (one, many) = (threaded(50, one_worker(delay)), threaded(50, http10(delay)));
    seek(
        || {
            let seen = http(one);
            assert_eq!(twice(&seen), None, "{seen:?}");
            seen
        },
        |seen| seen.staircases.len() == 3 && seen.staircases.iter().all(|round| in_steps(round)),
    );
    let seen = http(many);
    assert_eq!(seen.staircases.len(), 3, "{seen:?}");
    assert!(!seen.staircases.iter().any(|round| in_steps(round)), "{seen:?}");
}

#[test]
fn of_an_unknown_protocol_the_queue_is_read_and_no_byte_is_sent() {
    let silent = || {
        |mut stream: TcpStream| {
            let read = stream.read(&mut [0]);
            assert!(matches!(read, Ok(0)), "{read:?}");
        }
    };
    for (target, expected) in [
        (serial(50, silent()), [(3, Some(2)), (4, Some(3))]),
        (serial(1, silent()), [(2, Some(1)), (3, Some(2))]),
        (serial(0, silent()), [(2, Some(1)), (2, Some(1))]),
        (pool(2, silent()), [(3, Some(1)), (4, Some(2))]),
        (threaded(5, silent()), [(3, Some(0)), (4, Some(0))]),
    ] {
        seek(
            || {
                let seen = unknown(target);
                assert_eq!((&seen.path, seen.status), (&None, None));
                assert!(seen.baseline_us.is_empty() && seen.holds.is_empty());
                seen
            },
            |seen| waiting(seen) == expected && seen.waiting_before == Some(0),
        );
    }
}

#[test]
fn a_server_that_does_not_speak_http_is_judged_by_its_queue() {
    let seen = http(threaded(5, parrot(b"-ERR unknown command\r\n")));
    let steps = vec![(3, Some(0)), (4, Some(0))];
    assert_eq!((waiting(&seen), seen.path, seen.status), (steps, None, None));
}

#[test]
fn sockets_that_share_a_port_are_not_accused_by_chance() {
    let first = shared(None);
    let address = first.local_addr().unwrap();
    for listener in [first, shared(Some(address))] {
        std::thread::spawn(move || listener.incoming().flatten().for_each(http10(AT_ONCE)));
    }
    for _ in 0..3 {
        let seen = http(address);
        assert_eq!(twice(&seen), None, "{seen:?}");
    }
    // The kernel deals: to both, and then two connections are taken up; or all to one, which proves nothing.
    let seen = unknown(address);
    match &seen.stopped {
        Some(why) => assert!(why.contains("2 sockets share the port"), "{seen:?}"),
        None => assert_eq!(waiting(&seen), [(3, Some(1)), (4, Some(2))], "{seen:?}"),
    }
}

#[test]
fn a_server_that_never_accepts_shows_every_connection_waiting() {
    let listener = super::servers::listener(50);
    let seen = unknown(listener.local_addr().unwrap());
    assert_eq!(waiting(&seen), [(3, Some(3))], "{seen:?}");
    assert!(
        seen.stuck.is_some_and(|stuck| stuck.waiting == 3 && stuck.watched_ms >= 2400),
        "{seen:?}"
    );
    // What nobody takes up stays in the queue, so the next probe never finds it empty.
    let seen = unknown(listener.local_addr().unwrap());
    assert!(
        seen.queue.is_empty() && seen.stuck.is_some_and(|stuck| stuck.waiting == 3),
        "{seen:?}"
    );
}

/// Two in the hold test, four in the staircase and in the queue test. A server may see a connection's end late, and count the
/// next one beside it, so three are asked.
#[test]
fn no_more_connections_are_open_than_are_promised() {
    let delay = Duration::from_millis(120);
    let reaches = |name: &str, seen: &Concurrency| match name {
        "hold" => seen.holds.len() >= 2 && seen.staircases.is_empty(),
        "staircase" => !seen.staircases.is_empty(),
        _ => !seen.queue.is_empty(),
    };
    let probes = [("hold", 2, AT_ONCE), ("staircase", 4, delay), ("queue", 4, AT_ONCE)];
    for (name, most, delay) in probes {
        let counts: Vec<usize> = (0..3)
            .filter_map(|_| {
                let (target, count) = counting(http10(delay));
                let seen = if name == "queue" { unknown(target) } else { http(target) };
                reaches(name, &seen).then(|| count.load(Ordering::SeqCst))
            })
            .collect();
        assert_eq!(counts.iter().min(), Some(&most), "{name}: {counts:?}");
    }
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
    assert!(started.elapsed() < Duration::from_secs(2) && twice(&seen).is_none(), "{seen:?}");
    let seen = probe(target, &Protocol::Unknown, Duration::from_millis(100));
    assert!(seen.stopped.unwrap().contains("ended before"));
    let closed = super::servers::listener(1).local_addr().unwrap();
    assert!(unknown(closed).stopped.unwrap().contains("nothing listens"));
}
