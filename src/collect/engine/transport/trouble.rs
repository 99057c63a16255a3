//! Why an engine's answer did not come, in a line for the user.

use super::super::stream::Failed;
use super::super::tls;
use super::{Transport, Trouble};
use crate::words::words;
use hyper::StatusCode;

impl Transport {
    /// Why an answer did not come, or not whole.
    pub(super) fn broken(
        &self,
        error: &(dyn std::error::Error + 'static),
        limit: usize,
    ) -> Trouble {
        let mut cause = Some(error);
        let mut last = String::new();
        while let Some(now) = cause {
            if let Some(Failed(why)) = now.downcast_ref() {
                return why.clone();
            }
            if now.is::<http_body_util::LengthLimitError>() {
                return format!("its answer is larger than {} MiB", (limit >> 20).max(1));
            }
            if let Some(io) = now.downcast_ref::<std::io::Error>() {
                if let Some(Failed(why)) = io.get_ref().and_then(|e| e.downcast_ref()) {
                    return why.clone();
                }
                return tls::refusal(io, &self.address).unwrap_or_else(|| words(io));
            }
            last = now.to_string();
            cause = now.source();
        }
        self.refusal.get().cloned().unwrap_or(last)
    }
}

/// Whether somebody says that TLS should have been spoken: Go's servers, nginx, Apache.
pub(super) fn is_call_for_tls(status: StatusCode, text: &str) -> bool {
    status == StatusCode::BAD_REQUEST
        && [
            "HTTP request to an HTTPS server",
            "HTTP request was sent to HTTPS",
            "speaking plain HTTP to an SSL",
        ]
        .iter()
        .any(|said| text.contains(said))
}
