//! Runs the econn binary on a scene and reads its report.

use super::cast::Play;
use super::scene::Container;
use super::stage::Stage;
use super::{Engine, Result};
use serde_json::Value;
use std::process::{Command, Stdio};

/// One run: how it was called, what it printed and how it ended.
pub(crate) struct Diagnosis {
    pub(crate) command: String,
    pub(crate) report: Value,
    pub(crate) stderr: String,
    pub(crate) exit: i32,
}

impl Diagnosis {
    pub(crate) fn of(stage: &Stage, play: &Play) -> Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_econn"));
        command.args(arguments(stage, play)?);
        command.args(["--format", "json"]);
        stage.engine.tell(&mut command);
        let told = format!("{command:?}");
        let output = command
            .stdin(Stdio::null())
            .output()
            .map_err(|trouble| format!("{told}: {trouble}"))?;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let report = serde_json::from_slice(&output.stdout).map_err(|trouble| {
            let stdout = String::from_utf8_lossy(&output.stdout);
            format!(
                "no JSON report: {trouble}\n{told}\n{}\nstdout:\n{stdout}\nstderr:\n{stderr}",
                output.status
            )
        })?;
        Ok(Self { command: told, report, stderr, exit: output.status.code().unwrap_or(-1) })
    }
}

/// The arguments that diagnose exactly this scene, whatever else runs on the engine.
pub(crate) fn arguments(stage: &Stage, play: &Play) -> Result<Vec<String>> {
    let engine = if crosses(stage.engine, play) { "auto" } else { stage.engine.kind().name() };
    let mut arguments = vec!["diagnose".to_owned(), "--engine".into(), engine.into()];
    for (server, build) in &play.scene.source {
        let folder = stage.words.fill(&format!("{{{{folder:{build}}}}}"))?;
        arguments
            .extend(["--source".to_owned(), format!("{}={folder}", stage.words.name(server)?)]);
    }
    arguments.extend(stage.words.fill_all(&play.scene.flags)?);
    for container in &play.scene.container {
        arguments.push(stage.words.name(&container.name)?);
    }
    Ok(arguments)
}

/// Does a container of the scene run on another engine than the rest?
pub(crate) fn crosses(engine: Engine, play: &Play) -> bool {
    let elsewhere = |c: &Container| c.engine.is_some_and(|other| !other.covers(engine));
    play.scene.container.iter().any(elsewhere)
}
