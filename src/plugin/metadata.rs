//! What a program says of itself.

use super::Plugin;
use super::process::{Limits, Run, run};
use super::text::shown;
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

/// What `econn-check-NAME metadata` prints.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Metadata {
    /// The version of the protocol; 1.
    #[schemars(extend("const" = 1))]
    pub(crate) protocol: u32,
    /// As in the file's name.
    pub(crate) name: String,
    /// The program's own version.
    pub(crate) version: String,
    /// The checks that it answers.
    #[schemars(length(min = 1, max = 64))]
    pub(crate) checks: Vec<Declared>,
}

/// One check of a program.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Declared {
    /// Its id, as in `--only`; those of econn are taken.
    #[schemars(regex(pattern = "^[a-z0-9][a-z0-9_-]{0,63}$"))]
    pub(crate) id: String,
    /// What it asks, in one line.
    pub(crate) title: String,
    /// The codes of its findings; none begins with EC.
    #[serde(default)]
    #[schemars(inner(regex(pattern = "^[A-Z]{2,8}[0-9]+$")))]
    pub(crate) codes: Vec<String>,
}

static CODE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^[A-Z]{2,8}[0-9]+$").expect("a pattern of the program itself"));
static ID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("^[a-z0-9][a-z0-9_-]{0,63}$").expect("a pattern of the program itself")
});

/// Whether a finding of one's own may have this code.
pub(crate) fn is_code(code: &str) -> bool {
    CODE.is_match(code) && !code.starts_with("EC") && code.len() <= 24
}

/// Whether a check of one's own may have this id.
pub(crate) fn is_id(id: &str) -> bool {
    ID.is_match(id) && checks::ALL.iter().all(|check| check.id != id)
}

/// Asks a program what it is.
pub(super) fn ask(name: &str, path: &Path, limits: &Limits) -> Result<Metadata, String> {
    let me = format!("econn-check-{name}");
    let output = run(path, &["metadata".into()], b"", limits).and_then(Run::output);
    let output = output.map_err(|why| format!("{me} metadata {why}"))?;
    let mut it: Metadata = serde_json::from_slice(&output)
        .map_err(|_| format!("{me} metadata prints no metadata of protocol 1"))?;
    if it.protocol != 1 {
        return Err(format!("{me} speaks protocol {}, and econn speaks 1", it.protocol));
    }
    if it.name != name {
        return Err(format!("{me} calls itself {}; its name must be its file's", shown(&it.name)));
    }
    if it.checks.is_empty() || it.checks.len() > 64 {
        return Err(format!("{me} names {} checks; 1 to 64 can be", it.checks.len()));
    }
    let mut ids = BTreeSet::new();
    for check in &mut it.checks {
        if !is_id(&check.id) || !ids.insert(check.id.clone()) {
            let id = shown(&check.id);
            return Err(format!(
                "{me} names a check {id}: the id is no free one of a-z, 0-9 and -"
            ));
        }
        if let Some(code) = check.codes.iter().find(|code| !is_code(code)) {
            let code = shown(code);
            return Err(format!("{me} names the code {code}: 2 to 8 capitals, not EC, and digits"));
        }
        check.title = shown(&check.title);
    }
    it.version = shown(&it.version);
    Ok(it)
}

/// Two programs that claim one check or one code can't both have it.
pub(super) fn apart(plugins: &mut [Plugin]) {
    let (mut ids, mut codes) = (BTreeSet::new(), BTreeSet::new());
    for plugin in plugins {
        let Ok(metadata) = &plugin.metadata else { continue };
        let mine = metadata.checks.iter().map(|check| check.id.clone());
        let given: BTreeSet<String> =
            metadata.checks.iter().flat_map(|c| c.codes.clone()).collect();
        let twice = mine.clone().find(|id| ids.contains(id));
        let twice = twice.or_else(|| given.iter().find(|code| codes.contains(*code)).cloned());
        ids.extend(mine);
        codes.extend(given);
        if let Some(what) = twice {
            let name = &plugin.name;
            plugin.metadata =
                Err(format!("econn-check-{name} claims {what}, which another plug-in has"));
        }
    }
}
