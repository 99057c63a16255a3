//! Clients that come at once over a link, as a test suite's do: after all other probes, one link after the other, and only
//! where a single client is answered.

use super::probe::Speech;
use super::probes::{begins_with_tls, in_time, probe_path, stand_of_client};
use super::stand::{Burst, Stands};
use super::survey::{Listed, Request};
use checks::model::{Connect, Demand, Link, Replay, Snapshot};
use std::net::SocketAddr;
use std::time::Duration;

/// The clients that come at once.
#[derive(Clone, Debug)]
pub(crate) struct Crowd {
    /// How many.
    pub(crate) clients: u32,
    /// How long each waits for its answer.
    pub(crate) timeout: Duration,
    /// Over which links.
    pub(crate) over: Over,
}

/// Over which links clients are let come at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Over {
    /// None: they are only expected.
    None,
    /// Those that must work.
    Expected,
    /// All.
    All,
}

/// Lets the clients come, over one link at a time.
pub(super) async fn crowds(
    stands: &Stands<'_>,
    all: &Listed,
    snapshot: &mut Snapshot,
    request: &Request,
) {
    for index in 0..snapshot.links.len() {
        let link = &snapshot.links[index];
        if let Some(to) = target(link, &request.crowd) {
            let seen = in_time(request, come(stands, all, snapshot, link, to, request)).await;
            snapshot.links[index].replay = Some(seen.and_then(|seen| seen).into());
        }
    }
}

/// The address at which a single client was answered; `None` where no others are to come.
fn target(link: &Link, crowd: &Crowd) -> Option<SocketAddr> {
    let wanted = match crowd.over {
        Over::None => false,
        Over::Expected => link.demand == Some(Demand::MustWork),
        Over::All => !link.is_forbidden(),
    };
    let visit = link.visit.value().filter(|_| wanted && crowd.clients > 0)?;
    let met = visit.attempts.iter().find(|a| a.connect == Connect::Connected)?;
    (visit.symptom().is_none() && link.server.is_some()).then_some(met.to)
}

async fn come(
    stands: &Stands<'_>,
    all: &Listed,
    snapshot: &Snapshot,
    link: &Link,
    to: SocketAddr,
    request: &Request,
) -> Result<Replay, String> {
    let stand = stand_of_client(stands, all, &link.engine, &link.client).await?;
    let server = link.server.as_ref().and_then(|s| s.container.as_deref());
    let scheme = link.endpoint.scheme.as_deref();
    let speech = match scheme {
        Some("http" | "ws") => {
            Speech::Http { host: link.endpoint.host.clone(), path: probe_path(request, server) }
        }
        Some(scheme) if begins_with_tls(scheme) => Speech::Tls,
        _ => Speech::Silent,
    };
    let limit_ms = u64::try_from(request.crowd.timeout.as_millis()).unwrap_or(u64::MAX);
    let clients = snapshot.settings.parallel_clients;
    stand.run(Burst { to, speech, clients, limit_ms }).await?
}

#[cfg(test)]
mod tests {
    use super::{Crowd, Over, target};
    use checks::model::{Demand, Fact, Link, Reply, Snapshot};
    use std::time::Duration;

    /// The recorded incident's link, as it is when everything is repaired.
    fn link(change: impl FnOnce(&mut Link)) -> Link {
        let incident = include_str!("../../tests/snapshots/incident.json");
        let mut facts: Snapshot = serde_json::from_str(incident).unwrap();
        let mut link = facts.links.remove(0);
        if let Fact::Known(visit) = &mut link.visit {
            visit.attempts[0].connect = checks::model::Connect::Connected;
            visit.reply = Some(Reply::Status(200));
        }
        change(&mut link);
        link
    }

    fn comes(over: Over, clients: u32, change: impl FnOnce(&mut Link)) -> bool {
        let crowd = Crowd { clients, timeout: Duration::from_secs(5), over };
        target(&link(change), &crowd).is_some()
    }

    #[test]
    fn clients_come_where_they_are_wanted_and_a_single_one_is_answered() {
        let expected = |link: &mut Link| link.demand = Some(Demand::MustWork);
        assert!(comes(Over::Expected, 12, expected) && comes(Over::All, 12, |_| ()));
        assert!(!comes(Over::Expected, 12, |_| ()) && !comes(Over::None, 12, expected));
        assert!(!comes(Over::Expected, 0, expected), "nobody comes");
        assert!(!comes(Over::All, 12, |link| link.demand = Some(Demand::MustNotWork)));
        let silent = |link: &mut Link| {
            let Fact::Known(visit) = &mut link.visit else { return };
            visit.reply = Some(Reply::ReadTimeout);
        };
        assert!(!comes(Over::All, 12, silent), "a single one is not answered");
        assert!(!comes(Over::All, 12, |link| link.visit = Fact::Unknown("unseen".into())));
    }
}
