//! What the file says where a flag could have, in the form in which a run needs it. A flag wins.

use super::Config;
use crate::cli::Judging;
use crate::collect::{Crowd, Named, Over};
use checks::Suppression;
use checks::model::{Demand, Settings};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long each of the clients that come at once waits.
const PATIENCE: Duration = Duration::from_secs(5);

impl Config {
    /// Fills in what the flags that say how strictly to judge leave open.
    pub(crate) fn complete(&self, judging: &mut Judging) {
        judging.fail_on = judging.fail_on.or(self.fail_on);
        judging.allow_unknown |= self.allow_unknown;
    }

    /// The file by its path, to stand before what is said of it.
    pub(crate) fn place(&self) -> String {
        self.path.as_deref().unwrap_or(Path::new(super::FILE)).display().to_string()
    }

    /// The build contexts by server; folders are relative to the file's.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (String, PathBuf)> {
        let folder = self.path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        self.source.iter().map(move |(server, dir)| (server.clone(), folder.join(dir)))
    }

    /// The paths of probes: those given, and the file's for other servers.
    pub(crate) fn probes(&self, given: &[(String, String)]) -> Vec<(String, String)> {
        let open = |server: &str| !given.iter().any(|(name, _)| name == server);
        let others = self.probe.iter().filter(|(server, _)| open(server));
        let others = others.map(|(server, path)| (server.clone(), path.clone()));
        given.iter().cloned().chain(others).collect()
    }

    /// The links of which something is demanded.
    pub(crate) fn demands(&self) -> Vec<(Named, Demand)> {
        let of = |links: &[super::Demanded], demand| {
            links.iter().map(|l| (l.named.clone(), demand)).collect::<Vec<_>>()
        };
        [of(&self.expect, Demand::MustWork), of(&self.forbid, Demand::MustNotWork)].concat()
    }

    /// A link that must work and must not.
    pub(super) fn contradiction(&self) -> Option<String> {
        let named = |l: &super::Demanded| format!("{} -> {}", l.named.client, l.named.told.url());
        let expected: Vec<String> = self.expect.iter().map(named).collect();
        self.forbid.iter().map(named).find(|link| expected.contains(link))
    }

    /// The clients that come at once.
    pub(crate) fn crowd(&self, over: Over) -> Crowd {
        let clients = self.parallel.clients.unwrap_or(Settings::default().parallel_clients);
        let timeout = self.parallel.timeout.as_ref().map_or(PATIENCE, |limit| limit.duration);
        Crowd { clients, timeout, over }
    }

    /// What does not count for a time.
    pub(crate) fn suppressions(&self) -> Vec<Suppression> {
        let each = self.suppress.iter().map(|s| Suppression {
            code: s.code.clone(),
            subject: s.subject.clone(),
            reason: s.reason.clone(),
            until: s.until.to_string(),
        });
        each.collect()
    }
}
