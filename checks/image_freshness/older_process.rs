use super::freshness;
use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC203",
    title: "the program was started before its source was last written in the container",
    explanation: "
## What it is
The source is mounted into the container, or was copied into it, so its files are the newest. But they were written after
the program was started, and many programs read their code only once. Then the program still runs what was there before.

## What proves it
Nothing does, so this is a warning: the container was started more than two seconds before a mounted file of the source
was written, or before a file of its code was changed inside.

## What disproves it
A program that reloads by itself when its source changes, or a file that was written again with the same content.

## How to repair it
Restart the container. Nothing needs to be built or recreated for that; what was copied into it is lost when it is recreated.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?.container;
    let Some(content) = freshness(case)?.content.value() else { return Ok(None) };
    let Some(newest) = content.written_since.first().filter(|_| server.state.is_running()) else {
        return Ok(None);
    };
    let more = match content.written_since.len() {
        1 => String::new(),
        count => format!(", and {} more", count - 1),
    };
    let mut found = Found::warn(format!(
        "{} was started before {}{more} was written, and may still run what it read then",
        server.name, newest.path
    ))
    .evidence("State.StartedAt", server.state.started_at.as_deref().unwrap_or("unknown"));
    for written in content.written_since.iter().take(3) {
        found = found.evidence(
            format!("last change of {} in {}", written.path, server.name),
            format!("{} s after the start", written.seconds),
        );
    }
    let engine = case.facts.kind(&server.engine).command();
    Ok(Some(found.fix_by(
        format!("restart {}, unless it reloads changed files by itself", server.name),
        format!("{engine} restart {}", server.name),
    )))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Rewrite, Snapshot};

    fn written(it: &mut Snapshot) {
        let written = Rewrite { path: "/app/server.py".into(), seconds: 40 };
        it.compared().written_since.push(written);
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            written,
            "warn: mock was started before /app/server.py was written, and may still run what it read then",
        );
        row("image-freshness", written, "warn: EC203");
        assert_eq!(remedies(&RULE, written), "$ docker restart mock");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, Snapshot::has_no_source, "nothing");
        // A server that does not run reads its files when it is started.
        says(
            &RULE,
            |it| {
                written(it);
                it.ends("exited", 0);
            },
            "nothing",
        );
    }
}
