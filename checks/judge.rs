//! From a snapshot to a report: every check on every link, the root cause, and the exit code.

use crate::ALL;
use crate::endpoint_config::OWN_LOOPBACK;
use crate::model::{
    Case, Check, Container, EndpointReport, Engine, Evidence, Fact, Link, LinkReport, Outcome,
    OwnRow, Report, Row, SCHEMA_VERSION, SeenFrom, Severity, Snapshot, Summary, Symptom, Tool,
    Vantage, chain,
};
use crate::notes::NOBODY_NAMED;
use crate::server_state::FROM_LOGS;
pub use decided::{Suppression, matches};
use outlook::outlook;
pub(crate) use row::judge_check;
use row::row_of;

/// What the user wants judged, and how strictly.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Keep the links whose client or server is one of these; all when empty.
    pub containers: Vec<String>,
    /// Judge by these checks only; by all when empty.
    pub only: Vec<String>,
    /// Leave these checks out.
    pub skip: Vec<String>,
    /// Whether a warning is a fault.
    pub fail_on_warn: bool,
    /// Whether what could not be determined may stand.
    pub allow_unknown: bool,
    /// Checks whose faults count as warnings.
    pub may_warn: Vec<String>,
    /// Findings that do not count for a time.
    pub suppressions: Vec<Suppression>,
    /// The file in which the project says such things, to be named in the notes.
    pub config: Option<String>,
}

impl Wanted {
    /// Whether the link has one of the containers at an end.
    #[must_use]
    pub fn keeps(&self, link: &Link) -> bool {
        let server = link.server.as_ref().and_then(|s| s.container.as_deref());
        self.containers.is_empty()
            || self
                .containers
                .iter()
                .any(|name| *name == link.client || Some(name.as_str()) == server)
    }

    /// Whether the user left this check out.
    #[must_use]
    pub fn is_left_out(&self, check: &str) -> bool {
        self.leaves_out(check).is_some()
    }

    fn leaves_out(&self, check: &str) -> Option<String> {
        if self.skip.iter().any(|id| id == check) {
            return Some("--skip".into());
        }
        let only = self.only.is_empty() || self.only.iter().any(|id| id == check);
        (!only).then(|| "--only".into())
    }
}

/// Judges every link by every check.
#[must_use]
pub fn judge(facts: &Snapshot, wanted: &Wanted) -> Report {
    judge_with(facts, wanted, &[])
}

/// Judges every link by every check, the rows of plug-ins included. Outcomes and the exit code are computed here alone.
#[must_use]
pub fn judge_with(facts: &Snapshot, wanted: &Wanted, plugged: &[OwnRow]) -> Report {
    let links: Vec<LinkReport> = facts
        .links
        .iter()
        .filter(|link| wanted.keeps(link))
        .map(|link| judge_link(&facts.in_the_time_of(link), link, wanted, plugged))
        .collect();
    let unseen = facts.engines.iter().any(Engine::fell_silent);
    let outcome = links.iter().map(|l| l.outcome).max().unwrap_or(Outcome::Unknown);
    let outcome = if unseen { outcome.max(Outcome::Unknown) } else { outcome };
    let mut notes = facts.notes.clone();
    if links.is_empty() && !facts.links.is_empty() {
        notes.push(NOBODY_NAMED.says("none of the links found has a named container at an end"));
    }
    notes.extend(heard::contradictions(facts, &links));
    notes.extend(wanted.remarks(&links, &facts.taken_at));
    Report {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: "econn".into(), version: facts.econn.clone() },
        taken_at: facts.taken_at.clone(),
        engines: facts.engines.clone(),
        outcome,
        exit_code: exit_code(&links, unseen, wanted),
        notes,
        summary: Summary::of(links.iter().map(|l| l.outcome)),
        links,
        logged_elsewhere: facts.logged_elsewhere(),
    }
}

fn judge_link(facts: &Snapshot, link: &Link, wanted: &Wanted, plugged: &[OwnRow]) -> LinkReport {
    let case = Case { link, facts };
    let mut rows: Vec<(&'static Check, Row)> = ALL
        .iter()
        .map(|check| {
            let row = match wanted.leaves_out(check.id) {
                Some(flag) => row_of(check, Outcome::Skip, Some(flag), Vec::new()),
                None => judge_check(check, &case, wanted),
            };
            (*check, row)
        })
        .collect();
    doubt(&case, &mut rows, wanted);
    replicas::add(facts, link, &mut rows, wanted);
    if link.vantage == Some(Vantage::StandIn) {
        for (check, row) in &mut rows {
            of_a_stand_in(link, check, row);
        }
    }
    let chain = chain(&rows);
    let root_cause = chain.first().cloned();
    for finding in rows.iter_mut().flat_map(|(_, row)| &mut row.findings) {
        let hidden = finding.severity == Severity::Fail
            && finding.counts()
            && root_cause.as_ref() != Some(&finding.code);
        finding.masked_by = if hidden { root_cause.clone() } else { None };
    }
    let server = link.server.as_ref().and_then(|server| {
        let engine = server.engine.as_deref().unwrap_or(&link.engine);
        facts.container(engine, server.container.as_deref()?)
    });
    let awaits = outlook(&case, &rows, wanted);
    let own = own::rows(&case, wanted, plugged, root_cause.as_ref());
    let mut checks: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
    checks.extend(own);
    let logged = facts.logged_of(link);
    LinkReport {
        id: link.id.clone(),
        engine: link.engine.clone(),
        client: link.client.clone(),
        client_service: service(case.client()),
        server_service: service(server),
        client_node: node(case.client()),
        server_node: node(server),
        endpoint: EndpointReport {
            url: link.endpoint.url.clone(),
            source: link.endpoint.sources.first().cloned(),
            sources: link.endpoint.sources.clone(),
        },
        server: link.server.clone(),
        outcome: checks.iter().map(|row| row.outcome).max().unwrap_or(Outcome::Unknown),
        symptom: heard::symptom(&case, &logged),
        root_cause,
        chain,
        checks,
        seen_from: seen_from(&case),
        demand: link.demand,
        described_in: described_in(case.client(), server),
        awaits,
        logged,
    }
}

/// Says that somebody else looked, where the client's own look is what a check rests on.
fn of_a_stand_in(link: &Link, check: &Check, row: &mut Row) {
    let told = format!("seen by a stand-in on the networks of {}, which does not run", link.client);
    if let Some(reason) = row.reason.as_mut().filter(|_| {
        row.outcome == Outcome::Pass && ["shared-network", "network-path"].contains(&check.id)
    }) {
        *reason = format!("{reason} ({told})");
    }
    for finding in &mut row.findings {
        if ["shared-network", "network-path", "endpoint-config"].contains(&check.id) {
            finding.evidence.push(Evidence { what: "vantage".into(), value: told.clone() });
        }
    }
}

/// The service of Compose or of a Swarm by which people know a container.
fn service(container: Option<&Container>) -> Option<String> {
    let (compose, task) = (container?.compose.as_ref(), container?.task.as_ref());
    compose.map(|c| c.service.clone()).or_else(|| task.map(|task| task.service.clone()))
}

/// The Compose file of the client, else that of the server, else the server's Dockerfile.
fn described_in(client: Option<&Container>, server: Option<&Container>) -> Option<String> {
    let composed = |c: &Container| c.compose.as_ref()?.files().into_iter().next();
    let built = |c: &Container| {
        let content = c.freshness.value()?.content.value()?;
        let (folder, file) = (content.context.trim_end_matches('/'), &content.dockerfile);
        Some(if file.starts_with('/') { file.clone() } else { format!("{folder}/{file}") })
    };
    client
        .and_then(composed)
        .or_else(|| server.and_then(composed))
        .or_else(|| server.and_then(built))
}

/// The node of a Swarm that a container is on.
fn node(container: Option<&Container>) -> Option<String> {
    container?.task.as_ref()?.node.clone()
}

fn seen_from(case: &Case<'_>) -> Option<SeenFrom> {
    let probed = case.link.concurrency.value().and_then(|seen| seen.vantage);
    let server = probed.or_else(|| case.server().ok()?.container.vantage);
    let client = case.link.vantage;
    (client.is_some() || server.is_some()).then_some(SeenFrom { client, server })
}

/// A link must not pass while the client's own connection fails and no check says why, or was not seen at all: that
/// contradicts the check that asks about that step of a connection, or, where that one does not apply, the last before it
/// that passed. It keeps what it saw, and says what speaks against it.
///
/// A finding on the server, the way or the socket explains a symptom, and so does the client's own loopback, and anything
/// unknown. One on the queue or
/// the image explains no broken connection, and any status of HTTP is an answer.
fn doubt(case: &Case<'_>, rows: &mut [(&'static Check, Row)], wanted: &Wanted) {
    let link = case.link;
    let (step, what) = match (&link.visit, case.symptom()) {
        (Fact::Known(_), Some(symptom)) => {
            let Some(step) = step(symptom) else { return };
            (step, format!("ends with \"{symptom}\", and nothing that was seen explains it"))
        }
        (Fact::Unknown(why), _) => (4, format!("was not seen: {why}")),
        _ => return,
    };
    let is_seen = link.visit.value().is_some();
    let explains = |(check, row): &(&Check, Row)| {
        row.outcome >= Outcome::Unknown
            // Who dials itself is refused, whether that is a fault or only a warning.
            || row.findings.iter().any(|f| !f.counts() || f.code == OWN_LOOPBACK)
            || (is_seen
                && (3..=5).contains(&check.phase)
                && row.findings.iter().any(|f| f.code != FROM_LOGS))
    };
    let left_out = |check: &Check| check.phase == step && wanted.leaves_out(check.id).is_some();
    if link.is_forbidden()
        || link.server.is_none()
        || rows.iter().any(|row| explains(row) || left_out(row.0))
    {
        return;
    }
    let passed = |(check, row): &&mut (&Check, Row)| {
        check.phase <= step && matches!(row.outcome, Outcome::Pass | Outcome::Warn)
    };
    if let Some((_, row)) = rows.iter_mut().filter(passed).max_by_key(|(check, _)| check.phase) {
        let seen = row.reason.take().map(|reason| format!("{reason}; yet ")).unwrap_or_default();
        row.outcome = Outcome::Unknown;
        row.reason = Some(format!(
            "{seen}the connection of {} to {} {what}",
            link.client, link.endpoint.url
        ));
    }
}

/// The phase of the check that asks about the step at which a connection with this symptom ended.
fn step(symptom: Symptom) -> Option<u8> {
    Some(match symptom {
        Symptom::HttpError => return None,
        Symptom::TlsError => 1,
        Symptom::NameNotFound | Symptom::ResolverFailed => 2,
        Symptom::ClosedWithoutReply | Symptom::ConnectionReset => 3,
        Symptom::ConnectTimeout | Symptom::NoRoute | Symptom::ReadTimeout => 4,
        Symptom::ConnectionRefused => 5,
    })
}

/// The exit code of the contract: a fault was seen, or something stayed unknown, or neither.
fn exit_code(links: &[LinkReport], unseen: bool, wanted: &Wanted) -> u8 {
    let any = |outcome| links.iter().any(|l| l.checks.iter().any(|row| row.outcome == outcome));
    let warned = links
        .iter()
        .flat_map(|l| &l.checks)
        .any(|row| row.findings.iter().any(|f| f.severity == Severity::Warn && f.counts()));
    if any(Outcome::Fail) || (wanted.fail_on_warn && warned) {
        1
    } else if links.is_empty() || ((unseen || any(Outcome::Unknown)) && !wanted.allow_unknown) {
        3
    } else {
        0
    }
}

#[cfg(test)]
mod chains;
mod decided;
#[cfg(test)]
mod form;
mod heard;
#[cfg(test)]
mod outcomes;
mod outlook;
mod own;
mod replicas;
mod row;
#[cfg(test)]
mod unseen;
