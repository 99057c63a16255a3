//! The matrix of real servers (`tests/servers`): each is diagnosed idle and while others call it, and is never accused
//! of what it does not do. `--matrix` prints the table of `docs/servers.md`.

use super::cast::Play;
use super::diagnosis::Diagnosis;
use super::scene::{Container, Expect, Network, OneOf, Scene, Symptom};
use super::stage::Stage;
use super::trials::{Test, trial};
use super::verdict::{Met, findings, list, text};
use super::{Engine, Result, promises, symptom};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, ExitCode, Stdio};
use std::time::Duration;

/// The image with most of them, and with what calls them.
const IMAGE: &str = "econn-lab-servers:1";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers");

/// A file of `tests/servers`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    server: Vec<Server>,
}

/// One real server; `tests/servers/README.md` tells the fields.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    name: String,
    truth: Truth,
    #[serde(default = "http")]
    scheme: String,
    /// Without it, the usual one of the scheme; 8080 and 8443 for HTTP.
    port: Option<u16>,
    command: Vec<String>,
    /// The image that it is in, where it is not the one with most of them.
    #[serde(default = "most")]
    image: String,
    /// Further ports to wait for.
    #[serde(default)]
    listens: Vec<u16>,
    /// A path on which a request takes its time, so that its turns can be seen.
    slow: Option<String>,
    /// What a client says first where it is not HTTP.
    says: Option<String>,
    /// Prints its version.
    version: Vec<String>,
}

/// What the server does with a second client while a first one is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Truth {
    /// It answers.
    #[serde(rename = "concurrent")]
    Concurrent,
    /// It answers, until so many are there that are far more than econn opens.
    #[serde(rename = "limited")]
    Limited,
    /// It takes it up when the first has gone.
    #[serde(rename = "serial at accept")]
    SerialAtAccept,
    /// The same, once the first has said something.
    #[serde(rename = "serial at the first byte")]
    SerialAtByte,
    /// It takes it up, and works on one request after the other.
    #[serde(rename = "serial per request")]
    SerialPerRequest,
}

impl Truth {
    /// Whether one connection can keep all others waiting.
    fn is_serial(self) -> bool {
        matches!(self, Self::SerialAtAccept | Self::SerialAtByte)
    }

    /// The right outcomes of server-concurrency. Nobody is accused of what is not so, loaded or not; under load an honest
    /// `unknown` is right for what cannot be seen then.
    fn outcomes(self, loaded: bool) -> &'static [&'static str] {
        match (self, loaded) {
            (Self::Concurrent | Self::Limited, _) => &["pass", "warn"],
            (Self::SerialAtAccept | Self::SerialAtByte, false) => &["fail"],
            (Self::SerialAtAccept | Self::SerialAtByte, true) => &["fail", "unknown"],
            (Self::SerialPerRequest, false) => &["warn", "unknown"],
            (Self::SerialPerRequest, true) => &["warn", "unknown", "pass"],
        }
    }

    /// The codes that accuse it falsely.
    fn false_codes(self) -> &'static [&'static str] {
        match self {
            Self::Concurrent | Self::Limited => &["EC101", "EC103", "EC104", "EC105"],
            Self::SerialAtAccept | Self::SerialAtByte => &["EC104", "EC105"],
            Self::SerialPerRequest => &["EC101", "EC104", "EC105"],
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Concurrent => "concurrent",
            Self::Limited => "concurrent, limited",
            Self::SerialAtAccept => "serial at accept",
            Self::SerialAtByte => "serial at the first byte",
            Self::SerialPerRequest => "serial per request",
        }
    }
}

impl Server {
    fn port(&self) -> u16 {
        self.port.unwrap_or(match self.scheme.as_str() {
            "https" => 8443,
            "redis" => 6379,
            "postgres" => 5432,
            _ => 8080,
        })
    }

    fn url(&self) -> String {
        format!("{}://tls.test:{}", self.scheme, self.port())
    }

    /// The server, the client that is told to call it, and a crowd that is told nothing, and calls when it is asked to.
    fn scene(&self) -> Scene {
        let container = |name: &str| Container {
            name: name.into(),
            image: Some(IMAGE.into()),
            networks: vec!["net".into()],
            command: vec!["sleep".into(), "infinity".into()],
            ..Container::default()
        };
        let server = Container {
            image: Some(self.image.clone()),
            command: self.command.clone(),
            options: vec![format!("--volume={FOLDER}/srv:/srv:ro"), "--workdir=/srv".into()],
            aliases: vec!["tls.test".into()],
            listens: self.listens.iter().copied().chain([self.port()]).collect(),
            env: BTreeMap::from([("HOME".into(), "/tmp".into())]),
            ..container("server")
        };
        let trust = [("SERVER_URL", self.url()), ("SSL_CERT_FILE", "/etc/lab/cert.pem".into())];
        let client = Container {
            env: trust.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            ..container("client")
        };
        let crowd = Container {
            options: vec![format!("--volume={FOLDER}/load.py:/load.py:ro")],
            ..container("crowd")
        };
        let is_http = self.scheme.starts_with("http");
        let sees = |held: bool, seen: &[&str]| Symptom {
            engine: None,
            client: "client".into(),
            url: Some(self.url()),
            held,
            run: vec![],
            sees: OneOf::Any(seen.iter().map(|one| (*one).to_owned()).collect()),
        };
        let answered = if is_http { "200" } else { "connected" };
        let held: &[&str] = if self.truth == Truth::SerialAtAccept {
            &["read timeout", "connect timeout"]
        } else {
            &[answered]
        };
        Scene {
            about: format!("{}: {}", self.name, self.truth.word()),
            network: vec![Network { name: "net".into(), options: vec![] }],
            container: vec![server, client, crowd],
            symptom: vec![sees(false, &[answered]), sees(true, held)],
            flags: self
                .slow
                .iter()
                .flat_map(|path| ["--probe".into(), format!("{{{{server}}}}={path}")])
                .collect(),
            ..Scene::default()
        }
    }

    /// What the report must say.
    fn expected(&self, loaded: bool) -> Expect {
        let outcomes = self.truth.outcomes(loaded).iter().map(|one| (*one).to_owned()).collect();
        Expect {
            client: "client".into(),
            // Without the port, which a report leaves out where it is the usual one.
            url: format!("{}://tls.test", self.scheme),
            server: Some("server".into()),
            checks: BTreeMap::from([("server-concurrency".to_owned(), OneOf::Any(outcomes))]),
            codes: (self.truth.is_serial() && !loaded)
                .then(|| "EC101".to_owned())
                .into_iter()
                .collect(),
            not_codes: self.truth.false_codes().iter().map(|one| (*one).to_owned()).collect(),
            ..Expect::default()
        }
    }
}

/// What came out for one server.
struct Row {
    version: String,
    verdicts: [String; 2],
    wrong: Vec<String>,
}

fn perform(server: &Server, engine: Engine) -> Result<Row> {
    let scene = server.scene();
    let mut play = Play { name: server.name.clone(), scene, on: vec![] };
    let stage = Stage::set(&play.scene, engine, &[], false)?;
    // Only the client is named: whom a proxy is told to call is another link, and not what is asked here.
    play.scene.container.retain(|container| container.name == "client");
    for symptom in &play.scene.symptom {
        symptom::verify(&stage, symptom, &symptom.sees)?;
    }
    let version = stage.engine.exec(&stage.words.name("server")?, &server.version)?;
    let version = version
        .split(|c: char| c.is_whitespace() || "()/=".contains(c))
        .find(|word| word.contains('.') && word.contains(|c: char| c.is_ascii_digit()));
    let mut row = Row {
        version: version.unwrap_or("?").trim_matches(|c: char| !c.is_ascii_digit()).into(),
        verdicts: Default::default(),
        wrong: vec![],
    };
    for loaded in [false, true] {
        let crowd = loaded.then(|| Crowd::call(&stage, server)).transpose()?;
        let diagnosis = Diagnosis::of(&stage, &play)?;
        if crowd.map_or(Ok(1), Crowd::leave)? == 0 {
            row.wrong.push("the crowd got no answer at all".to_owned());
        }
        let mut wrong = promises::broken(&diagnosis.report, diagnosis.exit, &diagnosis.stderr);
        let report = &diagnosis.report;
        let expected = [server.expected(loaded)];
        wrong.extend(Met::of(report, &expected, &stage.words)?.differences(&stage.words)?);
        let when = if loaded { "loaded" } else { "idle" };
        row.wrong.extend(wrong.into_iter().map(|what| format!("{when}: {what}")));
        row.verdicts[usize::from(loaded)] = verdict(report);
    }
    row.wrong.extend(stage.strike().err());
    Ok(row)
}

/// The row of server-concurrency in a word and its codes.
fn verdict(report: &serde_json::Value) -> String {
    let links = list(report, "links");
    let Some(link) = links.first() else { return "no link".into() };
    let rows = list(link, "checks");
    let Some(row) = rows.iter().find(|row| text(row, "check") == "server-concurrency") else {
        return "no row".into();
    };
    let outcome = text(row, "outcome");
    let codes = findings(link).map(|finding| text(finding, "code"));
    let codes: Vec<&str> = codes.filter(|code| code.starts_with("EC1")).collect();
    format!("{outcome} {}", codes.join(" ")).trim_end().to_owned()
}

/// Clients in a container of their own, at work until they are sent away or dropped.
struct Crowd(Child);

impl Crowd {
    fn call(stage: &Stage, server: &Server) -> Result<Self> {
        let mut command = stage.engine.command();
        command.args(["exec", "--interactive", &stage.words.name("crowd")?]);
        command.args(["python3", "/load.py", &server.url()]).args(&server.says);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let crowd = Self(child.map_err(|trouble| format!("the crowd: {trouble}"))?);
        std::thread::sleep(Duration::from_secs(1));
        Ok(crowd)
    }

    /// How many answers they got.
    fn leave(mut self) -> Result<u64> {
        drop(self.0.stdin.take());
        let mut said = String::new();
        if let Some(mut stdout) = self.0.stdout.take() {
            std::io::Read::read_to_string(&mut stdout, &mut said).map_err(|e| e.to_string())?;
        }
        said.trim().parse().map_err(|_| format!("the crowd said {said:?}"))
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Every server of `tests/servers`.
fn all() -> Result<Vec<Server>> {
    let trouble = |path: &Path, what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let folder = Path::new(FOLDER);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .map_err(|what| trouble(folder, &what))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    paths.sort();
    let mut servers = vec![];
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|what| trouble(&path, &what))?;
        let file: File = toml::from_str(&text).map_err(|what| trouble(&path, &what))?;
        servers.extend(file.server);
    }
    Ok(servers)
}

/// One test for each server and engine. Steps of time can be seen on a quiet machine only.
pub(crate) fn trials(engines: &[Engine]) -> Result<Vec<Test>> {
    let servers = all()?;
    let on = |engine: Engine| {
        servers.iter().map(move |server| {
            let server = server.clone();
            trial(format!("server/{} {engine}", server.name), server.slow.is_some(), move || {
                let wrong = perform(&server, engine)?.wrong;
                if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
            })
        })
    };
    Ok(engines.iter().copied().flat_map(on).collect())
}

/// `--matrix [SERVER]`: runs the servers whose name contains that and prints what came out.
pub(crate) fn matrix(engines: &[Engine], words: &[String]) -> ExitCode {
    let wanted = words.first().map_or("", String::as_str);
    let servers = match all() {
        Ok(servers) => servers,
        Err(trouble) => {
            eprintln!("matrix: {trouble}");
            return ExitCode::FAILURE;
        }
    };
    let mut out = std::io::stdout();
    let mut ended = ExitCode::SUCCESS;
    for engine in engines {
        let _ = writeln!(
            out,
            "\n{engine}\n\n| server | version | what it does | idle | called by others |\n|---|---|---|---|---|"
        );
        for server in servers.iter().filter(|server| server.name.contains(wanted)) {
            let wrong = match perform(server, *engine) {
                Ok(Row { version, verdicts: [idle, loaded], wrong }) => {
                    let Server { name, truth, .. } = server;
                    let truth = truth.word();
                    let _ = writeln!(out, "| {name} | {version} | {truth} | {idle} | {loaded} |");
                    wrong
                }
                Err(trouble) => vec![trouble],
            };
            for what in wrong {
                ended = ExitCode::FAILURE;
                eprintln!("matrix: {} on {engine}: {what}", server.name);
            }
        }
    }
    ended
}

fn http() -> String {
    "http".into()
}

fn most() -> String {
    IMAGE.into()
}
