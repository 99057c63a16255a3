//! `econn agent`: econn as a sidecar. It reads errands from standard input, a JSON line each, does them at once and side by
//! side, and answers each with a line. It ends with its input, and at its deadline in any case: whoever sent it may be dead.

use super::errand::{
    Ask, Burst, Connecting, Dial, Errand, Hold, Knock, Lost, OwnNames, Resets, Sockets,
};
use crate::words::words;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::LocalSet;

/// No line is longer, in bytes: an errand is a few hundred, what was seen a few thousand.
pub(super) const LINE: u64 = 4 << 20;

/// One errand on its way.
#[derive(Deserialize, Serialize)]
pub(super) struct Order<T> {
    /// The sender's number for it, which the answer repeats.
    pub(super) id: u64,
    pub(super) errand: String,
    pub(super) of: T,
}

/// One answer: what was seen, or why nothing was.
#[derive(Deserialize, Serialize)]
pub(super) struct Answer {
    pub(super) id: u64,
    pub(super) seen: Result<Value, String>,
}

/// Serves errands until the input ends or `limit` is over.
pub(crate) fn serve(limit: Duration) -> Result<(), String> {
    // A thread of its own: nothing that an errand does, and no full pipe, can keep it from ending the process.
    std::thread::spawn(move || {
        std::thread::sleep(limit);
        std::process::exit(0);
    });
    let (orders, inbox) = mpsc::unbounded_channel();
    std::thread::spawn(move || read(std::io::stdin(), &orders));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| format!("no runtime for the errands: {}", words(&e)))?;
    runtime.block_on(work(inbox, |line| {
        let mut out = std::io::stdout().lock();
        out.write_all(line.as_bytes()).and_then(|()| out.flush()).is_ok()
    }));
    // The thread that reads may still wait for input.
    runtime.shutdown_background();
    Ok(())
}

/// Passes the lines of `input` on, until it ends, breaks, or holds a line that is too long.
fn read(input: impl Read, orders: &mpsc::UnboundedSender<Vec<u8>>) {
    let mut input = BufReader::new(input);
    loop {
        let mut line = Vec::new();
        match input.by_ref().take(LINE).read_until(b'\n', &mut line) {
            Ok(n) if n > 0 && line.ends_with(b"\n") => {}
            _ => return,
        }
        if orders.send(line).is_err() {
            return;
        }
    }
}

/// Does the errands of `inbox` and gives the answers to `post`, which says whether anybody still takes them.
async fn work(mut inbox: mpsc::UnboundedReceiver<Vec<u8>>, post: impl Fn(String) -> bool) {
    let (done, mut answers) = mpsc::unbounded_channel();
    LocalSet::new()
        .run_until(async {
            loop {
                tokio::select! {
                    order = inbox.recv() => {
                        let Some(order) = order else { return };
                        let done = done.clone();
                        tokio::task::spawn_local(async move {
                            // What is no order has no number to answer to.
                            if let Some(answer) = obey(&order).await {
                                let _ = done.send(answer);
                            }
                        });
                    }
                    Some(answer) = answers.recv() => {
                        let Ok(mut line) = serde_json::to_string(&answer) else { continue };
                        line.push('\n');
                        if !post(line) {
                            return;
                        }
                    }
                }
            }
        })
        .await;
}

async fn obey(line: &[u8]) -> Option<Answer> {
    let Order { id, errand, of }: Order<Value> = serde_json::from_slice(line).ok()?;
    let seen = match errand.as_str() {
        Dial::NAME => run::<Dial>(of).await,
        Ask::NAME => run::<Ask>(of).await,
        Knock::NAME => run::<Knock>(of).await,
        Resets::NAME => run::<Resets>(of).await,
        Lost::NAME => run::<Lost>(of).await,
        Connecting::NAME => run::<Connecting>(of).await,
        Sockets::NAME => run::<Sockets>(of).await,
        Hold::NAME => run::<Hold>(of).await,
        Burst::NAME => run::<Burst>(of).await,
        OwnNames::NAME => run::<OwnNames>(of).await,
        other => Err(format!("this econn knows no errand {other}")),
    };
    Some(Answer { id, seen })
}

async fn run<E: Errand>(of: Value) -> Result<Value, String> {
    let errand: E = serde_json::from_value(of)
        .map_err(|e| format!("the errand {} is garbled: {e}", E::NAME))?;
    serde_json::to_value(errand.run().await).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::{Answer, read, work};
    use checks::model::{Attempt, Connect};
    use proptest::prelude::*;
    use std::cell::RefCell;
    use tokio::sync::mpsc;

    /// What comes back for this input, once it has ended.
    fn answers(input: &[u8], wanted: usize) -> Vec<Answer> {
        let (orders, inbox) = mpsc::unbounded_channel();
        read(input, &orders);
        let lines = RefCell::new(Vec::new());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(work(inbox, |line| {
            lines.borrow_mut().push(serde_json::from_str(&line).unwrap());
            // The last one that is waited for ends it; else the input's end would come before the answers.
            lines.borrow().len() < wanted
        }));
        drop(orders);
        lines.into_inner()
    }

    #[test]
    fn an_errand_is_done_and_answered_by_its_number() {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let to = server.local_addr().unwrap();
        let line = format!("{{\"id\":7,\"errand\":\"knock\",\"of\":{{\"to\":\"{to}\"}}}}\n");
        let [answer] = &answers(line.as_bytes(), 1)[..] else { panic!("one answer") };
        assert_eq!(answer.id, 7);
        let seen: Attempt = serde_json::from_value(answer.seen.clone().unwrap()).unwrap();
        assert_eq!((seen.to, seen.connect), (to, Connect::Connected));
    }

    #[test]
    fn what_is_garbled_or_unknown_is_a_reason() {
        for (line, said) in [
            ("{\"id\":1,\"errand\":\"knock\",\"of\":{\"to\":\"nowhere\"}}\n", "garbled"),
            ("{\"id\":1,\"errand\":\"dance\",\"of\":{}}\n", "no errand dance"),
        ] {
            let [answer] = &answers(line.as_bytes(), 1)[..] else { panic!("one answer") };
            assert!(answer.seen.as_ref().unwrap_err().contains(said), "{:?}", answer.seen);
        }
    }

    proptest! {
        #[test]
        fn garbage_before_an_errand_does_not_keep_it_from_being_done(
            lines in prop::collection::vec("\\PC{0,80}|\\{\"id\":[0-9]{1,3}\\}|\\[[0-9]*\\]", 0..20),
        ) {
            let mut input = lines.join("\n");
            input.push_str("\n{\"id\":4242,\"errand\":\"dance\",\"of\":{}}\n");
            prop_assert!(answers(input.as_bytes(), 1).iter().any(|answer| answer.id == 4242));
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let (orders, _inbox) = mpsc::unbounded_channel();
            read(&bytes[..], &orders);
        }
    }
}
