//! `--lab`: lists the scenes, or sets one up under its plain names and keeps it until Enter is pressed.

use super::cast::{Cast, Play};
use super::diagnosis::{arguments, crosses};
use super::engine::BASE_IMAGE;
use super::scene::Symptom;
use super::stage::Stage;
use super::{Engine, Result, sweep, symptom};
use checks::model::quoted;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

/// `--lab`, `--lab NAME`, `--lab NAME ENGINE`.
pub(crate) fn lab(cast: &Cast, words: &[String]) -> ExitCode {
    let done = match words {
        [] => {
            // Somebody may read only the head of it.
            let _ = std::io::stdout().write_all(list(cast).as_bytes());
            Ok(())
        }
        [name, rest @ ..] => cast
            .find(name)
            .ok_or_else(|| nearest(cast, name))
            .and_then(|play| keep(play, rest.first().map(String::as_str))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("lab: {trouble}");
            ExitCode::FAILURE
        }
    }
}

fn list(cast: &Cast) -> String {
    let mut list = String::new();
    for play in &cast.plays {
        let only = match play.scene.engines[..] {
            [engine] => format!(" ({engine} only)"),
            _ => String::new(),
        };
        let _ = writeln!(list, "{:<60} {}{only}", play.name, play.scene.about);
    }
    list + "\nmake lab SCENE=NAME [ENGINE=podman]\n"
}

fn nearest(cast: &Cast, name: &str) -> String {
    let like: Vec<&str> =
        cast.plays.iter().map(|play| play.name.as_str()).filter(|n| n.contains(name)).collect();
    let like = if like.is_empty() { "`make lab` lists them".into() } else { like.join("\n  ") };
    format!("no scene {name:?}; there are\n  {like}")
}

fn keep(play: &Play, engine: Option<&str>) -> Result<()> {
    let engine = match engine {
        Some(name) => Engine::try_from(name.to_owned())
            .ok()
            .filter(|engine| play.scene.engines.iter().any(|one| one.covers(*engine)))
            .ok_or_else(|| format!("{} cannot be shown on {name}", play.name))?,
        None => *play.scene.engines.first().ok_or("the scene names no engine")?,
    };
    sweep();
    let stage = Stage::set(&play.scene, engine, &play.on, true)?;
    eprintln!("{} on {engine}: {}", play.name, play.scene.about);
    eprintln!("\nWhat is there, without econn:");
    for symptom in
        play.scene.symptom.iter().filter(|s| s.engine.is_none_or(|only| only.covers(engine)))
    {
        let expected = play.sees(symptom).map(|text| stage.words.fill(text))?;
        let told = symptom::verify(&stage, symptom, &expected).err();
        eprintln!("  {}", by_hand(&stage, symptom)?);
        eprintln!("    # {}", told.unwrap_or_else(|| expected.to_string()));
    }
    eprintln!("\nWhat econn says, in another terminal:\n  {}", diagnosis(&stage, play)?);
    eprintln!("\nTo look around:\n  {} ps --all", shell(engine));
    for container in &play.scene.container {
        let shell = shell(container.engine.unwrap_or(engine));
        eprintln!("  {shell} exec -it {} sh", stage.words.name(&container.name)?);
    }
    eprintln!("  ls -R {}    # what was built and mounted", stage.folder.display());
    eprintln!("\nEnter takes it all down again (after Ctrl-C: tests/lab/engines.sh sweep).");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|trouble| trouble.to_string())?;
    stage.strike()
}

/// The command that shows a symptom without econn.
fn by_hand(stage: &Stage, symptom: &Symptom) -> Result<String> {
    let engine = shell(stage.engine);
    let client = stage.words.name(&symptom.client)?;
    let Some(url) = &symptom.url else {
        return Ok(format!(
            "{engine} exec {client} {}",
            line(&stage.words.fill_all(&symptom.run)?)
        ));
    };
    let run = if client == "@host" {
        format!("run --rm -i --pull=never --network=host {BASE_IMAGE}")
    } else {
        format!("exec -i {client}")
    };
    let held = if symptom.held { " held" } else { "" };
    let (url, program) = (stage.words.fill(url)?, symptom::PROGRAM);
    Ok(format!("{engine} {run} python3 - {}{held} < {}", quoted(&url), quoted(program)))
}

/// The command that diagnoses the scene, wherever it is typed.
fn diagnosis(stage: &Stage, play: &Play) -> Result<String> {
    let words = line(&arguments(stage, play)?);
    let econn = quoted(env!("CARGO_BIN_EXE_econn"));
    Ok(if crosses(stage.engine, play) {
        let (docker, podman) = (Engine::Docker.host(), Engine::Podman.host());
        format!("DOCKER_HOST={docker} CONTAINER_HOST={podman} {econn} {words}")
    } else {
        format!("{econn} {words} --host {}", quoted(&stage.engine.host()))
    })
}

fn line(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// The engine's command as one would type it.
fn shell(engine: Engine) -> String {
    match engine {
        Engine::Docker => format!("docker --host {}", engine.host()),
        Engine::Podman => format!("podman --url {}", engine.host()),
        Engine::Further(further) => [&further.program]
            .into_iter()
            .chain(&further.arguments)
            .map(|word| quoted(word))
            .collect::<Vec<_>>()
            .join(" "),
    }
}
