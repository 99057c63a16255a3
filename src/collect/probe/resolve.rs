//! A name resolved as the C library of the client would: its hosts file, then its name servers in
//! order with its search domains. Every question goes to one server at a time over a connected
//! socket, so that a refusal is seen as one and not as silence, and nothing is cached, retried
//! elsewhere or answered from special knowledge.

use super::connect::millis;
use super::dns_socket::Provider;
use crate::words::words;
use checks::model::{Asked, HostsLine, Lookup, Resolution, ResolverConfig, numeric};
use hickory_resolver::config::{ConnectionConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::xfer::{DnsHandle, FirstAnswer};
use hickory_resolver::proto::op::{DnsRequestOptions, DnsResponse, Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{ConnectionProvider, PoolContext, TlsConfig};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// The C library asks no more than three servers.
const MAX_SERVERS: usize = 3;
/// More search domains than any C library of the last years follows are not worth their questions.
const MAX_SEARCH: usize = 16;
const DNS: u16 = 53;

/// Resolves `name`. `limit` bounds each question; a server that let it pass once is not asked
/// again. An address instead of a name needs no resolving and comes back with nothing found and
/// nobody asked.
pub(crate) async fn resolve(
    name: &str,
    config: &ResolverConfig,
    hosts: &[HostsLine],
    limit: Duration,
) -> Resolution {
    resolve_at(name, config, hosts, limit, DNS).await
}

/// The same with another port than every resolver's, for tests.
pub(super) async fn resolve_at(
    name: &str,
    config: &ResolverConfig,
    hosts: &[HostsLine],
    limit: Duration,
    port: u16,
) -> Resolution {
    let mut resolution =
        Resolution { name: name.to_owned(), hosts_file: in_hosts(name, hosts), asked: Vec::new() };
    if !resolution.hosts_file.is_empty() || numeric(name).is_some() {
        return resolution;
    }
    let mut servers: Vec<Server> =
        servers(config).into_iter().map(|ip| Server::new(ip, port, limit)).collect();
    for question in questions(name, config) {
        let Ok(asked) = Name::from_ascii(format!("{question}.")) else { continue };
        for server in servers.iter_mut().filter(|server| !server.silent) {
            let started = Instant::now();
            let (answer, denied_for_ipv6) = server.ask(&asked).await;
            let (found, goes_on) = (matches!(answer, Lookup::Addresses(_)), goes_on(&answer));
            resolution.asked.push(Asked {
                server: server.ip,
                question: question.clone(),
                answer,
                denied_for_ipv6,
                ms: millis(started.elapsed()),
            });
            if found {
                return resolution;
            }
            if !goes_on {
                break;
            }
        }
    }
    resolution
}

/// Whether the C library asks the next server: only when this one said nothing about the name.
fn goes_on(answer: &Lookup) -> bool {
    !matches!(answer, Lookup::Addresses(_) | Lookup::NoSuchName | Lookup::NoAddresses)
}

fn in_hosts(name: &str, hosts: &[HostsLine]) -> Vec<IpAddr> {
    let named = |line: &&HostsLine| line.names.iter().any(|each| each.eq_ignore_ascii_case(name));
    let mut found: Vec<IpAddr> = hosts.iter().filter(named).map(|line| line.address).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Without a name server in the file the C library asks its own host.
fn servers(config: &ResolverConfig) -> Vec<IpAddr> {
    if config.nameservers.is_empty() {
        return vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    }
    config.nameservers.iter().copied().take(MAX_SERVERS).collect()
}

/// The full names to ask for, in order and without their last dot.
fn questions(name: &str, config: &ResolverConfig) -> Vec<String> {
    if let Some(absolute) = name.strip_suffix('.') {
        return vec![absolute.to_owned()];
    }
    let dots = u32::try_from(name.matches('.').count()).unwrap_or(u32::MAX);
    let mut all: Vec<String> =
        config.search.iter().take(MAX_SEARCH).map(|domain| format!("{name}.{domain}")).collect();
    all.insert(if dots >= config.ndots { 0 } else { all.len() }, name.to_owned());
    all
}

struct Server {
    ip: IpAddr,
    port: u16,
    limit: Duration,
    context: PoolContext,
    provider: Provider,
    /// Let the limit pass: not asked again.
    silent: bool,
    /// Answers for IPv4 alone: not asked for IPv6 again.
    silent_on_v6: bool,
}

impl Server {
    fn new(ip: IpAddr, port: u16, limit: Duration) -> Self {
        let mut options = ResolverOpts::default();
        options.timeout = limit;
        options.os_port_selection = true;
        let context = PoolContext::new(options, TlsConfig::new().expect("no TLS is built in"));
        let provider = Provider::default();
        Self { ip, port, limit, context, provider, silent: false, silent_on_v6: false }
    }

    /// Asks for IPv4 and IPv6 at once. What IPv6 comes to never spoils the answer for IPv4; it stands beside it where it is no
    /// answer like that.
    async fn ask(&mut self, name: &Name) -> (Lookup, Option<Lookup>) {
        let v6 = async {
            if self.silent_on_v6 {
                Lookup::Timeout
            } else {
                self.query(name, RecordType::AAAA).await
            }
        };
        let (v4, v6) = tokio::join!(self.query(name, RecordType::A), v6);
        self.silent_on_v6 |= v6 == Lookup::Timeout;
        self.silent |= v4 == Lookup::Timeout;
        let is_fine = matches!(v6, Lookup::Addresses(_) | Lookup::NoAddresses);
        let denied = matches!(v4, Lookup::Addresses(_)) && !is_fine;
        let denied = denied.then(|| v6.clone());
        (both(v4, v6), denied)
    }

    async fn query(&self, name: &Name, kind: RecordType) -> Lookup {
        let question = Query::query(name.clone(), kind);
        let asked = async {
            let answer = self.send(&question, ConnectionConfig::udp()).await?;
            // TCP is there for answers that were cut short; it is not tried for anything else.
            if answer.truncation {
                return self.send(&question, ConnectionConfig::tcp()).await;
            }
            Ok(answer)
        };
        match timeout(self.limit, asked).await {
            Ok(Ok(response)) => read(&response),
            Ok(Err(error)) => classify(&error),
            Err(_) => Lookup::Timeout,
        }
    }

    async fn send(
        &self,
        question: &Query,
        mut over: ConnectionConfig,
    ) -> Result<DnsResponse, NetError> {
        over.port = self.port;
        let mut options = DnsRequestOptions::default();
        // As the C library asks: some resolvers answer the extension with an error.
        options.use_edns = false;
        options.recursion_desired = true;
        let server = self.provider.new_connection(self.ip, &over, &self.context)?.await?;
        server.lookup(question.clone(), options).first_answer().await
    }
}

fn both(v4: Lookup, v6: Lookup) -> Lookup {
    match (v4, v6) {
        (Lookup::Addresses(mut all), Lookup::Addresses(more)) => {
            all.extend(more);
            all.sort_unstable();
            Lookup::Addresses(all)
        }
        (v4, v6) if matches!(v6, Lookup::Addresses(_)) && !matches!(v4, Lookup::Addresses(_)) => v6,
        (v4, _) => v4,
    }
}

fn read(response: &DnsResponse) -> Lookup {
    let address = |data: &RData| match data {
        RData::A(v4) => Some(IpAddr::V4(v4.0)),
        RData::AAAA(v6) => Some(IpAddr::V6(v6.0)),
        _ => None,
    };
    let mut found: Vec<IpAddr> =
        response.answers.iter().filter_map(|record| address(&record.data)).collect();
    found.sort_unstable();
    found.dedup();
    match response.response_code {
        ResponseCode::NoError if !found.is_empty() => Lookup::Addresses(found),
        ResponseCode::NoError => Lookup::NoAddresses,
        ResponseCode::NXDomain => Lookup::NoSuchName,
        ResponseCode::Refused => Lookup::RefusedByServer,
        // Other codes mean the same to a client: no answer to be had from this server.
        _ => Lookup::ServerFailure,
    }
}

fn classify(error: &NetError) -> Lookup {
    match error {
        NetError::Timeout => Lookup::Timeout,
        NetError::Io(error) => Lookup::Unreachable(words(error)),
        // An answer that cannot be read is no answer.
        _ => Lookup::ServerFailure,
    }
}
