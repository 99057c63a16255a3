//! What to do about files that are older under a mount: no build changes them.

use crate::model::{Case, Content, Difference, Found, MountKind, Mounted, quoted};

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
            (MountKind::Bind, Some(file)) => found.fix_by(
                format!(
                    "{} is mounted over {} and hides the image's files: start {name} without that mount, or bring it up \
                     to date and restart {name}; the command overwrites {file}",
                    mount.source, mount.destination
                ),
                format!("cp {} {} && {restart}", quoted(&newest), quoted(file)),
            ),
            (MountKind::Volume, _) if mount.writable => found.fix_by(
                format!(
                    "the {} at {} keeps the files of an older image, whatever is built: copy the newest into it and \
                     restart {name}; removing the volume instead loses all that was written to it",
                    volume(mount),
                    mount.destination
                ),
                format!(
                    "{engine} cp {} {} && {restart}",
                    quoted(&newest),
                    quoted(&format!("{name}:{}", proof.image))
                ),
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

/// Volumes that nobody named have a long name of digits.
fn volume(mount: &Mounted) -> String {
    let is_anonymous =
        mount.source.len() == 64 && mount.source.chars().all(|c| c.is_ascii_hexdigit());
    if is_anonymous { "unnamed volume".into() } else { format!("volume {}", mount.source) }
}

#[cfg(test)]
mod tests {
    use super::super::older_content::RULE;
    use crate::fixture::{remedies, says};
    use crate::model::{Difference, MountKind, Mounted, Snapshot};

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
                    kind: MountKind::Tmpfs,
                    source: String::new(),
                    file: None,
                    ..bind.clone()
                },
                "an empty file system in memory hides the image's files at /app: start mock without that mount, or bring server.py up to date there",
            ),
        ] {
            assert_eq!(remedies(&RULE, |it| hides(it, mount)), expected);
        }
    }
}
