//! What the file says where a flag could have: the flag wins.

use super::Config;
use crate::cli::{Judging, Looking};
use std::path::Path;

impl Config {
    /// Fills in what the flags that say where and what to look at leave open.
    pub(crate) fn complete_looking(&self, looking: &mut Looking) {
        let open = |given: &[(String, String)], name: &str| !given.iter().any(|(n, _)| n == name);
        let folder = self.path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        for (server, dir) in &self.source {
            if open(&looking.source, server) {
                let dir = folder.join(dir).to_string_lossy().into_owned();
                looking.source.push((server.clone(), dir));
            }
        }
        for (server, path) in &self.probe {
            if open(&looking.probe, server) {
                looking.probe.push((server.clone(), path.clone()));
            }
        }
        looking.timeout = looking.timeout.take().or_else(|| self.timeout.clone());
    }

    /// Fills in what the flags that say how strictly to judge leave open.
    pub(crate) fn complete_judging(&self, judging: &mut Judging) {
        judging.fail_on = judging.fail_on.or(self.fail_on);
        judging.allow_unknown |= self.allow_unknown;
    }
}
