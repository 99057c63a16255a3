//! Where the file is, and what is said of one that can't be read.

use super::{Config, trouble};
use crate::bounded;
use crate::words::words;
use std::path::{Path, PathBuf};

/// The file's name.
pub(crate) const FILE: &str = "econn.toml";
/// Nobody writes a larger one.
const LARGEST: u64 = 4 << 20;

/// The configuration of a run: the file that the user named, else the project's own, else none.
///
/// # Errors
///
/// One line with the file, the line and what to do.
pub(crate) fn find(named: Option<&Path>) -> Result<Config, String> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => match std::env::current_dir().ok().and_then(|folder| nearest(&folder)) {
            Some(path) => path,
            None => return Ok(Config::default()),
        },
    };
    let said = if named.is_some() { "--config " } else { "" };
    let unread =
        |why: String| format!("{said}{}: {why}; give a file in the form of {FILE}", path.display());
    // What the user names may be a pipe; a project's own file is a file, and nothing that has to be waited for.
    if named.is_none() && std::fs::metadata(&path).is_ok_and(|it| !it.is_file() && !it.is_dir()) {
        return Err(unread("it is no file".into()));
    }
    let bytes = bounded::read(&path, LARGEST).map_err(|e| unread(words(&e)))?;
    let text = String::from_utf8(bytes).map_err(|_| unread("it is not text".into()))?;
    let config = read(&text).map_err(|why| format!("{said}{}: {why}", path.display()))?;
    Ok(Config { path: Some(path), ..config })
}

/// The file in this folder or above it, up to the root of the project, which is where `.git` lies. Without one no other
/// folder is searched: what lies above may be anybody's.
fn nearest(folder: &Path) -> Option<PathBuf> {
    let root = folder.ancestors().find(|f| f.join(".git").exists()).unwrap_or(folder);
    let within = folder.ancestors().take_while(|f| f.starts_with(root));
    // A link that leads nowhere is a file that can't be read, and no file that is not there.
    within.map(|f| f.join(FILE)).find(|file| file.symlink_metadata().is_ok())
}

/// Reads the text of such a file.
pub(super) fn read(text: &str) -> Result<Config, String> {
    let config: Config = toml::from_str(text).map_err(|e| trouble::said(text, &e))?;
    if let Some(both) = config.contradiction() {
        return Err(format!(
            "{both} stands under [[expect]] and under [[forbid]]; take one of them away"
        ));
    }
    let own: Vec<String> = config.check.iter().map(|check| check.id.clone()).collect();
    if let Some(twice) = own.iter().enumerate().find(|(at, id)| own[..*at].contains(id)) {
        return Err(format!("there are two checks {}; give one another id", twice.1));
    }
    // Programs have ids, too, which are known when they were asked.
    for id in config.may_warn.iter().filter(|_| !config.plugins.is_any()) {
        crate::cli::known_check(id, &own).map_err(|why| format!("may_warn: {why}"))?;
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::{FILE, nearest, read};
    use std::fs;

    #[test]
    fn the_project_s_own_file_is_found_and_no_stranger_s() {
        let folder = tempfile::tempdir().unwrap();
        let (project, inner) = (folder.path().join("p"), folder.path().join("p/a/b"));
        fs::create_dir_all(&inner).unwrap();
        fs::write(folder.path().join(FILE), "").unwrap();
        assert_eq!(nearest(&inner), None, "without a project only the folder itself");
        fs::create_dir(project.join(".git")).unwrap();
        assert_eq!(nearest(&inner), None, "what lies above the project is not its own");
        fs::write(project.join(FILE), "").unwrap();
        assert_eq!(nearest(&inner), Some(project.join(FILE)));
        fs::write(inner.join(FILE), "").unwrap();
        assert_eq!(nearest(&inner), Some(inner.join(FILE)), "the nearest");
    }

    #[test]
    fn every_key_is_read() {
        let config = read(
            "timeout = \"10s\"\nwait = \"1m\"\nfail_on = \"warn\"\nallow_unknown = true\nmay_warn = [\"image-freshness\"]\n\
             [source]\nmock = \"./mock\"\n[probe]\nmock = \"/health\"\n[parallel]\nclients = 4\ntimeout = \"500ms\"\n\
             [[expect]]\nclient = \"hapi\"\nurl = \"http://mock:8080\"\n[[forbid]]\nclient = \"hapi\"\nurl = \"db:5432\"\n\
             [[suppress]]\ncode = \"EC102\"\nsubject = \"mock\"\nreason = \"known\"\nuntil = 2026-06-30\n",
        )
        .unwrap();
        assert_eq!(config.timeout.unwrap().duration.as_secs(), 10);
        assert_eq!(config.parallel.clients, Some(4));
        assert_eq!(config.expect[0].named.client, "hapi");
        assert_eq!(config.forbid[0].named.told.port, Some(5432));
        assert_eq!(config.suppress[0].until.to_string(), "2026-06-30");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_and_what_is_nearest() {
        for (text, expected) in [
            ("\nmay_wran = []", "line 2: there is no key may_wran; did you mean may_warn?"),
            ("[paralel]", "line 1: there is no key paralel; did you mean parallel?"),
            ("[parallel]\ncleints = 1", "line 2: there is no key cleints; did you mean clients?"),
            ("timeout = \"60\"", "line 1: \"60\" is not a number with ms, s, m or h"),
            (
                "[[expect]]\nclient = \"a\"\nurl = \"http://b:80\"\n[[forbid]]\nclient = \"a\"\nurl = \"http://u:pw@b:80\"",
                "a -> http://b stands under [[expect]] and under [[forbid]]",
            ),
            ("[parallel]\nclients = 1000", "line 2: 1000 clients at once are a load"),
            ("may_warn = [\"dns\"]", "may_warn: there is no check dns; did you mean "),
            ("[[expect]]\nclient = \"a\"", "line 1: the key url is missing"),
            ("[[expect]]\nclient = \"a\"\nurl = \"\"", "line 1: the endpoint is empty"),
            ("fail_on = \"never\"", "line 1: "),
            ("[parallel]\nclients = \"x\"", "line 2: "),
            ("a = ", "line 1: "),
            (
                "[[suppress]]\ncode = \"EC102\"\nsubject = \"a\"\nreason = \"\"\nuntil = 2026-01-01",
                "line 1: the reason is empty",
            ),
            (
                "[[suppress]]\ncode = \"EC102\"\nsubject = \"a\"\nreason = \"x\"\n",
                "line 1: the key until is missing",
            ),
            (
                "[[suppress]]\ncode = \"EC102\"\nsubject = \"a\"\nreason = \"x\"\nuntil = \"soon\"",
                "line 5: \"soon\" is no date as in 2026-06-30",
            ),
            (
                "[[suppress]]\ncode = \"EC102\"\nsubject = \"a\"\nreason = \"x\"\nuntil = 2026-02-30",
                "line 5: ",
            ),
            (
                "[[suppress]]\ncode = \"EC1O2\"\nsubject = \"a\"\nreason = \"x\"\nuntil = 2026-01-01",
                "line 1: there is no finding EC1O2; did you mean EC102?",
            ),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.starts_with(expected), "{text:?}\n  says {said:?}\n  not  {expected:?}");
            assert!(!said.contains('\n'), "{said:?}");
        }
    }

    #[test]
    fn no_secret_is_repeated() {
        for text in [
            "timeout = \"http://u:pw@h:1/?token=pw\"",
            "wait = [\"http://u:pw@h\"]",
            "[[expect]]\nclient = \"a\"\nurl = \"http://u:pw@:80\"",
            "x\"u:pw@h",
        ] {
            let said = read(text).unwrap_err();
            assert!(!said.contains("pw"), "{said}");
        }
    }
}
