//! The one way to an engine: every call goes through here, with a deadline of its own, and only if it changes nothing of the
//! user's.
//!
//! bollard takes it as its transport; what is only read goes through it directly, where an answer has a limit of its own.

mod own;
mod trouble;

use super::address::Address;
use super::call::{Call, Errand};
use super::stream::{Door, Refusal, needs_tls};
use bollard::BollardRequest;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use trouble::is_call_for_tls;

/// No answer of an engine to one call may take longer to begin, and none that is read whole longer to end.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);
/// What all looks together may still take when their time is up: many end a moment later.
const LAST: Duration = Duration::from_millis(500);
/// What each may take after that. An engine that has the answer at hand gives it.
const BRIEF: Duration = Duration::from_millis(50);
/// A build may take as long as the longest run.
const LONGEST_BUILD: Duration = Duration::from_secs(24 * 3600);
/// No complaint of an engine is longer, in bytes.
const COMPLAINT_LIMIT: usize = 64 << 10;

/// Nothing that is said of one object is longer, in bytes.
pub(super) const OBJECT_LIMIT: usize = 8 << 20;

/// A request's body, whoever made it.
pub(crate) type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, std::io::Error>;

/// Why a call came to nothing, in a line for the user.
pub(crate) type Trouble = String;

/// The way to one engine.
#[derive(Clone)]
pub(crate) struct Transport {
    address: Arc<Address>,
    client: Client<Door, Body>,
    refusal: Refusal,
    /// The paths of objects that are known to carry our label.
    own: Arc<Mutex<HashSet<String>>>,
    /// Until when looks may take their time.
    until: Arc<Mutex<Option<Instant>>>,
}

impl Transport {
    /// A way to the engine at that address. Nothing is sent yet.
    pub(crate) fn new(address: Address) -> Result<Self, Trouble> {
        let address = Arc::new(address);
        let door = Door::new(Arc::clone(&address))?;
        let refusal = door.refusal();
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(16)
            .build(door);
        Ok(Self { address, client, refusal, own: Arc::default(), until: Arc::default() })
    }

    /// From this moment on an engine that does not answer a look at once is not waited for: the run's time is up.
    pub(crate) fn look_until(&self, deadline: Instant) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Some(deadline);
    }

    /// How long the answer to a look may take now.
    fn patience(&self) -> Duration {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.map_or(ANSWER_LIMIT, |until| {
            (until + LAST).saturating_duration_since(Instant::now()).clamp(BRIEF, ANSWER_LIMIT)
        })
    }

    /// The headers of the engine's answer to a ping: cheap, where its version call may take a third of a second.
    pub(crate) async fn ping(&self) -> Result<hyper::HeaderMap, Trouble> {
        let (call, response) = self.send(reading("/_ping")?).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = self.text(call, response, COMPLAINT_LIMIT).await?;
        if is_call_for_tls(status, &text) {
            return Err(needs_tls(&self.address));
        }
        if !status.is_success() {
            return Err(format!(
                "{} does not answer as an engine does: {} to a ping",
                self.address,
                status.as_u16()
            ));
        }
        Ok(headers)
    }

    /// The engine's answer to a path, as it arrives.
    pub(crate) async fn open(&self, path: &str) -> Result<Response<Incoming>, Trouble> {
        let (call, response) = self.send(reading(path)?).await?;
        call.told(response.status().as_str(), None);
        Ok(response)
    }

    /// Reads a path, as text of at most `limit` bytes.
    pub(crate) async fn get(&self, path: &str, limit: usize) -> Result<String, Trouble> {
        match self.find(path, limit).await? {
            Ok(text) => Ok(text),
            Err(status) => {
                let place = path.split('?').next().unwrap_or(path);
                Err(format!("the engine answered {} to {place}", status.as_u16()))
            }
        }
    }

    /// The same, where the engine may say that there is no such thing.
    pub(crate) async fn find(
        &self,
        path: &str,
        limit: usize,
    ) -> Result<Result<String, StatusCode>, Trouble> {
        let (call, response) = self.send(reading(path)?).await?;
        let status = response.status();
        let limit = if status.is_success() { limit } else { COMPLAINT_LIMIT };
        let text = self.text(call, response, limit).await?;
        Ok(if status.is_success() { Ok(text) } else { Err(status) })
    }

    /// The whole of an answer.
    async fn text(
        &self,
        call: Call,
        response: Response<Incoming>,
        limit: usize,
    ) -> Result<String, Trouble> {
        let status = response.status().as_u16().to_string();
        let read = Limited::new(response.into_body(), limit).collect();
        let body = tokio::time::timeout(self.patience(), read)
            .await
            .map_err(|_| "its answer did not end in time".to_owned())
            .and_then(|body| body.map_err(|error| self.broken(&*error, limit)));
        // A call whose answer breaks off is told as it is dropped.
        let bytes = body?.to_bytes();
        call.told(&status, Some(bytes.len() as u64));
        String::from_utf8(bytes.into()).map_err(|_| "its answer is not text".to_owned())
    }

    /// Builds what `body` holds, without a name. How long that may take is the caller's matter.
    pub(crate) async fn build(
        &self,
        path: &str,
        body: Body,
    ) -> Result<Response<Incoming>, Trouble> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(hyper::header::CONTENT_TYPE, "application/x-tar")
            .body(body)
            .map_err(|_| "the build can't be asked for".to_owned())?;
        let (call, response) = self.send(request).await?;
        call.told(response.status().as_str(), None);
        Ok(response)
    }

    /// Carries one of bollard's own requests.
    pub(crate) async fn carry(
        self,
        request: BollardRequest,
    ) -> Result<Response<Incoming>, bollard::errors::Error> {
        let (parts, body) = request.into_parts();
        let body = body.map_err(|error| std::io::Error::other(error.to_string())).boxed_unsync();
        let sent = self.send(Request::from_parts(parts, body)).await;
        let (call, response) = sent.map_err(std::io::Error::other)?;
        // Its body is read elsewhere, and later.
        let length = response.headers().get(hyper::header::CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        call.told(response.status().as_str(), length);
        Ok(response)
    }

    /// Sends what may be sent, and waits for the beginning of the answer.
    async fn send(&self, request: Request<Body>) -> Result<(Call, Response<Incoming>), Trouble> {
        let path = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
        let call = Call::new(self.address.to_string(), request.method().clone(), path);
        let Some(request) = self.permitted(request, call.errand()).await? else {
            return Err(call.refused());
        };
        let limit = match request.method() {
            &Method::GET => self.patience(),
            _ if *call.errand() == Errand::Build => LONGEST_BUILD,
            _ => ANSWER_LIMIT,
        };
        let response = self.pass_on(request, call.path(), limit).await?;
        if *call.errand() == Errand::Make && response.status().is_success() {
            self.has_made_container(call.path());
        }
        Ok((call, response))
    }

    async fn pass_on(
        &self,
        mut request: Request<Body>,
        path: &str,
        limit: Duration,
    ) -> Result<Response<Incoming>, Trouble> {
        let host = match &*self.address {
            Address::Tcp(authority, _) => authority,
            Address::Unix(_) | Address::Ssh(_) => "localhost",
        };
        *request.uri_mut() = format!("http://{host}{path}")
            .parse()
            .map_err(|_| format!("{path} is no path that can be asked for"))?;
        match tokio::time::timeout(limit, self.client.request(request)).await {
            Ok(answer) => answer.map_err(|error| self.broken(&error, 0)),
            Err(_) if limit < ANSWER_LIMIT => {
                Err("no answer before the run's limit (--timeout)".into())
            }
            Err(_) => Err(format!("no answer within {} s", limit.as_secs())),
        }
    }
}

fn reading(path: &str) -> Result<Request<Body>, Trouble> {
    let request = Request::builder().method(Method::GET).uri(path).body(whole(Bytes::new()));
    request.map_err(|_| format!("{path} is no path that can be asked for"))
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}
