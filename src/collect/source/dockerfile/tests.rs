use super::{Action, Argv, Script, Source};

#[test]
fn a_file_becomes_stages_and_steps_with_their_lines() {
    let text = "# syntax=docker/dockerfile:1\nARG V=1\nFROM a:${V} AS Build\nCOPY . /src\n\nFROM scratch\n\
                env A=1 B=\"x y\"\nENV OLD all  the rest\nCOPY --from=Build --chown=1:1 \\\n  # why\n  /src /app/\n\
                HEALTHCHECK NONE\nRUN [\"true\"]\n";
    let script = Script::parse(text, "Dockerfile").unwrap();
    assert!(
        matches!(&script.globals[0].action, Action::Arg(args) if args[0] == ("V".into(), Some("1".into())))
    );
    let [build, last] = &script.stages[..] else { panic!() };
    assert_eq!(
        (build.name.as_deref(), build.base.as_str(), build.line),
        (Some("Build"), "a:${V}", 3)
    );
    assert_eq!(build.steps[0].line, 4);
    let Action::Env(env) = &last.steps[0].action else { panic!() };
    assert_eq!(env[1], ("B".into(), "\"x y\"".into()));
    let Action::Env(env) = &last.steps[1].action else { panic!() };
    assert_eq!(env[0], ("OLD".into(), "all  the rest".into()));
    let Action::Transfer(copy) = &last.steps[2].action else { panic!() };
    assert_eq!(
        (last.steps[2].line, copy.flag("from"), copy.flag("link")),
        (9, Some("Build"), None)
    );
    assert_eq!(copy.destination, "/app/");
}

#[test]
fn a_list_may_be_empty_where_it_takes_something_back() {
    let text = "FROM x\nENTRYPOINT []\ncmd [ ]\nCMD[]\nRUN true\n";
    let script = Script::parse(text, "Dockerfile").unwrap();
    let steps = &script.stages[0].steps;
    assert!(
        matches!(&steps[0].action, Action::Entrypoint(Some(Argv::Words(words))) if words.is_empty())
    );
    assert!(
        matches!(&steps[1].action, Action::Command(Some(Argv::Words(words))) if words.is_empty())
    );
    assert_eq!(steps[3].line, 5);
    // What can't be read for another reason is told as it was.
    let broken = Script::parse("FROM x\nENTRYPOINT\nCMD []\n", "Dockerfile").unwrap_err();
    assert!(broken.starts_with("Dockerfile:2"), "{broken}");
}

#[test]
fn here_documents_have_name_and_text() {
    let text =
        "FROM x\nCOPY <<\"a.txt\" <<-b.txt /d/\nA $X\na.txt\n\tB\nb.txt\nRUN <<EOF\ntouch x\nEOF\n";
    let script = Script::parse(text, "Dockerfile").unwrap();
    let Action::Transfer(copy) = &script.stages[0].steps[0].action else { panic!() };
    let [
        Source::Text { name, text, expand },
        Source::Text { name: name2, text: text2, expand: expand2 },
    ] = &copy.sources[..]
    else {
        panic!()
    };
    assert_eq!((name.as_str(), text.as_str(), *expand), ("a.txt", "A $X\n", false));
    assert_eq!((name2.as_str(), text2.as_str(), *expand2), ("b.txt", "B\n", true));
}

#[test]
fn what_does_not_parse_is_one_line_with_its_place() {
    for (text, error) in [
        ("FROM x\nFOO bar\n", "D:2: unknown instruction 'FOO'"),
        ("FROM x\n\nCOPY a\n", "D:3: COPY instruction requires at least two arguments"),
        ("", "D: expected at least one FROM instruction"),
        ("RUN x\n", "D:1: expected FROM"),
    ] {
        assert_eq!(Script::parse(text, "D").err().as_deref(), Some(error));
    }
}
