//! Who is told to call whom: the links, found in the containers' own configuration or named by the user.

mod gather;
mod include;
mod meaning;
mod mounts;
mod started;
mod text;
pub(crate) mod told;
mod written;

pub(crate) use gather::{Gathered, gather, given, proven};
pub(crate) use meaning::{Dialled, World};
pub(crate) use written::in_line;

use checks::model::{
    Container, Demand, Endpoint, Fact, HOST_CLIENT, Link, Meant, Retold, Source, Visit, Written,
};
use std::collections::HashMap;
use told::{Told, Trouble};

/// What one client is told: the address and every place that says it.
#[derive(Clone)]
pub(crate) struct Claim {
    /// The client's engine.
    pub(crate) engine: String,
    /// The client's container name, or `@host`.
    pub(crate) client: String,
    /// The address.
    pub(crate) told: Told,
    /// The places.
    pub(crate) sources: Vec<Source>,
    /// How they write it, where they write it out.
    pub(crate) written: Vec<Written>,
    /// What the project demands of it.
    pub(crate) demand: Option<Demand>,
    /// What the client's Compose files tell instead by now.
    pub(crate) retold: Option<Retold>,
}

/// A link that the user named: `CLIENT=URL`.
#[derive(Clone)]
pub(crate) struct Named {
    /// The client's container name, or `@host`.
    pub(crate) client: String,
    /// The address.
    pub(crate) told: Told,
    /// The address as the user wrote it, secrets and all: for the gate alone, which takes those out.
    pub(crate) written: String,
}

impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { client, told, written: _ } = self;
        f.debug_struct("Named").field("client", client).field("told", told).finish_non_exhaustive()
    }
}

impl std::str::FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The text is not repeated: it may hold a password.
        let (client, url) =
            text.split_once('=').ok_or("it is not CLIENT=URL, as in hapi=http://mock:8080")?;
        if client.is_empty() {
            return Err(format!(
                "it names no client before the =; a process of the machine is {HOST_CLIENT}"
            ));
        }
        let told = told::from_text(url)?;
        if told.port.is_none() {
            return Err(format!("{} has no port", told.url()));
        }
        Ok(Self { client: client.to_owned(), told, written: url.to_owned() })
    }
}

/// Puts the places that say the same to the same client together: one claim for each endpoint.
pub(crate) fn merge(claims: Vec<Claim>) -> Vec<Claim> {
    let mut merged: Vec<Claim> = Vec::new();
    for claim in claims {
        let same = |m: &&mut Claim| {
            m.engine == claim.engine && m.client == claim.client && m.told.url() == claim.told.url()
        };
        match merged.iter_mut().find(same) {
            Some(known) => {
                known.sources.extend(claim.sources);
                known.written.extend(claim.written);
                // Where one of the places tells the port, it is told.
                known.told.port_assumed &= claim.told.port_assumed;
                known.demand = known.demand.or(claim.demand);
                known.retold = known.retold.take().or(claim.retold);
                known.told.trouble = known.told.trouble.take().or(claim.told.trouble);
            }
            None => merged.push(claim),
        }
    }
    for claim in &mut merged {
        claim.sources.sort();
        claim.sources.dedup();
        claim.written.sort_by(|a, b| a.source.cmp(&b.source));
        claim.written.dedup_by(|a, b| a.source == b.source);
    }
    merged.sort_by(|a, b| {
        (&a.engine, &a.client, a.told.url()).cmp(&(&b.engine, &b.client, b.told.url()))
    });
    merged
}

/// Whether a claim is a link at all: it has a port, or is visibly meant to be an address and can't be dialled.
pub(crate) fn is_link(told: &Told) -> bool {
    told.port.is_some() || malformed(told).is_some()
}

/// The link of a claim, with nothing seen of it yet. `None` where a program names itself.
pub(crate) fn link(claim: Claim, world: &World<'_>, listens_itself: Fact<bool>) -> Option<Link> {
    let told = &claim.told;
    let url = told.url();
    let malformed = malformed(told);
    let port = told.port.unwrap_or(0);
    let dialled = Dialled {
        engine: &claim.engine,
        client: &claim.client,
        host: &told.host,
        port,
        listens_itself: listens_itself == Fact::Known(true),
    };
    let (server, meant) = if malformed.is_some() {
        (world.likely(dialled), Meant::Nobody)
    } else {
        world.meaning(dialled)
    };
    let named_by_user = claim.sources.contains(&Source::Flag);
    let is_itself = server.as_ref().is_some_and(|s| {
        s.container.as_deref() == Some(claim.client.as_str()) && s.engine.is_none()
    });
    if is_itself
        && !named_by_user
        && matches!(meant, Meant::Name | Meant::Address | Meant::HostPublished)
    {
        return None;
    }
    let not_yet = || "not looked at".to_owned();
    Some(Link {
        id: format!("{}:{}->{url}", claim.engine, claim.client),
        endpoint: Endpoint {
            scheme: told.scheme.clone(),
            host: told.host.clone(),
            port,
            port_assumed: told.port_assumed,
            scheme_missing: told.trouble == Some(Trouble::NoScheme),
            malformed,
            malformed_unless: match &told.trouble {
                Some(Trouble::Expandable(names)) => {
                    Some(format!("fills in {}, for which there is a value", names.join(" and ")))
                }
                _ => None,
            },
            sources: claim.sources,
            written: claim.written,
            url,
        },
        engine: claim.engine,
        client: claim.client,
        server,
        meant,
        listens_itself,
        named_by_user,
        visit: Fact::<Visit>::Skipped(not_yet()),
        path: Fact::Skipped(not_yet()),
        lookup: Fact::Skipped(not_yet()),
        vantage: None,
        concurrency: Fact::Skipped(not_yet()),
        demand: claim.demand,
        replay: None,
        retold: claim.retold,
        unstarted: None,
        replicas: Vec::new(),
        tried: Vec::new(),
        inside: None,
    })
}

fn malformed(told: &Told) -> Option<String> {
    match told.trouble {
        Some(Trouble::Unexpanded | Trouble::Expandable(_)) => {
            Some("it holds a variable that nobody expanded".into())
        }
        Some(Trouble::EmptyHost) => Some("its host is empty".into()),
        Some(Trouble::Unparsable(why)) => Some(why.into()),
        Some(Trouble::NoScheme) | None => None,
    }
}

/// Every name by which a container is called, in lower case, with those that carry it (by their place in the list).
pub(crate) fn carriers<'a>(
    containers: impl IntoIterator<Item = &'a Container>,
) -> HashMap<String, Vec<usize>> {
    let mut carriers: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, container) in containers.into_iter().enumerate() {
        for name in container.names() {
            carriers.entry(name.to_ascii_lowercase()).or_default().push(index);
        }
    }
    carriers
}
