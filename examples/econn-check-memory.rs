//! A plug-in in Rust: a server that the kernel has killed for memory before is not to be trusted. It skips links whose server is
//! no container.

use serde_json::{Value, json};

fn main() {
    let answer = match std::env::args().nth(1).as_deref() {
        Some("metadata") => metadata(),
        Some("run") => match serde_json::from_reader(std::io::stdin().lock()) {
            Ok(snapshot) => findings(&snapshot),
            Err(_) => std::process::exit(1),
        },
        _ => std::process::exit(2),
    };
    #[expect(clippy::print_stdout, reason = "a plug-in answers on stdout")]
    {
        println!("{answer}");
    }
}

fn metadata() -> Value {
    let check =
        json!({"id": "memory", "title": "the server was killed for memory", "codes": ["MEM1"]});
    json!({"protocol": 1, "name": "memory", "version": "1.0.0", "checks": [check]})
}

fn findings(snapshot: &Value) -> Value {
    let all = |key: &str| snapshot[key].as_array().into_iter().flatten();
    all("links").filter_map(|link| finding(link, all("containers"))).collect()
}

/// What is said of one link; nothing when all is well.
fn finding<'a>(link: &Value, mut containers: impl Iterator<Item = &'a Value>) -> Option<Value> {
    let (id, server) = (&link["id"], &link["server"]["container"]);
    if server.is_null() {
        let reason = "the server is no container";
        return Some(json!({"link": id, "check": "memory", "outcome": "skip", "reason": reason}));
    }
    let container = containers.find(|one| one["name"] == *server)?;
    let name = server.as_str()?;
    (container["state"]["oom_killed"] == true).then(|| {
        json!({
            "link": id, "check": "memory", "code": "MEM1", "severity": "fail",
            "title": "the server was killed for memory",
            "seen": format!("the kernel killed {name}"),
            "evidence": [{"what": "State.OOMKilled", "value": "true"}],
            "fix": [{"say": format!("give {name} more memory")}],
        })
    })
}
