//! Which addresses are links: the key, the shape of the value and what the engine knows, put together.

use super::address::{Address, Shape};
use super::entry::Entry;
use super::pairs::{Beside, Halves, Near};
use super::role::{Role, Setting};
use super::scheme::{self, Kind};
use super::value::{self, Around, Reading};
use super::variable::{self, Fill};
use super::words::{self, List};
use super::{Known, Told, Trouble, host};

/// Endings of what is downloaded, not talked to.
const ARTEFACTS: List = List(
    "asc bz2 deb gz gpg jar pem py rpm sh sha256 sig tar tgz whl xz zip zst md html png svg jpg ico css xsd dtd",
);

/// A name and a number up to this one is a weight, a count or a version (`mailer:2`, `redis:7`), unless its key says more.
const LEAST: u16 = 79;

/// Ports that are used over UDP only, or by most who use them.
const UDP_PORTS: &[u16] =
    &[53, 69, 123, 161, 162, 514, 1812, 1813, 5775, 6831, 6832, 8125, 12201, 51820];

/// The links in entries that belong together: one environment, one command, one document.
pub(super) fn links(entries: &[Entry], known: &Known<'_>, fill: Fill<'_>) -> Vec<Told> {
    let halves = Halves::of(entries);
    let mut told = Vec::new();
    for entry in entries {
        let mut reading = value::read(&entry.value, fill);
        let beside = halves.beside(entry);
        let paired = pair(&mut reading, beside, fill);
        if !paired {
            reading.addresses.retain(|address| speaks(address, known));
        }
        if reading.addresses.is_empty() {
            continue;
        }
        let role = entry.key.role();
        if role == Role::Itself {
            continue;
        }
        reading.alone = reading.addresses.len() == 1;
        for address in std::mem::take(&mut reading.addresses) {
            let weighed = Weighed { role, entry, reading: &reading, beside, paired, address };
            told.extend(weighed.verdict(known));
        }
    }
    told
}

/// Most values are one word that could be a host, and nothing says so: no need to look at their keys.
fn speaks(address: &Address, known: &Known<'_>) -> bool {
    let host = &address.host;
    address.shape != Shape::Host
        || address.trouble.is_some()
        || host::is_loopback(host)
        || host::is_ip(host)
        || host::is_dotted(host)
        || (known.is_name)(host)
}

/// Puts the port and the scheme that stand beside a host to it; whether there was a port.
fn pair(reading: &mut Reading, beside: Beside<'_>, fill: Fill<'_>) -> bool {
    let Some(port) = beside.port.map(|port| variable::veil(port.trim(), fill).text) else {
        return false;
    };
    let number = port.parse::<u16>().ok().filter(|port| *port > 0);
    let open = variable::is_in(&port);
    if number.is_none() && !open {
        return false;
    }
    for address in reading.addresses.iter_mut().filter(|address| address.port.is_none()) {
        address.port = number;
        if address.trouble.is_none() && open {
            address.trouble = Some(Trouble::Unexpanded);
        }
        if address.scheme.is_none() {
            let scheme = beside.scheme.map(scheme::plain);
            address.scheme = scheme.filter(|s| matches!(scheme::kind(s), Kind::Network(_)));
        }
    }
    true
}

/// An address with all that speaks for and against it.
struct Weighed<'a> {
    role: Role,
    entry: &'a Entry,
    reading: &'a Reading,
    beside: Beside<'a>,
    /// A port stands beside the host.
    paired: bool,
    address: Address,
}

impl Weighed<'_> {
    fn verdict(mut self, known: &Known<'_>) -> Option<Told> {
        let is_known = !self.address.host.is_empty() && (known.is_name)(&self.address.host);
        if host::is_wildcard(&self.address.host) || !self.is_link(is_known) {
            return None;
        }
        if self.address.trouble.is_none() && self.lacks_scheme() {
            self.address.trouble = Some(Trouble::NoScheme);
        }
        let suggested = self.suggested_port();
        // `API_URL=http://api` beside `API_PORT=8080`: programs may put the two together.
        let rivalled = self.address.port.is_none() && self.beside.rival;
        let mut told = self.address.clone().told(self.entry.place.clone(), self.entry.hidden);
        if told.port.is_none() && told.trouble.is_none() {
            told.port = suggested;
            told.port_assumed = suggested.is_some();
        }
        told.port_assumed |= rivalled && told.port.is_some();
        if told.trouble.is_none() {
            self.surround(&mut told);
        }
        Some(told)
    }

    /// A variable's quotes and line ends are a part of its value: no shell takes them away. URLs are told, and hosts of whom
    /// a port stands beside; what else is in quotes may be meant for a reader that knows them.
    fn surround(&self, told: &mut Told) {
        let alone = self.entry.literal && self.reading.alone && !self.reading.prose;
        if !alone || self.role != Role::Destination {
            return;
        }
        let host = self.address.shape == Shape::Host && self.paired;
        let url = self.address.shape == Shape::Url
            && self.address.scheme.as_deref().is_some_and(|it| scheme::default_port(it).is_some());
        let (why, before, behind) = match self.reading.around {
            Around::Quotes(quote) if host || url => (
                "its value has quotes around it, which programs take for a part of it",
                quote.to_string(),
                quote.to_string(),
            ),
            Around::Angles if url => (
                "its value has angle brackets around it, which programs take for a part of it",
                "<".to_owned(),
                ">".to_owned(),
            ),
            // Many readers of URLs leave out line ends by themselves.
            Around::Control(last) if host => (
                "its value ends in a control character, which programs take for a part of it",
                String::new(),
                last.escape_default().to_string(),
            ),
            _ => return,
        };
        told.shown = Some(match told.port.filter(|_| host) {
            Some(port) => {
                let scheme = told.scheme.as_deref().unwrap_or("tcp");
                format!("{scheme}://{before}{}{behind}:{port}", told.host)
            }
            None => format!("{before}{}{behind}", told.url()),
        });
        told.trouble = Some(Trouble::Unparsable(why));
    }

    /// The port of a host alone that nobody wrote for it: the only one that is named like it, else that of the service.
    fn suggested_port(&self) -> Option<u16> {
        if self.address.shape != Shape::Host {
            return None;
        }
        match self.beside.near {
            Near::Nothing => self.service_port(),
            Near::One(port) => Some(port),
            Near::Several => None,
        }
    }

    /// The port that the words of the key, or the kind of service beside it, mean.
    fn service_port(&self) -> Option<u16> {
        let kind = self.beside.kind.map(words::split).unwrap_or_default();
        scheme::service_port(&self.entry.key.words()).or_else(|| scheme::port_of_kind(&kind))
    }

    /// A key named URL or URI, and a value without a scheme.
    fn lacks_scheme(&self) -> bool {
        self.entry.key.is_url()
            && matches!(self.address.shape, Shape::HostPort | Shape::Host)
            && !self.paired
    }

    fn is_link(&self, known: bool) -> bool {
        if self.is_udp() || self.is_template() {
            return false;
        }
        if self.role == Role::Doubtful {
            let alone =
                self.address.shape == Shape::Host && !self.paired && self.service_port().is_none();
            return known && !alone && !self.reading.prose;
        }
        if self.reading.told_elsewhere && self.address.shape != Shape::Host {
            // The variable itself is read where it is set.
            return false;
        }
        match self.address.shape {
            Shape::Url => self.url_is_link(known),
            Shape::Dsn => true,
            Shape::HostPort => {
                self.role == Role::Destination
                    || (known && self.address.port.is_none_or(|port| port > LEAST))
            }
            Shape::Host => self.host_is_link(known),
        }
    }

    /// A service over UDP, by its name or by its port.
    fn is_udp(&self) -> bool {
        let bare = matches!(self.address.shape, Shape::HostPort | Shape::Host)
            && self.address.scheme.is_none();
        bare && (self.entry.key.is_udp()
            || self.address.port.is_some_and(|port| UDP_PORTS.contains(&port)))
    }

    /// `http://{tenant}.api` in a file: the program itself fills it in.
    fn is_template(&self) -> bool {
        let host = &self.address.host;
        let own = host.contains(['{', '<']) && !host.contains(['$', '%']);
        let env = self.entry.key.setting() != Setting::File && self.role == Role::Destination;
        own && !env
    }

    fn url_is_link(&self, known: bool) -> bool {
        let destination = self.role == Role::Destination;
        if known {
            return true;
        }
        if self.reading.prose && !destination || self.is_artefact() {
            return false;
        }
        match self.address.scheme.as_deref().map(scheme::kind) {
            Some(Kind::Network(_)) => true,
            Some(_) => destination || self.address.port.is_some(),
            None => {
                destination
                    || self.address.port.is_some()
                    || self.address.trouble == Some(Trouble::Unexpanded)
            }
        }
    }

    /// A file that anybody may fetch from a public site.
    fn is_artefact(&self) -> bool {
        let lower = self.address.path.to_ascii_lowercase();
        let ending = lower.rsplit_once('.').map(|(_, ending)| ending);
        host::is_dotted(&self.address.host) && ending.is_some_and(|ending| ARTEFACTS.has(ending))
    }

    fn host_is_link(&self, known: bool) -> bool {
        let Address { host, trouble, .. } = &self.address;
        if self.role != Role::Destination {
            return false;
        }
        if self.paired {
            // `WEB_SERVER=nginx` beside `WEB_PORT=80`
            return known || !(self.entry.key.is_server() && host::is_kind(host));
        }
        if trouble.is_some() {
            // In a file, whoever reads it fills in what is nothing but a variable.
            return self.entry.key.is_url() && self.entry.key.setting() == Setting::Env;
        }
        if self.entry.key.is_url() {
            return known || host::is_loopback(host) || host::is_ip(host) || host::is_dotted(host);
        }
        if !self.entry.key.is_host() || !self.address.path.is_empty() {
            return false;
        }
        known || (host::is_loopback(host) && self.service_port().is_some())
    }
}

impl Address {
    /// The address with what its scheme means by itself.
    pub(super) fn told(self, place: super::Place, hidden: bool) -> Told {
        let default = self.scheme.as_deref().and_then(scheme::default_port);
        Told {
            port: self
                .port
                .or(default.filter(|_| !matches!(self.trouble, Some(Trouble::Unparsable(_))))),
            port_written: self.port.is_some(),
            port_assumed: false,
            scheme: self.scheme,
            host: self.host,
            path: self.path,
            place,
            trouble: self.trouble,
            shown: self.shown,
            secret_line: self.secret || hidden,
        }
    }
}
