//! The promise that nothing of the user's is changed, kept before a request is sent: the object that it is about carries our
//! label.

use super::super::call::{Errand, is_ours, who_joins};
use super::{Body, OBJECT_LIMIT, Transport, Trouble, whole};
use http_body_util::{BodyExt, Limited};
use hyper::Request;
use std::collections::HashSet;
use std::sync::{MutexGuard, PoisonError};

impl Transport {
    /// The request again, if it changes nothing of the user's.
    pub(super) async fn permitted(
        &self,
        request: Request<Body>,
        errand: &Errand,
    ) -> Result<Option<Request<Body>>, Trouble> {
        let ours = match errand {
            Errand::Read | Errand::Load | Errand::Build => true,
            Errand::Never => false,
            Errand::Make | Errand::Join => {
                let (parts, body) = request.into_parts();
                let body = Limited::new(body, OBJECT_LIMIT).collect().await;
                let bytes = body.map_err(|error| error.to_string())?.to_bytes();
                let ours = match (errand, who_joins(&bytes)) {
                    (Errand::Join, Some(container)) => self.is_own(&container).await?,
                    (Errand::Join, None) => false,
                    _ => is_ours(&bytes),
                };
                return Ok(ours.then(|| Request::from_parts(parts, whole(bytes))));
            }
            Errand::Touch(object) => self.is_own(object).await?,
        };
        Ok(ours.then_some(request))
    }

    /// Whether what stands at this path carries our label. It is asked once.
    async fn is_own(&self, object: &str) -> Result<bool, Trouble> {
        if self.own().contains(object) {
            return Ok(true);
        }
        // Asked in a box of its own, because asking is sending.
        let seen = Box::pin(self.find(object, OBJECT_LIMIT)).await?;
        let ours = seen.is_ok_and(|text| is_ours(text.as_bytes()));
        if ours {
            self.own().insert(object.to_owned());
        }
        Ok(ours)
    }

    /// Takes an image for our own that a build of ours has made: its label would have made another image of it.
    pub(in super::super) fn has_made(&self, id: &str) {
        self.own().insert(format!("/images/{id}/json"));
    }

    /// Takes a container for our own that a call of ours has made.
    pub(super) fn has_made_container(&self, path: &str) {
        if let Some(name) = name_of(path) {
            self.own().insert(format!("/containers/{name}/json"));
        }
    }

    fn own(&self) -> MutexGuard<'_, HashSet<String>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name that a container is to get.
fn name_of(path: &str) -> Option<&str> {
    path.split_once('?')?.1.split('&').find_map(|pair| pair.strip_prefix("name="))
}

#[cfg(test)]
mod tests {
    use super::{Transport, whole};
    use crate::collect::engine::address::Address;
    use hyper::Request;
    use hyper::body::Bytes;
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::net::UnixListener;
    use std::sync::{Arc, Mutex};

    const OURS: &str = r#"{"Config":{"Labels":{"io.econn.owner":"me"}}}"#;

    /// An engine that says of every container but `ours` that it is the user's; what it was asked.
    fn engine() -> (tempfile::TempDir, Arc<Mutex<Vec<String>>>) {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("x.sock")).unwrap();
        let asked = Arc::new(Mutex::new(vec![]));
        let noted = Arc::clone(&asked);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let first = lines.next().unwrap_or_default();
                // The body of a request is shorter than what is read ahead.
                lines.find(String::is_empty);
                let body = if first.contains("ours") { OURS } else { "{}" };
                noted.lock().unwrap().push(first);
                let length = body.len();
                let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length:";
                let _ = write!(stream, "{head} {length}\r\n\r\n{body}");
            }
        });
        (folder, asked)
    }

    #[test]
    fn what_would_change_something_of_the_users_is_never_sent() {
        let (folder, asked) = engine();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let way = Transport::new(Address::Unix(folder.path().join("x.sock"))).unwrap();
            let send = async |method: &str, path: &str, body: &'static str| {
                let request = Request::builder().method(method).uri(path);
                way.send(request.body(whole(Bytes::from_static(body.as_bytes()))).unwrap()).await
            };
            for (method, path, body) in [
                ("DELETE", "/containers/theirs?force=true", ""),
                ("POST", "/containers/theirs/stop", ""),
                ("POST", "/containers/create", r#"{"Image":"x","Labels":{"app":"x"}}"#),
                ("POST", "/networks/net/connect", r#"{"Container":"theirs"}"#),
                ("DELETE", "/networks/net", ""),
                ("POST", "/containers/prune", ""),
            ] {
                let refused = send(method, path, body).await.err().unwrap();
                assert!(refused.contains("would change what is not econn's"), "{refused}");
            }
            assert!(asked.lock().unwrap().iter().all(|line| line.starts_with("GET ")));
            for (method, path, body) in [
                ("POST", "/containers/create", r#"{"Labels":{"io.econn.owner":"me"}}"#),
                ("POST", "/networks/net/connect", r#"{"Container":"ours"}"#),
                ("DELETE", "/containers/ours?force=true", ""),
            ] {
                assert!(send(method, path, body).await.is_ok(), "{method} {path}");
            }
            assert!(asked.lock().unwrap().last().unwrap().starts_with("DELETE /containers/ours"));
        });
    }
}
