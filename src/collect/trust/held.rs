//! The certificates in a client's files: in place where its process is proven, else by the engine's archive.

use super::vouch::certificates;
use crate::collect::engine::{Connection, Mount, Seen};
use crate::collect::links::proven;
use crate::collect::source::is_beside_the_program;
use crate::collect::vantage::{Held as Found, ProvenPid, list_files, look_at, read_file};
use crate::words::words;
use rustls::pki_types::CertificateDer;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

/// A file of certificates is not larger, nor a folder of them that is fetched whole.
const FILE_LIMIT: u64 = 2 << 20;
const ARCHIVE_LIMIT: usize = 8 << 20;
/// How deep mounted folders are searched, how deep the program's own, and how many entries either may have.
const MOUNTED: usize = 3;
const BESIDE: usize = 2;
const ENTRIES: usize = 5000;
/// Files that variables and arguments name, at most.
const NAMED: usize = 32;
/// Files in which the name of a certificate's file is looked for, at most, and how long they may be.
const SEARCHED: usize = 300;
const LONGEST: u64 = 64 << 10;

/// Where systems keep the authorities that they trust.
const SYSTEM: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// Folders from which those are made, by a program that has to be run. Nobody reads them otherwise.
const WAITING: [&str; 3] = [
    "/usr/local/share/ca-certificates",
    "/etc/pki/ca-trust/source/anchors",
    "/usr/share/pki/trust/anchors",
];
/// Endings of files that may hold certificates; of keys and of key stores, which are not read.
const ENDINGS: [&str; 6] = ["pem", "crt", "cer", "cert", "ca", "bundle"];
const KEYS: [&str; 1] = ["key"];
const KEY_STORES: [&str; 6] = ["jks", "p12", "pfx", "pkcs12", "keystore", "truststore"];

/// What a client holds.
#[derive(Default)]
pub(super) struct Held {
    pub(super) stores: Vec<Store>,
    /// Whether there are authorities of its system.
    pub(super) has_system: bool,
    /// Whether a key of its own is named, or a store that may hold one. Of a key nothing else is kept.
    pub(super) has_key: bool,
    /// Keys that no variable and no argument names.
    keys: Vec<String>,
    /// What could not be looked at, if something could not.
    pub(super) unread: Option<String>,
}

/// One file of certificates.
pub(super) struct Store {
    pub(super) path: String,
    /// Whether it counts only once something else was made from it.
    pub(super) waits: bool,
    /// Whether it is the system's, or a variable or an argument leads to it.
    pub(super) is_named: bool,
    pub(super) certificates: Vec<CertificateDer<'static>>,
}

/// Looks through one client.
pub(super) async fn held(engine: &Connection, seen: &Seen) -> Held {
    let raw = &seen.raw;
    let mut held = Held { unread: of_java(seen), ..Held::default() };
    let files = Files { engine, id: &seen.facts.id, pid: proven(seen).ok() };
    for (name, text) in told(&raw.env) {
        held.add(format!("variable {name}"), text.as_bytes(), true);
    }
    let named = named(&raw.env, &raw.argv);
    if let Some(path) = named.iter().find(|path| ends_with(path, &KEY_STORES)) {
        held.unread.get_or_insert_with(|| format!("the key store {path} is not read"));
    }
    let single = named.iter().map(String::as_str).chain(SYSTEM).map(|path| (path, 0));
    let folders = named_folders(&raw.env, &raw.argv);
    let single = single.chain(folders.iter().map(|path| (path.as_str(), 1)));
    let waiting = WAITING.iter().map(|path| (*path, 1));
    for (path, depth) in single.chain(searched(seen)).chain(waiting) {
        match files.at(path, depth).await {
            Ok(found) => found.into_iter().for_each(|(path, text)| {
                let is_named = leads_to(&raw.env, &raw.argv, &path);
                held.add(path, &text, is_named);
            }),
            Err(why) => drop(held.unread.get_or_insert(why)),
        }
    }
    held.has_key = held.has_key || held.keys.iter().any(|path| is_mentioned(seen, path));
    held
}

/// Whether a file that is mounted or stands beside the program names another one; `false` where they can't be read in place.
pub(super) fn is_mentioned(seen: &Seen, path: &str) -> bool {
    let Ok(pid) = proven(seen) else { return false };
    let name = path.rsplit('/').next().unwrap_or(path).as_bytes();
    let files = searched(seen).into_iter().filter_map(|(folder, depth)| {
        list_files(&pid, folder, depth, ENTRIES, |_| false).ok().map(|listing| listing.files)
    });
    let others = files
        .flatten()
        .filter(|(at, length)| at != path && *length <= LONGEST && !is_beside_the_program(at));
    others.take(SEARCHED).any(|(at, _)| {
        read_file(&pid, &at, LONGEST)
            .is_ok_and(|text| text.windows(name.len().max(1)).any(|window| window == name))
    })
}

/// The folders of a client that are searched, and how deep: what is mounted, and what stands beside the program.
fn searched(seen: &Seen) -> Vec<(&str, usize)> {
    let mounts = seen.raw.mounts.iter().filter(|mount| is_searched(mount));
    let folders = mounts.map(|mount| (mount.destination.as_str(), MOUNTED));
    let workdir = Some((seen.raw.workdir.as_str(), BESIDE)).filter(|(path, _)| path.len() > 1);
    folders.chain(workdir).collect()
}

impl Held {
    fn add(&mut self, path: String, text: &[u8], is_named: bool) {
        if self.stores.iter().any(|store| store.path == path) {
            return;
        }
        let is_key = ends_with(&path, &KEYS) || ends_with(&path, &KEY_STORES) || holds_key(text);
        if is_key && !is_named {
            self.keys.push(path.clone());
        }
        self.has_key |= is_key && is_named;
        if ends_with(&path, &KEY_STORES) {
            self.unread.get_or_insert_with(|| format!("the key store {path} is not read"));
            return;
        }
        let certificates = certificates(text);
        if certificates.is_empty() {
            return;
        }
        self.has_system |= SYSTEM.contains(&path.as_str());
        let waits = WAITING.iter().any(|folder| path.starts_with(folder));
        let is_named = is_named || SYSTEM.contains(&path.as_str());
        self.stores.push(Store { path, waits, is_named, certificates });
    }
}

fn holds_key(text: &[u8]) -> bool {
    let mark = b"PRIVATE KEY-----";
    text.windows(mark.len()).any(|window| window == mark)
}

/// What Java trusts lies in a store of its own.
fn of_java(seen: &Seen) -> Option<String> {
    let is_java = |word: &String| word.rsplit('/').next() == Some("java");
    let has_java = seen.raw.env.iter().any(|(name, _)| name == "JAVA_HOME");
    (has_java || seen.raw.argv.iter().any(is_java))
        .then(|| "its program is one of Java, whose key store is not read".to_owned())
}

/// The variables that hold certificates themselves, with their text; some write line ends as `\n`.
fn told(env: &[(String, String)]) -> impl Iterator<Item = (&str, String)> {
    let holds = |value: &str| value.contains("-----BEGIN CERTIFICATE-----");
    env.iter()
        .filter(move |(_, value)| holds(value))
        .map(|(name, value)| (name.as_str(), value.replace("\\n", "\n")))
}

/// The files of certificates and key stores that variables and arguments name, by whole paths.
fn named(env: &[(String, String)], argv: &[String]) -> BTreeSet<String> {
    let values = env.iter().map(|(_, value)| value).chain(argv);
    let pieces =
        values.flat_map(|value| value.split([' ', ',', ';', '=', '&', '"', '\'', '(', ')']));
    let is_path = |piece: &&str| piece.starts_with('/') && piece.len() < 256 && is_candidate(piece);
    pieces.filter(is_path).map(ToOwned::to_owned).take(NAMED).collect()
}

/// The folders of certificates that a variable or an argument names.
fn named_folders(env: &[(String, String)], argv: &[String]) -> BTreeSet<String> {
    let told = env.iter().filter(|(name, _)| name == "SSL_CERT_DIR").map(|(_, value)| value);
    let given = argv.windows(2).filter(|pair| pair[0] == "--capath").map(|pair| &pair[1]);
    let folders = told.chain(given).flat_map(|value| value.split(':'));
    let is_path = |path: &&str| path.starts_with('/') && path.len() > 1;
    folders.filter(is_path).map(|path| path.trim_end_matches('/').to_owned()).take(NAMED).collect()
}

/// What other programs than Node are told of authorities by: it has its own, and reads these only with OpenSSL's.
const NOT_OF_NODE: [&str; 4] =
    ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

/// Whether a program reads a variable that names authorities, as far as its command tells.
fn is_read_by(argv: &[String], env: &[(String, String)], variable: &str) -> bool {
    let is_node = |word: &String| {
        matches!(word.rsplit('/').next(), Some("node" | "nodejs" | "npm" | "npx" | "yarn" | "pnpm"))
    };
    let options = env.iter().filter(|(name, _)| name == "NODE_OPTIONS").map(|(_, value)| value);
    let takes_openssls = || options.chain(argv).any(|text| text.contains("--use-openssl-ca"));
    !NOT_OF_NODE.contains(&variable) || !argv.iter().take(1).any(is_node) || takes_openssls()
}

/// Whether a variable or an argument names a file, or its folder, or a file of its name: as a whole word.
fn leads_to(env: &[(String, String)], argv: &[String], path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let names = |word: &str| {
        let word = word.trim_end_matches('/');
        word == path
            || (folder.len() > 1 && word == folder)
            || word.rsplit('/').next() == Some(name)
    };
    let read = env.iter().filter(|(variable, _)| is_read_by(argv, env, variable));
    let mut values = read.map(|(_, value)| value).chain(argv);
    values.any(|value| value.split([' ', ',', ';', ':', '=', '&', '"', '\'', '(', ')']).any(names))
}

fn ends_with(path: &str, endings: &[&str]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.rsplit_once('.').is_some_and(|(_, ending)| endings.contains(&ending))
}

fn is_searched(mount: &Mount) -> bool {
    let to = &mount.destination;
    let is_kernels = ["/proc", "/sys", "/dev"]
        .iter()
        .any(|folder| to.strip_prefix(folder).is_some_and(|r| r.is_empty() || r.starts_with('/')));
    to.len() > 1 && Path::new(to).extension().is_none_or(|end| end != "sock") && !is_kernels
}

/// The files of one container.
struct Files<'a> {
    engine: &'a Connection,
    id: &'a str,
    pid: Option<ProvenPid>,
}

impl Files<'_> {
    /// A file, or those of a folder, as deep as that, whose names say that they may hold certificates or keys. Nothing where
    /// there is nothing.
    async fn at(&self, path: &str, depth: usize) -> Result<Vec<(String, Vec<u8>)>, String> {
        match &self.pid {
            Some(pid) => in_place(pid, path, depth),
            None => self.fetched(path, depth).await,
        }
    }

    async fn fetched(&self, path: &str, depth: usize) -> Result<Vec<(String, Vec<u8>)>, String> {
        let Some(tar) = self.engine.archive(self.id, path, ARCHIVE_LIMIT).await? else {
            return Ok(Vec::new());
        };
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        let mut files = Vec::new();
        for entry in tar::Archive::new(tar.as_slice()).entries().map_err(|e| words(&e))? {
            let mut entry = entry.map_err(|e| words(&e))?;
            let inside = entry.path().map_err(|e| words(&e))?.to_string_lossy().into_owned();
            let at = format!("{parent}/{}", inside.trim_start_matches("./"));
            let below = at.strip_prefix(path).unwrap_or_default().matches('/').count();
            let is_wanted = entry.header().entry_type().is_file()
                && below <= depth
                && entry.size() <= FILE_LIMIT
                && (at == path || is_candidate(&at));
            if is_wanted {
                let mut text = Vec::new();
                if !ends_with(&at, &KEYS) {
                    entry.read_to_end(&mut text).map_err(|e| words(&e))?;
                }
                files.push((at, text));
            }
        }
        Ok(files)
    }
}

fn is_candidate(path: &str) -> bool {
    ends_with(path, &ENDINGS)
        || ends_with(path, &KEYS)
        || ends_with(path, &KEY_STORES)
        || is_hashed(path)
}

/// Whether a file is named as OpenSSL looks for it in a folder: `9d66eef0.0`.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split_once('.').is_some_and(|(hash, number)| {
        let is_hash = hash.len() == 8 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        is_hash && number.parse::<u8>().is_ok()
    })
}

fn in_place(pid: &ProvenPid, path: &str, depth: usize) -> Result<Vec<(String, Vec<u8>)>, String> {
    match look_at(pid, path, FILE_LIMIT) {
        Ok(Found::Nothing) => return Ok(Vec::new()),
        Ok(Found::File { .. }) | Err(_) if ends_with(path, &KEYS) => {
            return Ok(vec![(path.to_owned(), Vec::new())]);
        }
        Ok(Found::File { bytes, .. }) => return Ok(vec![(path.to_owned(), bytes)]),
        Ok(Found::Other) if depth == 0 => return Ok(Vec::new()),
        Ok(Found::Other) => {}
        // What is mounted may be any file, of any length.
        Err(_) if depth > 0 && !is_candidate(path) => return Ok(Vec::new()),
        Err(why) => return Err(why),
    }
    let listing = list_files(pid, path, depth, ENTRIES, |_| false)?;
    if let Some(cut) = listing.cut {
        return Err(format!("{path}: {cut}"));
    }
    let wanted = listing
        .files
        .into_iter()
        .filter(|(path, length)| is_candidate(path) && *length <= FILE_LIMIT);
    let read = |path: String| {
        if ends_with(&path, &KEYS) {
            return Ok((path, Vec::new()));
        }
        read_file(pid, &path, FILE_LIMIT).map(|text| (path, text))
    };
    wanted.map(|(path, _)| read(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::{certificates, holds_key, is_candidate, leads_to, named, named_folders, told};

    #[test]
    fn a_variable_may_hold_a_certificate_itself() {
        let key = rcgen::KeyPair::generate().unwrap();
        let made = rcgen::CertificateParams::new(vec!["mock".into()]).unwrap().self_signed(&key);
        let pem = made.unwrap().pem();
        let env = [
            ("CA", pem.clone()),
            ("CA_LINE", pem.trim().replace('\n', "\\n")),
            ("OTHER", "x".into()),
        ]
        .map(|(name, value)| (name.to_owned(), value));
        let found: Vec<_> = told(&env).collect();
        assert_eq!(found.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["CA", "CA_LINE"]);
        assert!(found.iter().all(|(_, text)| certificates(text.as_bytes()).len() == 1));
    }

    #[test]
    fn a_file_is_named_by_its_path_its_folder_or_its_name() {
        let leads = |value: &str| {
            let env = [("NAME".to_owned(), value.to_owned())];
            leads_to(&env, &[], "/etc/lab/ca.pem")
                && leads_to(&[], &[value.to_owned()], "/etc/lab/ca.pem")
        };
        assert!(leads("/etc/lab/ca.pem") && leads("/etc/lab/") && leads("file:certs/ca.pem"));
        assert!(!leads("/etc/lab/client.py") && !leads("/etc/laboratory") && !leads("my-ca.pem"));
        assert!(!leads("/etc/other/root.pem") && !leads_to(&[], &[], "/ca.pem"));
    }

    #[test]
    fn folders_are_named_by_what_is_read_as_such() {
        let env = [("SSL_CERT_DIR", "/certs/:/more"), ("DATA_DIR", "/data")];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let argv = ["curl", "--capath", "/given", "https://api"].map(str::to_owned);
        let folders: Vec<String> = named_folders(&env, &argv).into_iter().collect();
        assert_eq!(folders, ["/certs", "/given", "/more"]);
        assert!(is_candidate("/certs/9d66eef0.0") && !is_candidate("/certs/9d66eef0.txt"));
    }

    #[test]
    fn node_reads_a_variable_of_its_own() {
        let leads = |argv: &str, variable: &str| {
            let env = [(variable.to_owned(), "/c/ca.pem".to_owned())];
            let argv: Vec<String> = argv.split(' ').map(str::to_owned).collect();
            leads_to(&env, &argv, "/c/ca.pem")
        };
        assert!(
            leads("python3 a.py", "SSL_CERT_FILE") && leads("node a.js", "NODE_EXTRA_CA_CERTS")
        );
        assert!(!leads("/usr/bin/node a.js", "SSL_CERT_FILE") && leads("node a.js", "MY_CA"));
        assert!(leads("node --use-openssl-ca a.js", "SSL_CERT_FILE"));
    }

    #[test]
    fn files_are_named_anywhere_in_a_value() {
        let env = [
            ("SSL_CERT_FILE", "/etc/lab/ca.pem"),
            ("DATABASE_URL", "postgres://u:p@db/x?sslrootcert=/certs/root.crt&sslmode=verify-full"),
            ("JAVA_OPTS", "-Xmx1g -Djavax.net.ssl.trustStore=/certs/trust.jks"),
            ("PATH", "/usr/local/bin:/usr/bin"),
            ("RELATIVE", "certs/ca.pem"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let argv = ["curl", "--cacert", "/run/secrets/ca.crt", "https://api"].map(str::to_owned);
        let found: Vec<String> = named(&env, &argv).into_iter().collect();
        let expected =
            ["/certs/root.crt", "/certs/trust.jks", "/etc/lab/ca.pem", "/run/secrets/ca.crt"];
        assert_eq!(found, expected);
        assert!(
            holds_key(b"-----BEGIN EC PRIVATE KEY-----\n")
                && !holds_key(b"-----BEGIN CERTIFICATE-----")
        );
        assert!(is_candidate("/x/CA.PEM") && !is_candidate("/x/pem") && !is_candidate("/x.crt/y"));
    }
}
