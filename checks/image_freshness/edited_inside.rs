use super::freshness;
use crate::model::{Case, Edited, Found, Judgement, Rule, quoted};

pub(crate) const RULE: Rule = Rule {
    code: "EC204",
    title: "the source was edited inside the container",
    explanation: "
## What it is
A file that the build copies from the source was changed in the running container itself, by hand, by a copy into the
container or by the program. The image does not hold that change: the next container made from it is without it.

## What proves it
The engine lists the file as changed since the container was made, and its bytes differ from those in the image. No mount
is there.

## What disproves it
Equal bytes: a file that was only touched is the same.

## How to repair it
Bring the change into the source, build the image again and recreate the container; or recreate it to drop the change.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?.container;
    let Some(content) = freshness(case)?.content.value() else { return Ok(None) };
    let Some(first) = content.edited.first() else { return Ok(None) };
    let (name, path) = (&server.name, &first.path);
    let more = match content.edited.len() {
        1 => String::new(),
        count => format!(", and {} more", count - 1),
    };
    let told = |edited: &Edited| match edited {
        Edited { is_gone: true, .. } => "removed in the container",
        Edited { is_newest: true, .. } => "as in the source, and otherwise in the image",
        _ => "neither as in the image nor as in the source",
    };
    let mut found = Found::warn(if first.is_newest {
        format!(
            "{path}{more} holds the newest source only inside {name}: its image is older, and a new container would be, too"
        )
    } else {
        format!("{path}{more} was changed inside {name}, which is lost when it is recreated")
    });
    for edited in content.edited.iter().take(5) {
        found = found.evidence(format!("{} in {name}", edited.path), told(edited));
    }
    let engine = case.facts.kind(&server.engine).command();
    Ok(Some(if first.is_newest {
        found.fix(format!(
            "build {} again from {} and recreate {name}, so that the next container holds it as well",
            server.image, content.context
        ))
    } else if first.is_gone {
        found.fix(format!("recreate {name} to have {path} back, or remove it from the source, too"))
    } else {
        let source = format!("{}/{}", content.context.trim_end_matches('/'), first.source);
        found.fix_by(
            format!("if the change is meant, copy it to the source, which overwrites {source}; else recreate {name}"),
            format!("{engine} cp {} {}", quoted(&format!("{name}:{path}")), quoted(&source)),
        )
    }))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Edited, Snapshot};

    fn edited(is_newest: bool, is_gone: bool) -> impl Fn(&mut Snapshot) {
        move |it: &mut Snapshot| {
            it.compared().edited.push(Edited {
                source: "server.py".into(),
                path: "/app/server.py".into(),
                is_newest,
                is_gone,
            });
        }
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            edited(false, false),
            "warn: /app/server.py was changed inside mock, which is lost when it is recreated",
        );
        row("image-freshness", edited(false, false), "warn: EC204");
        says(
            &RULE,
            edited(true, false),
            "warn: /app/server.py holds the newest source only inside mock: its image is older, and a new container would be, too",
        );
        assert_eq!(
            remedies(&RULE, edited(false, false)),
            "$ docker cp mock:/app/server.py /home/ci/mock/server.py"
        );
        assert_eq!(
            remedies(&RULE, edited(false, true)),
            "recreate mock to have /app/server.py back, or remove it from the source, too"
        );
        assert_eq!(
            remedies(&RULE, edited(true, false)),
            "build mock:1 again from /home/ci/mock and recreate mock, so that the next container holds it as well"
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, Snapshot::has_no_source, "nothing");
    }
}
