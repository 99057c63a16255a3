//! A real registry, to which the image that runs was pushed, and then another one under its name.

use super::econn::{Run, econn, run};
use super::far::Far;
use super::{must, output, scene};
use crate::harness::cast::Play;
use crate::harness::stage::Stage;
use crate::harness::verdict::{findings, list, text, told};
use crate::harness::{Cast, Engine, Result, diagnosis, run_id};
use std::process::Command;

/// The server is only made: an image of one file can't run, and is pushed in no time.
const SCENE: &str = r#"
about = "the image of the server is in a registry"

[[network]]
name = "net"

[[build]]
name = "old"
options = ["--tag=IMAGE"]
[build.files]
Dockerfile = """
FROM scratch
COPY text /text
CMD ["/text"]
"""
text = "old"

[[build]]
name = "new"
[build.files]
Dockerfile = """
FROM scratch
COPY text /text
CMD ["/text"]
"""
text = "new"

[[container]]
name = "server"
image = "IMAGE"
command = ["/text"]
networks = ["net"]
state = "created"

[[container]]
name = "client"
networks = ["net"]
env = { SERVER_URL = "http://{{server}}:8080" }
"#;

/// Neither pushed nor pulled, the same, another one, pulled and not recreated, recreated, and nobody to ask.
pub(super) fn is_asked(_: &Cast, engine: Engine) -> Result<()> {
    let registry = Far::registry()?;
    let image = format!("127.0.0.1:{}/shop/mock:1", registry.port);
    let play = Play {
        name: "registry".into(),
        scene: scene(&SCENE.replace("IMAGE", &image))?,
        on: vec![],
    };
    let mut stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let _image = Pulled { engine, image: &image };
    let (old, new) = (stage.words.fill("{{image:old}}")?, stage.words.fill("{{image:new}}")?);
    let push = || {
        let plain: &[&str] = if engine == Engine::Podman { &["--tls-verify=false"] } else { &[] };
        engine.run(["push"].iter().chain(plain).chain([&image.as_str()]))
    };

    let before = look(&stage, &play)?;
    // Podman knows a digest of everything that it has.
    match engine {
        Engine::Podman => before.must("unknown", &[], "holds no")?,
        _ => before.must("skip", &[], "neither pulled")?,
    }
    push()?;
    look(&stage, &play)?.must("pass", &[], "its registry holds the same image under")?;

    // Somebody else pushes: here the name stays where it was.
    engine.run(["tag", &new, &image])?;
    push()?;
    engine.run(["tag", &old, &image])?;
    let behind = look(&stage, &play)?;
    behind.must("fail", &["EC208"], "")?;

    let pull = behind.command("EC208")?;
    let mut shell = Command::new("sh");
    shell.args(["-c", &pull]).env("DOCKER_HOST", Engine::Docker.host());
    output(shell.env("CONTAINER_HOST", Engine::Podman.host()))?;
    look(&stage, &play)?.must("fail", &["EC202"], "")?;

    let (server, net) = (stage.words.name("server")?, stage.words.name("net")?);
    stage.dismiss(&server)?;
    let (label, network) = (format!("--label=econn.lab={}", run_id()), format!("--network={net}"));
    let made = ["create", "--pull=never", &label, &network, "--name", &server, &image, "/text"];
    engine.run(made)?;
    stage.adopt(server);
    look(&stage, &play)?.must("pass", &[], "its registry holds the same image under")?;

    drop(registry);
    look(&stage, &play)?.must("unknown", &[], "the connection was refused")?;
    stage.strike()
}

/// What econn says of the image.
struct Look(Run);

fn look(stage: &Stage, play: &Play) -> Result<Look> {
    let arguments = diagnosis::arguments(stage, play)?;
    run(econn().args(arguments).args(["--registry", "--format", "json"])).map(Look)
}

impl Look {
    /// The row of image-freshness is so, with these findings, and says that.
    fn must(&self, outcome: &str, codes: &[&str], says: &str) -> Result<()> {
        let report = self.0.report()?;
        let links = list(&report, "links").iter();
        let row = links
            .flat_map(|link| list(link, "checks"))
            .find(|row| text(row, "check") == "image-freshness")
            .ok_or_else(|| self.0.account("says nothing of the image"))?;
        let found: Vec<&str> = list(row, "findings").iter().map(|f| text(f, "code")).collect();
        let holds = text(row, "outcome") == outcome && found == codes && told(row).contains(says);
        must(holds, || {
            self.0.account(&format!("must be {outcome} {codes:?}, {says:?}: {}", told(row)))
        })
    }

    /// The command that a finding proposes.
    fn command(&self, code: &str) -> Result<String> {
        let report = self.0.report()?;
        let mut found = list(&report, "links").iter().flat_map(findings);
        let found = found.find(|finding| text(finding, "code") == code);
        let command =
            found.and_then(|f| list(f, "fix").iter().find_map(|fix| fix["command"].as_str()));
        command.map(str::to_owned).ok_or_else(|| self.0.account("proposes no command"))
    }
}

/// The name in the registry, which goes when the test has ended.
struct Pulled<'a> {
    engine: Engine,
    image: &'a str,
}

impl Drop for Pulled<'_> {
    fn drop(&mut self) {
        let _ = self.engine.run(["image", "rm", "--force", self.image]);
    }
}
