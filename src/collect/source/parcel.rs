//! The build context as a builder is sent it: every file that the ignore file lets through, as a tar archive.

use super::context::MOST_FILES;
use super::ignore::{Ignore, Verdict};
use super::ignore_files::applying;
use super::on_disk::{Kind, kind};
use super::paths::{inside, join};
use super::plan::{Settings, dockerfile};
use crate::bounded;
use crate::words::words;
use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tar::{EntryType, Header};

/// Bytes that are sent at most.
const MOST_BYTES: u64 = 2 << 30;

/// What is sent, before a byte of it is read.
#[derive(Debug)]
pub(crate) struct Parcel {
    root: PathBuf,
    /// The paths in it, folders before what they hold.
    paths: Vec<(String, Kind)>,
    /// The Dockerfile's path in it.
    pub(crate) dockerfile: String,
    /// The Dockerfile's text.
    pub(crate) text: String,
}

/// Lists what a builder would be sent.
///
/// # Errors
///
/// Returns in one line why that can't be told, or is too much.
pub(crate) fn parcel(context: &Path, settings: &Settings) -> Result<Parcel, String> {
    let script = dockerfile(context, settings)?;
    let inner = script.path.as_deref().and_then(|path| path.strip_prefix(context).ok());
    let inner = inner.ok_or_else(|| format!("{} is not in the context", script.name))?;
    let name = inside(&inner.display().to_string());
    let ignore = applying(context, script.path.as_deref(), settings.containerignore_first)?;
    // Builders read these themselves, and leave them out afterwards if they are to be left out.
    let always = [name.as_str(), ".dockerignore", ".containerignore"];
    let mut list = List { root: context, ignore: &ignore, always: &always, paths: Vec::new() };
    list.below("")?;
    let paths = list.paths;
    Ok(Parcel { root: context.to_owned(), paths, dockerfile: name, text: script.text })
}

struct List<'a> {
    root: &'a Path,
    ignore: &'a Ignore,
    always: &'a [&'a str],
    paths: Vec<(String, Kind)>,
}

impl List<'_> {
    fn below(&mut self, folder: &str) -> Result<(), String> {
        for name in names(&self.root.join(folder)).map_err(|e| {
            let folder = if folder.is_empty() { "the context" } else { folder };
            format!("{folder} cannot be read: {}", words(&e))
        })? {
            let path = inside(&join(folder, &name));
            let Some(kind) = kind(&self.root.join(&path)) else { continue };
            let is_kept = match self.ignore.verdict(&path) {
                Verdict::Kept => true,
                Verdict::Excluded(_) => self.always.contains(&path.as_str()),
                Verdict::Disputed => {
                    return Err(format!("builders disagree on whether {path} is left out"));
                }
            };
            let leads = self.always.iter().any(|kept| kept.starts_with(&format!("{path}/")));
            if is_kept {
                self.paths.push((path.clone(), kind));
            }
            if self.paths.len() > MOST_FILES {
                return Err(format!("the context holds more than {MOST_FILES} files"));
            }
            if kind == Kind::Folder && (is_kept || leads || self.ignore.may_keep_below(&path)) {
                self.below(&path)?;
            }
        }
        Ok(())
    }
}

fn names(folder: &Path) -> io::Result<BTreeSet<String>> {
    let text = |name: std::ffi::OsString| {
        name.into_string().map_err(|_| io::Error::other("a name in it is no text"))
    };
    fs::read_dir(folder)?.map(|entry| text(entry?.file_name())).collect()
}

impl Parcel {
    /// Writes the archive. Owners and names of owners are left out, as the engines' own clients do: they would make another
    /// image of the same files.
    ///
    /// # Errors
    ///
    /// Returns what could not be read or written.
    pub(crate) fn write(&self, out: impl Write) -> io::Result<()> {
        let mut tar = tar::Builder::new(out);
        let mut left = MOST_BYTES;
        for (path, kind) in &self.paths {
            let place = self.root.join(path);
            let metadata = fs::symlink_metadata(&place)?;
            match kind {
                Kind::Folder => {
                    let mut header = header(&metadata, EntryType::Directory, 0);
                    tar.append_data(&mut header, format!("{path}/"), io::empty())?;
                }
                Kind::Link => {
                    let mut header = header(&metadata, EntryType::Symlink, 0);
                    tar.append_link(&mut header, path, fs::read_link(&place)?)?;
                }
                Kind::File => {
                    let size = metadata.len();
                    left = left.checked_sub(size).ok_or_else(|| {
                        io::Error::other(format!(
                            "the context is larger than {} GiB",
                            MOST_BYTES >> 30
                        ))
                    })?;
                    let mut header = header(&metadata, EntryType::Regular, size);
                    // A file that grows meanwhile must not run into the next one.
                    let file = io::Read::take(bounded::regular(&place)?, size);
                    tar.append_data(&mut header, path, file)?;
                }
            }
        }
        tar.into_inner()?.flush()
    }
}

fn header(metadata: &Metadata, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(metadata.mode() & 0o7777);
    header.set_mtime(u64::try_from(metadata.mtime()).unwrap_or(0));
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(size);
    header
}

#[cfg(test)]
mod tests {
    use super::parcel;
    use crate::collect::source::Settings;
    use std::fs;
    use std::io::Read;

    fn sent(files: &[(&str, &str)], settings: &Settings) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut bytes = Vec::new();
        parcel(folder.path(), settings)?.write(&mut bytes).unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            assert_eq!((entry.header().uid().unwrap(), entry.header().gid().unwrap()), (0, 0));
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            format!("{}={text}", entry.path().unwrap().display())
        });
        Ok(entries.collect())
    }

    #[test]
    fn what_is_left_out_is_not_sent_but_what_tells_so_is() {
        let files = [
            ("Dockerfile", "FROM x"),
            (".dockerignore", "Dockerfile\nold\n*.log\n!old/kept"),
            ("a.log", "1"),
            ("old/gone", "2"),
            ("old/kept", "3"),
            (".git/HEAD", "4"),
            ("s/a.log", "5"),
        ];
        assert_eq!(
            sent(&files, &Settings::default()).unwrap(),
            [
                ".dockerignore=Dockerfile\nold\n*.log\n!old/kept",
                ".git/=",
                ".git/HEAD=4",
                "Dockerfile=FROM x",
                "old/kept=3",
                "s/=",
                "s/a.log=5"
            ]
        );
    }

    #[test]
    fn a_dockerfile_elsewhere_is_not_sent() {
        let settings = Settings { inline: Some("FROM x".into()), ..Settings::default() };
        assert_eq!(sent(&[], &settings).unwrap_err(), "dockerfile_inline is not in the context");
        let elsewhere = tempfile::NamedTempFile::new().unwrap();
        let path = elsewhere.path().to_owned();
        let told = format!("{} is not in the context", path.display());
        let settings = Settings { dockerfile: Some(path), ..Settings::default() };
        assert_eq!(sent(&[], &settings).unwrap_err(), told);
    }
}
