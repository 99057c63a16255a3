//! Puts what the managers of a Swarm know beside the containers of its nodes: whose tasks they are, and which tasks have
//! no container that could be seen.

use super::engine::{Connection, Membership, Seen, Task as Listed, View, stand_in};
use super::survey::Listed as All;
use checks::model::{Attachment, Container, Task, TaskImage};
use checks::notes::UNREADABLE;
use sha1::{Digest, Sha1};
use std::collections::HashMap;
use std::fmt::Write;

/// Fills in the tasks of all containers, and adds a container for each task without one. `members` are the engines in the
/// order of `engines`.
pub(super) async fn join(
    engines: &[Connection],
    all: &mut All,
    members: &[Option<Membership>],
    notes: &mut Vec<String>,
) {
    let views = members.iter().enumerate().filter_map(|(index, member)| {
        Some((index, member.as_ref()?, member.as_ref()?.view.as_ref()?))
    });
    let mut seen_swarms = Vec::new();
    for (index, member, view) in views {
        if seen_swarms.contains(&&member.node.swarm) {
            continue;
        }
        let name = &engines[index].facts.name;
        match view {
            Ok(view) => {
                seen_swarms.push(&member.node.swarm);
                let asked: HashMap<&str, &str> = members
                    .iter()
                    .zip(engines)
                    .filter_map(|(m, engine)| Some((m.as_ref()?.node.id.as_str(), engine)))
                    .map(|(id, engine)| (id, engine.facts.name.as_str()))
                    .collect();
                tell(all, view, &asked);
                add(&engines[index], index, all, view, &asked);
            }
            Err(why) => {
                notes.push(UNREADABLE.says(format!("{name}: its Swarm can't be read: {why}")));
            }
        }
    }
    images(engines, all).await;
}

/// What the manager knows of the tasks whose containers were listed.
fn tell(all: &mut All, view: &View, asked: &HashMap<&str, &str>) {
    for (_, seen) in &mut all.seen {
        let engine = &seen.facts.engine;
        let Some(listed) = view.tasks.iter().find(|task| is_of(&seen.facts, task, view)) else {
            continue;
        };
        if asked.get(listed.node.as_str()) != Some(&engine.as_str()) {
            continue;
        }
        let known = task(listed, view);
        if let (Some(task), Some(known)) = (&mut seen.facts.task, known) {
            *task = known;
        }
    }
}

fn is_of(container: &Container, task: &Listed, view: &View) -> bool {
    let service = view.services.get(&task.service);
    service.is_some_and(|service| container.name == task.container(&service.name))
}

fn task(listed: &Listed, view: &View) -> Option<Task> {
    let service = view.services.get(&listed.service)?;
    let host = view.nodes.get(&listed.node).filter(|name| !name.is_empty());
    let node = host.cloned().or_else(|| Some(listed.node.clone()));
    // A task that is made anew again and again tells the reason in the one before.
    let before = || {
        let same = |t: &&Listed| t.service == listed.service && t.slot == listed.slot;
        let ended = view.tasks.iter().filter(same).filter(|t| t.why().is_some());
        ended.max_by(|a, b| a.status.timestamp.cmp(&b.status.timestamp))?.why()
    };
    Some(Task {
        service: service.name.clone(),
        node: node.filter(|node| !node.is_empty()),
        state: Some(listed.status.state.clone()),
        why: listed.why().or_else(before),
        virtual_addresses: service.addresses.clone(),
        image: None,
    })
}

/// Adds the tasks that are to run and have no container among those that were listed.
fn add(
    manager: &Connection,
    index: usize,
    all: &mut All,
    view: &View,
    asked: &HashMap<&str, &str>,
) {
    let wanted = view.tasks.iter().filter(|t| matches!(&*t.desired_state, "running" | "ready"));
    for listed in wanted {
        let Some(task) = task(listed, view) else { continue };
        if all.seen.iter().any(|(_, seen)| is_of(&seen.facts, listed, view)) {
            continue;
        }
        let why = if task.is_to_come() {
            format!("its task is {}, so it has no container yet", listed.status.state)
        } else if let Some(engine) = asked.get(listed.node.as_str()) {
            format!("it runs on node {}, and {engine} does not know it", task.place())
        } else {
            let place = task.place();
            format!(
                "it runs on node {place}, whose engine was not asked; give it with --node {place}=URL"
            )
        };
        let name = listed.container(&task.service);
        let mut seen: Seen = stand_in(&manager.facts, &name, &listed.status.state, &why);
        listed.image().clone_into(&mut seen.facts.image);
        let on = |(network, addresses): (&str, _)| Attachment {
            network: network.to_owned(),
            addresses,
            aliases: Vec::new(),
        };
        seen.facts.attachments = listed.networks().map(on).collect();
        seen.facts.task = Some(task);
        all.seen.push((index, seen));
    }
}

/// The images of tasks, as each node has them.
async fn images(engines: &[Connection], all: &mut All) {
    for (index, seen) in &mut all.seen {
        let Some(task) = &mut seen.facts.task else { continue };
        if seen.facts.unread.is_some() {
            continue;
        }
        if let Ok(Some(image)) = engines[*index].image(&seen.raw.image_id).await {
            let digest = Sha1::digest(image.layers.join("\n"));
            let layers = digest.iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            });
            task.image = Some(TaskImage { id: image.id, layers });
        }
    }
}
