//! Sets one scene up on one engine, and takes it down again whatever happens.
//!
//! Everything carries the label `econn.lab=<pid>.<start time>` of this process, so that a later run can tell what a
//! killed one left (`engines.sh sweep`).

use super::engine::BASE_IMAGE;
use super::firewall::Firewall;
use super::scene::{Container, Scene, State};
use super::turn::Turn;
use super::words::{Words, host_port};
use super::{Engine, Result, folder, run_id};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long a container may take until it listens, or has ended.
const READY: Duration = Duration::from_secs(30);

pub(crate) struct Stage {
    pub(crate) engine: Engine,
    pub(crate) words: Words,
    /// Holds a folder for each build and each mount.
    pub(crate) folder: PathBuf,
    containers: Vec<(Engine, String)>,
    pods: Vec<String>,
    networks: Vec<String>,
    firewall: Firewall,
    images: Vec<String>,
}

impl Stage {
    /// Sets the scene up. `plain` keeps its names and ports as they are written.
    pub(crate) fn set(scene: &Scene, engine: Engine, on: &[String], plain: bool) -> Result<Self> {
        engine.ready()?;
        let words = Words::of(scene, engine, on, plain)?;
        let folder = folder::new()?;
        let mut stage = Self {
            engine,
            words,
            folder,
            containers: vec![],
            pods: vec![],
            networks: vec![],
            firewall: Firewall::of(engine),
            images: vec![],
        };
        // Its turn is over before what is half set up is taken down.
        let set = {
            let _turn = Turn::on(engine);
            stage.furnish(scene)
        };
        set.map(|()| stage)
    }

    fn furnish(&mut self, scene: &Scene) -> Result<()> {
        self.build(scene)?;
        self.make_networks(scene)?;
        self.make_pods(scene)?;
        for container in &scene.container {
            self.make(container)
                .map_err(|trouble| format!("container {}: {trouble}", container.name))?;
        }
        for command in &scene.then {
            self.engine.run(self.words.fill_all(command)?)?;
        }
        if !scene.firewall.is_empty() && !scene.alone {
            return Err("a scene with firewall rules must be alone".into());
        }
        for rule in &scene.firewall {
            self.firewall.add(&self.words.fill_all(rule)?)?;
        }
        Ok(())
    }

    fn build(&mut self, scene: &Scene) -> Result<()> {
        for build in &scene.build {
            let at = folder::write_source(&self.folder, build, &self.words)?;
            if let Some(commit) = folder::commit_of(&at, build) {
                self.words.say(&format!("commit:{}", build.name), &commit?)?;
            }
            let image = format!("econn-lab-{}{}:1", build.name, self.words.fill("{{ns}}")?);
            let label = format!("--label=econn.lab={}", run_id());
            // Without the cache: a scene that removes its image would take shared layers from under our hands.
            let mut arguments = words_of(&["--quiet", &label, "--tag", &image]);
            arguments.extend(self.words.fill_all(&build.options)?);
            arguments.push(at.display().to_string());
            self.images.push(image.clone());
            self.engine.run(
                ["build", "--no-cache"].into_iter().chain(arguments.iter().map(String::as_str)),
            )?;
            folder::age_source(&at, build, &self.words)?;
            if build.again {
                self.engine
                    .run(["build"].into_iter().chain(arguments.iter().map(String::as_str)))?;
            }
            self.words.say(&format!("image:{}", build.name), &image)?;
            self.words.say(&format!("folder:{}", build.name), &at.display().to_string())?;
        }
        Ok(())
    }

    fn make_networks(&mut self, scene: &Scene) -> Result<()> {
        for network in &scene.network {
            let real = self.words.name(&network.name)?;
            let mut arguments =
                vec!["network".into(), "create".into(), format!("--label=econn.lab={}", run_id())];
            arguments.extend(self.words.fill_all(&network.options)?);
            arguments.push(real.clone());
            self.networks.push(real.clone());
            self.engine.run(arguments)?;
            let format = match self.engine.kind() {
                Engine::Podman => "{{.NetworkInterface}} {{range .Subnets}}{{.Gateway}}{{end}}",
                _ => "br-{{slice .ID 0 12}} {{range .IPAM.Config}}{{.Gateway}}{{end}}",
            };
            let told = self.engine.run(["network", "inspect", "--format", format, &real])?;
            let (bridge, gateway) = told.split_once(' ').unwrap_or((&told, ""));
            self.words.say(&format!("gateway:{}", network.name), gateway)?;
            self.words.say(&format!("bridge:{}", network.name), bridge)?;
        }
        Ok(())
    }

    fn make_pods(&mut self, scene: &Scene) -> Result<()> {
        for pod in &scene.pod {
            let real = self.words.name(&pod.name)?;
            let mut arguments = words_of(&["pod", "create", "--name", &real]);
            arguments.push(format!("--label=econn.lab={}", run_id()));
            for network in &pod.networks {
                arguments.push(format!("--network={}", self.words.name(network)?));
            }
            self.pods.push(real);
            self.engine.run(arguments)?;
        }
        Ok(())
    }

    fn make(&mut self, container: &Container) -> Result<()> {
        let real = self.words.name(&container.name)?;
        let networks =
            container.networks.iter().map(|n| self.words.name(n)).collect::<Result<Vec<_>>>()?;
        let engine = self.engine_of(container);
        if engine != self.engine {
            engine.ready()?;
        }
        self.containers.push((engine, real.clone()));
        engine.run(self.creation(container, &real, networks.first())?)?;
        let aliases = self.words.fill_all(&container.aliases)?;
        for network in networks.iter().skip(1) {
            let aliases = aliases.iter().flat_map(|alias| ["--alias", alias]);
            engine.run(
                ["network", "connect"].into_iter().chain(aliases).chain([network.as_str(), &real]),
            )?;
        }
        if container.state == State::Created {
            return Ok(());
        }
        let started = engine.start(&real);
        if container.state == State::Unstartable {
            return match started {
                Ok(()) => Err("it started, and should not have".into()),
                Err(_) => Ok(()),
            };
        }
        started?;
        if container.state == State::Exited {
            wait(engine, &real, "to exit", || {
                engine.inspect(&real).is_ok_and(|seen| seen["State"]["Running"] == false)
            })?;
        }
        let (process, addresses) = seen(engine, &real)?;
        if container.state == State::Running {
            wait(engine, &real, "to listen", || {
                listens(engine, &real, process, &container.listens)
            })?;
        }
        self.name_addresses(container, &addresses)
    }

    fn engine_of(&self, container: &Container) -> Engine {
        container.engine.filter(|other| !other.covers(self.engine)).unwrap_or(self.engine)
    }

    /// Makes a container of the scene anew, as somebody does who starts it with other settings. Its files are written anew,
    /// too; its address stays what it was called by.
    pub(crate) fn replace(&mut self, container: &Container) -> Result<()> {
        let real = self.words.name(&container.name)?;
        let network = container.networks.first().map(|n| self.words.name(n)).transpose()?;
        self.engine.remove(&real)?;
        self.engine.run(self.creation(container, &real, network.as_ref())?)?;
        self.engine.start(&real)?;
        let (process, _) = seen(self.engine, &real)?;
        wait(self.engine, &real, "to listen", || {
            listens(self.engine, &real, process, &container.listens)
        })
    }

    /// Removes a container while the scene still plays.
    pub(crate) fn dismiss(&mut self, real: &str) -> Result<()> {
        self.forget(real);
        self.engine.remove(real)
    }

    /// Takes care of a container that somebody else has made.
    pub(crate) fn adopt(&mut self, real: String) {
        self.containers.push((self.engine, real));
    }

    /// The same for one that is known to be gone.
    pub(crate) fn forget(&mut self, real: &str) {
        self.containers.retain(|(_, container)| container != real);
    }

    /// `ip:NAME` is the address in the first network of the container, `ip:NAME:NETWORK` the one in another.
    fn name_addresses(
        &mut self,
        container: &Container,
        addresses: &BTreeMap<String, String>,
    ) -> Result<()> {
        let mut first = addresses.values().next();
        for (index, network) in container.networks.iter().enumerate() {
            let Some(address) = addresses.get(&self.words.name(network)?) else { continue };
            self.words.say(&format!("ip:{}:{network}", container.name), address)?;
            if index == 0 {
                first = Some(address);
            }
        }
        first.map_or(Ok(()), |address| self.words.say(&format!("ip:{}", container.name), address))
    }

    /// The arguments of `create` for a container of the scene.
    fn creation(
        &self,
        container: &Container,
        real: &str,
        network: Option<&String>,
    ) -> Result<Vec<String>> {
        let mut arguments = words_of(&["create", "--pull=never", "--name", real]);
        arguments.push(format!("--label=econn.lab={}", run_id()));
        if let Some(network) = network.filter(|network| *network != "default") {
            arguments.push(format!("--network={network}"));
            let aliases = self.words.fill_all(&container.aliases)?;
            arguments.extend(aliases.iter().map(|alias| format!("--network-alias={alias}")));
        }
        for (name, value) in &container.env {
            arguments.push(format!("--env={name}={}", self.words.fill(value)?));
        }
        for published in &container.publish {
            let port = host_port(published);
            let real = self.words.fill(&format!("{{{{{port}}}}}"))?;
            arguments.push(format!("--publish={}", published.replacen(port, &real, 1)));
        }
        for (destination, files) in &container.mounts {
            let at = self
                .folder
                .join("mounts")
                .join(&container.name)
                .join(destination.trim_start_matches('/'));
            folder::write_files(&at, files, &self.words)?;
            arguments.push(format!("--volume={}:{destination}:ro", at.display()));
        }
        arguments.extend(self.words.fill_all(&container.options)?);
        match &container.build {
            Some(build) => arguments.push(self.words.fill(&format!("{{{{image:{build}}}}}"))?),
            None => arguments.push(container.image.as_deref().unwrap_or(BASE_IMAGE).to_owned()),
        }
        if container.build.is_none() && container.command.is_empty() {
            arguments.extend(words_of(&["sleep", "infinity"]));
        }
        arguments.extend(self.words.fill_all(&container.command)?);
        Ok(arguments)
    }

    /// Takes everything down; says what would not go, because then somebody else holds it.
    pub(crate) fn strike(mut self) -> Result<()> {
        self.remove()
    }

    fn remove(&mut self) -> Result<()> {
        let _turn = Turn::on(self.engine);
        let mut left = self.firewall.remove();
        // One after the other: after one command for several, Podman 4.3 once kept a container that it could not list any more.
        // What is held by somebody is tried again when this is dropped.
        let mut held = vec![];
        for (engine, container) in self.containers.drain(..).rev() {
            if let Err(trouble) = engine.remove(&container) {
                left.push(trouble);
                held.insert(0, (engine, container));
            }
        }
        self.containers = held;
        if !self.containers.is_empty() {
            return Err(format!("left behind: {}", left.join("\n")));
        }
        for pod in self.pods.drain(..) {
            left.extend(self.engine.run(["pod", "rm", "--force", "--time=0", &pod]).err());
        }
        let networks: Vec<String> = self.networks.drain(..).collect();
        if !networks.is_empty() {
            let words = ["network", "rm"].into_iter();
            left.extend(self.engine.run(words.chain(networks.iter().map(String::as_str))).err());
        }
        for image in self.images.drain(..) {
            left.extend(self.engine.run(["image", "rm", &image]).err());
        }
        left.extend(fs::remove_dir_all(&self.folder).err().map(|trouble| trouble.to_string()));
        if left.is_empty() { Ok(()) } else { Err(format!("left behind: {}", left.join("\n"))) }
    }
}

/// Waits until a container is ready; says what it logged when it never is.
fn wait(engine: Engine, real: &str, what: &str, mut done: impl FnMut() -> bool) -> Result<()> {
    let deadline = Instant::now() + READY;
    while !done() {
        if Instant::now() > deadline {
            let log = engine.run(["logs", "--tail", "20", real]).unwrap_or_else(|trouble| trouble);
            return Err(format!("waited {} s for {real} {what}; its log:\n{log}", READY.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// The process of a started container, 0 where it has ended, and its addresses by network.
fn seen(engine: Engine, real: &str) -> Result<(u64, BTreeMap<String, String>)> {
    let told = engine.inspect(real)?;
    let process = told["State"]["Pid"].as_u64().ok_or_else(|| format!("{real} has no pid"))?;
    let networks = told["NetworkSettings"]["Networks"].as_object();
    let addresses = networks
        .into_iter()
        .flatten()
        .map(|(name, at)| (name.clone(), at["IPAddress"].as_str().unwrap_or_default().to_owned()));
    Ok((process, addresses.collect()))
}

/// Are all these ports listened on inside the container, at whatever address?
fn listens(engine: Engine, real: &str, process: u64, ports: &[u16]) -> bool {
    if ports.is_empty() {
        return true;
    }
    // Cheaper than a command in the container, which is for engines elsewhere.
    if engine.is_of_the_lab() {
        let sockets: String = ["tcp", "tcp6"]
            .iter()
            .filter_map(|family| fs::read_to_string(format!("/proc/{process}/net/{family}")).ok())
            .collect();
        return ports.iter().all(|port| {
            let own = format!(":{port:04X}");
            sockets.lines().any(|row| {
                let mut cells = row.split_whitespace().skip(1);
                cells.next().is_some_and(|at| at.ends_with(&own)) && cells.nth(1) == Some("0A")
            })
        });
    }
    ports.iter().all(|port| {
        let row = format!(":{port:04X} [0-9A-F]*:0000 0A");
        engine.run(["exec", real, "grep", "-qhs", &row, "/proc/net/tcp", "/proc/net/tcp6"]).is_ok()
    })
}

fn words_of(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

impl Drop for Stage {
    /// Also after a panic, and where the stage was only half set; `strike` has left nothing to do here.
    fn drop(&mut self) {
        let empty = self.containers.is_empty() && self.pods.is_empty() && self.networks.is_empty();
        if !empty || !self.images.is_empty() {
            let _ = self.remove();
        }
    }
}
