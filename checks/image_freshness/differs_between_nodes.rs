use crate::model::{Case, Container, Found, Judgement, Rule, TaskImage, Undecided, quoted};

pub(crate) const RULE: Rule = Rule {
    code: "EC221",
    title: "the nodes run different images under one tag",
    explanation: "
## What it is
The tasks of one service run images of one name that differ: each node took the image that the name meant there. The
service is converged all the same, and which content answers depends on the task.

## What proves it
Two tasks of the service, on nodes that were asked, run images with other layers.

## What disproves it
The same layers. A node that was not asked leaves it open.

## How to repair it
Give the service an image by its digest from a registry, or the same build on every node, and update it.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?.container;
    let Some(task) = &server.task else { return Ok(None) };
    let is_other = |c: &&Container| {
        (c.engine != server.engine || c.name != server.name)
            && c.state.is_up()
            && c.task.as_ref().is_some_and(|other| other.service == task.service)
    };
    let others: Vec<&Container> = case.facts.containers.iter().filter(is_other).collect();
    let image = |c: &'_ Container| c.task.as_ref().and_then(|task| task.image.clone());
    let unseen = |c: &Container| {
        let why = c.unread.as_deref().unwrap_or("its node does not say");
        Undecided::Unknown(format!("which image {} runs was not seen: {why}", c.name))
    };
    let Some(mine) = image(server) else {
        return if others.is_empty() { Ok(None) } else { Err(unseen(server)) };
    };
    let differs = |image: &TaskImage| image.layers != mine.layers;
    if let Some((other, theirs)) =
        others.iter().find_map(|c| image(c).filter(differs).map(|image| (c, image)))
    {
        let short = |id: &str| id.chars().take(12).collect::<String>();
        let on = |c: &Container| c.task.as_ref().map_or("", |task| task.place()).to_owned();
        let service = quoted(&task.service);
        return Ok(Some(
            Found::fail(format!(
                "{} on {} and {} on {} run different images under {}",
                server.name,
                on(server),
                other.name,
                on(other),
                server.image
            ))
            .evidence(format!("image of {}", server.name), short(&mine.id))
            .evidence(format!("image of {}", other.name), short(&theirs.id))
            .fix(format!(
                "put the same build of {} on every node, or name it by its digest in a registry",
                server.image
            ))
            .fix_by("then make the tasks anew", format!("docker service update --force {service}")),
        ));
    }
    match others.into_iter().find(|c| image(c).is_none()) {
        Some(open) => Err(unseen(open)),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, says};
    use crate::model::{Snapshot, Task, TaskImage};

    fn task(node: &str, image: Option<(&str, &str)>) -> Option<Task> {
        let image = image.map(|(id, layers)| TaskImage { id: id.into(), layers: layers.into() });
        Some(Task {
            service: "mock".into(),
            node: Some(node.into()),
            state: Some("running".into()),
            why: None,
            virtual_addresses: Vec::new(),
            image,
        })
    }

    fn two(it: &mut Snapshot, other: Option<(&str, &str)>) {
        it.mock().task = task("node-a", Some(("aaaa", "1")));
        it.joins("mock.2", "172.20.0.9").task = task("node-b", other);
    }

    #[test]
    fn catches() {
        let drift = |it: &mut Snapshot| two(it, Some(("bbbb", "2")));
        says(
            &RULE,
            drift,
            "fail: mock on node-a and mock.2 on node-b run different images under mock:1",
        );
        assert!(remedies(&RULE, drift).ends_with("$ docker service update --force mock"));
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| it.mock().task = task("node-a", Some(("aaaa", "1"))), "nothing");
        // Built twice from the same: another id, the same layers.
        says(&RULE, |it| two(it, Some(("bbbb", "1"))), "nothing");
        says(
            &RULE,
            |it| {
                two(it, None);
                it.containers[2].unread = Some("its engine was not asked".into());
            },
            "unknown: which image mock.2 runs was not seen: its engine was not asked",
        );
    }
}
