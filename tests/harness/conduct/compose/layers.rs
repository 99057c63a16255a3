//! A service in several files that are laid over each other, called from another folder than the project's: the line that
//! tells an address is found in the right one, and its patch and its command can be used.

use super::super::fix::apply;
use super::project::Project;
use super::{MOCK, a_while, with_each};
use crate::harness::verdict::list;
use crate::harness::{Cast, Engine, Result};
use serde_json::json;

const WRONG: &str = "http://mokc-mock:8080";
const RIGHT: &str = "http://mock:8080";

/// Where the address stands that holds, what the project's files say beside, and which of them are named.
struct Case {
    told_by: &'static str,
    web: &'static str,
    files: &'static [(&'static str, &'static str)],
    named: &'static [&'static str],
}

const CASES: &[Case] = &[
    // What is extended, in a file beside: its own folder is another one.
    Case {
        told_by: "lib/base.yaml",
        web: "web:\n  <<: *lab\n  extends: {file: lib/base.yaml, service: client}\n",
        files: &[(
            "lib/base.yaml",
            "services:\n  client:\n    environment:\n      OTHER: x\n      LLM_URL: WRONG\n",
        )],
        named: &["compose.yaml"],
    },
    // A second file over the first, whose address no longer holds; and a list over a mapping.
    Case {
        told_by: "more/over.yaml",
        web: "web:\n  <<: *lab\n  environment:\n    LLM_URL: RIGHT\n",
        files: &[(
            "more/over.yaml",
            "services:\n  web:\n    environment:\n      - OTHER=x\n      - LLM_URL=WRONG\n",
        )],
        named: &["compose.yaml", "more/over.yaml"],
    },
    // An anchor that is merged into the service's own settings, and files of variables that say less than these.
    Case {
        told_by: "compose.yaml",
        web: "base: &base\n  <<: *lab\n  profiles: [never]\n  environment: &told\n    LLM_URL: WRONG\nweb:\n  <<: *lab\n  \
              env_file: [one.env, two.env]\n  environment:\n    <<: *told\n    OTHER: x\n",
        files: &[("one.env", "LLM_URL=RIGHT\n"), ("two.env", "OTHER=y\n")],
        named: &["compose.yaml"],
    },
    // The later of two files of variables.
    Case {
        told_by: "two.env",
        web: "web:\n  <<: *lab\n  env_file: [one.env, two.env]\n",
        files: &[("one.env", "LLM_URL=RIGHT\n"), ("two.env", "# where it is\n\nLLM_URL=WRONG\n")],
        named: &["compose.yaml"],
    },
];

pub(in super::super) fn follows_its_files(_: &Cast, engine: Engine) -> Result<()> {
    with_each(engine, |engine, version| {
        CASES.iter().try_for_each(|case| {
            follows(engine, version, case)
                .map_err(|trouble| format!("told by {}: {trouble}", case.told_by))
        })
    })
}

fn follows(engine: Engine, version: &'static str, case: &Case) -> Result<()> {
    let text = |text: &str| text.replace("WRONG", WRONG).replace("RIGHT", RIGHT);
    let project = Project::write(engine, version, &(text(case.web) + MOCK))?;
    let project = project.called_from_above(case.named);
    for (name, content) in case.files {
        project.file(name, &text(content))?;
    }
    project.up(&[])?;
    let place = project.line(case.told_by, "mokc")?;
    let source = json!({"kind": "compose", "path": project.path(case.told_by), "line": place});
    let link = project.link(1)?;
    link.is_caused_by("EC403")?;
    let sources = list(&link.link["endpoint"], "sources");
    let told: Vec<_> = sources.iter().filter(|source| source["kind"] == "compose").collect();
    link.must(told == [&source], &format!("{source} tells the address, and nothing else"))?;
    a_while();
    apply(link.patch()?)?;
    let link = project.link(1)?;
    link.is_caused_by("EC421")?;
    project.paste(&link.command("EC421")?)?;
    project.link(0)?;
    project.down()
}
