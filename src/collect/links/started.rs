//! The environment that a container's program was really started with: what starts it, an entry point say, may have set a
//! variable anew. Only variables of the configuration are looked at; whatever else was set is the program's own affair.

use super::proven;
use crate::collect::engine::Seen;
use crate::collect::halted::{children, processes};
use crate::collect::vantage::ProvenPid;
use std::fs::File;
use std::io::Read;

/// Processes between the first one and the program, at most: an init, a shell, a supervisor.
const BETWEEN: usize = 4;
/// An environment is not larger.
const LIMIT: u64 = 1 << 20;

/// Puts the values that the program was started with in place of those of the configuration; whether one differs.
pub(super) fn as_started(seen: &mut Seen) -> bool {
    let Some(started) = proven(seen).ok().and_then(|main| environment(&main)) else { return false };
    let before = std::mem::take(&mut seen.raw.env);
    let (env, configured) = settled(before, &started);
    seen.facts.set_anew = configured.iter().map(|(name, _)| name.clone()).collect();
    (seen.raw.env, seen.raw.configured) = (env, configured);
    !seen.raw.configured.is_empty()
}

type Pairs = Vec<(String, String)>;

/// The environment with what was set anew, and what the configuration says of that.
fn settled(mut env: Pairs, started: &Pairs) -> (Pairs, Pairs) {
    let kept = env.iter().filter(|pair| started.contains(pair)).count();
    let mut configured = Vec::new();
    // Some programs write a title over their environment: of those nothing is to be learned.
    if kept * 2 >= env.len() {
        for (name, value) in &mut env {
            let now = started.iter().rev().find(|(other, _)| other == name);
            if let Some((_, now)) = now.filter(|(_, now)| now != value) {
                configured.push((name.clone(), std::mem::replace(value, now.clone())));
            }
        }
    }
    (env, configured)
}

/// The environment of the program: of the first process that has no child or several, from the main one on.
fn environment(main: &ProvenPid) -> Option<Pairs> {
    let mut program = main.pid();
    for _ in 0..BETWEEN {
        let [child] = children(program)[..] else { break };
        program = child;
    }
    let mut text = Vec::new();
    let file = File::open(format!("/proc/{program}/environ")).ok()?;
    file.take(LIMIT).read_to_end(&mut text).ok()?;
    // Its number may be a stranger's by now.
    let is_its = processes(main).contains(&program);
    main.still_valid().ok().filter(|()| is_its)?;
    let pair = |entry: &[u8]| {
        let (name, value) = std::str::from_utf8(entry).ok()?.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    };
    Some(text.split(|byte| *byte == 0).filter_map(pair).collect())
}

#[cfg(test)]
mod tests {
    use super::{Pairs, settled};

    fn pairs(text: &str) -> Pairs {
        let pair = |entry: &str| {
            entry.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        text.split(' ').filter_map(pair).collect()
    }

    #[test]
    fn what_was_set_anew_counts() {
        let told = pairs("PATH=/bin URL=http://localhost:1");
        let set = |started: &str| settled(told.clone(), &pairs(started));
        let (env, configured) = set("PATH=/bin URL=http://api:1 MORE=http://x:1");
        assert_eq!(env, pairs("PATH=/bin URL=http://api:1"));
        assert_eq!(configured, pairs("URL=http://localhost:1"));
        // Unset, or overwritten with a title.
        for started in
            ["PATH=/bin", "URL=http://localhost:1 PATH=/bin", "nginx:=master URL=x PATH=y", ""]
        {
            assert_eq!(set(started), (told.clone(), Pairs::new()), "{started}");
        }
    }
}
