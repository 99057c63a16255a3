//! The listen queue while idle connections are held: the kernel's own word on whether the program
//! takes connections up. It needs no request, so it is the test for protocols that are not known.
//! Three connections first, then four fresh ones: a server that is only busy for a moment leaves
//! all of them waiting, or a number that does not follow. Where nothing at all is taken up it is
//! watched longer, which tells a program that never accepts from one that stalls and goes on.

use super::connect::{broken, millis};
use super::listeners::listeners;
use super::sock_diag::listening;
use crate::words::words;
use checks::model::{Listener, QueueStep, Stuck};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// How long the queue must show the same figure for it to count, and how long for nothing waiting.
const STILL: Duration = Duration::from_millis(250);
const EMPTY: Duration = Duration::from_millis(150);
/// How long a step waits for the figure to stand still.
const STEP: Duration = Duration::from_millis(1200);
/// How long the queue may take to be empty before a step, as long as it gets shorter.
const BEFORE: Duration = Duration::from_secs(1);
/// How long nothing at all must be taken up before it counts: a stall of an event loop ends sooner.
const STUCK: Duration = Duration::from_millis(2500);
/// How long a server may take over requests whose clients have left, those of the probe before among them: it is busy then, and
/// does not stand still.
const WORKED_OFF: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(10);
const LATE: &str = "the time for the probe ended before the queue test was complete";

/// The sockets that a connection to one address can arrive at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Arrivals {
    /// More than one when processes share the port: each has its own queue, and the kernel deals
    /// connections out.
    pub(super) sockets: usize,
    pub(super) waiting: u32,
    backlog: Option<u32>,
}

/// What the queue test saw.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) before: Option<u32>,
    pub(super) steps: Vec<QueueStep>,
    pub(super) stopped: Option<String>,
    pub(super) stuck: Option<Stuck>,
    /// Whether every connection was closed by the server, without a byte.
    pub(super) hung_up: bool,
}

/// The queue that `target` is behind, in the namespace of this thread.
///
/// # Errors
///
/// Says why it cannot be seen.
pub(super) fn arrivals(target: SocketAddr) -> Result<Arrivals, String> {
    let rows = listening(Some(target.port())).or_else(|_| {
        let table = |name: &str| std::fs::read_to_string(format!("/proc/thread-self/net/{name}"));
        listeners(&table("tcp").map_err(|error| words(&error))?, &table("tcp6").unwrap_or_default())
    })?;
    let meant = matching(&rows, target);
    if meant.is_empty() {
        return Err(format!("nothing listens on {target}"));
    }
    Ok(Arrivals {
        sockets: meant.len(),
        waiting: meant.iter().map(|listener| listener.waiting).sum(),
        backlog: meant.iter().filter_map(|listener| listener.backlog).min(),
    })
}

/// How many connections each step holds. A queue takes one more than its length; what does not fit
/// in would never arrive.
fn sizes(backlog: Option<u32>) -> [u32; 2] {
    match backlog {
        Some(0) => [2, 2],
        Some(1) => [2, 3],
        _ => [3, 4],
    }
}

/// The kernel prefers the socket that is bound to the address itself, then a wildcard of its
/// family, then one of both.
fn matching(rows: &[Listener], target: SocketAddr) -> Vec<&Listener> {
    let target = SocketAddr::new(target.ip().to_canonical(), target.port());
    let bound = |fits: &dyn Fn(&Listener) -> bool| -> Vec<&Listener> {
        rows.iter().filter(|row| row.address.port() == target.port() && fits(row)).collect()
    };
    let wildcard = |v4: bool| {
        move |row: &Listener| row.address.ip().is_unspecified() && row.address.is_ipv4() == v4
    };
    let own = bound(&|row| row.address.ip() == target.ip());
    if !own.is_empty() {
        return own;
    }
    let same = bound(&wildcard(matches!(target.ip(), IpAddr::V4(_))));
    if !same.is_empty() || target.is_ipv6() {
        return same;
    }
    bound(&|row| wildcard(false)(row) && row.v6_only != Some(true))
}

/// Runs both steps. `connect` bounds each connect; `deadline` bounds everything.
pub(super) async fn queue_test(target: SocketAddr, connect: Duration, deadline: Instant) -> Queue {
    let mut seen = Queue::default();
    seen.stopped = match timeout_at(deadline, steps(target, connect, deadline, &mut seen)).await {
        Ok(ended) => ended.err(),
        Err(_) => Some(LATE.to_owned()),
    };
    seen
}

async fn steps(
    target: SocketAddr,
    connect: Duration,
    deadline: Instant,
    seen: &mut Queue,
) -> Result<(), String> {
    let Arrivals { sockets, backlog, .. } = arrivals(target)?;
    for held in sizes(backlog) {
        if Instant::now() + BEFORE + STEP > deadline {
            return Err(LATE.to_owned());
        }
        let (before, stuck) = until_empty(target).await?;
        seen.before.get_or_insert(before);
        if stuck.is_some() {
            may_be_full(target.port())?;
            seen.stuck = stuck;
            return Ok(());
        }
        if before > 0 {
            return Err(format!("{before} connections of others were waiting in the listen queue"));
        }
        let open = open(target, held, connect, backlog).await?;
        let (waiting, stuck) = settled(target, held).await?;
        if sockets > 1 && waiting.is_some_and(|waiting| waiting + 1 >= held) {
            return Err(format!(
                "{sockets} sockets share the port: all connections may have met one process"
            ));
        }
        let hung_up = open.iter().all(|stream| matches!(stream.try_read(&mut [0]), Ok(0)));
        seen.hung_up = hung_up && (seen.hung_up || seen.steps.is_empty());
        seen.steps.push(QueueStep { held, waiting });
        drop(open);
        if let Some(stuck) = stuck {
            // Others may have come meanwhile, and what they all wait for may be what was held here.
            if moves(target, stuck.waiting).await? {
                return Err("connections of others waited behind those of the probe".to_owned());
            }
            may_be_full(target.port())?;
            seen.stuck = Some(stuck);
            return Ok(());
        }
    }
    Ok(())
}

/// Opens the connections of one step.
async fn open(
    target: SocketAddr,
    held: u32,
    connect: Duration,
    backlog: Option<u32>,
) -> Result<Vec<TcpStream>, String> {
    let mut open = Vec::new();
    for number in 1..=held {
        let stream = match timeout(connect, TcpStream::connect(target)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                return Err(format!(
                    "connection {number} of {held} failed: {}",
                    broken(target, &error)
                ));
            }
            Err(_) => {
                let ms = millis(connect);
                return Err(format!("connection {number} of {held} was not taken within {ms} ms"));
            }
        };
        open.push(stream);
        // A short queue has no room for all of them until the program has taken the first.
        if backlog.is_some_and(|backlog| backlog < held) {
            sleep(LOOK * 2).await;
        }
    }
    Ok(open)
}

/// Waits for the queue to be empty; says what still waits, and whether nothing was ever taken off it.
async fn until_empty(target: SocketAddr) -> Result<(u32, Option<Stuck>), String> {
    let started = Instant::now();
    let mut last = arrivals(target)?.waiting;
    let mut moved = false;
    let first = if last == 0 { BTreeSet::new() } else { unaccepted(target.port()) };
    loop {
        let waiting = arrivals(target)?.waiting;
        // Others may come as fast as one is taken, so any step down counts.
        moved |= waiting < last;
        last = waiting;
        if waiting == 0 {
            return Ok((0, None));
        }
        if is_working_off(target.port(), started) {
            sleep(LOOK).await;
            continue;
        }
        if moved && started.elapsed() >= BEFORE {
            return Ok((waiting, None));
        }
        if started.elapsed() >= STUCK {
            // Where others come as fast as they are taken, the figure stands still and the connections do not.
            let taken = !first.is_subset(&unaccepted(target.port()));
            return Ok((waiting, (!taken).then(|| stuck(waiting, started))));
        }
        sleep(LOOK).await;
    }
}

/// The connections to a port that are established, or whose client has closed its end.
struct Taken {
    /// The peers of those that no program has taken yet: their sockets belong to nobody.
    waiting: BTreeSet<String>,
    /// The peers of those that a program has, whether or not they still wait.
    served: BTreeSet<String>,
    /// How many of those that a program has were left by their client.
    left: usize,
}

fn taken(port: u16) -> Taken {
    let table = |name| std::fs::read_to_string(format!("/proc/thread-self/net/{name}"));
    taken_in(&[table("tcp"), table("tcp6")].map(Result::unwrap_or_default).concat(), port)
}

fn taken_in(rows: &str, port: u16) -> Taken {
    let local = format!(":{port:04X}");
    let mut taken = Taken { waiting: BTreeSet::new(), served: BTreeSet::new(), left: 0 };
    for row in rows.lines() {
        let fields: Vec<&str> = row.split_ascii_whitespace().collect();
        let [_, at, peer, state, _, _, _, _, _, inode, ..] = fields[..] else { continue };
        if !at.ends_with(&local) {
            continue;
        }
        match (state, inode) {
            ("01" | "08", "0") => drop(taken.waiting.insert(peer.to_owned())),
            ("01" | "08", _) => {
                taken.served.insert(peer.to_owned());
                taken.left += usize::from(state == "08");
            }
            _ => {}
        }
    }
    taken
}

fn unaccepted(port: u16) -> BTreeSet<String> {
    taken(port).waiting
}

/// The peers of the connections that the program behind a port has taken up.
pub(super) fn served(port: u16) -> BTreeSet<String> {
    taken(port).served
}

/// Whether the program still has a connection whose client has left, within the time that this may take.
fn is_working_off(port: u16, since: Instant) -> bool {
    since.elapsed() < WORKED_OFF && taken(port).left > 0
}

/// A pool whose every place is taken takes nothing up either, and is no fault.
///
/// # Errors
///
/// Says so where the server has several connections.
fn may_be_full(port: u16) -> Result<(), String> {
    match taken(port).served.len() {
        0 | 1 => Ok(()),
        served => Err(format!(
            "the server has {served} connections and takes up no other: all its places may be taken, or it stands still"
        )),
    }
}

/// Whether a queue of this figure gets shorter now, for as long as it was seen to stand still.
async fn moves(target: SocketAddr, figure: u32) -> Result<bool, String> {
    let started = Instant::now();
    while started.elapsed() < STUCK {
        sleep(LOOK).await;
        if arrivals(target)?.waiting < figure {
            return Ok(true);
        }
    }
    Ok(false)
}

fn stuck(waiting: u32, since: Instant) -> Stuck {
    Stuck { waiting, watched_ms: millis(since.elapsed()) }
}

/// The figure at which the queue stands still, if it does; and whether it never went below the connections held.
async fn settled(target: SocketAddr, held: u32) -> Result<(Option<u32>, Option<Stuck>), String> {
    let (mut figure, mut since) = (arrivals(target)?.waiting, Instant::now());
    let (begun, mut taken) = (since, since);
    let mut first = unaccepted(target.port());
    loop {
        sleep(LOOK).await;
        let now = arrivals(target)?.waiting;
        if now != figure {
            if figure >= held {
                taken = Instant::now();
            }
            (figure, since) = (now, Instant::now());
        }
        if figure >= held {
            if since.elapsed() >= STUCK && !is_working_off(target.port(), since) {
                let now = unaccepted(target.port());
                let stands = first.is_subset(&now);
                if stands || begun.elapsed() >= WORKED_OFF {
                    return Ok((stands.then_some(figure), stands.then(|| stuck(figure, since))));
                }
                // Others came for those that were taken.
                (first, since) = (now, Instant::now());
            }
            continue;
        }
        if since.elapsed() >= if figure == 0 { EMPTY } else { STILL } {
            return Ok((Some(figure), None));
        }
        if taken.elapsed() >= STEP {
            return Ok((None, None));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{matching, taken_in};
    use checks::model::Listener;

    #[test]
    fn what_a_program_has_is_told_from_what_waits_for_it() {
        let row = |at: &str, peer: &str, state: &str, inode: u32| {
            format!(
                " 0: {at} {peer} {state} 00000000:00000000 00:00000000 00000000 0 0 {inode} 1 0\n"
            )
        };
        let rows = [
            row("0100007F:1F90", "00000000:0000", "0A", 11),
            row("0100007F:1F90", "0100007F:C001", "01", 12),
            row("0100007F:1F90", "0100007F:C002", "08", 13),
            row("0100007F:1F90", "0100007F:C003", "01", 0),
            row("0100007F:1F90", "0100007F:C004", "08", 0),
            // A client's end, and another port.
            row("0100007F:C001", "0100007F:1F90", "01", 14),
            row("0100007F:1F91", "0100007F:C005", "01", 15),
        ];
        let taken = taken_in(&rows.concat(), 8080);
        assert!(taken.served.iter().eq(["0100007F:C001", "0100007F:C002"]));
        assert!(taken.waiting.iter().eq(["0100007F:C003", "0100007F:C004"]));
        assert_eq!(taken.left, 1);
    }

    #[test]
    fn a_connection_arrives_at_the_nearest_socket() {
        let row = |address: &str, v6_only| Listener {
            address: address.parse().unwrap(),
            v6_only,
            waiting: 0,
            backlog: None,
        };
        let rows = [
            row("127.0.0.1:80", None),
            row("0.0.0.0:80", None),
            row("0.0.0.0:80", None),
            row("[::]:81", Some(false)),
            row("[::]:82", Some(true)),
            row("[::1]:80", None),
        ];
        for (target, expected) in [
            ("127.0.0.1:80", 1),
            ("10.0.0.1:80", 2),
            ("[::1]:80", 1),
            ("[fd00::1]:80", 0),
            ("10.0.0.1:81", 1),
            ("[fd00::1]:81", 1),
            ("10.0.0.1:82", 0),
            ("10.0.0.1:83", 0),
        ] {
            assert_eq!(matching(&rows, target.parse().unwrap()).len(), expected, "{target}");
        }
    }
}
