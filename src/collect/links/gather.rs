//! Every place in a container that tells an address: environment, command line, mounted configuration files.

use super::include::included;
use super::mounts::is_searched;
use super::started::as_started;
use super::text::text_of;
use super::told::{self, Joint, Known, Place, Told};
use super::written::{in_line, in_value};
use crate::collect::engine::{Connection, Mount, Raw, Seen};
use crate::collect::vantage::{ProvenPid, list_files, read_file};
use crate::words::words;
use checks::model::{Exceptions, Proxies, ProxyVariable, Source, Written, is_loopback};
use checks::notes::UNSEARCHED;
use std::collections::BTreeSet;
use std::io::Read;
use std::net::IpAddr;

/// A configuration file larger than this is not one.
pub(super) const FILE_LIMIT: u64 = 1 << 20;
/// Configuration files that are read of one container, at most.
pub(super) const FILES_LIMIT: usize = 64;
/// A mount that is fetched whole, because its files can't be read in place, may not be larger.
pub(super) const ARCHIVE_LIMIT: usize = 8 << 20;

/// What one container is told, and which of its files could not be read.
#[derive(Clone, Default)]
pub(crate) struct Gathered {
    /// The addresses, each with its place and how that writes it.
    pub(crate) told: Vec<(Told, Source, Option<Written>)>,
    /// Files that could not be read: a line each, and what is named in them all the same.
    pub(crate) unread: Vec<(String, Vec<String>)>,
    /// Its proxy variables.
    pub(crate) proxies: Proxies,
    /// The key that says that no certificate is verified.
    pub(crate) unverified: Option<String>,
    /// What was not searched, a line each.
    pub(crate) notes: Vec<String>,
}

/// Looks through one container; what it was given at its creation is known.
pub(crate) async fn gather(
    engine: &Connection,
    seen: &mut Seen,
    mut gathered: Gathered,
    is_name: &dyn Fn(&str) -> bool,
) -> Gathered {
    let by_variable = |(_, source, _): &(_, Source, _)| matches!(source, Source::Env { .. });
    if gathered.told.iter().any(by_variable) && as_started(seen) {
        gathered = given(seen, is_name);
    }
    let seen = &*seen;
    let (vars, argv) = (&seen.raw.env, &seen.raw.argv);
    let found = files(engine, seen, &mut gathered).await;
    let is_own = |file: &File| !told::is_of_another_environment(&file.path, vars, argv);
    let (mut files, mut others) = (Vec::new(), Vec::new());
    for file in found.into_iter().filter(is_own) {
        match text_of(&file.text) {
            Some(text) => files.push((file, text)),
            None => others.push(file),
        }
    }
    let included = included(engine, seen, &files).await;
    files.extend(included.files);
    let defined = files.iter().flat_map(|(file, text)| told::groups(&file.path, text));
    let groups: Vec<String> = defined.chain(included.groups).collect();
    let exported = if files.is_empty() { Vec::new() } else { exported(seen) };
    let all = files.iter().map(|(file, text)| (file.path.as_str(), text.as_str()));
    let profiles = told::profiles(argv, &[vars, &exported], all);
    files.retain(|(file, _)| !told::is_of_another_profile(&file.path, &profiles, vars, argv));
    let joint = Joint { groups: &groups, is_partial: included.is_partial, profiles: &profiles };
    let known = Known { is_name, vars, exported: &exported, joint };
    for (file, text) in &files {
        read(file, text, &known, &mut gathered);
        let found = || told::unverified_in(&file.path, text);
        gathered.unverified = gathered.unverified.take().or_else(found);
    }
    // What the program makes of it can't be told, so nothing may be concluded from its silence.
    for File { path, text, .. } in &others {
        let letters = String::from_utf8_lossy(text).replace('\0', "");
        let why = format!("{path}: it holds bytes of value zero, and so is no text");
        gathered.unread.push((why, named(&letters, &known)));
    }
    gathered
}

/// The variables that the container's program has beside those that the container was given, as far as they can be seen.
fn exported(seen: &Seen) -> Vec<(String, String)> {
    let text = proven(seen).and_then(|pid| pid.read("environ")).unwrap_or_default();
    let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
    let is_new = |(name, _): &(&str, &str)| seen.raw.env.iter().all(|(given, _)| given != name);
    pairs.filter(is_new).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What one container was given at its creation: its environment and its command line.
pub(crate) fn given(seen: &Seen, is_name: &dyn Fn(&str) -> bool) -> Gathered {
    let known = Known { is_name, vars: &seen.raw.env, joint: Joint::default(), exported: &[] };
    let mut gathered = Gathered {
        proxies: proxies(&seen.raw.env),
        unverified: told::unverified(&seen.raw.env, &seen.raw.argv),
        ..Gathered::default()
    };
    let outside_files = |told: Told| {
        let (source, value) = match &told.place {
            Place::Env { name } => (
                Source::Env { name: name.clone() },
                seen.raw.env.iter().find(|(var, _)| var == name).map(|(_, value)| value),
            ),
            Place::Arg { index } => (Source::Arg { index: *index }, seen.raw.argv.get(*index)),
            Place::Line { .. } | Place::Flag => return None,
        };
        let written = value.and_then(|value| in_value(&told, &source, value));
        Some((told, source, written))
    };
    gathered
        .told
        .extend(told::from_env(&seen.raw.env, &known).into_iter().filter_map(outside_files));
    gathered
        .told
        .extend(told::from_args(&seen.raw.argv, &known).into_iter().filter_map(outside_files));
    gathered
}

/// A container's proxy variables. A value that is no address is left out: programs ignore it, too. Not so an
/// empty one, at which they differ.
fn proxies(env: &[(String, String)]) -> Proxies {
    let variable = |proxy: told::Proxy| {
        if proxy.is_empty {
            let (url, host) = (String::new(), String::new());
            return Some(ProxyVariable { name: proxy.name, url, host });
        }
        let told = proxy.told?;
        Some(ProxyVariable { name: proxy.name, url: told.url(), host: told.host })
    };
    let exceptions = |set: told::NoProxy| Exceptions { name: set.name, entries: set.entries };
    Proxies {
        variables: told::proxies(env).into_iter().filter_map(variable).collect(),
        exceptions: told::no_proxy(env).into_iter().map(exceptions).collect(),
    }
}

/// One configuration file.
pub(super) struct File {
    pub(super) path: String,
    pub(super) host_path: Option<String>,
    pub(super) text: Vec<u8>,
}

fn read(file: &File, text: &str, known: &Known<'_>, gathered: &mut Gathered) {
    match told::from_file(&file.path, text, known) {
        Ok(found) => gathered.told.extend(found.into_iter().filter_map(|told| {
            let Place::Line { key, line } = &told.place else { return None };
            let source = Source::File {
                path: file.path.clone(),
                host_path: file.host_path.clone(),
                key: key.clone(),
                line: *line,
            };
            // What is not written in UTF-8 no patch would fit.
            let plain = std::str::from_utf8(&file.text).is_ok();
            let written = plain.then(|| in_line(&told, &source, text, *line)).flatten();
            Some((told, source, written))
        })),
        Err(why) => {
            let why =
                if why.starts_with(&file.path) { why } else { format!("{}: {why}", file.path) };
            gathered.unread.push((why, named(text, known)));
        }
    }
}

/// What a text that does not parse names all the same: containers, addresses and the loopback, each once.
fn named(text: &str, known: &Known<'_>) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && !"._-".contains(c));
    let is_host =
        |word: &str| (known.is_name)(word) || is_loopback(word) || word.parse::<IpAddr>().is_ok();
    let found = words.map(|word| word.trim_matches(['.', '-']).to_ascii_lowercase());
    found.filter(|word| is_host(word)).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The configuration files that are mounted into the container.
async fn files(engine: &Connection, seen: &Seen, gathered: &mut Gathered) -> Vec<File> {
    let raw = &seen.raw;
    let mut files = Vec::new();
    let searched: Vec<&Mount> = raw.mounts.iter().filter(|m| is_searched(&m.destination)).collect();
    let here = if searched.is_empty() { None } else { proven(seen).ok() };
    for mount in searched {
        let in_place = here.as_ref().map(|pid| in_place(pid, mount, gathered));
        match in_place {
            Some(Ok(found)) => files.extend(found),
            Some(Err(_)) | None => match fetched(engine, &seen.facts.id, mount, gathered).await {
                Ok(found) => files.extend(found),
                Err(why) => gathered.notes.push(UNSEARCHED.says(format!(
                    "{}: {} was not searched: {why}",
                    seen.facts.name, mount.destination
                ))),
            },
        }
    }
    if files.len() > FILES_LIMIT {
        gathered.notes.push(UNSEARCHED.says(format!(
            "{}: only the first {FILES_LIMIT} configuration files were read",
            seen.facts.name
        )));
        files.truncate(FILES_LIMIT);
    }
    files
}

/// The proof that the container's process is the one on this machine.
pub(crate) fn proven(seen: &Seen) -> Result<ProvenPid, String> {
    let Raw { pid, started, hidden, .. } = &seen.raw;
    if let Some(why) = hidden {
        return Err(why.clone());
    }
    let pid = pid.ok_or_else(|| format!("{} is {}", seen.facts.name, seen.facts.state.status))?;
    let pid = i32::try_from(pid).map_err(|_| format!("{pid} is no process id"))?;
    ProvenPid::prove(pid, &seen.facts.id, *started)
}

fn in_place(pid: &ProvenPid, mount: &Mount, gathered: &mut Gathered) -> Result<Vec<File>, String> {
    let listing = match list_files(pid, &mount.destination, 3, 2000, told::is_folder_of_others) {
        Ok(listing) => listing,
        Err(why) => match read_file(pid, &mount.destination, FILE_LIMIT) {
            Ok(text) if told::is_config_name(&mount.destination) => {
                return Ok(vec![file(mount, mount.destination.clone(), text)]);
            }
            Ok(_) => return Ok(Vec::new()),
            Err(_) => return Err(why),
        },
    };
    if let Some(cut) = listing.cut {
        gathered.notes.push(UNSEARCHED.says(format!("{}: {cut}", mount.destination)));
    }
    let wanted = listing.files.into_iter().filter(|(path, _)| told::is_config_name(path));
    let mut files = Vec::new();
    for (path, len) in wanted.take(FILES_LIMIT + 1) {
        if len > FILE_LIMIT {
            gathered.notes.push(too_large(&path));
            continue;
        }
        match read_file(pid, &path, FILE_LIMIT) {
            Ok(text) => files.push(file(mount, path, text)),
            Err(why) => gathered.unread.push((format!("{path}: {why}"), Vec::new())),
        }
    }
    Ok(files)
}

/// The mount's files by the engine's archive, where they can't be read in place: a stopped container, a remote engine.
async fn fetched(
    engine: &Connection,
    id: &str,
    mount: &Mount,
    gathered: &mut Gathered,
) -> Result<Vec<File>, String> {
    let Some(tar) = engine.archive(id, &mount.destination, ARCHIVE_LIMIT).await? else {
        return Ok(Vec::new());
    };
    let mut archive = tar::Archive::new(tar.as_slice());
    let parent = mount.destination.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned();
    let mut files = Vec::new();
    for entry in archive.entries().map_err(|e| words(&e))? {
        let mut entry = entry.map_err(|e| words(&e))?;
        let inside = entry
            .path()
            .map_err(|e| words(&e))?
            .to_string_lossy()
            .trim_start_matches("./")
            .to_owned();
        let path = format!("{parent}/{inside}");
        if !entry.header().entry_type().is_file() || !told::is_config_name(&path) {
            continue;
        }
        if entry.size() > FILE_LIMIT {
            gathered.notes.push(too_large(&path));
            continue;
        }
        let mut text = Vec::new();
        entry.read_to_end(&mut text).map_err(|e| words(&e))?;
        files.push(file(mount, path, text));
    }
    Ok(files)
}

fn too_large(path: &str) -> String {
    UNSEARCHED.says(format!("{path} is larger than 1 MiB, and was not searched"))
}

/// A file of a mount.
pub(super) fn file(mount: &Mount, path: String, text: Vec<u8>) -> File {
    let inside = path.strip_prefix(&mount.destination).unwrap_or("").trim_start_matches('/');
    let host_path = mount.is_bind.then(|| match inside {
        "" => mount.source.clone(),
        inside => format!("{}/{inside}", mount.source.trim_end_matches('/')),
    });
    File { path, host_path, text }
}
