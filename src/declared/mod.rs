//! Checks of one's own that need no program: `[[check]]` in `econn.toml`. Each is judged by what econn looks at anyway, seen
//! from the client; only whether a variable or a label is there is asked besides, and of its value nothing is kept.

mod answer;
mod nagios;
mod written;

use crate::collect::Ask;
use crate::plugin::Limits;
use checks::model::{Fact, Fix, Link, Own, OwnAnswer, Reply, Snapshot, Verdict};
use serde::Deserialize;
use written::Written;

/// One `[[check]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Declared {
    /// Its id, as in `--only`.
    pub(crate) id: String,
    /// The code of its finding.
    pub(crate) code: String,
    /// What is wrong when it does not hold.
    pub(crate) message: String,
    /// What to do then.
    pub(crate) fix: Vec<Fix>,
    failing: Verdict,
    /// Clients of the links that it is about; `*` stands for any text.
    client: String,
    server: String,
    kind: Kind,
}

/// What is asked.
#[derive(Clone, Debug)]
enum Kind {
    /// The client's own connection is completed.
    Tcp,
    /// The client's own request is answered with one of these.
    Http { status: Vec<u16> },
    /// The name that the client dials has an address.
    Dns,
    /// The server listens on this port; on the link's own when left out.
    Listening { port: Option<u16> },
    /// The container's image is named so; `*` stands for any text.
    Image { pattern: String, on: End },
    /// The container was started with this variable.
    Env { name: String, on: End },
    /// The container has this label, with this value where one is given.
    Label { name: String, value: Option<String>, on: End },
    /// A program in the manner of Nagios says so.
    Nagios { command: Vec<String> },
}

/// The end of a link that is looked at.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
enum End {
    Client,
    Server,
}

impl Declared {
    /// What has to be asked of the containers besides what is looked at anyway.
    pub(crate) fn ask(&self) -> Option<Ask> {
        let id = self.id.clone();
        match &self.kind {
            Kind::Env { name, .. } => Some(Ask::Variable { id, name: name.clone() }),
            Kind::Label { name, value, .. } => {
                Some(Ask::Label { id, name: name.clone(), value: value.clone() })
            }
            _ => None,
        }
    }

    fn is_about(&self, link: &Link) -> bool {
        let server = link.server.as_ref().and_then(|s| s.container.as_deref()).unwrap_or("");
        // What is to be kept apart would fail whatever asks for more than that.
        !link.is_forbidden()
            && checks::matches(&self.client, &link.client)
            && checks::matches(&self.server, server)
    }

    /// What may still come where a request is answered otherwise than it should be: with 502, 503 and 504 a server, or what
    /// stands before it, says that it is not ready yet. A check that only warns is not waited for.
    pub(crate) fn awaits(&self, link: &Link) -> Option<String> {
        let Kind::Http { status } = &self.kind else { return None };
        let Some(Reply::Status(now @ 502..=504)) = link.visit.value()?.reply else { return None };
        let counts = self.failing == Verdict::Fail && self.is_about(link) && !status.contains(&now);
        counts.then(|| format!("{} to answer otherwise than {now}", link.endpoint.url))
    }

    fn own(&self, facts: &Snapshot, answer: &dyn Fn(&Link) -> OwnAnswer) -> Own {
        let links = facts.links.iter().filter(|link| self.is_about(link));
        Own {
            id: self.id.clone(),
            code: self.code.clone(),
            message: self.message.clone(),
            fix: self.fix.clone(),
            answers: links.map(answer).collect(),
        }
    }

    /// Unknown on every link.
    fn unasked(&self, facts: &Snapshot, why: &str) -> Own {
        self.own(facts, &|link| OwnAnswer {
            link: link.id.clone(),
            verdict: Fact::Unknown(why.into()),
            what: format!("the check {}", self.id),
            seen: String::new(),
        })
    }
}

/// Answers every check while the world can still be asked. A passive run starts no program.
pub(crate) fn answered(declared: &[Declared], facts: &mut Snapshot, limits: &Limits) {
    let passive = facts.settings.passive;
    // All programs at once: together they take no longer than the slowest.
    let said: Vec<Option<(Fact<Verdict>, String)>> = std::thread::scope(|scope| {
        let asked: Vec<_> = declared
            .iter()
            .map(|check| match &check.kind {
                Kind::Nagios { command } => {
                    Some(scope.spawn(move || nagios::ask(command, passive, limits)))
                }
                _ => None,
            })
            .collect();
        let broke = || (Fact::Unknown("its answer broke econn".into()), String::new());
        let answer = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|_| broke())
        };
        asked.into_iter().map(|thread| thread.map(answer)).collect()
    });
    let own = declared.iter().zip(said).map(|(check, said)| match said {
        Some((verdict, seen)) => check.own(facts, &|link| OwnAnswer {
            link: link.id.clone(),
            verdict: verdict.clone(),
            what: format!("the check {}", check.id),
            seen: seen.clone(),
        }),
        None => check.own(facts, &|link| answer::of(check, &check.kind, link, facts)),
    });
    let own: Vec<Own> = own.collect();
    facts.own = own;
}

/// Answers the checks from what was recorded. What a program looks at may be gone with the command, and what it said of that
/// would be no fault that was there.
pub(crate) fn recalled(declared: &[Declared], facts: &mut Snapshot) {
    let why = "no program is asked once the command has ended";
    let own = declared.iter().map(|check| match &check.kind {
        Kind::Nagios { .. } => check.unasked(facts, why),
        kind => check.own(facts, &|link| answer::of(check, kind, link, facts)),
    });
    let own: Vec<Own> = own.collect();
    facts.own = own;
}

/// What a saved snapshot holds no answer to can't be asked any more: it is unknown, and no pass.
pub(crate) fn unanswered(declared: &[Declared], facts: &mut Snapshot) {
    let why = "the snapshot holds no answer to it; take it anew with this econn.toml";
    let missing = declared.iter().filter(|check| facts.own.iter().all(|own| own.id != check.id));
    let own: Vec<Own> = missing.map(|check| check.unasked(facts, why)).collect();
    facts.own.extend(own);
}
