//! Variables and working folders, as far as they are known.

use super::super::plan::Settings;
use super::{check, files, planned};
use std::collections::BTreeMap;

#[test]
fn variables_are_filled_in_as_far_as_they_are_known() {
    check(&[
        (
            "ENV A=/e B=$A/f\nENV C=\"$A/g h\"\nCOPY a.py $C/\nCOPY b.py ${Z:-/z}/",
            &["a.py>/e/g h/a.py", "b.py>/z/b.py"],
        ),
        ("ARG D=/d\nCOPY a.py $D/", &["a.py>/d/a.py~?"]),
        ("ARG D=/d\nWORKDIR $D\nCOPY a.py .", &["a.py>/d/a.py~?"]),
    ]);
    let given = Settings {
        args: BTreeMap::from([("E".into(), Some("prod".into()))]),
        ..Settings::default()
    };
    let plan = planned("FROM scratch\nARG E=dev\nCOPY conf.$E /conf\n", &given);
    assert_eq!(files(&plan), ["conf.prod>/conf"]);
    let plan =
        planned("FROM scratch\nARG E\nCOPY conf.$E /conf/\nCOPY a.py /a\n", &Settings::default());
    assert_eq!(plan.undecided, ["COPY at line 3: build argument E is not known"]);
    assert_eq!(files(&plan), ["a.py>/a"]);
    let plan = planned("FROM x\nCOPY a.py $HOME/\n", &Settings::default());
    assert_eq!(plan.undecided, ["COPY at line 2: variable HOME of the base image is not known"]);
    let image_env = Some(BTreeMap::from([("HOME".into(), "/root".into())]));
    let plan =
        planned("FROM x\nCOPY a.py $HOME/\n", &Settings { image_env, ..Settings::default() });
    assert_eq!(files(&plan), ["a.py>/root/a.py"]);
}

#[test]
fn the_image_may_confirm_the_default_of_an_argument() {
    let text = "FROM x\nARG D=/srv/app\nARG E=prod\nENV E=$E\nWORKDIR $D\nCOPY a.py .\nCOPY conf.$E /conf/\n";
    let image_env = Some(BTreeMap::from([("E".to_owned(), "prod".to_owned())]));
    let seen = Settings { base_workdir: Some("/srv/app".into()), image_env, ..Settings::default() };
    assert_eq!(files(&planned(text, &seen)), ["a.py>/srv/app/a.py", "conf.prod>/conf/conf.prod"]);
    let other = Settings { base_workdir: Some("/elsewhere".into()), ..Settings::default() };
    assert_eq!(
        files(&planned(text, &other)),
        ["a.py>/srv/app/a.py~?", "conf.prod>/conf/conf.prod~?"]
    );
}

#[test]
fn what_a_build_was_told_besides_is_known_as_far_as_it_is() {
    let with = |text: &str, settings: &Settings| planned(text, settings).built_with;
    let text =
        "ARG V=1\nFROM x AS dev\nARG D=src TARGETARCH\nCOPY $D /d/\nFROM dev\nCOPY a.py /a\n";
    let plain = Settings::default();
    assert_eq!(with("FROM x\nCOPY a.py /a\n", &plain), [""; 0]);
    assert_eq!(with(text, &plain), ["build argument D", "build argument V"]);
    let args = BTreeMap::from([("V".into(), None), ("D".into(), Some("src".into()))]);
    let told = Settings { args, args_known: true, target: Some("dev".into()), ..plain.clone() };
    assert_eq!(with(text, &told), ["stage dev", "build argument V"]);
    // Another recipe that fits as well.
    let mut usual = planned("FROM x AS dev\nCOPY a.py /a\nFROM dev\n", &plain);
    let target = Settings { target: Some("dev".into()), ..plain };
    usual.doubt(&planned("FROM x AS dev\nCOPY a.py /a\nFROM dev\n", &target), "Dockerfile");
    assert_eq!(usual.built_with, ["or stage dev of Dockerfile"]);
}

#[test]
fn the_working_folder_of_the_base_is_found_from_that_of_the_image() {
    let with = |text: &str, dir: &str| {
        files(&planned(text, &Settings { base_workdir: Some(dir.into()), ..Settings::default() }))
    };
    assert_eq!(with("FROM x\nCOPY a.py .\n", "/srv"), ["a.py>/srv/a.py"]);
    assert_eq!(with("FROM x\nCOPY a.py ./\n", ""), ["a.py>/a.py"]);
    assert_eq!(
        with("FROM x\nWORKDIR sub/d\nCOPY a.py ./\n", "/srv/sub/d"),
        ["a.py>/srv/sub/d/a.py"]
    );
    let plan = planned(
        "FROM x\nCOPY a.py .\nWORKDIR /w\nCOPY b.py .\n",
        &Settings { base_workdir: Some("/w".into()), ..Settings::default() },
    );
    assert_eq!(
        plan.undecided,
        ["COPY at line 2: the working folder of the base image is not known"]
    );
    assert_eq!(files(&plan), ["b.py>/w/b.py"]);
}
