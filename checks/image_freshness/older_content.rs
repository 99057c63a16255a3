use super::{freshness, mounted, proofs, unreached};
use crate::model::{
    Case, Content, Difference, EngineKind, Fact, Found, How, Judgement, Rule, Tag, Undecided,
    quoted,
};

pub(crate) const RULE: Rule = Rule {
    code: "EC201",
    title: "the running container holds an older content than the source",
    explanation: "
## What it is
Files of the image that the container runs are not those of the build context: the source moved on, and the image was
not built again, or the build failed, or another context was built. A repair in the source does not act. Under a mount
the image does not decide: there it is the mounted file that is older, or a file that was replaced on the machine while
the container still holds the one it was started with.

## What proves it
The bytes of a file that the Dockerfile copies differ between the running image and the context, and nothing later in
the build may change it; or they equal an older version of the same file in the context's git history, and no step of the
build may have brought that version: another stage or image that is copied over it, a RUN that names the file or unpacks.

## What disproves it
Equal bytes. Times never decide: a fresh clone makes every file new, and a cached build keeps the image old.

## How to repair it
Build the image again and recreate the container. A restart keeps the old image. A file that the ignore file leaves out
needs that line changed first, a mounted one its mount. An unnamed volume is filled from the image when the container is
made: it has to be made anew with it.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let freshness = freshness(case)?;
    // Without a source there is nothing to compare: that is the other rule's matter, and a skip of the check.
    let content = match &freshness.content {
        Fact::Known(content) => content,
        Fact::Skipped(_) => return Ok(None),
        Fact::Unknown(why) => return Err(Undecided::Unknown(why.clone())),
    };
    let proofs = proofs(freshness, content);
    let Some(first) = proofs.first() else { return Ok(None) };
    let name = &server.container.name;
    let more =
        if proofs.len() > 1 { format!(", and {} more", proofs.len() - 1) } else { String::new() };
    let mut found = Found::fail(format!("{name} runs {}{more}", told(first)));
    for proof in proofs.iter().take(5) {
        let place = match &proof.mount {
            Some(mount) => format!("under the mount at {}", mount.destination),
            None => "in the image".into(),
        };
        found = found
            .evidence(format!("{} {place} against {}", proof.image, proof.source), told(proof));
    }
    found = found.evidence(
        format!("files compared through {}", content.dockerfile),
        format!("{} of {} equal ({})", content.equal, content.compared, content.named_by),
    );
    let is_built =
        |proof: &Difference| mounted::is_of_the_image(proof) && proof.left_out_by.is_none();
    // Another build of the wrong folder repairs nothing.
    let builds = content.other_context.is_none() && proofs.iter().copied().any(is_built);
    // What fills a mount is built before the mount is filled anew.
    let fills = builds && proofs.iter().any(|proof| proof.mount.is_some() && is_built(proof));
    if fills {
        let renews = proofs.iter().copied().any(mounted::is_unnamed);
        found = remedy_with(found, case, content, freshness.tag.value(), renews);
    }
    found = mounted::repair(found, case, content, &proofs);
    found = unreached::repair(found, case, content, &proofs);
    if builds && !fills {
        found = remedy(found, case, content, freshness.tag.value());
    }
    Ok(Some(found))
}

fn told(difference: &Difference) -> String {
    let source = &difference.source;
    let short = |commit: &str| commit.chars().take(12).collect::<String>();
    match &difference.how {
        How::Older { commit, commits_behind: 0, .. } => {
            format!("{source} as committed in {}, without the edits since", short(commit))
        }
        How::Older { commit, commits_behind, edited_since } => {
            let commits = if *commits_behind == 1 {
                "1 commit"
            } else {
                &format!("{commits_behind} commits")
            };
            let edited = if *edited_since { ", and edits not committed yet" } else { "" };
            format!("{source} exactly as of {}, {commits} behind{edited}", short(commit))
        }
        How::Differs => format!("another {source} than the source has"),
        How::Missing => format!("without {source}"),
    }
}

pub(super) fn remedy(found: Found, case: &Case<'_>, content: &Content, tag: Option<&Tag>) -> Found {
    remedy_with(found, case, content, tag, false)
}

/// The same where `renews` says that the container needs new unnamed volumes, too: Compose keeps the old ones otherwise.
fn remedy_with(
    found: Found,
    case: &Case<'_>,
    content: &Content,
    tag: Option<&Tag>,
    renews: bool,
) -> Found {
    let Ok(server) = case.server() else { return found };
    let container = server.container;
    let kind = case.facts.kind(&container.engine);
    if tag.is_some_and(|tag| tag.running != tag.now && tag.now_is_newest == Some(true)) {
        return found.fix(format!(
            "{} is already built from the newest source: recreate {} from it, a restart keeps the old image",
            container.image, container.name
        ));
    }
    match &container.compose {
        Some(compose) => found.fix_by(
            if renews {
                format!(
                    "build {} again and recreate it with new unnamed volumes; what was written to the old ones is lost",
                    compose.service
                )
            } else {
                format!("build {} again and recreate it", compose.service)
            },
            compose.command(
                kind,
                &format!(
                    "up -d --build --force-recreate {}{}",
                    // podman-compose makes new ones anyway.
                    if renews && !compose.is_podmans() { "-V " } else { "" },
                    quoted(&compose.service)
                ),
            ),
        ),
        None if content.built_with.is_empty() => found.fix_by(
            format!(
                "build the image again, then recreate {} from it (a restart keeps the old image)",
                container.name
            ),
            build(kind, &container.image, content),
        ),
        // A plain build might make another program of the same source.
        None => found.fix(format!(
            "build the image again from {} with the stage and the build arguments that it was built with ({}), then recreate {} from it (a restart keeps the old image)",
            content.context,
            content.built_with.join(", "),
            container.name
        )),
    }
}

/// The command that builds the image again. Builders find a Dockerfile by themselves only at the top of the context and by
/// its usual name; Podman takes a Containerfile before it.
fn build(kind: EngineKind, image: &str, content: &Content) -> String {
    let Content { context, dockerfile, .. } = content;
    let found = match kind {
        EngineKind::Docker => dockerfile == "Dockerfile",
        EngineKind::Podman => matches!(dockerfile.as_str(), "Containerfile" | "Dockerfile"),
    };
    let file = if dockerfile.starts_with('/') {
        dockerfile.clone()
    } else {
        format!("{}/{dockerfile}", context.trim_end_matches('/'))
    };
    let file = if found { String::new() } else { format!("-f {} ", quoted(&file)) };
    format!("{} build -t {} {file}{}", kind.command(), quoted(image), quoted(context))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says, service};
    use crate::model::{Content, Difference, Fact, Freshness, How, Snapshot};

    fn differs(it: &mut Snapshot, how: How, may_be_changed_by: Option<&str>) {
        let content = it.compared();
        content.equal -= 1;
        content.differing.push(Difference {
            source: "server.py".into(),
            image: "/app/server.py".into(),
            how,
            may_be_changed_by: may_be_changed_by.map(Into::into),
            ..Difference::default()
        });
    }

    fn older(commits_behind: u32, edited_since: bool) -> How {
        How::Older { commit: "1a2b3c4".into(), commits_behind, edited_since }
    }

    #[test]
    fn catches() {
        for (how, seen) in [
            (How::Differs, "another server.py than the source has"),
            (How::Missing, "without server.py"),
            (older(1, false), "server.py exactly as of 1a2b3c4, 1 commit behind"),
            (
                older(3, true),
                "server.py exactly as of 1a2b3c4, 3 commits behind, and edits not committed yet",
            ),
            (older(0, true), "server.py as committed in 1a2b3c4, without the edits since"),
        ] {
            says(&RULE, |it| differs(it, how, None), &format!("fail: mock runs {seen}"));
        }
        // An older version of the same file is proof, whatever ran later in the build.
        says(
            &RULE,
            |it| differs(it, older(1, false), Some("RUN make")),
            "fail: mock runs server.py exactly as of 1a2b3c4, 1 commit behind",
        );
        says(
            &RULE,
            |it| {
                differs(it, How::Differs, None);
                differs(it, How::Differs, None);
            },
            "fail: mock runs another server.py than the source has, and 1 more",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // A later instruction may have changed it: that is not known.
        says(&RULE, |it| differs(it, How::Differs, Some("RUN sed")), "nothing");
        row(
            "image-freshness",
            |it| differs(it, How::Differs, Some("RUN sed")),
            "unknown: server.py differs in the image, and may be changed by RUN sed",
        );
        // The tag moved, and the files are those of the source.
        row(
            "image-freshness",
            |it| it.tag_moved(false, None),
            "pass: 3 of 3 files of the image equal /home/ci/mock, and its tag moved to another image",
        );
        says(&RULE, Snapshot::has_no_source, "nothing");
        row("image-freshness", Snapshot::has_no_source, "skip: no source of mock:1 is known");
        row("image-freshness", |_| (), "pass: 3 of 3 files of the image equal /home/ci/mock");
    }

    #[test]
    fn what_could_not_be_compared_is_no_pass() {
        let broken = |it: &mut Snapshot| {
            let Fact::Known(Freshness { content, .. }) = &mut it.mock().freshness else { return };
            *content = Fact::Unknown("Dockerfile line 3 is not understood".into());
        };
        says(&RULE, broken, "unknown: Dockerfile line 3 is not understood");
        row("image-freshness", broken, "unknown: Dockerfile line 3 is not understood");
        row(
            "image-freshness",
            |it| {
                let undecided = vec!["COPY --from=build: /app is no copy of the context".into()];
                *it.compared() = Content { undecided, ..Content::default() };
            },
            "unknown: COPY --from=build: /app is no copy of the context; a label org.opencontainers.image.revision with the commit would tell",
        );
        row(
            "image-freshness",
            |it| it.compared().undecided = vec!["ADD: a.tar is an archive that is unpacked".into()],
            "pass: 3 of 3 files of the image equal /home/ci/mock; not compared: ADD: a.tar is an archive that is unpacked",
        );
    }

    #[test]
    fn equal_files_beside_a_doubt_are_no_pass() {
        let doubtful = |it: &mut Snapshot| {
            it.compared().doubts = vec!["t.py is not in the image, and not known to git".into()];
        };
        says(&RULE, doubtful, "nothing");
        row(
            "image-freshness",
            doubtful,
            "unknown: 3 of 3 files of the image equal /home/ci/mock, but t.py is not in the image, and not known to git",
        );
        // What is proven is not doubted.
        row(
            "image-freshness",
            |it| {
                doubtful(it);
                differs(it, How::Differs, None);
            },
            "fail: EC201",
        );
    }

    #[test]
    fn the_remedy_builds_only_what_is_not_built() {
        let stale = |it: &mut Snapshot| differs(it, older(1, false), None);
        assert_eq!(remedies(&RULE, stale), "$ docker build -t mock:1 /home/ci/mock");
        assert_eq!(
            remedies(&RULE, |it| {
                stale(it);
                it.compared().dockerfile = "Containerfile".into();
            }),
            "$ docker build -t mock:1 -f /home/ci/mock/Containerfile /home/ci/mock"
        );
        // What a plain build would make otherwise is no command to copy.
        let with = |it: &mut Snapshot| {
            stale(it);
            it.compared().built_with = vec!["stage dev".into(), "build argument D".into()];
        };
        assert_eq!(
            remedies(&RULE, with),
            "build the image again from /home/ci/mock with the stage and the build arguments that it was built with (stage dev, build argument D), then recreate mock from it (a restart keeps the old image)"
        );
        assert_eq!(
            remedies(&RULE, |it| {
                with(it);
                it.mock().compose = service("shop", "llm");
            }),
            "$ docker compose -p shop -f /home/ci/compose.yaml up -d --build --force-recreate llm"
        );
        assert_eq!(
            remedies(&RULE, |it| {
                stale(it);
                it.tag_moved(false, Some(true));
            }),
            "mock:1 is already built from the newest source: recreate mock from it, a restart keeps the old image"
        );
        assert_eq!(
            remedies(&RULE, |it| {
                stale(it);
                it.mock().compose = service("shop", "llm");
            }),
            "$ docker compose -p shop -f /home/ci/compose.yaml up -d --build --force-recreate llm"
        );
    }
}
