//! Which link a line of the logs belongs to: the one whose endpoint it names, as told, else the one whose server that is.

use super::{Link, Logged, Snapshot, is_loopback, numeric};

impl Snapshot {
    /// What the logs say of this link.
    #[must_use]
    pub fn logged_of(&self, link: &Link) -> Vec<Logged> {
        let of_it =
            |logged: &&Logged| self.heard_of(logged).iter().any(|other| other.id == link.id);
        self.logged.iter().filter(of_it).cloned().collect()
    }

    /// What the logs say of no link that is known.
    #[must_use]
    pub fn logged_elsewhere(&self) -> Vec<Logged> {
        self.logged.iter().filter(|logged| self.heard_of(logged).is_empty()).cloned().collect()
    }

    /// Whether the logs mean this link and no other.
    #[must_use]
    pub fn is_only_of(&self, logged: &Logged, link: &Link) -> bool {
        matches!(&*self.heard_of(logged), [only] if only.id == link.id)
    }

    /// The links that an entry may be about; several where several clients are told the same address.
    fn heard_of(&self, logged: &Logged) -> Vec<&Link> {
        let pick = |fits: &dyn Fn(&Link) -> bool| -> Vec<&Link> {
            self.links.iter().filter(|link| fits(link)).collect()
        };
        let Some(host) = &logged.host else {
            // Without an address only what a single client sees now tells whose it is.
            let same = pick(&|link| {
                let seen = link.visit.value().and_then(super::Visit::symptom);
                let fits = match logged.class.symptom() {
                    Some(symptom) => seen == Some(symptom),
                    None => seen.is_some(),
                };
                fits && logged.port.is_none_or(|port| port == link.endpoint.port)
            });
            return if same.len() == 1 { same } else { Vec::new() };
        };
        let told = pick(&|link| {
            let endpoint = &link.endpoint;
            same_host(&endpoint.host, host) && logged.port.is_none_or(|port| port == endpoint.port)
        });
        if told.is_empty() { pick(&|link| self.serves(link, host, logged.port)) } else { told }
    }

    /// Whether the link's server is what that address means: by its name or address and the port inside, or by the port
    /// that is published.
    fn serves(&self, link: &Link, host: &str, port: Option<u16>) -> bool {
        let Some(server) = &link.server else { return false };
        let Some(name) = &server.container else { return false };
        let engine = server.engine.as_deref().unwrap_or(&link.engine);
        let Some(container) = self.container(engine, name) else { return false };
        let is_it = container.is_named(host)
            || numeric(host).is_some_and(|ip| container.addresses().any(|own| own == ip));
        let published = port.and_then(|port| container.published_as(port)) == Some(server.port);
        (is_it && port.is_none_or(|port| port == server.port)) || (is_loopback(host) && published)
    }
}

fn same_host(a: &str, b: &str) -> bool {
    let addresses = (numeric(a), numeric(b));
    a.trim_end_matches('.').eq_ignore_ascii_case(b.trim_end_matches('.'))
        || matches!(addresses, (Some(a), Some(b)) if a == b)
        || (is_loopback(a) && is_loopback(b))
}
