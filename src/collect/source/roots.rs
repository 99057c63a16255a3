//! Which paths of an image must be read: few requests, and few bytes that nobody asked for.

use super::archive::ImageFiles;
use super::held::{Held, held, is_of_system};
use super::paths::is_within;
use super::plan::Plan;

/// Requests in one round, at most.
const MOST: usize = 256;
/// Files that are rather read one by one than with their whole folder.
const FEW: usize = 8;

/// What is still to be read. Ask again until nothing is left: links and oversized folders make a second round.
pub(crate) fn roots(plan: &Plan, image: &ImageFiles) -> Vec<String> {
    let mut wanted: Vec<(String, bool)> = Vec::new();
    for file in plan.files.iter().chain(&plan.left_out) {
        match held(file, image) {
            Held::NotAsked(path) if !image.was_asked(&path) => {
                wanted.push((path, file.may_be_changed_by.is_some()));
            }
            _ => {}
        }
    }
    wanted.sort();
    wanted.dedup_by(|a, b| a.0 == b.0);
    let mut roots = Vec::new();
    let copied: Vec<&str> = plan.folders.iter().map(|(at, _)| at.as_str()).collect();
    cover("/", &wanted, &copied, image, &mut roots);
    roots.truncate(MOST);
    roots
}

/// The paths to ask for, for all wanted ones below a folder: the folder itself, or what is in it. One that was `copied` as a
/// whole may hold what has been removed since.
fn cover(
    folder: &str,
    wanted: &[(String, bool)],
    copied: &[&str],
    image: &ImageFiles,
    roots: &mut Vec<String>,
) {
    let mut rest = wanted;
    while let Some((first, _)) = rest.first() {
        let child = child(folder, first);
        let count = rest.iter().take_while(|(path, _)| is_within(path, &child)).count();
        let (inside, after) = rest.split_at(count.max(1));
        rest = after;
        let few = usize::from(!copied.contains(&child.as_str()));
        let is_one = inside.iter().any(|(path, _)| *path == child);
        if is_one || is_worth_it(&child, inside, few, image) {
            roots.push(child);
        } else {
            cover(&child, inside, copied, image, roots);
        }
    }
}

/// The folder or file directly below a folder on the way to a path.
fn child(folder: &str, path: &str) -> String {
    let from = if folder == "/" { 1 } else { folder.len() + 1 };
    let end = path[from..].find('/').map_or(path.len(), |at| from + at);
    path[..end].to_owned()
}

/// Whether a folder should be read as a whole. One in which a command may have worked holds more than was copied.
fn is_worth_it(folder: &str, inside: &[(String, bool)], few: usize, image: &ImageFiles) -> bool {
    let is_crowded = inside.iter().any(|(_, changed)| *changed);
    let files = inside.len();
    !is_of_system(folder)
        && !image.was_asked(folder)
        && (files > FEW || (files > few && !is_crowded))
}

#[cfg(test)]
mod tests {
    use super::super::local::Local;
    use super::super::plan::{Place, Planned};
    use super::{ImageFiles, Plan, roots};

    fn planned(image: &str) -> Planned {
        let (image, changed) =
            image.strip_suffix('!').map_or((image, None), |i| (i, Some("RUN".to_owned())));
        let (image, place) =
            image.strip_suffix('?').map_or((image, Place::Exact), |i| (i, Place::Open));
        Planned {
            source: "src/x".into(),
            image: image.into(),
            explicit: true,
            may_be_changed_by: changed,
            may_be_brought_by: None,
            left_out_by: None,
            name: "x".into(),
            place,
            certain: true,
            local: Local::Text(Vec::new()),
        }
    }

    fn plan(files: &[&str]) -> Plan {
        let files = files.iter().map(|image| planned(image)).collect();
        Plan { files, ..Plan::default() }
    }

    #[test]
    fn folders_of_the_context_are_read_as_a_whole_and_those_of_the_system_never() {
        let first = |files: &[&str]| roots(&plan(files), &ImageFiles::default());
        assert_eq!(first(&["/app/a", "/app/b", "/app/c/d"]), ["/app"]);
        assert_eq!(first(&["/app/a"]), ["/app/a"]);
        assert_eq!(
            first(&["/app/a!", "/app/b!", "/app/c/d", "/app/c/e"]),
            ["/app/a", "/app/b", "/app/c"]
        );
        assert_eq!(
            first(&["/usr/src/app/a", "/usr/src/app/b", "/etc/x", "/etc/y"]),
            ["/etc/x", "/etc/y", "/usr/src/app"]
        );
        assert_eq!(first(&["/a", "/b"]), ["/a", "/b"]);
        assert_eq!(first(&["/app-1/x", "/app/a", "/app/b"]), ["/app-1/x", "/app"]);
        let many: Vec<String> = (0..20).map(|n| format!("/app/{n}!")).collect();
        assert_eq!(first(&many.iter().map(String::as_str).collect::<Vec<_>>()), ["/app"]);
    }

    #[test]
    fn what_is_open_after_a_round_is_asked_for_in_the_next() {
        let plan = plan(&["/app/a", "/app/b", "/opt/y?", "/usr/bin?"]);
        let mut image = ImageFiles::default();
        assert_eq!(roots(&plan, &image), ["/app", "/opt/y", "/usr/bin/x"]);
        image.read_tar("/app", &[0u8; 100][..]);
        image.absent("/opt/y");
        image.absent("/usr/bin/x");
        assert_eq!(roots(&plan, &image), ["/app/a", "/app/b", "/usr/bin"]);
        image.absent("/usr/bin");
        assert_eq!(roots(&plan, &image), ["/app/a", "/app/b"]);
        image.fail("/app/a", "no");
        image.absent("/app/b");
        assert_eq!(roots(&plan, &image), [""; 0]);
    }
}
