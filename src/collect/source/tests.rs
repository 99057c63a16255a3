//! The whole room at work: a Dockerfile and a context in, the files of the image out.

mod words;

use super::plan::{Place, Plan, Settings, plan};
use std::fs;
use std::os::unix::fs::symlink;

const FILES: [&str; 9] = [
    "a.py",
    "b.py",
    "c.txt",
    "src/a.py",
    "src/b.py",
    "src/sub/c.py",
    "lib/z.py",
    "docs/README.md",
    "conf.prod",
];

fn planned(dockerfile: &str, settings: &Settings) -> Plan {
    let dir = tempfile::tempdir().unwrap();
    for file in FILES {
        let path = dir.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    symlink("src", dir.path().join("link")).unwrap();
    fs::write(dir.path().join("data.tar.gz"), b"\x1f\x8b\x08").unwrap();
    fs::write(dir.path().join(".dockerignore"), "docs\n.dockerignore\nDockerfile\n").unwrap();
    fs::write(dir.path().join("Dockerfile"), dockerfile).unwrap();
    plan(dir.path(), settings).unwrap()
}

/// `source>image` of each file: `?` for a place that is not certain, `~` for one that may be changed later.
fn files(plan: &Plan) -> Vec<String> {
    let one = |file: &super::plan::Planned| {
        let or = if file.place == Place::Exact { "" } else { "(/)" };
        let changed = if file.may_be_changed_by.is_some() { "~" } else { "" };
        let certain = if file.certain { "" } else { "?" };
        format!("{}>{}{or}{changed}{certain}", file.source, file.image)
    };
    plan.files.iter().map(one).collect()
}

fn lands(dockerfile: &str) -> Vec<String> {
    let plan = planned(dockerfile, &Settings::default());
    assert_eq!(plan.undecided, [""; 0], "{dockerfile}");
    files(&plan)
}

#[track_caller]
fn check(cases: &[(&str, &[&str])]) {
    for (dockerfile, expected) in cases {
        assert_eq!(lands(&format!("FROM scratch\n{dockerfile}\n")), *expected, "{dockerfile}");
    }
}

#[test]
fn a_copy_lands_where_the_builders_put_it() {
    check(&[
        ("COPY a.py /x/", &["a.py>/x/a.py"]),
        ("COPY a.py /x.py", &["a.py>/x.py"]),
        ("WORKDIR /w\nCOPY a.py .", &["a.py>/w/a.py"]),
        ("WORKDIR /w\nWORKDIR v\nCOPY a.py n.py", &["a.py>/w/v/n.py"]),
        ("WORKDIR /w\nCOPY a.py /w", &["a.py>/w/a.py"]),
        (
            "COPY src /app",
            &["src/a.py>/app/a.py", "src/b.py>/app/b.py", "src/sub/c.py>/app/sub/c.py"],
        ),
        (
            "COPY src lib/ /app/",
            &[
                "lib/z.py>/app/z.py",
                "src/a.py>/app/a.py",
                "src/b.py>/app/b.py",
                "src/sub/c.py>/app/sub/c.py",
            ],
        ),
        ("COPY *.py /d/", &["a.py>/d/a.py", "b.py>/d/b.py"]),
        ("COPY */a.py /d/", &["src/a.py>/d/a.py"]),
        ("COPY sr? /d/", &["src/a.py>/d/a.py", "src/b.py>/d/b.py", "src/sub/c.py>/d/sub/c.py"]),
        ("COPY link /d/", &["src/a.py>/d/a.py", "src/b.py>/d/b.py", "src/sub/c.py>/d/sub/c.py"]),
        ("COPY [\"a.py\", \"/d e/\"]", &["a.py>/d e/a.py"]),
        ("COPY /src/../a.py /", &["a.py>/a.py"]),
        ("ADD a.py /d/", &["a.py>/d/a.py"]),
        ("ONBUILD COPY a.py /d/", &[]),
        (
            "COPY --parents src/./sub/c.py lib/*.py /d/",
            &["lib/z.py>/d/lib/z.py", "src/sub/c.py>/d/sub/c.py"],
        ),
        (
            "COPY --exclude=b.py src /d/",
            &["src/a.py>/d/a.py", "src/b.py>/d/b.py?", "src/sub/c.py>/d/sub/c.py"],
        ),
        ("COPY <<a <<EOF /d/\nx\na\ny\nEOF", &["Dockerfile>/d/EOF", "Dockerfile>/d/a"]),
    ]);
}

#[test]
fn what_comes_later_wins_or_may_change() {
    check(&[
        ("COPY a.py /x\nCOPY b.py /x", &["b.py>/x"]),
        (
            "COPY src /x\nCOPY a.py /x",
            &["a.py>/x/a.py", "src/b.py>/x/b.py", "src/sub/c.py>/x/sub/c.py"],
        ),
        ("COPY a.py /x\nRUN make", &["a.py>/x~"]),
        ("RUN make\nCOPY a.py /x", &["a.py>/x"]),
        ("COPY a.py /x\nRUN apt-get update && apt-get install -y curl", &["a.py>/x"]),
    ]);
    let plan = planned(
        "FROM scratch\nCOPY a.py /x/\nCOPY b.py /y/\nADD https://x.invalid/y /x/\n",
        &Settings::default(),
    );
    assert_eq!(files(&plan), ["a.py>/x/a.py~", "b.py>/y/b.py"]);
    assert_eq!(plan.files[0].may_be_changed_by.as_deref(), Some("ADD at line 4"));
}

#[test]
fn a_place_that_depends_on_the_base_image_is_left_open() {
    assert_eq!(lands("FROM debian\nCOPY a.py /app\n"), ["a.py>/app(/)"]);
    assert_eq!(lands("FROM debian\nWORKDIR /app\nCOPY a.py /app\n"), ["a.py>/app/a.py"]);
    let plan = planned("FROM debian\nCOPY a.py b.py /app\n", &Settings::default());
    assert_eq!(files(&plan), ["a.py>/app(/)", "b.py>/app(/)"]);
    assert_eq!([plan.files[0].place, plan.files[1].place], [Place::OpenAndReplaced, Place::Open]);
}

#[test]
fn stages_hand_on_what_they_copied() {
    let lands = |text: &str| lands(text);
    assert_eq!(
        lands("FROM scratch AS b\nCOPY src /s\nFROM scratch\nCOPY --from=b /s/a.py /x/\n"),
        ["src/a.py>/x/a.py"]
    );
    assert_eq!(
        lands("FROM scratch AS b\nWORKDIR /s\nCOPY src .\nFROM scratch\nCOPY --from=0 /s/sub /x\n"),
        ["src/sub/c.py>/x/c.py"]
    );
    assert_eq!(
        lands("FROM scratch AS Bld\nCOPY src /s\nFROM scratch\nCOPY --from=bld s/*.py /x/\n"),
        ["src/a.py>/x/a.py", "src/b.py>/x/b.py"]
    );
    assert_eq!(
        lands(
            "FROM scratch AS b\nENV D=/d\nWORKDIR /w\nCOPY a.py .\nFROM b\nCOPY b.py .\nCOPY c.txt $D/\n"
        ),
        ["a.py>/w/a.py", "b.py>/w/b.py", "c.txt>/d/c.txt"]
    );
    let target = Settings { target: Some("b".into()), ..Settings::default() };
    let plan = planned("FROM scratch AS b\nCOPY a.py /1\nFROM scratch\nCOPY b.py /2\n", &target);
    assert_eq!(files(&plan), ["a.py>/1"]);
}

#[test]
fn what_another_stage_made_is_said() {
    let text = "FROM golang AS b\nWORKDIR /s\nCOPY src .\nRUN go build -o /out/app\nFROM debian:12\n\
                COPY --from=b /out/app /app/\nCOPY --from=nginx /etc/nginx /etc/nginx\n";
    let plan = planned(text, &Settings::default());
    assert_eq!(files(&plan), [""; 0]);
    assert_eq!(
        plan.undecided,
        [
            "COPY --from=b at line 6: /out/app is no copy of the context",
            "COPY --from=nginx at line 7: what is in another image cannot be compared"
        ]
    );
    assert_eq!(plan.final_stage_base.as_deref(), Some("debian:12"));
    assert_eq!(plan.inputs, ["src"]);
}

#[test]
fn what_cannot_be_followed_is_one_line() {
    for (instruction, why) in [
        ("ADD data.tar.gz /d/", "ADD at line 2: data.tar.gz is an archive that is unpacked"),
        (
            "ADD https://x.invalid/y /d/",
            "ADD at line 2: what an address answers cannot be compared",
        ),
        ("COPY none.py /d/", "COPY at line 2: none.py is not in the context"),
        (
            "COPY docs/README.md /d/",
            "COPY at line 2: docs/README.md is left out by .dockerignore:1 (docs)",
        ),
        ("COPY a.py ${X#y}/", "COPY at line 2: ${X...} is not understood"),
    ] {
        let plan = planned(&format!("FROM scratch\n{instruction}\n"), &Settings::default());
        assert_eq!(plan.undecided, [why]);
        assert!(plan.files.is_empty());
    }
}

#[test]
fn what_is_left_out_of_a_copied_folder_is_told() {
    let plan = planned("FROM scratch\nCOPY . /\n", &Settings::default());
    let excluded: Vec<_> = plan
        .excluded
        .iter()
        .map(|e| format!("{} {}:{} {}", e.path, e.file, e.line, e.rule))
        .collect();
    assert!(excluded.contains(&"docs .dockerignore:1 docs".to_owned()), "{excluded:?}");
    assert!(plan.files.iter().all(|file| !file.source.starts_with("docs")));
}

#[test]
fn there_is_one_line_where_nothing_can_be_planned() {
    let dir = tempfile::tempdir().unwrap();
    let error = |settings: &Settings| {
        plan(dir.path(), settings).unwrap_err().replace(&dir.path().display().to_string(), "DIR")
    };
    assert_eq!(error(&Settings::default()), "DIR holds no Dockerfile");
    let inner = dir.path().join("services/mock");
    fs::create_dir_all(&inner).unwrap();
    fs::write(inner.join("Dockerfile"), "FROM scratch\n").unwrap();
    assert_eq!(
        error(&Settings::default()),
        "DIR holds no Dockerfile; there is DIR/services/mock/Dockerfile: name the folder that its build was given"
    );
    let named = Settings { dockerfile: Some("x/D".into()), ..Settings::default() };
    assert_eq!(error(&named), "x/D cannot be read: there is no such file or folder");
    let inline = Settings { inline: Some("FROM a\nCOPY x\n".into()), ..Settings::default() };
    assert_eq!(
        error(&inline),
        "dockerfile_inline:2: COPY instruction requires at least two arguments"
    );
    let target = Settings {
        inline: Some("FROM a\n".into()),
        target: Some("t".into()),
        ..Settings::default()
    };
    assert_eq!(error(&target), "dockerfile_inline: no stage is named t");
}

#[test]
fn podman_prefers_its_own_names() {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("Dockerfile", "FROM scratch\nCOPY a /docker/\n"),
        ("Containerfile", "FROM scratch\nCOPY . /podman/\n"),
        (".dockerignore", ""),
        (".containerignore", "*\n!a\n"),
        ("a", ""),
    ] {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let podman = Settings { containerignore_first: true, ..Settings::default() };
    assert_eq!(files(&plan(dir.path(), &podman).unwrap()), ["a>/podman/a"]);
    assert_eq!(files(&plan(dir.path(), &Settings::default()).unwrap()), ["a>/docker/a"]);
}
