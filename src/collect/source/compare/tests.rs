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
        self.compared_by(&Settings::default())
    }

    fn compared_by(&self, settings: &Settings) -> Content {
        let plan = plan(self.dir.path(), settings).unwrap();
        let mut image = ImageFiles::default();
        let mut tar = tar::Builder::new(Vec::new());
        for (path, text) in &self.image {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_entry_type(if path.ends_with('/') {
                tar::EntryType::Directory
            } else {
                tar::EntryType::Regular
            });
            tar.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        image.read_tar("/.", &tar.into_inner().unwrap()[..]);
        compare(&plan, &image, "--source")
    }

    /// What differs, in short: `a.py older 2`, `a.py older 0 edited`, `b.py differs`, `c.py missing`.
    fn differing(&self) -> Vec<String> {
        let short = |how: &How| match how {
            How::Older { commits_behind, edited_since: false, .. } => {
                format!("older {commits_behind}")
            }
            How::Older { commits_behind, .. } => format!("older {commits_behind} edited"),
            How::Differs => "differs".into(),
            How::Missing => "missing".into(),
        };
        self.compared()
            .differing
            .iter()
            .map(|d| format!("{} {}", d.source, short(&d.how)))
            .collect()
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args([
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@x",
        "-c",
        "commit.gpgsign=false",
    ]);
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    assert!(git.args(arguments).output().unwrap().status.success(), "{arguments:?}");
}

#[test]
fn equal_files_are_counted() {
    let scene =
        Scene::new("COPY . /app").holds(&[("app/a", "1"), ("app/s/b", "2"), ("app/else", "3")]);
    scene.write("a", "1");
    scene.write("s/b", "2");
    let content = scene.compared();
    assert_eq!((content.compared, content.equal), (2, 2));
    assert_eq!((content.differing.len(), content.undecided.len()), (0, 0));
    assert_eq!(
        (content.named_by.as_str(), content.dockerfile.as_str()),
        ("--source", "Dockerfile")
    );
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
fn a_file_that_was_removed_since_is_older_and_any_other_surplus_is_none() {
    let scene = Scene::new("COPY . /app").holds(&[
        ("app/a", "1"),
        ("app/s/gone", "2"),
        ("app/s/changed", "made here"),
        ("app/made", "3"),
        ("elsewhere/s/gone", "2"),
    ]);
    for (path, text) in [("a", "1"), ("s/gone", "2"), ("s/changed", "2")] {
        scene.write(path, text);
    }
    assert_eq!(scene.differing(), ["s/changed differs"]);
    scene.commit();
    for path in ["s/gone", "s/changed"] {
        fs::remove_file(scene.dir.path().join(path)).unwrap();
    }
    // Not committed yet, it may be an accident.
    assert_eq!(scene.differing(), [""; 0]);
    scene.commit();
    assert_eq!(scene.differing(), ["s/gone older 1"]);
}

#[test]
fn a_file_that_was_removed_and_that_a_step_makes_again_is_no_older_one() {
    let differing = |dockerfile: &str| {
        let scene = Scene::new(dockerfile).holds(&[("app/a", "1"), ("app/s/version.py", "2")]);
        scene.write("a", "1");
        scene.write("s/version.py", "2");
        scene.commit();
        fs::remove_file(scene.dir.path().join("s/version.py")).unwrap();
        scene.commit();
        scene.differing()
    };
    let made = "COPY . /app\nRUN python3 stamp.py >/app/s/version.py";
    assert_eq!(differing(made), [""; 0]);
    let copied = "COPY . /app\nCOPY --from=tools:1 /app/s /app/s";
    assert_eq!(differing(copied), [""; 0]);
    let other = "COPY . /app\nRUN python3 stamp.py >/app/s/version.txt";
    assert_eq!(differing(other), ["s/version.py older 1"]);
}

#[test]
fn an_older_version_that_a_step_may_bring_is_no_proof() {
    let found = |step: &str| {
        let scene =
            Scene::new(&format!("COPY . /app\n{step}")).holds(&[("app/a.py", "1"), ("app/b", "1")]);
        scene.write("a.py", "1");
        scene.write("b", "1");
        scene.commit();
        scene.write("a.py", "2");
        scene.commit();
        let [ref only] = scene.compared().differing[..] else { panic!("{step}") };
        (matches!(only.how, How::Older { .. }), only.may_be_changed_by.clone().unwrap_or_default())
    };
    for step in
        ["", "RUN make", "RUN pip install .", "RUN sh -c 'make install'", "COPY --from=x:1 /b /b"]
    {
        assert!(found(step).0, "{step}");
    }
    for step in [
        "RUN git checkout v1",
        "RUN cd /app && \\\n  tar xf old.tar",
        "RUN sh -c 'cp -r old/. .'",
        "RUN [\"/bin/mv\", \"/old\", \"/app\"]",
        "RUN pin a.py",
        "RUN <<E\nmake\nE",
        "COPY --from=released:1 /app /app",
        "ADD https://example.com/a.py /app/",
    ] {
        let (is_proof, by) = found(step);
        assert!(!is_proof && by.contains(" at line "), "{step}: {by}");
    }
}

#[test]
fn what_programs_write_beside_the_source_is_no_source_unless_it_is_named() {
    let holds = [("app/x.log", "1"), ("app/x.db", "1"), ("app/seed.db", "1"), ("app/a", "1")];
    let scene = Scene::new("COPY . /app/\nCOPY seed.db /app/").holds(&holds);
    for (path, text) in [("x.log", "2"), ("x.db", "2"), ("seed.db", "2"), ("a", "1")] {
        scene.write(path, text);
    }
    assert_eq!(scene.differing(), ["seed.db differs"]);
    assert_eq!(scene.compared().undecided, ["x.db, x.log: another one, which programs write"]);
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
    assert_eq!(
        scene.compared().undecided,
        ["late: not in the image, but not younger than what is"]
    );
}

#[test]
fn what_git_ignores_is_no_proof_unless_it_is_named() {
    let scene = Scene::new("COPY . /app\nCOPY x.log /x/").holds(&[
        ("app/a", "1"),
        ("app/x.log", "old"),
        ("x/x.log", "old"),
    ]);
    scene.write("a", "1");
    scene.commit();
    scene.write("x.log", "new");
    let content = scene.compared();
    let proofs = content.differing.iter().filter(|d| d.may_be_changed_by.is_none());
    assert_eq!(proofs.map(|d| d.image.as_str()).collect::<Vec<_>>(), ["/x/x.log"]);
    // It differs all the same: what may be generated is open, and never equal.
    assert_eq!((content.compared, content.equal, content.differing.len()), (3, 1, 2));
}

#[test]
fn what_equals_another_file_of_the_context_may_be_another_recipes() {
    let by = |scene: &Scene| {
        let all = scene.compared().differing;
        all.into_iter().map(|d| d.may_be_changed_by.unwrap_or_default()).collect::<Vec<_>>()
    };
    let scene = Scene::new("COPY a.py /app/m.py").holds(&[("app/m.py", "b")]);
    scene.write("a.py", "a");
    assert_eq!(by(&scene), [""]);
    scene.write("b.py", "b");
    assert_eq!(by(&scene), ["a build by another recipe: it equals b.py of the context"]);
    // No recipe of this context takes what the ignore file leaves out.
    scene.write(".dockerignore", "b.py\n");
    assert_eq!(by(&scene), [""]);
    // An older version of the very file is one, whatever else has its bytes.
    scene.write(".dockerignore", "");
    scene.write("a.py", "b");
    scene.commit();
    scene.write("a.py", "a");
    scene.commit();
    assert_eq!(by(&scene), [""]);
    assert_eq!(scene.differing(), ["a.py older 1"]);
    // That two files are empty says nothing.
    let scene = Scene::new("COPY a.py /app/m.py").holds(&[("app/m.py", "")]);
    scene.write("a.py", "a");
    scene.write("b.py", "");
    assert_eq!(by(&scene), [""]);
    // Where Compose tells the recipe, it is no other.
    let scene = Scene::new("COPY a.py /app/m.py").holds(&[("app/m.py", "b")]);
    scene.write("a.py", "a");
    scene.write("b.py", "b");
    let told = Settings { args_known: true, ..Settings::default() };
    assert_eq!(scene.compared_by(&told).differing[0].may_be_changed_by, None);
}

#[test]
fn code_that_a_copy_would_bring_and_that_is_not_there_is_a_doubt() {
    let scene = Scene::new("COPY . /app/").holds(&[("app/s.py", "1"), ("app/a.py", "1")]);
    for (path, text) in [("t.py", "1"), ("a.py", "1"), ("notes.txt", "1"), ("x.js", "1")] {
        scene.write(path, text);
    }
    assert_eq!(scene.compared().doubts, ["t.py is not in the image, and not known to git"]);
    assert_eq!(scene.differing(), [""; 0]);
    // A later step may have removed it.
    let scene = Scene::new("COPY . /app/\nRUN rm /app/t.py").holds(&[("app/a.py", "1")]);
    scene.write("t.py", "1");
    scene.write("a.py", "1");
    assert_eq!(scene.compared().doubts, [""; 0]);
    // Nothing of that copy is there as it should be.
    let scene = Scene::new("COPY src /app/\nCOPY a.py /x/").holds(&[("x/a.py", "1")]);
    scene.write("src/t.py", "1");
    scene.write("a.py", "1");
    assert_eq!(scene.compared().doubts, [""; 0]);
}

#[test]
fn a_copy_of_what_is_gone_is_a_doubt() {
    let scene = Scene::new("COPY a.py /app/\nCOPY k.py /app/\nCOPY *.js /app/")
        .holds(&[("app/a.py", "1"), ("app/k.py", "1")]);
    scene.write("a.py", "1");
    scene.write("k.py", "1");
    assert_eq!(scene.compared().doubts, [""; 0]);
    fs::remove_file(scene.dir.path().join("k.py")).unwrap();
    assert_eq!(scene.compared().doubts, ["COPY at line 3 names k.py, which is not in the context"]);
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

#[test]
fn a_version_of_another_branch_is_not_called_old() {
    let scene = Scene::new("COPY a /app/").holds(&[("app/a", "2")]);
    scene.write("a", "1");
    scene.commit();
    git(scene.dir.path(), &["branch", "-q", "-M", "main"]);
    git(scene.dir.path(), &["checkout", "-q", "-b", "ahead"]);
    scene.write("a", "2");
    scene.commit();
    git(scene.dir.path(), &["checkout", "-q", "main"]);
    let by = scene.compared().differing[0].may_be_changed_by.clone();
    assert!(by.is_some_and(|why| why.starts_with("a build of another branch")));
}

#[test]
fn what_the_ignore_file_leaves_out_is_old_only_if_git_says_so() {
    let scene = Scene::new("COPY . /app").holds(&[("app/a", "1"), ("app/b", "1"), ("app/c", "9")]);
    scene.write(".dockerignore", "Dockerfile\n.*ignore\n");
    for text in ["1", "2"] {
        for name in ["a", "b", "c"] {
            scene.write(name, if name == "a" { "1" } else { text });
        }
        scene.commit();
    }
    scene.write(".dockerignore", "Dockerfile\n.*ignore\nb\nc\n");
    let content = scene.compared();
    assert_eq!(scene.differing(), ["b older 1"]);
    assert_eq!(content.differing[0].left_out_by.as_deref(), Some(".dockerignore:3 (b)"));
    assert_eq!((content.compared, content.equal), (2, 1));
    // The version that was committed last is no older one.
    scene.write("b", "3");
    let scene = scene.holds(&[("app/b", "2")]);
    assert_eq!(scene.differing(), [""; 0]);
}
