//! What to do about files that are older under a mount: no build changes them.

use crate::model::{Case, Content, Difference, Found, How, MountKind, Mounted, quoted};

/// Whether a new build is part of the repair: the image shows the file, or has filled with it what shows it.
pub(super) fn is_of_the_image(proof: &Difference) -> bool {
    match &proof.mount {
        None => true,
        Some(mount) => match mount.kind {
            MountKind::Bind => false,
            MountKind::Volume => mount.image_is_newest == Some(false),
            // Memory that holds the file was filled when the container was started.
            MountKind::Tmpfs => proof.how != How::Missing && mount.image_is_newest != Some(true),
        },
    }
}

/// Whether a volume shows the file that goes with its container.
pub(super) fn is_unnamed(proof: &Difference) -> bool {
    proof.mount.as_ref().is_some_and(|m| m.kind == MountKind::Volume && has_no_name(m))
}

/// Adds the remedy of each mount that shows older files.
pub(super) fn repair(
    mut found: Found,
    case: &Case<'_>,
    content: &Content,
    proofs: &[&Difference],
) -> Found {
    let Ok(server) = case.server() else { return found };
    let name = &server.container.name;
    let engine = case.facts.kind(&server.container.engine).command();
    let restart = format!("{engine} restart {name}");
    let mut done: Vec<&str> = Vec::new();
    for (proof, mount) in proofs.iter().filter_map(|p| Some((p, p.mount.as_ref()?))) {
        if done.contains(&mount.destination.as_str()) {
            continue;
        }
        done.push(&mount.destination);
        let newest = format!("{}/{}", content.context.trim_end_matches('/'), proof.source);
        found = match (mount.kind, &mount.file) {
            (MountKind::Bind, _) if mount.is_source => found.fix_by(
                format!(
                    "restart {name}: {newest} was replaced on the machine, and the mount at {} still shows the old one; \
                     a mount of its folder follows such changes, a mount of the single file does not",
                    mount.destination
                ),
                restart.clone(),
            ),
            (MountKind::Bind, Some(file)) if proof.may_be_changed_by.is_none() => found.fix_by(
                format!(
                    "{} is mounted over {} and hides the image's files: start {name} without that mount, or bring it up \
                     to date and restart {name}; the command overwrites {file}",
                    mount.source, mount.destination
                ),
                format!("cp {} {} && {restart}", quoted(&newest), quoted(file)),
            ),
            // Compose makes it anew where it builds.
            (MountKind::Volume, _)
                if is_of_the_image(proof)
                    && has_no_name(mount)
                    && server.container.compose.is_some()
                    && content.other_context.is_none() =>
            {
                found
            }
            (MountKind::Volume, _) if is_of_the_image(proof) && has_no_name(mount) => {
                found.fix(format!(
                    "then remove {name} together with the unnamed volume at {} ({engine} rm -f -v {name}) and start it from \
                     the new image: the volume keeps the files that it was filled with when {name} was made; what was \
                     written to it since is lost",
                    mount.destination
                ))
            }
            (MountKind::Volume, _) if mount.writable && has_no_name(mount) => found.fix_by(
                format!(
                    "the unnamed volume at {} keeps the files that it was filled with, whatever is built: copy the newest \
                     into it and restart {name}, or {}make {name} anew with a new volume ({engine} rm -f -v {name}, with \
                     Compose up -V), which loses all that was written to this one",
                    mount.destination,
                    if mount.image_is_newest == Some(true) { "" } else { "build the image again and " }
                ),
                copy(engine, name, &newest, proof),
            ),
            (MountKind::Tmpfs, _) if is_of_the_image(proof) => found.fix(format!(
                "the file system in memory at {} was filled when {name} was started: started from the new image, {name} has \
                 the newest there",
                mount.destination
            )),
            (MountKind::Tmpfs, _) if proof.how != How::Missing => found.fix_by(
                format!(
                    "restart {name}: its image holds the newest {}, and the file system in memory at {} is filled anew then",
                    proof.source, mount.destination
                ),
                restart.clone(),
            ),
            (MountKind::Volume, _) if mount.writable => found.fix_by(
                format!(
                    "the {} at {} keeps the files of an older image, whatever is built: copy the newest into it and \
                     restart {name}; removing the volume instead loses all that was written to it",
                    volume(mount),
                    mount.destination
                ),
                copy(engine, name, &newest, proof),
            ),
            _ => found.fix(format!(
                "{} hides the image's files at {}: start {name} without that mount, or bring {} up to date there",
                match mount.kind {
                    MountKind::Bind => mount.source.clone(),
                    MountKind::Volume => format!("the {}", volume(mount)),
                    MountKind::Tmpfs => "an empty file system in memory".into(),
                },
                mount.destination,
                proof.source
            )),
        };
    }
    found
}

/// The command that copies the newest file into what is mounted, and has the program read it.
fn copy(engine: &str, name: &str, newest: &str, proof: &Difference) -> String {
    let to = quoted(&format!("{name}:{}", proof.image));
    format!("{engine} cp {} {to} && {engine} restart {name}", quoted(newest))
}

/// Volumes that nobody named have a long name of digits.
fn has_no_name(mount: &Mounted) -> bool {
    mount.source.len() == 64 && mount.source.chars().all(|c| c.is_ascii_hexdigit())
}

fn volume(mount: &Mounted) -> String {
    if has_no_name(mount) { "unnamed volume".into() } else { format!("volume {}", mount.source) }
}

#[cfg(test)]
mod tests {
    use super::super::older_content::RULE;
    use crate::fixture::{remedies, says, service};
    use crate::model::{Difference, How, MountKind, Mounted, Snapshot};

    fn hides(it: &mut Snapshot, mount: &Mounted) {
        it.compared().equal -= 1;
        it.compared().differing.push(Difference {
            source: "server.py".into(),
            image: "/app/server.py".into(),
            mount: Some(mount.clone()),
            ..Difference::default()
        });
    }

    #[test]
    fn no_mount_is_repaired_by_a_build() {
        let bind = Mounted {
            destination: "/app".into(),
            source: "/srv/old".into(),
            kind: MountKind::Bind,
            writable: false,
            file: Some("/srv/old/server.py".into()),
            is_source: false,
            image_is_newest: None,
        };
        says(&RULE, |it| hides(it, &bind), "fail: mock runs another server.py than the source has");
        let volume =
            Mounted { kind: MountKind::Volume, source: "code".into(), file: None, ..bind.clone() };
        for (mount, expected) in [
            (&bind, "$ cp /home/ci/mock/server.py /srv/old/server.py && docker restart mock"),
            (&Mounted { is_source: true, ..bind.clone() }, "$ docker restart mock"),
            (
                &Mounted { writable: true, ..volume.clone() },
                "$ docker cp /home/ci/mock/server.py mock:/app/server.py && docker restart mock",
            ),
            (
                &volume,
                "the volume code hides the image's files at /app: start mock without that mount, or bring server.py up to date there",
            ),
            (
                &Mounted {
                    writable: true,
                    source: "c0ffee00".repeat(8),
                    image_is_newest: Some(true),
                    ..volume.clone()
                },
                "$ docker cp /home/ci/mock/server.py mock:/app/server.py && docker restart mock",
            ),
        ] {
            assert_eq!(remedies(&RULE, |it| hides(it, mount)), expected);
        }
    }

    #[test]
    fn what_was_filled_from_an_old_image_is_built_again_first() {
        let volume = Mounted {
            destination: "/app".into(),
            source: "c0ffee00".repeat(8),
            kind: MountKind::Volume,
            writable: true,
            file: None,
            is_source: false,
            image_is_newest: Some(false),
        };
        let build = "$ docker build -t mock:1 /home/ci/mock";
        assert_eq!(
            remedies(&RULE, |it| hides(it, &volume)),
            format!(
                "{build}\nthen remove mock together with the unnamed volume at /app (docker rm -f -v mock) and start it from the new image: the volume keeps the files that it was filled with when mock was made; what was written to it since is lost"
            )
        );
        assert_eq!(
            remedies(&RULE, |it| {
                hides(it, &volume);
                it.mock().compose = service("shop", "llm");
            }),
            "$ docker compose -p shop -f /home/ci/compose.yaml up -d --build --force-recreate -V llm"
        );
        // A volume with a name is kept, and holds what it held.
        let named = Mounted { source: "code".into(), ..volume.clone() };
        assert_eq!(
            remedies(&RULE, |it| hides(it, &named)),
            format!(
                "{build}\n$ docker cp /home/ci/mock/server.py mock:/app/server.py && docker restart mock"
            )
        );
    }

    #[test]
    fn memory_is_empty_or_filled_from_the_image() {
        let memory = |image_is_newest| Mounted {
            destination: "/app".into(),
            source: String::new(),
            kind: MountKind::Tmpfs,
            writable: true,
            file: None,
            is_source: false,
            image_is_newest,
        };
        assert_eq!(
            remedies(&RULE, |it| {
                hides(it, &memory(Some(true)));
                it.compared().differing[0].how = How::Missing;
            }),
            "an empty file system in memory hides the image's files at /app: start mock without that mount, or bring server.py up to date there"
        );
        assert_eq!(
            remedies(&RULE, |it| hides(it, &memory(Some(false)))),
            "$ docker build -t mock:1 /home/ci/mock\nthe file system in memory at /app was filled when mock was started: started from the new image, mock has the newest there"
        );
        assert_eq!(remedies(&RULE, |it| hides(it, &memory(Some(true)))), "$ docker restart mock");
    }
}
