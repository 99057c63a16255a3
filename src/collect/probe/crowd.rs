//! Clients that come at once, once: each connects, asks, and waits for its answer for as long as a client of the project
//! would. Only who was answered is counted.

use super::connect::{classify, millis};
use super::http1::{Ask, Silence, Talk};
use super::request::client_hello;
use checks::model::{Connect, Errors, Replay, Symptom};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// How each of the clients speaks.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) enum Speech {
    /// A GET of a path.
    Http {
        /// For the Host header.
        host: String,
        /// The path.
        path: String,
    },
    /// The beginning of a TLS handshake.
    Tls,
    /// Not a byte: the protocol is not known, and the connection alone counts.
    Silent,
}

/// One client's end: when it was answered, or what it saw. A connection that only had to be made stays open until all are
/// through.
struct End {
    outcome: Result<u64, Symptom>,
    _held: Option<TcpStream>,
}

/// Lets `clients` connect to `to` at once, each for `limit` in all.
///
/// # Errors
///
/// Says what kept the clients themselves from trying: no fault of the server.
pub(crate) async fn crowd(
    to: SocketAddr,
    speech: &Speech,
    clients: u32,
    limit: Duration,
) -> Result<Replay, String> {
    let (path, ask) = match speech {
        Speech::Http { host, path } => {
            let ask = Ask::new(host, path);
            (Some(ask.shown()), Some(ask))
        }
        Speech::Tls | Speech::Silent => (None, None),
    };
    let started = Instant::now();
    let until = started + limit;
    let mut running = JoinSet::new();
    for _ in 0..clients {
        let (ask, speaks_tls) = (ask.clone(), matches!(speech, Speech::Tls));
        running.spawn(async move {
            let mut held = None;
            let answered = match ask {
                Some(ask) => asked(to, &ask, until).await,
                None => spoken(to, speaks_tls, until, &mut held).await,
            };
            let outcome = match answered {
                Ok(()) => Ok(millis(started.elapsed())),
                Err(Trouble::Seen(symptom)) => Err(symptom),
                Err(Trouble::Own(why)) => return Err(why),
            };
            Ok(End { outcome, _held: held })
        });
    }
    let ends = running.join_all().await.into_iter().collect::<Result<Vec<End>, String>>()?;
    let times = ends.iter().filter_map(|end| end.outcome.ok());
    Ok(Replay {
        clients,
        timeout_ms: millis(limit),
        path,
        answered: u32::try_from(times.clone().count()).unwrap_or(u32::MAX),
        slowest_ms: times.max().unwrap_or(0),
        errors: counted(ends.iter().filter_map(|end| end.outcome.err())),
    })
}

/// Why a client got no answer.
enum Trouble {
    /// What it saw of the server.
    Seen(Symptom),
    /// What it lacked itself.
    Own(String),
}

impl From<Connect> for Trouble {
    fn from(connect: Connect) -> Self {
        Self::Seen(match connect {
            Connect::Refused => Symptom::ConnectionRefused,
            Connect::Reset => Symptom::ConnectionReset,
            Connect::HostUnreachable | Connect::NetworkUnreachable => Symptom::NoRoute,
            Connect::Timeout => Symptom::ConnectTimeout,
            other => return Self::Own(format!("a client of its own {other}")),
        })
    }
}

impl From<Silence> for Trouble {
    fn from(silence: Silence) -> Self {
        match silence {
            Silence::Closed => Self::Seen(Symptom::ClosedWithoutReply),
            Silence::CutOff => Self::Seen(Symptom::ConnectionReset),
            Silence::NotHttp => Self::Own("the answer to one of them is no HTTP".into()),
            Silence::Other(error) => classify(&error).into(),
        }
    }
}

async fn asked(to: SocketAddr, ask: &Ask, until: Instant) -> Result<(), Trouble> {
    let talk = timeout_at(until, Talk::connect(to)).await;
    let mut talk = talk.map_err(|_| Connect::Timeout)?.map_err(|e| classify(&e))?;
    let answer = async {
        talk.send(&ask.fresh).await?;
        talk.status().await
    };
    let status =
        timeout_at(until, answer).await.map_err(|_| Trouble::Seen(Symptom::ReadTimeout))??;
    talk.finish().await;
    match status {
        // A gateway that has nobody behind it answered in another's name.
        502..=504 => Err(Trouble::Seen(Symptom::HttpError)),
        _ => Ok(()),
    }
}

/// Connects, and begins a TLS handshake where the port speaks TLS.
async fn spoken(
    to: SocketAddr,
    speaks_tls: bool,
    until: Instant,
    held: &mut Option<TcpStream>,
) -> Result<(), Trouble> {
    let stream = timeout_at(until, TcpStream::connect(to)).await;
    let mut stream = stream.map_err(|_| Connect::Timeout)?.map_err(|e| classify(&e))?;
    if speaks_tls {
        let answer = async {
            stream.write_all(&client_hello()).await?;
            stream.read(&mut [0]).await
        };
        let seen = timeout_at(until, answer).await;
        let seen = seen.map_err(|_| Trouble::Seen(Symptom::ReadTimeout))?.map_err(Silence::from)?;
        if seen == 0 {
            return Err(Trouble::Seen(Symptom::ClosedWithoutReply));
        }
    }
    *held = Some(stream);
    Ok(())
}

/// How often each was seen, the most frequent first.
fn counted(seen: impl Iterator<Item = Symptom>) -> Vec<Errors> {
    let mut errors: Vec<Errors> = Vec::new();
    for symptom in seen {
        match errors.iter_mut().find(|e| e.symptom == symptom) {
            Some(known) => known.count += 1,
            None => errors.push(Errors { symptom, count: 1 }),
        }
    }
    errors.sort_by_key(|e| (std::cmp::Reverse(e.count), e.symptom.to_string()));
    errors
}

#[cfg(test)]
mod tests {
    use super::{Speech, crowd};
    use checks::model::{Errors, Symptom};
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpListener};
    use std::thread;
    use std::time::Duration;

    fn http() -> Speech {
        Speech::Http { host: "mock".into(), path: "/".into() }
    }

    /// A server that works on one connection at a time, or on each at once, for so long.
    fn server(takes: Duration, at_once: bool) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let work = move || {
                    let mut stream = stream.unwrap();
                    let _ = stream.read(&mut [0; 512]);
                    thread::sleep(takes);
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                };
                if at_once {
                    thread::spawn(work);
                } else {
                    work();
                }
            }
        });
        address
    }

    #[tokio::test]
    async fn all_are_answered_by_a_server_that_works_on_each_at_once() {
        let to = server(Duration::from_millis(100), true);
        let seen = crowd(to, &http(), 12, Duration::from_secs(20)).await.unwrap();
        assert_eq!((seen.answered, seen.errors.len(), seen.path.as_deref()), (12, 0, Some("/")));
        let seen = crowd(to, &Speech::Silent, 12, Duration::from_secs(20)).await.unwrap();
        assert_eq!((seen.answered, seen.path), (12, None));
    }

    #[tokio::test]
    async fn those_that_wait_too_long_for_their_turn_are_counted() {
        let to = server(Duration::from_millis(400), false);
        let seen = crowd(to, &http(), 6, Duration::from_millis(1100)).await.unwrap();
        let late: u32 = seen.errors.iter().map(|e| e.count).sum();
        assert!(seen.answered >= 1 && late >= 3, "{seen:?}");
        assert_eq!(seen.answered + late, 6);
        assert_eq!(seen.errors[0].symptom, Symptom::ReadTimeout);
    }

    #[tokio::test]
    async fn refusals_are_counted() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let seen = crowd(closed, &http(), 12, Duration::from_secs(5)).await.unwrap();
        let all = Errors { symptom: Symptom::ConnectionRefused, count: 12 };
        assert_eq!((seen.answered, seen.errors.clone()), (0, vec![all]));
        assert_eq!(seen.to_string(), "12 of 12 connection refused, none answered");
    }
}
