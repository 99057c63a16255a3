//! Files inside a running container, read through `/proc/PID/root`. Every path is resolved by the
//! kernel inside that root, so a link made by a hostile container cannot lead out of it, and
//! nothing but a regular file is ever opened: opening a FIFO can hang and opening a device can do
//! things.

use super::ProvenPid;
use crate::words::words;
use rustix::fs::{
    AtFlags, CWD, Dir, FileType, FsWord, Mode, OFlags, PROC_SUPER_MAGIC, ResolveFlags, Stat, fstat,
    fstatfs, openat, openat2, statat,
};
use rustix::io::Errno;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// `f_type` of sysfs and of the cgroup file system: no place for configuration, and endless.
const SYSFS_MAGIC: FsWord = 0x6265_6572;
const CGROUP2_MAGIC: FsWord = 0x6367_7270;

/// The regular files below a folder of a container.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Listing {
    /// Path inside the container and length in bytes, sorted by path. A link to a regular file is
    /// listed under its own name.
    pub(crate) files: Vec<(String, u64)>,
    /// Why the list is not complete, if it is not.
    pub(crate) cut: Option<String>,
}

/// What a container's process sees at a path.
#[derive(Debug)]
pub(crate) enum Held {
    /// A regular file.
    File {
        /// Its bytes.
        bytes: Vec<u8>,
        /// When it was last written, whole seconds since 1970. A copy may have kept the time of what it was made of.
        written: i64,
        /// When it came to be there, or was last changed in any way.
        changed: i64,
    },
    /// Something else, a folder most often.
    Other,
    /// Nothing.
    Nothing,
}

/// Looks at a path as the container's process sees it, links followed; a file has at most `max_bytes`.
///
/// # Errors
///
/// Says why it cannot be seen: too long, no permission, or the process ended.
pub(crate) fn look_at(pid: &ProvenPid, path: &str, max_bytes: u64) -> Result<Held, String> {
    let root = root(pid)?;
    let held = match openat2(
        &root,
        path,
        OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS,
    ) {
        Err(Errno::NOENT | Errno::NOTDIR) => Held::Nothing,
        Err(error) => return Err(format!("{path}: {error}")),
        Ok(found) => {
            let seen = fstat(&found).map_err(|error| format!("{path}: {error}"))?;
            if FileType::from_raw_mode(seen.st_mode) == FileType::RegularFile {
                let bytes = read_in(&root, path, max_bytes)?;
                Held::File { bytes, written: seen.st_mtime, changed: seen.st_ctime }
            } else {
                Held::Other
            }
        }
    };
    pid.still_valid()?;
    Ok(held)
}

/// Reads a regular file of a container, of at most `max_bytes`.
///
/// # Errors
///
/// Says why it cannot be read: missing, not a regular file, too long, or the process ended.
pub(crate) fn read_file(pid: &ProvenPid, path: &str, max_bytes: u64) -> Result<Vec<u8>, String> {
    let bytes = read_in(&root(pid)?, path, max_bytes)?;
    pid.still_valid()?;
    Ok(bytes)
}

fn read_in(root: &OwnedFd, path: &str, max_bytes: u64) -> Result<Vec<u8>, String> {
    let reason = |why: String| format!("{path}: {why}");
    let found = resolve(root, path, OFlags::PATH).map_err(reason)?;
    let seen = fstat(&found).map_err(|error| reason(error.to_string()))?;
    if FileType::from_raw_mode(seen.st_mode) != FileType::RegularFile {
        return Err(reason("not a regular file".to_owned()));
    }
    // The file that was looked at is opened, not whatever the path means by now.
    let file = openat(
        CWD,
        format!("/proc/self/fd/{}", found.as_raw_fd()),
        OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .map_err(|error| reason(error.to_string()))?;
    let mut bytes = Vec::new();
    File::from(file)
        .take(max_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| reason(error.to_string()))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > max_bytes {
        return Err(reason(format!("longer than {max_bytes} bytes")));
    }
    Ok(bytes)
}

/// Lists the regular files below `path`, which may also be a file itself. `max_depth` 1 means the
/// folder's own files only; `max_entries` bounds what is looked at, of any kind. Folders whose name
/// `skips` names are not entered.
///
/// # Errors
///
/// Says why `path` itself cannot be looked at; what cannot be read below it is left out.
pub(crate) fn list_files(
    pid: &ProvenPid,
    path: &str,
    max_depth: usize,
    max_entries: usize,
    skips: fn(&str) -> bool,
) -> Result<Listing, String> {
    let listing = list_in(&root(pid)?, path, max_depth, max_entries, skips)?;
    pid.still_valid()?;
    Ok(listing)
}

fn list_in(
    root: &OwnedFd,
    path: &str,
    max_depth: usize,
    max_entries: usize,
    skips: fn(&str) -> bool,
) -> Result<Listing, String> {
    let found = resolve(root, path, OFlags::PATH).map_err(|why| format!("{path}: {why}"))?;
    let seen = fstat(&found).map_err(|error| format!("{path}: {}", words(&error.into())))?;
    let mut listing = Listing::default();
    match FileType::from_raw_mode(seen.st_mode) {
        FileType::RegularFile => {
            listing.files.push((path.to_owned(), length(&seen)));
        }
        FileType::Directory => {
            let folder = resolve(root, path, OFlags::RDONLY | OFlags::DIRECTORY)
                .map_err(|why| format!("{path}: {why}"))?;
            let mut walk = Walk { root, left: max_entries, listing: &mut listing, skips };
            walk.folder(&folder, path.trim_end_matches('/'), max_depth);
        }
        _ => return Err(format!("{path}: neither a regular file nor a folder")),
    }
    listing.files.sort();
    Ok(listing)
}

struct Walk<'a> {
    root: &'a OwnedFd,
    left: usize,
    listing: &'a mut Listing,
    skips: fn(&str) -> bool,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &OwnedFd, path: &str, depth: usize) {
        if depth == 0 {
            self.listing.cut.get_or_insert_with(|| format!("{path} is too deep to be walked"));
            return;
        }
        let Ok(entries) = Dir::read_from(folder) else { return };
        let mut names: Vec<String> = Vec::new();
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().to_str() else { continue };
            if name == "." || name == ".." {
                continue;
            }
            if self.left == 0 {
                self.listing
                    .cut
                    .get_or_insert_with(|| format!("too many entries; stopped in {path}/"));
                break;
            }
            self.left -= 1;
            names.push(name.to_owned());
        }
        // The kernel's order differs between machines; the list must not.
        names.sort_unstable();
        for name in names {
            self.entry(folder, &name, &format!("{path}/{name}"), depth);
        }
    }

    fn entry(&mut self, folder: &OwnedFd, name: &str, path: &str, depth: usize) {
        let Ok(seen) = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) else { return };
        match FileType::from_raw_mode(seen.st_mode) {
            FileType::RegularFile => {
                self.listing.files.push((path.to_owned(), length(&seen)));
            }
            FileType::Directory if !(self.skips)(name) => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                if let Ok(below) = openat(folder, name, flags, Mode::empty())
                    && !is_kernels(&below)
                {
                    self.folder(&below, path, depth - 1);
                }
            }
            // Mounted configuration is often a link to a file beside it. Linked folders are not
            // followed: they may go round.
            FileType::Symlink => {
                if let Ok(found) = resolve(self.root, path, OFlags::PATH)
                    && let Ok(seen) = fstat(&found)
                    && FileType::from_raw_mode(seen.st_mode) == FileType::RegularFile
                {
                    self.listing.files.push((path.to_owned(), length(&seen)));
                }
            }
            _ => {}
        }
    }
}

fn length(seen: &Stat) -> u64 {
    u64::try_from(seen.st_size).unwrap_or(0)
}

fn root(pid: &ProvenPid) -> Result<OwnedFd, String> {
    let root = openat(
        pid.folder(),
        "root",
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .map_err(|error| {
        format!("the files of process {} cannot be opened: {}", pid.pid(), words(&error.into()))
    })?;
    pid.still_valid()?;
    Ok(root)
}

fn resolve(root: &OwnedFd, path: &str, flags: OFlags) -> Result<OwnedFd, String> {
    openat2(
        root,
        path,
        flags | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS,
    )
    .map_err(|error| words(&error.into()))
}

/// Whether a folder is on one of the kernel's own file systems.
fn is_kernels(folder: &impl AsFd) -> bool {
    fstatfs(folder)
        .is_ok_and(|seen| [PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP2_MAGIC].contains(&seen.f_type))
}

#[cfg(test)]
mod tests {
    use super::{list_in, read_in};
    use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, openat};
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    /// A folder that stands for a container's root, with links that a hostile container could make.
    struct Root(PathBuf);

    impl Root {
        fn new(name: &str) -> Self {
            let folder =
                std::env::temp_dir().join(format!("econn-root-{name}-{}", std::process::id()));
            std::fs::create_dir_all(folder.join("etc/deep/er")).unwrap();
            std::fs::create_dir_all(folder.join("data")).unwrap();
            std::fs::write(folder.join("etc/config.yaml"), "a: 1\n").unwrap();
            std::fs::write(folder.join("etc/deep/er/x"), "12345").unwrap();
            std::fs::write(folder.join("data/passwd"), "inside").unwrap();
            for (to, at) in [
                ("/etc/passwd", "etc/absolute"),
                ("../../../../../../etc/passwd", "etc/climbing"),
                ("/proc/self/root/etc/passwd", "etc/magic"),
                ("/data/passwd", "etc/linked"),
                ("/", "etc/round"),
                ("config.yaml", "etc/beside"),
            ] {
                symlink(to, folder.join(at)).unwrap();
            }
            let mode = Mode::from_raw_mode(0o600);
            mknodat(CWD, folder.join("etc/fifo"), FileType::Fifo, mode, 0).unwrap();
            Self(folder)
        }

        fn open(&self) -> OwnedFd {
            openat(CWD, &self.0, OFlags::PATH | OFlags::DIRECTORY, Mode::empty()).unwrap()
        }
    }

    impl Drop for Root {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn files_are_read_up_to_their_limit() {
        let root = Root::new("read");
        let read = |path: &str, max| read_in(&root.open(), path, max);
        assert_eq!(read("/etc/config.yaml", 5), Ok(b"a: 1\n".to_vec()));
        assert_eq!(read("etc/beside", 100), Ok(b"a: 1\n".to_vec()));
        assert!(read("/etc/config.yaml", 4).unwrap_err().contains("longer than 4 bytes"));
        assert!(read("/etc/none", 4).unwrap_err().contains("/etc/none"));
    }

    #[test]
    fn no_link_leads_out_and_nothing_but_files_is_opened() {
        let root = Root::new("hostile");
        let read = |path: &str| read_in(&root.open(), path, 100);
        assert_eq!(read("/etc/linked"), Ok(b"inside".to_vec()));
        assert_eq!(read("/../../data/passwd"), Ok(b"inside".to_vec()));
        for path in ["/etc/absolute", "/etc/climbing", "/etc/magic", "/../../../../../bin/sh"] {
            assert!(read(path).is_err(), "{path}");
        }
        for path in ["/etc/fifo", "/etc", "/etc/round"] {
            assert!(read(path).unwrap_err().contains("not a regular file"), "{path}");
        }
    }

    #[test]
    fn a_folder_is_listed_as_far_as_asked() {
        let root = Root::new("list");
        let list =
            |path: &str, depth, entries| list_in(&root.open(), path, depth, entries, |_| false);
        let all = list("/etc/", 3, 100).unwrap();
        let expected = [
            ("/etc/beside", 5),
            ("/etc/config.yaml", 5),
            ("/etc/deep/er/x", 5),
            ("/etc/linked", 6),
        ]
        .map(|(path, length)| (path.to_owned(), length));
        assert_eq!((all.files.as_slice(), all.cut), (expected.as_slice(), None));
        let shallow = list("/etc", 1, 100).unwrap();
        assert!(shallow.files.len() == 3 && shallow.cut.unwrap().contains("too deep"));
        assert!(list("/etc", 3, 2).unwrap().cut.unwrap().contains("too many entries"));
        let one = list("/etc/config.yaml", 1, 1).unwrap();
        assert_eq!(one.files, [("/etc/config.yaml".to_owned(), 5)]);
        assert!(list("/etc/fifo", 1, 1).is_err() && list("/none", 1, 1).is_err());
    }
}
