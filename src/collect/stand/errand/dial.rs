//! The client's own connection to its endpoint, and the request that it makes of it.

use super::{ADDRESSES, Errand, LIMIT, Names, is_silent, resolve};
use crate::collect::probe::{self, Answer, Question, Shown};
use checks::model::{Connect, Proxied, Reply, Visit, authority, is_loopback, numeric};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// How long a reply may take.
const REPLY_LIMIT: Duration = Duration::from_secs(3);
/// How long a server that turned a request away is given to notice that a place is free.
const FREE: Duration = Duration::from_millis(100);
/// The client's own loopback, where a resolver answers for it without being asked.
const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// Makes the client's own connection to its endpoint.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Dial {
    /// The endpoint's host and port.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The path of an HTTP request, where the endpoint speaks HTTP.
    pub(crate) http_path: Option<String>,
    /// Whether a connection to it begins with a TLS handshake.
    pub(crate) speaks_tls: bool,
    /// Whether some clients of its scheme ask for that in plain text first.
    pub(crate) may_upgrade: bool,
    /// How the client resolves names; a host that is an address needs none.
    pub(crate) names: Result<Names, String>,
    /// The proxy to which the client's variables send such a request: its host and port.
    #[serde(default)]
    pub(crate) proxy: Option<(String, u16)>,
}

/// What came of a [`Dial`].
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Dialled {
    pub(crate) visit: Result<Visit, String>,
    /// Whether a reply began and never ended.
    pub(crate) stopped: bool,
    /// The certificates that the server showed, its own first, in DER.
    #[serde(default)]
    pub(crate) chain: Vec<Vec<u8>>,
}

impl From<Result<Visit, String>> for Dialled {
    fn from(visit: Result<Visit, String>) -> Self {
        Self { visit, stopped: false, chain: Vec::new() }
    }
}

impl Errand for Dial {
    const NAME: &'static str = "dial";
    type Seen = Dialled;

    async fn run(self) -> Dialled {
        let mut visit = Visit::default();
        let (mut stopped, mut chain, mut beginning) = (false, Vec::new(), Vec::new());
        let addresses = if let Some(ip) = numeric(&self.host) {
            vec![ip]
        } else {
            let names = match &self.names {
                Ok(names) => names,
                Err(why) => return Err(why.clone()).into(),
            };
            let resolution = resolve(&self.host, names).await;
            let mut addresses = resolution.addresses();
            // Resolvers answer for localhost and what belongs to it, also without a hosts file.
            if addresses.is_empty() && is_loopback(&self.host) {
                addresses = LOOPBACK.to_vec();
            } else {
                visit.resolution = Some(resolution);
            }
            addresses
        };
        for ip in addresses.into_iter().take(ADDRESSES) {
            let to = SocketAddr::new(ip, self.port);
            let attempt = probe::connect(to, LIMIT).await;
            let connected = attempt.connect == Connect::Connected;
            visit.attempts.push(attempt);
            if connected {
                visit.asked = self.http_path.as_deref().and_then(asked);
                if let Some(Shown { certificate, chain: shown, reply, http2 }) =
                    self.secure(to).await
                {
                    (visit.certificate, chain) = (Some(certificate), shown);
                    stopped = reply == Some(Reply::ReadTimeout);
                    (visit.reply, visit.http2) = (reply, http2);
                } else {
                    let answer = self.answer(to).await;
                    visit.as_localhost = self.as_localhost(to, answer.reply.as_ref()).await;
                    (visit.reply, visit.http2, stopped) =
                        (answer.reply, answer.http2, answer.stopped);
                    visit.no_handshake = answer.no_handshake;
                    beginning = answer.beginning;
                    if self.http_path.is_none() && !self.speaks_tls {
                        visit.turned_away = probe::turned_away(to).await;
                    }
                }
                break;
            }
        }
        visit.proxied = self.through_proxy(visit.reply.as_ref(), &beginning).await;
        Dialled { visit: Ok(visit), stopped, chain }
    }
}

/// Statuses with which servers turn a host down that they do not call their own.
const NOT_MINE: [u16; 4] = [400, 403, 404, 421];

/// Whether a server that has no place left may reply so.
fn turns_away(reply: &Reply) -> bool {
    matches!(reply, Reply::Closed | Reply::Reset | Reply::Status(429 | 503))
}

/// A path that was asked for, as far as it may be shown; the root is not worth a word.
fn asked(path: &str) -> Option<String> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    (path != "/" && !path.is_empty()).then(|| path.to_owned())
}

impl Dial {
    /// What the same request comes to through the client's proxy, beside the reply without it and what that begins with.
    async fn through_proxy(&self, reply: Option<&Reply>, beginning: &[u8]) -> Option<Proxied> {
        let (host, port) = self.proxy.as_ref()?;
        let addresses = match (numeric(host), &self.names) {
            (Some(ip), _) => vec![ip],
            _ if is_loopback(host) => LOOPBACK.to_vec(),
            (None, Err(why)) => return Some(Proxied::Unknown(why.clone())),
            (None, Ok(names)) => {
                let resolution = resolve(host, names).await;
                let addresses = resolution.addresses();
                if addresses.is_empty() && resolution.asked.iter().any(is_silent) {
                    let why = format!("no name server answered for the proxy's name {host}");
                    return Some(Proxied::Unknown(why));
                }
                addresses
            }
        };
        // Where none takes a connection the first says most: the loopback has one of each family.
        let mut first = None;
        for ip in addresses.into_iter().take(ADDRESSES) {
            let came = self.by_proxy(SocketAddr::new(ip, *port), reply, beginning).await;
            if !matches!(came, Proxied::Unreached(_)) {
                return Some(came);
            }
            first.get_or_insert(came);
        }
        Some(first.unwrap_or(Proxied::NoName))
    }

    async fn by_proxy(
        &self,
        proxy: SocketAddr,
        reply: Option<&Reply>,
        beginning: &[u8],
    ) -> Proxied {
        let to = authority(&self.host, self.port);
        match &self.http_path {
            Some(path) if !self.speaks_tls => {
                match probe::proxied(proxy, &to, path, REPLY_LIMIT).await {
                    Ok((other, same)) if reply == Some(&other) && same == beginning => {
                        Proxied::AsWithout
                    }
                    Ok((other, _)) => Proxied::Answered(other),
                    Err(unreached) => Proxied::Unreached(unreached),
                }
            }
            _ => probe::tunnelled(proxy, &to, LIMIT, REPLY_LIMIT).await,
        }
    }

    /// What a server shows and answers in TLS.
    async fn secure(&self, to: SocketAddr) -> Option<Shown> {
        if !self.speaks_tls {
            return None;
        }
        let host = self.named();
        let question = self.http_path.as_deref().map(|path| Question { host: &host, path });
        let ask = || probe::certificate(to, &self.host, question, REPLY_LIMIT);
        let first = ask().await?;
        if !first.reply.as_ref().is_some_and(turns_away) {
            return Some(first);
        }
        tokio::time::sleep(FREE).await;
        let again = ask().await.filter(|again| matches!(again.reply, Some(Reply::Status(_))));
        Some(again.unwrap_or(first))
    }

    /// What came of a request.
    async fn answer(&self, to: SocketAddr) -> Answer {
        match &self.http_path {
            path if self.speaks_tls && !self.may_upgrade => {
                probe::handshake(to, &self.host, path.as_deref(), REPLY_LIMIT).await
            }
            Some(path) => {
                let host = self.named();
                let ask = || probe::request(to, &host, path, REPLY_LIMIT);
                let first = ask().await;
                if !first.reply.as_ref().is_some_and(turns_away) {
                    return first;
                }
                // A server of one place may not have noticed yet that the connection before is gone.
                tokio::time::sleep(FREE).await;
                let again = ask().await;
                if matches!(again.reply, Some(Reply::Status(_))) { again } else { first }
            }
            None => Answer { stopped: self.speaks_tls, ..Answer::default() },
        }
    }

    /// The host as clients write it into their requests.
    fn named(&self) -> String {
        let usual = if self.speaks_tls { 443 } else { 80 };
        if self.port == usual { self.host.clone() } else { authority(&self.host, self.port) }
    }

    /// The status of the same request to `localhost`, where a server turned the dialled name down and does so again
    /// afterwards: then it is the name that it turns down.
    async fn as_localhost(&self, to: SocketAddr, reply: Option<&Reply>) -> Option<u16> {
        let (Some(Reply::Status(first)), Some(path)) = (reply, &self.http_path) else {
            return None;
        };
        let is_named = numeric(&self.host).is_none() && !is_loopback(&self.host);
        if !is_named || !NOT_MINE.contains(first) {
            return None;
        }
        let ask = async |host: &str| match probe::request(to, host, path, REPLY_LIMIT).await.reply {
            Some(Reply::Status(status)) => Some(status),
            _ => None,
        };
        let other = ask(&authority("localhost", self.port)).await?;
        (other != *first && ask(&self.named()).await? == *first).then_some(other)
    }
}
