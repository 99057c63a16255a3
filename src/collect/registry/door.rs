//! A registry, asked by its own protocol (the OCI distribution specification) for one name.

use super::document::{Configuration, Document, Manifest, Platform, fitting, is_digest};
use super::login::Login;
use super::name::Name;
use super::pass;
use super::web::{Answer, Web};
use hyper::{Method, StatusCode, Uri};
use serde::de::DeserializeOwned;
use std::sync::{Mutex, PoisonError};

/// What is to be answered with. A registry that is not told gives an older form, with another digest.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";
const ANY: &str = "*/*";
/// How often a question is sent on to somebody else, at most.
const MOST_SENT_ON: usize = 4;

/// The way to one name in its registry.
pub(super) struct Door {
    pub(super) name: Name,
    web: Web,
    login: Option<Login>,
    /// The value of the header that lets one in, where one is needed.
    shown: Mutex<Option<String>>,
}

impl Door {
    pub(super) fn new(name: Name, login: Option<Login>) -> Self {
        Self { web: Web::new(name.door()), name, login, shown: Mutex::default() }
    }

    /// Whether it is spoken to without TLS, as engines do with a registry of their own machine.
    pub(super) fn is_plain(&self) -> bool {
        self.name.is_loopback()
    }

    /// The digest that the name has there now. This question is not counted as a pull by those that count.
    pub(super) async fn digest(&self) -> Result<String, String> {
        let path = format!("manifests/{}", self.name.tag);
        let answer = self.ask(&Method::HEAD, &path, MANIFESTS).await?;
        let digest = self.found(&answer)?.header("docker-content-digest").unwrap_or_default();
        is_digest(digest).then(|| digest.to_owned()).ok_or_else(|| {
            format!("{} does not tell the digest of {}", self.name.door(), self.name)
        })
    }

    /// The image for this platform under a digest.
    pub(super) async fn manifest(
        &self,
        digest: &str,
        platform: &Platform,
    ) -> Result<Manifest, String> {
        let mut digest = digest.to_owned();
        // A list names images, and no other list.
        for _ in 0..2 {
            let document: Document = self.read(&format!("manifests/{digest}"), MANIFESTS).await?;
            if let Some(config) = document.config.filter(|config| is_digest(&config.digest)) {
                return Ok(Manifest { digest, config: config.digest });
            }
            let parts = document.manifests.unwrap_or_default();
            digest = fitting(&parts, platform).ok_or_else(|| {
                let Platform { os, architecture, .. } = platform;
                format!("what {} holds there is no image for {os}/{architecture}", self.name.door())
            })?;
        }
        Err(format!("what {} holds there names no configuration", self.name.door()))
    }

    /// The configuration with this digest.
    pub(super) async fn configuration(&self, digest: &str) -> Result<Configuration, String> {
        self.read(&format!("blobs/{digest}"), ANY).await
    }

    /// Whether the registry holds an image in this repository, under whatever name: by its configuration, or by any of the
    /// digests that its engine knows.
    pub(super) async fn holds(&self, id: &str, digests: &[String]) -> Result<bool, String> {
        let manifests = digests.iter().map(String::as_str).chain([id]);
        let manifests = manifests.map(|digest| format!("manifests/{digest}"));
        for path in [format!("blobs/{id}")].into_iter().chain(manifests) {
            let answer = self.ask(&Method::HEAD, &path, MANIFESTS).await?;
            // Whoever is sent on to somebody else is sent to where it lies.
            if answer.status.is_success() || answer.status.is_redirection() {
                return Ok(true);
            }
            if answer.status != StatusCode::NOT_FOUND {
                self.found(&answer)?;
            }
        }
        Ok(false)
    }

    async fn read<T: DeserializeOwned>(&self, path: &str, accept: &str) -> Result<T, String> {
        let answer = self.ask(&Method::GET, path, accept).await?;
        serde_json::from_slice(&self.found(&answer)?.body)
            .map_err(|_| format!("{}: its answer of {} can't be read", self.name.door(), self.name))
    }

    /// The answer, if it is the thing that was asked for.
    fn found<'a>(&self, answer: &'a Answer) -> Result<&'a Answer, String> {
        let (door, name) = (self.name.door(), &self.name);
        Err(match answer.status {
            status if status.is_success() => return Ok(answer),
            StatusCode::NOT_FOUND => format!("{door} holds no {name}"),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => match &self.login {
                None => {
                    format!("{door} shows {name} to nobody without a login, and none is kept here")
                }
                Some(_) => {
                    format!("{door} does not show {name} to the login that is kept for it here")
                }
            },
            StatusCode::TOO_MANY_REQUESTS => format!("{door} was asked too often from here"),
            status => format!("{door} answered {} of {name}", status.as_u16()),
        })
    }

    /// Asks for something of the repository, and shows what the registry wants to see.
    async fn ask(&self, method: &Method, path: &str, accept: &str) -> Result<Answer, String> {
        let scheme = if self.is_plain() { "http" } else { "https" };
        let (door, repository) = (self.name.door(), &self.name.repository);
        let uri: Uri = format!("{scheme}://{door}/v2/{repository}/{path}")
            .parse()
            .map_err(|_| format!("{door} is no place that can be asked"))?;
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let answer = self.follow(method, &uri, accept, shown.as_deref()).await?;
        if answer.status != StatusCode::UNAUTHORIZED || shown.is_some() {
            return Ok(answer);
        }
        let wanted = answer.header("www-authenticate").unwrap_or_default();
        let Some(pass) = self.pass(wanted, &uri).await? else { return Ok(answer) };
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(pass.clone());
        self.follow(method, &uri, accept, Some(&pass)).await
    }

    /// What the registry wants to see: a token, which it gives to anyone, or for a login; or the login itself.
    async fn pass(&self, wanted: &str, asked: &Uri) -> Result<Option<String>, String> {
        let login = self.login.as_ref().map(Login::header);
        if wanted.get(..6).is_some_and(|kind| kind.eq_ignore_ascii_case("basic ")) {
            return Ok(login);
        }
        let Some(giver) = pass::giver(wanted, asked, &self.name.repository) else {
            return Ok(None);
        };
        let answer = self.web.ask(&Method::GET, &giver, ANY, login.as_deref()).await?;
        Ok(pass::token(&answer.body).map(|token| format!("Bearer {token}")))
    }

    /// Asks, also where the registry sends one to for what it keeps elsewhere. There nothing is shown.
    async fn follow(
        &self,
        method: &Method,
        uri: &Uri,
        accept: &str,
        shown: Option<&str>,
    ) -> Result<Answer, String> {
        let (mut at, home) = (uri.clone(), uri.authority());
        for _ in 0..MOST_SENT_ON {
            let shown = shown.filter(|_| at.authority() == home);
            let answer = self.web.ask(method, &at, accept, shown).await?;
            let is_sent_on = answer.status.is_redirection() && method == Method::GET;
            let Some(next) = answer.header("location").filter(|_| is_sent_on) else {
                return Ok(answer);
            };
            at = pass::onward(&at, next)
                .ok_or_else(|| format!("{} sends one on to where nobody goes", self.name.door()))?;
        }
        Err(format!("{} sends one on and on", self.name.door()))
    }
}
