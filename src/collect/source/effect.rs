//! Which files a RUN may have changed. A command is harmless only where it is well known where it
//! writes; everything else may have changed anything.

use super::dockerfile::Run;
use super::expand::words;
use super::paths::{clean, is_within, name};

/// Where a command may write.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Effect {
    /// To these folders and files at most.
    Below(Vec<String>),
    /// Anywhere.
    Anywhere,
}

/// Where installers of system packages write. The folders of the machine's owner are not theirs.
const SYSTEM: [&str; 10] =
    ["/etc", "/usr", "/var", "/lib", "/lib64", "/bin", "/sbin", "/run", "/root", "/opt"];
const OWNED: [&str; 2] = ["/usr/src", "/usr/local"];

impl Effect {
    /// What a RUN may do.
    pub(super) fn of(run: &Run, escape: char) -> Self {
        match run {
            Run::Script => Self::Anywhere,
            Run::Exec(argv) => simple(argv).map_or(Self::Anywhere, Self::Below),
            Run::Shell(line) => shell(&joined(line, escape)).map_or(Self::Anywhere, Self::Below),
        }
    }

    /// Whether it may have changed a file.
    pub(super) fn reaches(&self, path: &str) -> bool {
        let owned =
            |folder: &str| OWNED.iter().any(|o| is_within(path, o) && !is_within(folder, o));
        match self {
            Self::Anywhere => true,
            Self::Below(folders) => {
                folders.iter().any(|folder| is_within(path, folder) && !owned(folder))
            }
        }
    }
}

/// Programs that put files of elsewhere in the place of others, or rewrite a piece of them: what comes out may well be an older
/// version of the same file. Those that compile or install make no version of a source.
const BRINGERS: [&str; 19] = [
    "cp", "mv", "ln", "install", "rsync", "git", "svn", "hg", "tar", "unzip", "cpio", "curl",
    "wget", "patch", "sed", "perl", "awk", "dd", "tee",
];

/// What stands before a program without being one that writes.
const BEFORE: [&str; 14] = [
    "sudo",
    "exec",
    "command",
    "env",
    "if",
    "then",
    "do",
    "else",
    "!",
    "\\",
    "sh",
    "bash",
    "/bin/sh",
    "/bin/bash",
];

/// Whether what a RUN says may put another version of a file in its place: it names the file, begins a program that brings
/// files, or is a script, of which nothing is told.
pub(super) fn may_bring(text: &str, file: &str) -> bool {
    let brings = |command: &str| {
        let mut words = command.split_whitespace().map(|word| word.trim_matches(['"', '\'', '@']));
        let is_before =
            |word: &&str| BEFORE.contains(word) || word.starts_with('-') || is_assignment(word);
        words.find(|word| !is_before(word)).is_some_and(|program| BRINGERS.contains(&name(program)))
    };
    let ends = [';', '|', '&', '\n', '(', ')', '{', '}', '`'];
    text.is_empty() || text.contains("<<") || names(text, file) || text.split(ends).any(brings)
}

/// Whether a command names a file, in whatever folder.
fn names(text: &str, file: &str) -> bool {
    let parts = |c: char| c.is_whitespace() || ";&|()\"'=,<>".contains(c);
    text.split(parts).any(|word| name(word) == file)
}

/// A command without its continued lines and the comments between them.
pub(super) fn joined(line: &str, escape: char) -> String {
    let mut out = String::new();
    for (at, part) in line.lines().enumerate() {
        if at > 0 && part.trim_start().starts_with('#') {
            continue;
        }
        let part = part.trim_end();
        out.push_str(part.strip_suffix(escape).unwrap_or(part));
        out.push(' ');
    }
    out
}

/// All that a line for the shell may write, if every command in it is known.
fn shell(line: &str) -> Option<Vec<String>> {
    if line.contains(['`', '(', ')', '{', '}', '<', '\n', '\\']) || line.contains("$(") {
        return None;
    }
    let line = line.replace("2>&1", " ").replace("&&", ";").replace("||", ";");
    let mut written = Vec::new();
    for command in line.split([';', '|', '&']) {
        let mut argv: Vec<String> =
            words(command, '\\').iter().map(|word| unquoted(word)).collect();
        written.extend(redirected(&mut argv)?);
        let assignments = argv.iter().take_while(|word| is_assignment(word)).count();
        argv.drain(..assignments);
        written.extend(simple(&argv)?);
    }
    Some(written)
}

fn unquoted(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '"' | '\'')).collect()
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
    })
}

/// Takes redirections out of a command; they must lead to a plain absolute path.
fn redirected(argv: &mut Vec<String>) -> Option<Vec<String>> {
    let mut written = Vec::new();
    while let Some(at) = argv.iter().position(|word| word.contains('>')) {
        let word = argv.remove(at);
        let (before, after) = word.split_once('>')?;
        let to = after.trim_start_matches('>');
        let to = if to.is_empty() && at < argv.len() { argv.remove(at) } else { to.to_owned() };
        if !before.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
        if !to.starts_with("/dev/") {
            written.push(plain(&to)?);
        }
    }
    Some(written)
}

/// An absolute path without variables or patterns.
fn plain(path: &str) -> Option<String> {
    (path.starts_with('/') && !path.contains(['$', '*', '?', '['])).then(|| clean(path))
}

/// Where one program with its arguments writes.
fn simple(argv: &[String]) -> Option<Vec<String>> {
    let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
    let Some((program, arguments)) = argv.split_first() else { return Some(Vec::new()) };
    let system = || Some(SYSTEM.map(String::from).to_vec());
    match program.rsplit('/').next().unwrap_or(program) {
        "true" | "false" | ":" | "set" | "export" | "echo" | "printf" | "test" | "[" | "id"
        | "ls" | "cat" | "which" | "sleep" | "date" | "uname" | "mkdir" | "chmod" | "chown"
        | "chgrp" | "pwd" | "exit" | "umask" | "whoami" => Some(Vec::new()),
        "apt-get"
        | "apt"
        | "apk"
        | "dnf"
        | "yum"
        | "microdnf"
        | "zypper"
        | "ldconfig"
        | "locale-gen"
        | "update-ca-certificates"
        | "dpkg-reconfigure" => system(),
        "useradd" | "adduser" | "groupadd" | "addgroup" | "usermod" | "passwd" | "chpasswd" => {
            Some(vec!["/etc".into(), "/var".into()])
        }
        // Without -v it runs what it is given.
        "command" => matches!(arguments.first(), Some(&("-v" | "-V"))).then(Vec::new),
        "rm" | "touch" => {
            arguments.iter().filter(|a| !a.starts_with('-')).map(|a| removed(a)).collect()
        }
        "pip" | "pip3" => pip(arguments),
        "python" | "python3" if arguments.starts_with(&["-m", "pip"]) => pip(&arguments[2..]),
        _ => None,
    }
}

/// The path that `rm` takes away: up to its last part without a pattern.
fn removed(path: &str) -> Option<String> {
    let fixed = path.find(['*', '?', '[']).map_or(path, |at| &path[..at]);
    plain(if fixed == path { path } else { &fixed[..=fixed.rfind('/')?] })
        .filter(|path| path != "/")
}

/// Installing named packages writes to the folders of packages; a project of one's own runs its own code.
fn pip(arguments: &[&str]) -> Option<Vec<String>> {
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match *argument {
            "-r" | "--requirement" | "-c" | "--constraint" | "-i" | "--index-url"
            | "--extra-index-url" => {
                rest.next();
            }
            "-t" | "--target" | "--prefix" | "--root" | "-e" | "--editable" | "--src" => {
                return None;
            }
            flag if flag.starts_with("--target=") || flag.starts_with("--prefix=") => return None,
            flag if flag.starts_with('-') => {}
            word if word.contains(['/', '$']) || word.starts_with('.') => return None,
            _ => {}
        }
    }
    let packages = ["/usr/local/lib", "/usr/local/bin", "/opt", "/root"];
    Some(SYSTEM.iter().chain(&packages).map(|folder| (*folder).into()).collect())
}

#[cfg(test)]
mod tests;
