//! Whether the program that a container runs is among the files that were compared. One that a step of the build makes, or
//! that another stage hands over, is not: then equal files beside it prove nothing of it.

use crate::collect::engine::Mount;
use crate::collect::source::{Plan, is_within, join};

/// Why the program itself was not compared; `None` where it was, or where the base image brings it.
pub(super) fn unseen(argv: &[String], workdir: &str, plan: &Plan) -> Option<String> {
    let workdir = if workdir.is_empty() { "/" } else { workdir };
    let words = words(argv);
    let made = words.iter().find_map(|word| made_by(word, workdir, plan));
    if made.is_none() && words.iter().any(|word| is_compared(word, workdir, plan)) {
        return None;
    }
    made.or_else(|| plan.unseen_inputs.first().cloned())
}

/// The words of a command, those of a line for the shell among them, without options.
fn words(argv: &[String]) -> Vec<&str> {
    argv.iter()
        .flat_map(|word| word.split(|c: char| c.is_whitespace() || ";&|()\"'".contains(c)))
        .filter(|word| !word.is_empty() && !word.starts_with('-'))
        .collect()
}

/// Where the program is that the command runs, if that is neither the image's nor the context's file but one that a mount shows
/// at another place: then nothing of the image is known to run.
pub(super) fn mounted(
    argv: &[String],
    workdir: &str,
    plan: &Plan,
    mounts: &[Mount],
) -> Option<String> {
    let workdir = if workdir.is_empty() { "/" } else { workdir };
    let covers = |path: &str| mounts.iter().any(|mount| is_within(path, &mount.destination));
    let is_first = |at: usize, word: &str| at == 0 && word.contains('/');
    for (at, word) in words(argv).into_iter().enumerate() {
        if is_compared(word, workdir, plan) {
            return None;
        }
        let path = absolute(word, workdir);
        if (is_script(word) || is_first(at, word)) && covers(&path) {
            return Some(format!(
                "the command runs {path}, which a mount shows: it is no file of the image"
            ));
        }
    }
    None
}

/// Whether a word of the command is a file of the context, or a module of Python that is one. A script that starts the
/// program does not stand for it.
fn is_compared(word: &str, workdir: &str, plan: &Plan) -> bool {
    let module = word.split(':').next().unwrap_or_default().replace('.', "/");
    let places = [
        word.to_owned(),
        format!("{module}.py"),
        format!("{module}/__main__.py"),
        format!("{module}/__init__.py"),
    ];
    let is_script = std::path::Path::new(word).extension().is_some_and(|end| end == "sh");
    !is_script && places.iter().any(|place| is_planned(place, workdir, plan))
}

fn is_planned(place: &str, workdir: &str, plan: &Plan) -> bool {
    let at = absolute(place, workdir);
    plan.files.iter().any(|file| file.image == at || file.inner() == at)
}

fn absolute(path: &str, workdir: &str) -> String {
    if path.starts_with('/') { join("/", path) } else { join(workdir, path) }
}

/// The step that made a word of the command, where it is a path or the name of a program.
fn made_by(word: &str, workdir: &str, plan: &Plan) -> Option<String> {
    let name = word.rsplit('/').next().filter(|name| !name.is_empty())?;
    let at = absolute(word, workdir);
    if is_planned(word, workdir, plan) || word.contains(['=', ':', '$', '*']) {
        return None;
    }
    let is_path = word.contains('/') || is_script(word);
    if let Some(by) = plan.handed_over.iter().find(|(place, _)| is_path && is_within(&at, place)) {
        return Some(format!("{at} is not compared: {} brings it", by.1));
    }
    let is_own = is_path && workdir != "/" && is_within(&at, workdir);
    let by = plan.runs.iter().rev().find(|(_, text)| is_own || mentions(text, name));
    by.map(|(by, _)| format!("{word} is not compared: {by} may have made it"))
}

/// Whether a word is the name of a file that programs of other languages run.
fn is_script(word: &str) -> bool {
    [".py", ".js", ".mjs", ".cjs", ".jar", ".rb", ".php", ".dll"].iter().any(|e| word.ends_with(e))
}

/// Whether a command names a file; a script of which nothing is known may do anything.
fn mentions(text: &str, name: &str) -> bool {
    const INTERPRETERS: [&str; 12] = [
        "sh", "bash", "dash", "ash", "python", "python3", "node", "java", "ruby", "php", "perl",
        "exec",
    ];
    let is_word = |word: &str| word.rsplit('/').next() == Some(name);
    !INTERPRETERS.contains(&name)
        && text.split(|c: char| c.is_whitespace() || ";&|()\"'=,".contains(c)).any(is_word)
}

#[cfg(test)]
mod tests {
    use super::{Mount, mounted, unseen};
    use crate::collect::source::{Settings, plan};
    use std::fs;

    /// What is said of a program that this Dockerfile and these files make.
    fn says(dockerfile: &str, files: &[&str], argv: &[&str]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Dockerfile"), dockerfile).unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let text = if path.extension().is_some_and(|end| end == "bz2") { "BZh9" } else { file };
            fs::write(path, text).unwrap();
        }
        let settings = Settings { base_workdir: Some("/app".into()), ..Settings::default() };
        let plan = plan(folder.path(), &settings).unwrap();
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        unseen(&argv, "/app", &plan)
    }

    #[test]
    fn what_is_copied_is_compared() {
        let copied = "FROM python\nWORKDIR /app\nCOPY . .\nRUN ./tidy\n";
        for argv in [
            &["python3", "/app/server.py"][..],
            &["python3", "server.py"],
            &["python3", "-m", "server"],
            &["uvicorn", "server:app"],
            &["/bin/sh", "-c", "exec python3 server.py"],
            &["/app/server.py"],
        ] {
            assert_eq!(says(copied, &["server.py"], argv), None, "{argv:?}");
        }
        // What the base image starts.
        let page = "FROM nginx\nCOPY page.html /usr/share/nginx/html/\nRUN chmod a+r /x\n";
        let argv = ["/docker-entrypoint.sh", "nginx", "-g", "daemon off;"];
        assert_eq!(says(page, &["page.html"], &argv), None);
    }

    #[test]
    fn what_a_mount_shows_elsewhere_is_not_the_images() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Dockerfile"), "FROM python\nWORKDIR /app\nCOPY . .\n")
            .unwrap();
        fs::write(folder.path().join("server.py"), "").unwrap();
        let plan = plan(folder.path(), &Settings::default()).unwrap();
        let mounts = [Mount { destination: "/src".into(), ..Mount::default() }];
        let runs = |argv: &[&str], workdir: &str| {
            let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
            mounted(&argv, workdir, &plan, &mounts)
        };
        for (argv, workdir) in [
            (&["python3", "server.py"][..], "/src"),
            (&["python3", "-u", "/src/server.py"], "/app"),
            (&["/src/run"], "/app"),
        ] {
            assert!(runs(argv, workdir).is_some(), "{argv:?}");
        }
        for argv in [
            &["python3", "/app/server.py", "--config", "/src/c.py"][..],
            &["nginx", "-c", "/src/nginx.conf"],
            &["python3", "/opt/other.py"],
            &["sh", "-c", "test -f /src/x || exec python3 /app/server.py"],
        ] {
            assert_eq!(runs(argv, "/app"), None, "{argv:?}");
        }
    }

    #[test]
    fn what_a_step_makes_is_not() {
        let copied = "FROM python\nWORKDIR /app\nCOPY README /app/\n";
        let by_mount =
            format!("{copied}RUN --mount=type=bind,target=/src cp /src/server.py /app/server.py\n");
        let says_of = |dockerfile: &str, argv: &[&str]| {
            says(dockerfile, &["README", "server.py", "main.go"], argv)
        };
        assert_eq!(
            says_of(&by_mount, &["python3", "/app/server.py"]).unwrap(),
            "/app/server.py is not compared: RUN at line 4 may have made it"
        );
        let built = "FROM golang\nWORKDIR /app\nCOPY . .\nRUN go build -o /usr/local/bin/shop .\n";
        assert_eq!(
            says_of(built, &["shop"]).unwrap(),
            "shop is not compared: RUN at line 4 may have made it"
        );
    }

    #[test]
    fn what_another_stage_makes_is_not() {
        let two = "FROM golang AS build\nCOPY main.go .\nRUN go build -o /out/shop\n\
            FROM scratch\nCOPY README /README\nCOPY --from=build /out/shop /shop\n";
        let files = ["README", "main.go"];
        assert_eq!(
            says(two, &files, &["/shop"]).unwrap(),
            "/shop is not compared: COPY --from=build at line 6 brings it"
        );
        // A module out of an archive is nobody's copy, either.
        let packed = "FROM python\nWORKDIR /app\nCOPY README /app/\nADD app.tar.bz2 /app/\n";
        let files = ["README", "app.tar.bz2"];
        assert_eq!(
            says(packed, &files, &["python3", "-m", "server"]).unwrap(),
            "app.tar.bz2 goes into the image by another way than a copy, and was not compared"
        );
        // The packages come from elsewhere, and the program is the context's.
        let packages = "FROM python AS build\nCOPY needs.txt .\nRUN make\n\
            FROM python\nWORKDIR /app\nCOPY --from=build /venv /venv\nCOPY server.py .\n";
        let files = ["needs.txt", "server.py"];
        assert_eq!(says(packages, &files, &["/usr/bin/python3", "server.py"]), None);
        assert_eq!(
            says(packages, &files, &["shop"]).unwrap(),
            "needs.txt goes into the image by another way than a copy, and was not compared"
        );
    }
}
