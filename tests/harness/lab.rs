//! `--lab`: lists the scenes, or sets one up under its plain names and keeps it until Enter is pressed.

use super::cast::{Cast, Play};
use super::diagnosis::arguments;
use super::stage::Stage;
use super::{Engine, Result, sweep, symptom};
use std::process::ExitCode;

/// `--lab`, `--lab NAME`, `--lab NAME ENGINE`.
pub(crate) fn lab(cast: &Cast, words: &[String]) -> ExitCode {
    let done = match words {
        [] => {
            for play in &cast.plays {
                eprintln!("{:<60} {}", play.name, play.scene.about);
            }
            eprintln!("\nmake lab SCENE=NAME [ENGINE=podman]");
            Ok(())
        }
        [name, rest @ ..] => cast
            .find(name)
            .ok_or_else(|| format!("no scene {name:?}; `make lab` lists them"))
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

fn keep(play: &Play, engine: Option<&str>) -> Result<()> {
    let engine = match engine {
        Some(name) => *play
            .scene
            .engines
            .iter()
            .find(|engine| engine.name() == name)
            .ok_or_else(|| format!("{} cannot be shown on {name}", play.name))?,
        None => *play.scene.engines.first().ok_or("the scene names no engine")?,
    };
    sweep();
    let stage = Stage::set(&play.scene, engine, &play.on, true)?;
    eprintln!("{} on {engine}: {}\n", play.name, play.scene.about);
    for symptom in play.scene.symptom.iter().filter(|s| s.engine.is_none_or(|only| only == engine))
    {
        let expected = play.sees(symptom).map(|text| stage.words.fill(text))?;
        let told = symptom::verify(&stage, symptom, &expected).err();
        let called = match &symptom.url {
            Some(url) => format!("calling {}", stage.words.fill(url)?),
            None => symptom.run.join(" "),
        };
        let told = told.unwrap_or_else(|| format!("sees {expected}"));
        eprintln!("  {} {called}: {told}", symptom.client);
    }
    eprintln!("\nTry, in another terminal:\n  {} ps --all", shell(engine));
    for container in &play.scene.container {
        eprintln!("  {} exec -it {} sh", shell(engine), stage.words.name(&container.name)?);
    }
    eprintln!("  {} {}", env!("CARGO_BIN_EXE_econn"), arguments(&stage, play)?.join(" "));
    eprintln!("\nEnter takes it down again.");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|trouble| trouble.to_string())?;
    stage.strike()
}

/// The engine's command as one would type it.
fn shell(engine: Engine) -> String {
    match engine {
        Engine::Docker => "docker".to_owned(),
        Engine::Podman => format!("podman --url {}", engine.host()),
    }
}
