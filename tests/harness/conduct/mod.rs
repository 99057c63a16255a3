//! How econn conducts itself, whatever it finds: its advice can be followed, trouble is told and survived, secrets stay
//! where they are, and nothing of the user's is changed. One test `promise/NAME ENGINE` for each.

mod bare;
mod broken_engine;
mod builds;
mod calls;
mod compose;
mod contract;
mod econn;
mod far;
mod fix;
#[path = "../../front/mod.rs"]
mod front;
mod helpers;
mod inside;
mod leftovers;
mod own;
mod preflight;
mod proxy;
mod recorder;
mod registry;
mod remote;
mod rootless;
mod secrets;
mod stable;
mod stand_in;
mod swarm;
mod trouble;
mod unchanged;
mod vantage;

use super::cast::{Cast, Play};
use super::scene::Scene;
use super::trials::{Test, trial};
use super::{Engine, Result};
use std::process::{Command, Stdio};

/// A promise, and whether its test must have the machine for itself.
type Promise = (&'static str, bool, fn(&Cast, Engine) -> Result<()>);

const PROMISES: &[Promise] = &[
    ("fix-is-usable", false, fix::is_usable),
    ("patch-is-usable", false, fix::patch_is_usable),
    ("contract", false, contract::holds),
    ("unknown-container", false, trouble::unknown_container),
    ("no-permission", true, trouble::no_permission),
    ("missing-source", false, trouble::missing_source),
    ("no-link", false, trouble::no_link),
    ("malformed-config", false, trouble::malformed_config),
    ("malformed-dockerfile", false, trouble::malformed_dockerfile),
    ("container-disappears", true, trouble::container_disappears),
    ("engine-goes-away", false, broken_engine::goes_away),
    ("engine-cuts-off", false, broken_engine::cuts_off),
    ("engine-cuts-off-once", false, broken_engine::cuts_off_once),
    ("engine-answers-garbage", false, broken_engine::answers_garbage),
    ("engine-speaks-no-http", false, broken_engine::speaks_no_http),
    ("engine-is-ill", false, broken_engine::is_ill),
    ("engine-is-ill-once", false, broken_engine::is_ill_once),
    ("engine-is-silent", false, broken_engine::is_silent),
    ("engine-forbids-to-make", false, broken_engine::forbids_to_make),
    ("engine-lists-nothing", false, broken_engine::lists_nothing),
    ("engine-hides-a-container", false, broken_engine::hides_a_container),
    ("own-checks-answer", false, own::answers),
    ("log-of-the-past", false, own::log_of_the_past),
    ("snapshots-are-stable", false, stable::to_diff),
    ("builds-decide", false, builds::decide),
    ("registry-is-asked", false, registry::is_asked),
    ("compose-names-services", false, compose::names_services),
    ("compose-finds-the-line", false, compose::finds_the_line),
    ("compose-knows-what-was-edited", false, compose::knows_what_was_edited),
    ("compose-knows-what-never-started", false, compose::knows_what_never_started),
    ("compose-follows-its-files", false, compose::follows_its_files),
    ("compose-finds-the-build", false, compose::finds_the_build),
    ("compose-sees-the-networks", false, compose::sees_the_networks),
    ("calls-are-told", false, calls::are_told),
    ("calls-concern-ends", false, calls::concern_ends),
    ("seen-by-ssh", false, remote::by_ssh),
    ("seen-by-tls", false, remote::by_tls),
    ("ssh-is-refused", false, remote::ssh_is_refused),
    ("secrets-stay", false, secrets::stay),
    ("secrets-of-the-command-line-stay", false, secrets::of_the_command_line_stay),
    ("helper-of-a-living-run", false, helpers::of_a_living_run),
    ("interrupted", false, helpers::of_an_interrupted_run),
    ("stand-in", false, stand_in::looks),
    ("preflight-waits-for-a-slow-start", false, preflight::waits_for_a_slow_start),
    ("preflight-waits-for-an-answer", false, preflight::waits_for_an_answer),
    ("preflight-stops-at-once", false, preflight::stops_at_once_for_what_will_never_be),
    ("preflight-holds-what-is-forbidden", false, preflight::holds_what_is_forbidden),
    ("preflight-counts-clients", false, preflight::counts_those_that_get_no_answer),
    ("preflight-lets-clients-pass", false, preflight::lets_pass_what_answers_all),
    ("preflight-waits-for-a-container", false, preflight::waits_for_what_is_not_made_yet),
    ("recorder-sees-what-a-live-look-sees", false, recorder::sees_what_a_live_look_sees),
    ("recorder-may-be-killed", false, recorder::may_be_killed),
    ("recorder-follows-a-restart", false, recorder::follows_a_restart),
    ("vantage-without-rights", false, vantage::without_rights),
    ("vantage-remote", false, vantage::remote),
    ("vantage-other-processor", false, vantage::other_processor),
    ("inside-a-container", true, inside::knows_its_place),
    ("inside-a-container-with-sidecars", true, inside::sees_by_sidecars),
    ("bare-diagnose", true, bare::finds_the_incident),
    ("bare-diagnose-misses-an-engine", true, bare::misses_an_engine),
    ("vantage-costs", true, vantage::costs),
    ("interrupted-with-sidecars", true, helpers::of_a_run_with_sidecars),
    ("leaves-nothing", true, leftovers::none),
    ("nothing-changed", true, unchanged::nothing),
    ("no-volume-left", true, unchanged::no_volume),
    ("helper-of-a-killed-run", true, helpers::of_a_killed_run),
];

/// What only Docker does.
const OF_DOCKER: &[Promise] = &[
    ("docker-behind-tls", false, remote::docker_behind_tls),
    ("swarm-of-two-nodes", false, swarm::of_two_nodes),
];

/// What only the engine of an unprivileged user does.
const OF_A_USER: &[Promise] = &[("vantage-of-a-user", false, rootless::by_its_user)];

/// The tests of all promises on these engines, and of what further ones promise besides.
pub(crate) fn trials(cast: &Cast, engines: &[Engine], further: &[Engine]) -> Vec<Test> {
    let of = |(name, alone, test): Promise, engine: Engine| {
        let cast = cast.clone();
        trial(format!("promise/{name} {engine}"), alone, move || test(&cast, engine))
    };
    let same = vantage::scenes().filter_map(|name| cast.find(name)).flat_map(|play| {
        let engines = engines.iter().filter(|engine| play.scene.engines.contains(engine));
        engines.map(|engine| {
            let (play, engine) = (play.clone(), *engine);
            let name = format!("promise/vantage/{} {engine}", play.name);
            trial(name, play.scene.alone, move || vantage::same(&play, engine))
        })
    });
    let docker = engines.iter().filter(|engine| **engine == Engine::Docker);
    let user = further.iter().filter(|engine| engine.name().ends_with("-rootless"));
    let kept = PROMISES.iter().flat_map(|promise| engines.iter().map(move |e| (*promise, *e)));
    let kept = kept.chain(docker.flat_map(|e| OF_DOCKER.iter().map(move |one| (*one, *e))));
    let kept = kept.chain(user.flat_map(|e| OF_A_USER.iter().map(move |one| (*one, *e))));
    same.chain(kept.map(|(promise, engine)| of(promise, engine))).collect()
}

/// The incident with these switches on, which is the stage of most promises.
fn incident<'a>(cast: &'a Cast, side: &str) -> Result<&'a Play> {
    let name = format!("incident/{side}");
    cast.find(&name).ok_or_else(|| format!("no scene {name}"))
}

/// The healthy incident with a server whose name no other test comes near: where a server vanishes or can't be read, one
/// with a similar name is taken for it.
fn own_incident(server: &str) -> Result<Play> {
    let text = include_str!("../../scenes/incident.toml").replace("mock-llm-aianalysis", server);
    Ok(Play { name: server.to_owned(), scene: scene(&text)?, on: vec![] })
}

/// A scene that only one promise needs.
fn scene(text: &str) -> Result<Scene> {
    toml::from_str(text).map_err(|trouble| format!("the promise's own scene: {trouble}"))
}

/// Fails with what was seen, unless it holds.
fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// Runs a program to its end and gives its output; its complaint where it fails.
fn output(command: &mut Command) -> Result<String> {
    let told = format!("{command:?}");
    let output =
        command.stdin(Stdio::null()).output().map_err(|trouble| format!("{told}: {trouble}"))?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    must(output.status.success(), || {
        format!("{told}: {}\n{}{}", output.status, said(&output.stdout), said(&output.stderr))
    })?;
    Ok(said(&output.stdout))
}
