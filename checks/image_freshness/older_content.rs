use super::{freshness, proofs};
use crate::model::{
    Case, Content, Difference, Fact, Found, How, Judgement, Rule, Tag, Undecided, quoted,
};

pub(crate) const RULE: Rule = Rule {
    code: "EC201",
    title: "the running container holds an older content than the source",
    explanation: "
## What it is
Files of the image that the container runs are not those of the build context: the source moved on, and the image was
not built again, or the build failed, or another context was built. A repair in the source does not act.

## What proves it
The bytes of a file that the Dockerfile copies differ between the running image and the context, and nothing later in
the build may change it; or they equal an older version of the same file in the context's git history.

## What disproves it
Equal bytes. Times never decide: a fresh clone makes every file new, and a cached build keeps the image old.

## How to repair it
Build the image again and recreate the container. A restart keeps the old image.
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
    let proofs = proofs(content);
    let Some(first) = proofs.first() else { return Ok(None) };
    let name = &server.container.name;
    let more =
        if proofs.len() > 1 { format!(", and {} more", proofs.len() - 1) } else { String::new() };
    let mut found = Found::fail(format!("{name} runs {}{more}", told(first)));
    for proof in proofs.iter().take(5) {
        found = found.evidence(
            format!("{} in the image against {}", proof.image, proof.source),
            told(proof),
        );
    }
    found = found.evidence(
        format!("files compared through {}", content.dockerfile),
        format!("{} of {} equal ({})", content.equal, content.compared, content.named_by),
    );
    Ok(Some(remedy(found, case, content, freshness.tag.value())))
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

fn remedy(found: Found, case: &Case<'_>, content: &Content, tag: Option<&Tag>) -> Found {
    let Ok(server) = case.server() else { return found };
    let container = server.container;
    let engine = case.facts.kind(&container.engine).command();
    if tag.is_some_and(|tag| tag.running != tag.now && tag.now_is_newest == Some(true)) {
        return found.fix(format!(
            "{} is already built from the newest source: recreate {} from it, a restart keeps the old image",
            container.image, container.name
        ));
    }
    match &container.compose {
        Some(compose) => found.fix_by(
            format!("build {} again and recreate it", compose.service),
            format!(
                "{engine} compose {} up -d --build --force-recreate {}",
                compose.flags(),
                compose.service
            ),
        ),
        None => found.fix_by(
            format!(
                "build the image again, then recreate {} from it (a restart keeps the old image)",
                container.name
            ),
            format!("{engine} build -t {} {}", quoted(&container.image), quoted(&content.context)),
        ),
    }
}
