//! `--trace-api` tells every call, and what it tells is what the engine was asked.

use super::econn::{econn, run};
use super::proxy::{Plan, Proxy};
use super::unchanged::only_own_containers;
use super::{incident, must};
use crate::harness::stage::Stage;
use crate::harness::{Cast, Engine, Result, diagnosis};

pub(super) fn are_told(cast: &Cast, engine: Engine) -> Result<()> {
    let play = incident(cast, "serial+stale+bind+endpoint+network")?;
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    for passive in [false, true] {
        let proxy = Proxy::start(engine, Plan::default())?;
        let mut command = econn();
        command.args(diagnosis::arguments(&stage, play)?).args(["--host", &proxy.host()]);
        command.args(["--trace-api", "--format", "json"]).args(passive.then_some("--passive"));
        let run = run(&mut command)?;
        run.report_with(1)?;
        // `econn: api ENGINE read GET /path 200 3 ms 17 bytes`
        let told: Vec<Vec<&str>> = run
            .stderr
            .lines()
            .filter(|line| line.starts_with("econn: api "))
            .map(|line| line.split_whitespace().collect())
            .collect();
        let mut said: Vec<String> = told.iter().map(|w| format!("{} {}", w[4], w[5])).collect();
        let calls = proxy.calls();
        let mut made: Vec<String> =
            calls.iter().map(|call| format!("{} {}", call.method, call.path)).collect();
        said.sort();
        made.sort();
        must(said == made, || {
            run.account(&format!("told were\n{said:#?}\nand the engine was asked\n{made:#?}"))
        })?;
        for words in &told {
            let looks = words[4] == "GET" || words[4] == "HEAD";
            let right = if looks { "read" } else { "own" };
            must(words[3] == right, || run.account(&format!("{words:?} is {right}")))?;
            must(looks || !passive, || run.account(&format!("{words:?} with --passive")))?;
        }
        if !passive {
            only_own_containers(&calls)?;
        }
    }
    stage.strike()
}
