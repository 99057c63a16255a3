//! What to do about a source that no build reaches: the ignore file leaves it out, Compose builds another folder, or `BuildKit`
//! takes it for unchanged.

use crate::model::{Case, Content, Difference, EngineKind, Found, quoted};

/// Says which line or which folder keeps the newest source out.
pub(super) fn repair(
    mut found: Found,
    case: &Case<'_>,
    content: &Content,
    proofs: &[&Difference],
) -> Found {
    let Ok(server) = case.server() else { return found };
    for (proof, rule) in proofs.iter().filter_map(|p| Some((p, p.left_out_by.as_ref()?))).take(3) {
        found = found.fix(format!(
            "{rule} leaves {} out of every build: change that line, then build the image again and recreate {}",
            proof.source, server.container.name
        ));
    }
    // BuildKit looks at size and time only, and keeps its copy of the context, also with --no-cache.
    let unchanged = proofs.iter().find(|proof| proof.looks_unchanged && proof.mount.is_none());
    if let Some(proof) = unchanged.filter(|_| {
        content.other_context.is_none()
            && case.facts.kind(&server.container.engine) == EngineKind::Docker
    }) {
        found = found.fix_by(
            format!(
                "touch {} before the next build: it has the size and the time of the old one, and BuildKit takes such a file for unchanged, even with --no-cache",
                proof.source
            ),
            format!("touch {}", quoted(&format!("{}/{}", content.context.trim_end_matches('/'), proof.source))),
        );
    }
    if let Some(other) = &content.other_context
        && proofs.iter().any(|proof| proof.mount.is_none())
    {
        found = found.evidence("the build context in the Compose file", other).fix(format!(
            "Compose builds {} from {other}, not from {}: change its build context, or make the change there",
            server.container.image, content.context
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::older_content::RULE;
    use crate::fixture::remedies;
    use crate::model::{Difference, How};

    #[test]
    fn what_keeps_the_source_out_is_named() {
        let older = Difference {
            source: "server.py".into(),
            image: "/app/server.py".into(),
            how: How::Older { commit: "1a2b3c4".into(), commits_behind: 1, edited_since: false },
            ..Difference::default()
        };
        let left_out =
            Difference { left_out_by: Some(".dockerignore:2 (*.py)".into()), ..older.clone() };
        assert_eq!(
            remedies(&RULE, |it| it.compared().differing.push(left_out)),
            ".dockerignore:2 (*.py) leaves server.py out of every build: change that line, then build the image again and recreate mock"
        );
        let unchanged = remedies(&RULE, |it| {
            it.compared().differing.push(Difference { looks_unchanged: true, ..older.clone() });
        });
        assert!(
            unchanged.starts_with("$ touch /home/ci/mock/server.py\n$ docker build"),
            "{unchanged}"
        );
        let elsewhere = remedies(&RULE, |it| {
            it.compared().differing.push(older);
            it.compared().other_context = Some("/home/ci/old".into());
        });
        assert_eq!(
            elsewhere,
            "Compose builds mock:1 from /home/ci/old, not from /home/ci/mock: change its build context, or make the change there"
        );
    }
}
