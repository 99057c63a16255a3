//! Two loops that take the processors.

use super::Result;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// As many as the smallest machines have processors.
const LOOPS: usize = 2;

/// They run as long as somebody has this.
pub(crate) struct Loops(Vec<Child>);

/// The loops, which all who want them at the same time share.
pub(crate) fn loops() -> Result<Arc<Loops>> {
    static RUNNING: Mutex<Weak<Loops>> = Mutex::new(Weak::new());
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(loops) = running.upgrade() {
        return Ok(loops);
    }
    let mut loops = Loops(vec![]);
    for _ in 0..LOOPS {
        let mut one = Command::new("timeout");
        // Whatever becomes of the tests, they end.
        one.args(["3600", "sh", "-c", "while :; do :; done"]).stdin(Stdio::null());
        loops.0.push(one.spawn().map_err(|trouble| format!("timeout: {trouble}"))?);
    }
    let loops = Arc::new(loops);
    *running = Arc::downgrade(&loops);
    Ok(loops)
}

impl Drop for Loops {
    fn drop(&mut self) {
        for one in &mut self.0 {
            // SIGTERM, which `timeout` hands on to the loop.
            let _ = Command::new("kill").arg(one.id().to_string()).status();
            let _ = one.wait();
        }
    }
}
