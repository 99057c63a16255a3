//! Says on stderr what takes long: one line for each stage that lasts more than a second, one line for what is waited for,
//! and nothing else.

use crate::render::clean;
use crate::tell;
use std::future::Future;
use std::io::IsTerminal;
use std::time::Duration;
use tokio::time::Instant;

/// After how long a stage is told.
const LONG: Duration = Duration::from_secs(1);

/// Runs one stage; if it lasts long it says which.
pub(crate) async fn stage<T>(what: &str, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        done = &mut work => return done,
        () = tokio::time::sleep(LONG) => tell::tell(&format!("{what} ...")),
    }
    work.await
}

/// The one line that says what is waited for: rewritten in place on a terminal, else written again when it is another.
pub(crate) struct Waiting {
    end: Instant,
    wait: Duration,
    in_place: bool,
    said: Option<String>,
}

impl Waiting {
    /// Nothing is said until something is waited for.
    pub(crate) fn until(end: Instant, wait: Duration) -> Self {
        let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        Self { end, wait, in_place: std::io::stderr().is_terminal() && !dumb, said: None }
    }

    /// Says what is waited for now.
    pub(crate) fn say(&mut self, what: &str) {
        let what = clean(what);
        if self.in_place {
            let left = self.end.saturating_duration_since(Instant::now()).as_secs();
            tell::write(&format!("\r\u{1b}[Keconn: waits for {what} ({left} s left)"));
        } else if self.said.as_ref() != Some(&what) {
            tell::tell(&format!("waits for {what}, for {} s at most", self.wait.as_secs()));
        }
        self.said = Some(what);
    }

    /// Takes the line off a terminal.
    pub(crate) fn done(&self) {
        if self.in_place && self.said.is_some() {
            tell::write("\r\u{1b}[K");
        }
    }
}
