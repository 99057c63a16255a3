//! Podman of an unprivileged user, looked at by that very user: nothing but the engine's API is needed.

use super::econn::{econn, no_helper_of, run};
use super::must;
use super::vantage::{differ_in_vantage_alone, seen_from, without_source};
use crate::harness::stage::Stage;
use crate::harness::{Cast, Engine, Result, diagnosis};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The verdicts of root in the namespaces are those of the user with sidecars.
pub(super) fn by_its_user(cast: &Cast, engine: Engine) -> Result<()> {
    let socket = engine.host().trim_start_matches("unix://").to_owned();
    let told = |trouble: std::io::Error| format!("{socket}: {trouble}");
    let (user, group) = fs::metadata(&socket).map(|m| (m.uid(), m.gid())).map_err(told)?;
    must(user != 0, || format!("{socket} is root's"))?;
    let folder = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
    let told = |trouble: std::io::Error| format!("{}: {trouble}", folder.path().display());
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).map_err(told)?;
    let binary = folder.path().join("econn");
    fs::copy(env!("CARGO_BIN_EXE_econn"), &binary).map_err(told)?;
    let names =
        ["incident/none", "incident/serial+stale+bind+endpoint+network", "dns-network-none"];
    for name in names {
        let play = cast.find(name).ok_or_else(|| format!("no scene {name}"))?;
        let stage = Stage::set(&play.scene, engine, &play.on, false)?;
        let arguments = without_source(diagnosis::arguments(&stage, play)?);
        let diagnose = |mut command: Command, vantage: &str| {
            engine.tell(&mut command);
            command.args(&arguments).args(["--vantage", vantage, "--format", "json"]);
            run(command.current_dir("/"))
        };
        let root = diagnose(econn(), "netns")?;
        for vantage in ["sidecar", "auto"] {
            let mut command = Command::new(&binary);
            command.uid(user).gid(group).env("HOME", "/nonexistent");
            let seen = diagnose(command, vantage)?;
            differ_in_vantage_alone(&root, &seen)?;
            if play.on.is_empty() && name.starts_with("incident") {
                let from = seen_from(&seen, &stage.words.name("hapi")?)?;
                must(from == "sidecar sidecar", || seen.account(&format!("seen from {from:?}")))?;
            }
            no_helper_of(engine, &[seen.pid]).map_err(|left| seen.account(&left))?;
        }
        stage.strike()?;
    }
    Ok(())
}
