use super::{Dialled, World};
use checks::model::{Attachment, Container, HOST_CLIENT, Port, Snapshot, State};

/// A running container that publishes one port 53: `127.0.0.1:53 -> 8053/tcp`.
fn publishes(name: &str, at: &str, inside: u16, protocol: &str) -> Container {
    let port = Port {
        container_port: inside,
        protocol: protocol.into(),
        host_ip: at.parse().ok(),
        host_port: Some(53),
        active: true,
    };
    let text = include_str!("../../../../tests/snapshots/incident.json");
    let snapshot: Snapshot = serde_json::from_str(text).unwrap();
    let running = snapshot.containers.into_iter().find(|c| c.state.is_running()).unwrap();
    Container {
        engine: "docker".into(),
        name: name.into(),
        ports: vec![port],
        attachments: Vec::new(),
        exposed: Vec::new(),
        compose: None,
        ..running
    }
}

#[track_caller]
fn means(client: &str, host: &str, containers: &[Container], expected: &str) {
    let facts: Vec<&Container> = containers.iter().collect();
    let world = World {
        containers: &facts,
        networks: &[],
        machine: &["192.168.7.7".parse().unwrap(), "172.17.0.1".parse().unwrap()],
        listens: &|_, _| false,
        holds: &|_, _| None,
    };
    let dialled = Dialled { engine: "docker", client, host, port: 53, listens_itself: false };
    let (server, _) = world.meaning(dialled);
    let told = server.map(|s| format!("{}:{}", s.container.unwrap_or_default(), s.port));
    assert_eq!(told.as_deref(), Some(expected), "{client} dials {host}");
}

#[test]
fn a_port_of_the_machine_is_told_by_protocol_and_address() {
    let udp = publishes("names", "", 5353, "udp");
    let tcp = publishes("transfer", "", 8053, "tcp");
    for order in [[udp.clone(), tcp.clone()], [tcp.clone(), udp.clone()]] {
        means(HOST_CLIENT, "127.0.0.1", &order, "transfer:8053");
        means("app", "host.docker.internal", &order, "transfer:8053");
        means("app", "127.0.0.1", &order, "transfer:8053");
    }
    // Whoever has ended holds no port, and yet the other one speaks no TCP.
    let ended = Container { state: State::default(), ..tcp };
    means(HOST_CLIENT, "127.0.0.1", &[udp.clone(), ended], "transfer:8053");
    // There is no other.
    means(HOST_CLIENT, "127.0.0.1", &[udp], "names:5353");

    let inner = publishes("inner", "127.0.0.1", 80, "tcp");
    let outer = publishes("outer", "192.168.7.7", 81, "tcp");
    for order in [[inner.clone(), outer.clone()], [outer.clone(), inner.clone()]] {
        means(HOST_CLIENT, "localhost", &order, "inner:80");
        means(HOST_CLIENT, "192.168.7.7", &order, "outer:81");
        means("app", "192.168.7.7", &order, "outer:81");
        means("app", "host.docker.internal", &order, "outer:81");
    }
    means("app", "172.17.0.1", &[inner], "inner:80");

    // Both are of one container.
    let mut both = publishes("both", "127.0.0.1", 80, "tcp");
    both.ports.extend(publishes("", "192.168.7.7", 81, "tcp").ports);
    means(HOST_CLIENT, "127.0.0.1", std::slice::from_ref(&both), "both:80");
    means(HOST_CLIENT, "192.168.7.7", &[both], "both:81");
}

#[test]
fn a_name_below_localhost_is_a_containers_where_one_carries_it() {
    let mut proxy = publishes("proxy", "", 8080, "tcp");
    means("app", "api.localhost", std::slice::from_ref(&proxy), "proxy:8080");
    proxy.attachments.push(Attachment {
        network: "net".into(),
        addresses: Vec::new(),
        aliases: vec!["api.localhost".into()],
    });
    proxy.ports.clear();
    means("app", "api.localhost", &[proxy], "proxy:53");
}

#[test]
fn the_nearest_name_is_one_of_the_clients_own_project_or_networks() {
    let on = |name: &str, network: &str, exposed: u16| {
        let mut container = publishes(name, "", 1, "tcp");
        container.ports.clear();
        container.exposed = vec![exposed];
        let aliases = Vec::new();
        container.attachments =
            vec![Attachment { network: network.into(), addresses: Vec::new(), aliases }];
        container
    };
    let nearest = |host: &str, containers: &[Container]| {
        let facts: Vec<&Container> = containers.iter().collect();
        let world = World {
            containers: &facts,
            networks: &[],
            machine: &[],
            listens: &|_, _| false,
            holds: &|_, _| Some(false),
        };
        let client = "app";
        let dialled = Dialled { engine: "docker", client, host, port: 53, listens_itself: false };
        world.meaning(dialled).0.and_then(|server| server.container)
    };
    let app = on("app", "net", 1);
    let all = [app.clone(), on("a-phonebook", "far", 1), on("server", "far", 1)];
    assert_eq!(nearest("one", &all), None);
    assert_eq!(nearest("servr", &all), Some("server".into()));
    let all = [app.clone(), on("server", "far", 1), on("my-servr", "net", 1)];
    assert_eq!(nearest("servr", &all), Some("my-servr".into()));
    // Of two that are as near, the one that serves the port. Two do, so that none is meant by that alone.
    let all = [app, on("my-mock", "net", 1), on("mock-of-mine", "net", 53), on("z", "net", 53)];
    assert_eq!(nearest("mock", &all), Some("mock-of-mine".into()));
}
