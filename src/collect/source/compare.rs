//! The files of an image beside those of the context.

use super::archive::{Entry, ImageFiles};
use super::blob::{BlobId, blob_id};
use super::held::{Held, held};
use super::history::{History, history};
use super::local::{Budget, Local, Version};
use super::plan::{Plan, Planned};
use checks::model::{Content, Difference, How};
use std::collections::BTreeMap;

/// Names that are spelled out in one line.
const MOST_NAMES: usize = 3;

/// Compares what was read from an image with what the context would put there. Asks git only where something differs.
pub(crate) fn compare(plan: &Plan, image: &ImageFiles, named_by: &str) -> Content {
    let comparison = Comparison::new(plan, image);
    if comparison.is_open() {
        let files: Vec<String> = plan.files.iter().filter_map(|file| tracked(plan, file)).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let history = history(&plan.context, &files).unwrap_or_default();
        return comparison.content(named_by, &history);
    }
    comparison.content(named_by, &History::default())
}

/// A file whose bytes differ.
struct Different<'a> {
    file: &'a Planned,
    held: BlobId,
    local: Version,
}

struct Comparison<'a> {
    plan: &'a Plan,
    image: &'a ImageFiles,
    /// With the bytes that both sides have.
    equal: Vec<(&'a Planned, BlobId)>,
    different: Vec<Different<'a>>,
    missing: Vec<&'a Planned>,
    /// Files that were not compared, by the reason.
    aside: BTreeMap<String, Vec<&'a str>>,
}

impl<'a> Comparison<'a> {
    fn new(plan: &'a Plan, image: &'a ImageFiles) -> Self {
        let (equal, different, missing) = (Vec::new(), Vec::new(), Vec::new());
        let mut comparison = Self { plan, image, equal, different, missing, aside: BTreeMap::new() };
        let budget = Budget::default();
        for file in &plan.files {
            comparison.look_at(file, &budget);
        }
        comparison
    }

    fn look_at(&mut self, file: &'a Planned, budget: &Budget) {
        let held = match held(file, self.image) {
            Held::There(path, Entry::File { .. }) if path == file.image && file.is_replaced_if_file => return,
            Held::There(_, entry) => entry.clone(),
            Held::Absent => return self.missing.push(file),
            Held::NotAsked(_) => return self.set_aside(file, "not read from the image".into()),
            Held::Unreadable(why) => {
                let why = format!("not readable in the image, {why}");
                return self.set_aside(file, why);
            }
        };
        let local = match file.local.version(budget) {
            Ok(local) => local,
            Err(why) => return self.set_aside(file, format!("not readable, {why}")),
        };
        let (held, held_is_link) = match held {
            Entry::File { blob, .. } => (blob, false),
            Entry::Link(target) => (blob_id(target.as_bytes()), true),
            Entry::Other => return self.set_aside(file, "no file in the image".into()),
        };
        if held_is_link != file.local.is_link() {
            self.set_aside(file, "a link on one side only".into());
        } else if held == local.blob {
            self.equal.push((file, held));
        } else if file.local.with_line_feeds() == Some(held) {
            self.set_aside(file, "different in its line ends only".into());
        } else {
            self.different.push(Different { file, held, local });
        }
    }

    fn set_aside(&mut self, file: &'a Planned, why: String) {
        self.aside.entry(why).or_default().push(&file.source);
    }

    /// Whether git could say more.
    fn is_open(&self) -> bool {
        !self.different.is_empty() || self.missing.iter().any(|file| file.certain && !file.explicit)
    }

    fn content(mut self, named_by: &str, history: &History) -> Content {
        let newest_held = self.newest_held(history);
        let mut differing = Vec::new();
        for different in std::mem::take(&mut self.different) {
            match self.how(&different, history) {
                Ok(how) => differing.push(difference(different.file, how)),
                Err(why) => self.set_aside(different.file, why),
            }
        }
        for file in std::mem::take(&mut self.missing) {
            match self.is_missing(file, history, newest_held) {
                Ok(true) => differing.push(difference(file, How::Missing)),
                Ok(false) => {}
                Err(why) => self.set_aside(file, why),
            }
        }
        differing.sort_by(|a, b| (&a.source, &a.image).cmp(&(&b.source, &b.image)));
        let asides = self.aside.iter().map(|(why, files)| format!("{}: {why}", names(files)));
        Content {
            named_by: named_by.into(),
            context: self.plan.context.display().to_string(),
            dockerfile: self.plan.dockerfile.clone(),
            compared: count(self.equal.len() + differing.len()),
            equal: count(self.equal.len()),
            differing,
            undecided: self.plan.undecided.iter().cloned().chain(asides).collect(),
        }
    }

    fn how(&self, different: &Different<'_>, history: &History) -> Result<How, String> {
        let Different { file, held, local } = different;
        let Some(source) = tracked(self.plan, file) else { return Ok(How::Differs) };
        if let Some(found) = history.version(&source, *held) {
            let newest = history.newest(&source).map(|(blob, _)| blob);
            let edited_since = newest != Some(local.blob) && newest != file.local.with_line_feeds();
            return Ok(How::Older { commit: found.commit, commits_behind: found.commits_behind, edited_since });
        }
        if history.is_ignored(&source) && !file.explicit {
            return Err("different, but git is told to ignore it".into());
        }
        Ok(How::Differs)
    }

    /// Whether a file that is not in the image should be. A file that came with its folder is only called
    /// missing if it is younger than all that the image holds.
    fn is_missing(&self, file: &Planned, history: &History, newest_held: Option<usize>) -> Result<bool, String> {
        if !file.certain {
            return Ok(false);
        }
        if file.explicit {
            return Ok(true);
        }
        let Some(source) = tracked(self.plan, file) else { return Ok(true) };
        if history.is_ignored(&source) {
            return Ok(false);
        }
        match (history.added(&source), newest_held) {
            (Some(added), Some(held)) if added < held && file.may_be_changed_by.is_none() => Ok(true),
            (Some(_), _) => Err("not in the image, but not younger than what is".into()),
            (None, _) => Err("not in the image, and not known to git".into()),
        }
    }

    /// The age of the youngest version of any file that the image holds: 0 is the newest commit.
    fn newest_held(&self, history: &History) -> Option<usize> {
        let equal = self.equal.iter().filter_map(|(file, held)| {
            let (blob, age) = history.newest(&tracked(self.plan, file)?)?;
            (*held == blob).then_some(age)
        });
        let older = self.different.iter().filter_map(|different| {
            Some(history.version(&tracked(self.plan, different.file)?, different.held)?.age)
        });
        equal.chain(older).min()
    }
}

/// The path by which git knows a file of the context.
fn tracked(plan: &Plan, file: &Planned) -> Option<String> {
    let (Local::File(path) | Local::Link(path)) = &file.local else { return None };
    Some(path.strip_prefix(&plan.context).ok()?.to_str()?.to_owned())
}

fn difference(file: &Planned, how: How) -> Difference {
    let (source, image) = (file.source.clone(), file.image.clone());
    Difference { source, image, how, may_be_changed_by: file.may_be_changed_by.clone() }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// `a, b, c and 4 more`.
fn names(files: &[&str]) -> String {
    let shown = files[..files.len().min(MOST_NAMES)].join(", ");
    match files.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::{Settings, plan};
    use super::{ImageFiles, compare};
    use checks::model::{Content, How};
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    struct Scene {
        dir: tempfile::TempDir,
        image: Vec<(String, String)>,
    }

    impl Scene {
        fn new(dockerfile: &str) -> Self {
            let scene = Self { dir: tempfile::tempdir().unwrap(), image: Vec::new() };
            scene.write("Dockerfile", &format!("FROM x\n{dockerfile}\n"));
            scene.write(".dockerignore", "Dockerfile\n.dockerignore\n.gitignore\n");
            scene.write(".gitignore", "*.log\n");
            scene
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn commit(&self) {
            if !self.dir.path().join(".git").exists() {
                git(self.dir.path(), &["init", "-q"]);
            }
            git(self.dir.path(), &["add", "-A"]);
            git(self.dir.path(), &["commit", "-q", "--allow-empty", "-m", "x"]);
        }

        fn holds(mut self, files: &[(&str, &str)]) -> Self {
            self.image.extend(files.iter().map(|(path, text)| ((*path).into(), (*text).into())));
            self
        }

        fn compared(&self) -> Content {
            let plan = plan(self.dir.path(), &Settings::default()).unwrap();
            let mut image = ImageFiles::default();
            let mut tar = tar::Builder::new(Vec::new());
            for (path, text) in &self.image {
                let mut header = tar::Header::new_gnu();
                header.set_size(text.len() as u64);
                header.set_entry_type(if path.ends_with('/') { tar::EntryType::Directory } else { tar::EntryType::Regular });
                tar.append_data(&mut header, path, text.as_bytes()).unwrap();
            }
            image.read_tar("/.", &tar.into_inner().unwrap()[..]);
            compare(&plan, &image, "--source")
        }

        /// What differs, in short: `a.py older 2`, `a.py older 0 edited`, `b.py differs`, `c.py missing`.
        fn differing(&self) -> Vec<String> {
            let short = |how: &How| match how {
                How::Older { commits_behind, edited_since: false, .. } => format!("older {commits_behind}"),
                How::Older { commits_behind, .. } => format!("older {commits_behind} edited"),
                How::Differs => "differs".into(),
                How::Missing => "missing".into(),
            };
            self.compared().differing.iter().map(|d| format!("{} {}", d.source, short(&d.how))).collect()
        }
    }

    fn git(folder: &Path, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.arg("-C").arg(folder).args(["-c", "user.name=x", "-c", "user.email=x@x", "-c", "commit.gpgsign=false"]);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        assert!(git.args(arguments).output().unwrap().status.success(), "{arguments:?}");
    }

    #[test]
    fn equal_files_are_counted() {
        let scene = Scene::new("COPY . /app").holds(&[("app/a", "1"), ("app/s/b", "2"), ("app/else", "3")]);
        scene.write("a", "1");
        scene.write("s/b", "2");
        let content = scene.compared();
        assert_eq!((content.compared, content.equal), (2, 2));
        assert_eq!((content.differing.len(), content.undecided.len()), (0, 0));
        assert_eq!((content.named_by.as_str(), content.dockerfile.as_str()), ("--source", "Dockerfile"));
    }

    #[test]
    fn an_older_version_is_told_with_the_commits_since() {
        let scene = Scene::new("COPY a b /app/").holds(&[("app/a", "1"), ("app/b", "2")]);
        for n in 0..5 {
            scene.write("a", &n.to_string());
            scene.commit();
        }
        scene.write("b", "2");
        scene.commit();
        assert_eq!(scene.differing(), ["a older 3"]);
        scene.write("a", "edited");
        assert_eq!(scene.differing(), ["a older 3 edited"]);
        scene.write("a", "1");
        assert_eq!(scene.differing(), [""; 0]);
        scene.write("b", "edited");
        assert_eq!(scene.differing(), ["b older 0 edited"]);
        let found = scene.holds(&[("app/a", "unheard of")]);
        assert_eq!(found.differing(), ["a differs", "b older 0 edited"]);
    }

    #[test]
    fn without_history_a_difference_is_just_one() {
        let scene = Scene::new("COPY a b /app/\nRUN make").holds(&[("app/a", "old")]);
        scene.write("a", "new");
        scene.write("b", "new");
        assert_eq!(scene.differing(), ["a differs", "b missing"]);
        assert_eq!(scene.compared().differing[0].may_be_changed_by.as_deref(), Some("RUN at line 3"));
        assert_eq!((scene.compared().compared, scene.compared().equal), (2, 0));
    }

    #[test]
    fn a_file_of_a_folder_is_missing_only_if_it_is_younger_than_all_that_is_there() {
        let scene = Scene::new("COPY . /app").holds(&[("app/a", "1"), ("app/b", "1")]);
        scene.write("a", "1");
        scene.write("b", "1");
        scene.commit();
        scene.write("late", "1");
        scene.commit();
        assert_eq!(scene.differing(), ["late missing"]);
        scene.write("untracked", "1");
        scene.write("x.log", "1");
        assert_eq!(scene.differing(), ["late missing"]);
        assert_eq!(scene.compared().undecided, ["untracked: not in the image, and not known to git"]);
        fs::remove_file(scene.dir.path().join("untracked")).unwrap();
        scene.write("b", "2");
        scene.commit();
        let scene = scene.holds(&[("app/b", "2")]);
        assert_eq!(scene.differing(), [""; 0]);
        assert_eq!(scene.compared().undecided, ["late: not in the image, but not younger than what is"]);
    }

    #[test]
    fn what_git_ignores_is_no_proof_unless_it_is_named() {
        let scene = Scene::new("COPY . /app\nCOPY x.log /x/").holds(&[("app/a", "1"), ("app/x.log", "old"), ("x/x.log", "old")]);
        scene.write("a", "1");
        scene.commit();
        scene.write("x.log", "new");
        let content = scene.compared();
        assert_eq!(content.differing.iter().map(|d| d.image.as_str()).collect::<Vec<_>>(), ["/x/x.log"]);
        assert_eq!(content.undecided, ["x.log: different, but git is told to ignore it"]);
    }

    #[test]
    fn line_ends_alone_prove_nothing_where_the_context_has_both() {
        let scene = Scene::new("COPY a b /app/").holds(&[("app/a", "x\ny\n"), ("app/b", "x\r\n")]);
        scene.write("a", "x\r\ny\r\n");
        scene.write("b", "x\n");
        assert_eq!(scene.differing(), ["b differs"]);
        assert_eq!(scene.compared().undecided, ["a: different in its line ends only"]);
    }

    #[test]
    fn a_file_may_be_in_the_folder_or_instead_of_it() {
        let scene = Scene::new("COPY a /app\nCOPY b /opt\nCOPY b c /d");
        for name in ["a", "b", "c"] {
            scene.write(name, name);
        }
        let scene = scene.holds(&[("app/", ""), ("app/a", "old"), ("opt", "old"), ("d", "c")]);
        assert_eq!(scene.differing(), ["a differs", "b differs"]);
        assert_eq!(scene.compared().equal, 1);
    }

    #[test]
    fn an_assumed_argument_is_no_ground_for_a_missing_file() {
        let scene = Scene::new("ARG D=/d\nCOPY a $D/").holds(&[("e", "")]);
        scene.write("a", "1");
        assert_eq!(scene.differing(), [""; 0]);
        let scene = scene.holds(&[("d/a", "2")]);
        let by = scene.compared().differing[0].may_be_changed_by.clone();
        assert_eq!(by.as_deref(), Some("another value of build argument D"));
    }
}
