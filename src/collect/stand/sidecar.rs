//! A sidecar: econn itself, in a container of its own inside another one's network namespace. It serves errands over its
//! standard streams until it is closed.

use super::agent::{Answer, LINE, Order};
use super::errand::Errand;
use crate::collect::engine::{Connection, Helper, Line};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

const ENDED: &str = "the sidecar ended without an answer";

/// A sidecar that runs.
pub(crate) struct Sidecar {
    /// The container's name.
    name: String,
    /// When nobody waits for its answers any more.
    deadline: Instant,
    input: tokio::sync::Mutex<WriteHalf<Line>>,
    waiting: Waiting,
    next: AtomicU64,
    reader: JoinHandle<()>,
}

/// Who waits for which answer; `None` when no more will come.
type Waiting = Arc<Mutex<Option<HashMap<u64, oneshot::Sender<Result<Value, String>>>>>>;

impl Sidecar {
    /// Makes the container, opens its line and starts it.
    ///
    /// # Errors
    ///
    /// Says which step failed; what was made is removed again.
    pub(crate) async fn start(
        engine: &Connection,
        helper: Helper<'_>,
        deadline: Instant,
    ) -> Result<Self, String> {
        let name = engine.make_helper(helper).await?;
        let begun = async {
            let line = engine.attach(&name).await?;
            engine.start(&name).await?;
            Ok(line)
        };
        match begun.await {
            Ok(line) => Ok(Self::over(name, line, deadline)),
            Err(why) => {
                engine.remove(&name).await;
                Err(why)
            }
        }
    }

    fn over(name: String, line: Line, deadline: Instant) -> Self {
        let (output, input) = tokio::io::split(line);
        let waiting: Waiting = Arc::new(Mutex::new(Some(HashMap::new())));
        let reader = tokio::spawn(listen(output, Arc::clone(&waiting)));
        Self {
            name,
            deadline,
            input: tokio::sync::Mutex::new(input),
            waiting,
            next: AtomicU64::new(0),
            reader,
        }
    }

    /// Has an errand done.
    ///
    /// # Errors
    ///
    /// Says why it was not.
    pub(crate) async fn run<E: Errand>(&self, errand: E) -> Result<E::Seen, String> {
        match tokio::time::timeout_at(self.deadline, self.sent(errand)).await {
            Ok(seen) => seen,
            Err(_) => Err("the sidecar did not answer before the run's limit".to_owned()),
        }
    }

    async fn sent<E: Errand>(&self, errand: E) -> Result<E::Seen, String> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let order = Order { id, errand: E::NAME.to_owned(), of: errand };
        let mut line = serde_json::to_vec(&order).map_err(|e| e.to_string())?;
        line.push(b'\n');
        let (sender, answer) = oneshot::channel();
        match self.waiting.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(waiting) => drop(waiting.insert(id, sender)),
            None => return Err(ENDED.to_owned()),
        }
        let mut input = self.input.lock().await;
        let sent = async {
            input.write_all(&line).await?;
            input.flush().await
        };
        sent.await.map_err(|_| ENDED.to_owned())?;
        drop(input);
        let seen = answer.await.unwrap_or_else(|_| Err(ENDED.to_owned()))?;
        serde_json::from_value(seen)
            .map_err(|e| format!("the sidecar's answer to {} is garbled: {e}", E::NAME))
    }

    /// Lets it end: with its input, it has nothing more to do.
    pub(crate) async fn hang_up(&self) {
        // One that is gone has ended.
        let _ = self.input.lock().await.shutdown().await;
    }

    /// Removes its container.
    pub(crate) async fn close(&self, engine: &Connection) {
        engine.remove(&self.name).await;
    }
}

impl Drop for Sidecar {
    /// However a run ends, its line does: a sidecar without one ends by itself.
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Hands out the answers until there are no more.
async fn listen(output: ReadHalf<Line>, waiting: Waiting) {
    // However it ends, it ends: whoever waits still is told by the end of the channel.
    let _ = hand_out(output, &waiting).await;
    waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
}

async fn hand_out(mut output: impl AsyncRead + Unpin, waiting: &Waiting) -> std::io::Result<()> {
    let mut said = Vec::new();
    loop {
        let (stream, piece) = frame(&mut output).await?;
        if stream != STDOUT {
            continue;
        }
        said.extend(piece);
        while let Some(end) = said.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = said.drain(..=end).collect();
            let Ok(Answer { id, seen }) = serde_json::from_slice(&line) else { continue };
            let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(sender) = waiting.as_mut().and_then(|waiting| waiting.remove(&id)) {
                // Whoever asked may have stopped waiting.
                let _ = sender.send(seen);
            }
        }
        too_long(said.len() as u64)?;
    }
}

const STDOUT: u8 = 1;

/// One piece of a container's output: the number of the stream, three empty bytes, the length, and so many bytes.
async fn frame(output: &mut (impl AsyncRead + Unpin)) -> std::io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 8];
    output.read_exact(&mut head).await?;
    let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
    too_long(length.into())?;
    let mut piece = vec![0; usize::try_from(length).unwrap_or(0)];
    output.read_exact(&mut piece).await?;
    Ok((head[0], piece))
}

fn too_long(length: u64) -> std::io::Result<()> {
    if length > LINE { Err(std::io::ErrorKind::InvalidData.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::{Waiting, hand_out};
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex};
    use tokio::sync::oneshot;

    fn framed(stream: u8, text: &[u8]) -> Vec<u8> {
        let mut frame = vec![stream, 0, 0, 0];
        frame.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
        frame.extend(text);
        frame
    }

    /// What those are told who wait for answers 1 and 2, when this comes from the engine.
    fn told(output: &[u8]) -> [Option<Result<Value, String>>; 2] {
        let (one, mut first) = oneshot::channel();
        let (two, mut second) = oneshot::channel();
        let waiting: Waiting = Arc::new(Mutex::new(Some(HashMap::from([(1, one), (2, two)]))));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert!(runtime.block_on(hand_out(output, &waiting)).is_err(), "it ends with its input");
        [first.try_recv().ok(), second.try_recv().ok()]
    }

    #[test]
    fn answers_come_in_any_order_and_in_pieces_beside_other_words() {
        let mut output = framed(1, b"{\"id\":2,\"seen\":{\"Ok\":[2]}}\n{\"id\":1,");
        output.extend(framed(2, b"a complaint\n"));
        output.extend(framed(1, b"\"seen\":{\"Err\":\"no\"}}\n"));
        assert_eq!(told(&output), [Some(Err("no".into())), Some(Ok(json!([2])))]);
    }

    #[test]
    fn what_is_cut_off_or_too_long_is_no_answer() {
        let whole = framed(1, b"{\"id\":1,\"seen\":{\"Ok\":1}}\n");
        assert_eq!(told(&whole[..whole.len() - 1]), [None, None]);
        let mut long = framed(1, b"");
        long[4..].copy_from_slice(&u32::MAX.to_be_bytes());
        long.extend(whole);
        assert_eq!(told(&long), [None, None]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            told(&bytes);
            told(&framed(1, &bytes));
        }
    }
}
