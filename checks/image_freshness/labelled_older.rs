use super::{freshness, other_build};
use crate::model::{Case, Claim, Fact, Found, Freshness, Judgement, Rule, Undecided};

pub(crate) const RULE: Rule = Rule {
    code: "EC205",
    title: "the image is labelled with an older commit than its source",
    explanation: "
## What it is
The image holds only what its build made, such as a compiled program, so no file of it can be compared with the source.
Its label names the commit that it was built from, and files that the build copies have changed since.

## What proves it
The commit is an ancestor of what is checked out, and the content of copied files differs between the two. A label is a
claim of whoever built the image.

## What disproves it
Commits since then that touch nothing that is copied. A label that the base image has as well says nothing.

## How to repair it
Build the image again, with the label of the new commit, and recreate the container.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?.container;
    let freshness = freshness(case)?;
    let (Some(content), Some(claim)) = (freshness.content.value(), &freshness.claim) else {
        return Ok(None);
    };
    // A label is a claim; what a build gives is seen.
    if other_build::agrees(freshness).is_some() {
        return Ok(None);
    }
    let since = match (&claim.since, &claim.inherited_from) {
        (Fact::Known(since), None) if content.compared == 0 => since,
        _ => return Ok(None),
    };
    let Some(first) = since.changed.first() else { return Ok(None) };
    let more = match since.changed.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let commits =
        if since.commits == 1 { "1 commit".into() } else { format!("{} commits", since.commits) };
    let found = Found::fail(format!(
        "the image of {} is labelled {}, {commits} behind: {first}{more} changed since",
        server.name,
        short(claim)
    ))
    .evidence(format!("label {} of the image", claim.label), &claim.revision)
    .evidence(
        format!("copied files that changed since {}", short(claim)),
        since.changed.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", "),
    );
    Ok(Some(found.fix(format!(
        "build {} again from {}, labelled with the commit that is checked out, and recreate {}",
        server.image, content.context, server.name
    ))))
}

/// What the label says where no file could be compared, for the reason given.
pub(super) fn word(freshness: &Freshness, why: &str) -> Result<String, Undecided> {
    let unknown = |more: String| Err(Undecided::Unknown(format!("{why}; {more}")));
    let Some(claim) = &freshness.claim else {
        return unknown(
            "a label org.opencontainers.image.revision with the commit would tell".into(),
        );
    };
    if let Some(base) = &claim.inherited_from {
        return unknown(format!("the label {} is that of the base image {base}", claim.label));
    }
    match &claim.since {
        Fact::Known(_) => Ok(format!(
            "by label only: {} names {}, and what the build copies has not changed since; {why}",
            claim.label,
            short(claim)
        )),
        Fact::Unknown(open) | Fact::Skipped(open) => {
            unknown(format!("the label {} does not tell: {open}", claim.label))
        }
    }
}

fn short(claim: &Claim) -> &str {
    claim.revision.get(..10).unwrap_or(&claim.revision)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Claim, Content, Fact, Freshness, Since, Snapshot};

    fn labelled(since: &Fact<Since>, inherited_from: Option<&str>) -> impl Fn(&mut Snapshot) {
        move |it: &mut Snapshot| {
            let undecided = vec!["COPY --from=build: /app is no copy of the context".into()];
            let context = it.compared().context.clone();
            *it.compared() = Content { context, undecided, ..Content::default() };
            let Fact::Known(Freshness { claim, .. }) = &mut it.mock().freshness else { return };
            *claim = Some(Claim {
                label: "vcs-ref".into(),
                revision: "1a2b3c4d5e6f".into(),
                inherited_from: inherited_from.map(Into::into),
                since: since.clone(),
            });
        }
    }

    fn changed(files: &[&str]) -> Fact<Since> {
        let changed = files.iter().map(|file| (*file).to_owned()).collect();
        Fact::Known(Since { commits: 2, changed })
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            labelled(&changed(&["main.go"]), None),
            "fail: the image of mock is labelled 1a2b3c4d5e, 2 commits behind: main.go changed since",
        );
        row("image-freshness", labelled(&changed(&["a", "b"]), None), "fail: EC205");
        assert_eq!(
            remedies(&RULE, labelled(&changed(&["a"]), None)),
            "build mock:1 again from /home/ci/mock, labelled with the commit that is checked out, and recreate mock"
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        row(
            "image-freshness",
            labelled(&changed(&[]), None),
            "pass: by label only: vcs-ref names 1a2b3c4d5e, and what the build copies has not changed since; COPY --from=build: /app is no copy of the context",
        );
        row(
            "image-freshness",
            labelled(&changed(&["a"]), Some("golang:1")),
            "unknown: COPY --from=build: /app is no copy of the context; the label vcs-ref is that of the base image golang:1",
        );
        row(
            "image-freshness",
            labelled(&Fact::Unknown("git knows no commit 1a2b3c4d5e".into()), None),
            "unknown: COPY --from=build: /app is no copy of the context; the label vcs-ref does not tell: git knows no commit 1a2b3c4d5e",
        );
        // Files that can be compared decide, and no label.
        let compared = |it: &mut Snapshot| {
            labelled(&changed(&["a"]), None)(it);
            (it.compared().compared, it.compared().equal) = (1, 1);
        };
        says(&RULE, compared, "nothing");
    }
}
