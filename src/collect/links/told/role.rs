//! What a key says about its value: a destination, the program itself, or nothing.
//!
//! Three questions, in this order: does the key say where the program listens, whom it lets in, or what it or something else
//! is called? Is it a mention (a home page, a licence)? Is it one of the words for something to be called?

use super::vocabulary::{
    ALONE, BASE_NAMES, BROWSED, DEBUGGERS, DESTINATIONS, GENERIC, IDENTIFIERS, IDENTIFIERS_ALONE,
    ISSUERS, KEYS, LISTENS, LISTENS_TOGETHER, MAILED, MENTIONING, MENTIONS, NO_PORTS, OPEN_ID, OWN,
    OWN_NAMES, OWN_OR_NOT, OWN_PARTS, PAGES, PATTERNS, PLACES, PROBES, READ_PAGES, SIGN_IN, TOKENS,
    TRIED_OUT, UDP, URLS, XML,
};
use super::words;
use checks::model::BUNDLED;

/// Whether the value of a key is an address to call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    /// Where the program listens, what it allows, its own name, or a name for something: never a link.
    Itself,
    /// Usually the program itself, or a mention: a link only when the address is another container's name, which
    /// nobody can listen on.
    Doubtful,
    /// Says nothing: the value must speak for itself.
    Plain,
    /// Something to be called.
    Destination,
}

/// Where a key stands; a bare `HOST` means the program itself in an environment, but not always in a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Setting {
    Env,
    Arg,
    File,
}

/// A key, taken apart.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// Its components, list indices left out.
    components: Vec<Vec<String>>,
    setting: Setting,
    exact: String,
}

impl Key {
    /// A key of one component: a variable or a flag.
    pub(super) fn name(name: &str, setting: Setting) -> Self {
        Self { components: vec![words::split(name)], setting, exact: name.to_ascii_lowercase() }
    }

    /// A key of a file.
    pub(super) fn path<'c>(components: impl IntoIterator<Item = &'c str>) -> Self {
        let components: Vec<Vec<String>> =
            components.into_iter().map(words::split).filter(|c| !c.is_empty()).collect();
        Self { components, setting: Setting::File, exact: String::new() }
    }

    /// The same key inside the value of another one.
    pub(super) fn within(&self, outer: &Self) -> Self {
        let components = outer
            .components
            .iter()
            .chain(&self.components)
            .filter(|c| !c.is_empty())
            .cloned()
            .collect();
        Self { components, setting: outer.setting, exact: outer.exact.clone() }
    }

    /// Adds a component behind the others.
    pub(super) fn append(&mut self, component: &str) {
        self.components.push(words::split(component));
    }

    pub(super) fn words(&self) -> Vec<String> {
        self.components.concat()
    }

    pub(super) fn last(&self) -> &[String] {
        self.components.last().map_or(&[], Vec::as_slice)
    }

    pub(super) fn setting(&self) -> Setting {
        self.setting
    }

    /// Is it named URL or URI, so that a value without a scheme is a mistake?
    pub(super) fn is_url(&self) -> bool {
        let last = self.last();
        URLS.any(last) && !last.last().is_some_and(|word| PLACES.has(word))
    }

    /// Does it name a service that is reached over UDP?
    pub(super) fn is_udp(&self) -> bool {
        UDP.any(&self.words())
    }

    /// May its value be a host alone?
    pub(super) fn is_host(&self) -> bool {
        ALONE.any(self.last())
    }

    /// Does it ask for a server, so that the kind of one may be its value as well as its host?
    pub(super) fn is_server(&self) -> bool {
        self.last().last().is_some_and(|word| matches!(word.as_str(), "server" | "servers"))
    }

    pub(super) fn role(&self) -> Role {
        let words = self.words();
        let listens =
            LISTENS.any(&words) || LISTENS_TOGETHER.iter().any(|list| list.within(&words));
        if listens || self.is_proxy() || self.is_origin() || PATTERNS.any(self.last()) {
            return Role::Itself;
        }
        if words.last().is_some_and(|word| NO_PORTS.has(word)) {
            return Role::Itself;
        }
        if self.setting == Setting::Env && OWN.has(&self.exact) {
            return Role::Itself;
        }
        if self.is_identifier(&words) {
            return Role::Itself;
        }
        if let Some(role) = self.own_name(&words) {
            return role;
        }
        let shown = self.is_mention(&words) || Self::is_browsed(&words);
        let own_or_not = self.setting == Setting::Env && OWN_OR_NOT.has(&self.exact);
        let for_others = own_or_not || Self::is_public(&words) || DEBUGGERS.any(&words);
        if shown || for_others || self.is_for_browsers(&words) || self.is_probe(&words) {
            Role::Doubtful
        } else if DESTINATIONS.any(&words) {
            Role::Destination
        } else {
            Role::Plain
        }
    }

    /// `HTTP_PROXY`, `proxy`, `proxy.https`: an address on the way, judged with the links that it applies to.
    pub(super) fn is_proxy(&self) -> bool {
        let words = self.words();
        // What a reverse proxy is told is whom it passes requests on to.
        if words.iter().any(|word| word == "reverse") {
            return false;
        }
        let proxy = |word: &String| matches!(word.as_str(), "proxy" | "proxies");
        let kind = |word: &String| {
            matches!(word.as_str(), "http" | "https" | "all" | "no" | "ftp" | "socks")
        };
        match words.as_slice() {
            [.., last] if proxy(last) => true,
            [.., before, last] if proxy(before) && kind(last) => true,
            // `http.proxyHost` of Java
            [before @ .., middle, last]
                if proxy(middle) && matches!(last.as_str(), "host" | "port") =>
            {
                before.last().is_none_or(kind)
            }
            _ => false,
        }
    }

    fn is_origin(&self) -> bool {
        self.last().last().is_some_and(|word| matches!(word.as_str(), "origin" | "origins"))
    }

    /// Does the key name the program itself? `None` when it does not.
    fn own_name(&self, words: &[String]) -> Option<Role> {
        // `S3_PUBLIC_ENDPOINT`: only what says that it is for others makes an endpoint one of these.
        if let [head @ .., last] = words
            && matches!(last.as_str(), "endpoint" | "endpoints")
        {
            let others = head.iter().rev().take_while(|word| OWN_NAMES.has(word)).count();
            let named = head[..head.len() - others].iter().any(|word| !GENERIC.has(word));
            return match (others, named) {
                (0, _) => None,
                (_, false) => Some(Role::Itself),
                (_, true) => Some(Role::Doubtful),
            };
        }
        let (kind, head) = match words.split_last() {
            Some((last, head)) if URLS.has(last) || PLACES.has(last) => (Some(last), head),
            _ => (None, words),
        };
        let bases = head.iter().rev().take_while(|w| OWN_NAMES.has(w) || BASE_NAMES.has(w)).count();
        let (head, bases) = head.split_at(head.len() - bases);
        let strict = OWN_NAMES.any(bases);
        let head: Vec<&String> = head.iter().filter(|word| !GENERIC.has(word)).collect();
        let own_part = head.iter().all(|word| OWN_PARTS.has(word) || PLACES.has(word));
        let place = kind.is_some_and(|kind| PLACES.has(kind));
        match (place, kind.is_some(), bases.is_empty(), head.is_empty()) {
            (true, _, _, true) => Some(self.bare_place(kind, bases.is_empty())),
            (_, _, false, true) => Some(Role::Itself),
            (_, _, false, false) if strict || own_part => Some(Role::Doubtful),
            (true, _, _, false) if own_part => Some(Role::Doubtful),
            (false, true, true, false) if self.is_page(&head) => Some(Role::Doubtful),
            _ => None,
        }
    }

    /// A bare `HOST`, `PORT` or `address`.
    fn bare_place(&self, kind: Option<&String>, unqualified: bool) -> Role {
        let exposed = kind.is_some_and(|kind| {
            matches!(kind.as_str(), "host" | "hostname" | "port" | "domain" | "fqdn")
        });
        if !unqualified || (exposed && self.setting == Setting::Env) {
            Role::Itself
        } else {
            Role::Doubtful
        }
    }

    fn is_page(&self, head: &[&String]) -> bool {
        let single = self.components.len() == 1 || head.iter().all(|word| *word != "client");
        single && head.iter().all(|word| PAGES.has(word))
    }

    /// Is the value compared, and never called?
    fn is_identifier(&self, words: &[String]) -> bool {
        let Some((last, head)) = self.last().split_last() else { return false };
        let named = if URLS.has(last) { head.last() } else { Some(last) };
        IDENTIFIERS_ALONE.has(last)
            || named.is_some_and(|word| IDENTIFIERS.has(word))
            || XML.any(self.last())
            || (ISSUERS.has(last) && TOKENS.any(words))
    }

    /// `VITE_API_URL`: an address in pages, where the client is a browser. The tool that makes the pages may pass requests on.
    fn is_for_browsers(&self, words: &[String]) -> bool {
        self.setting == Setting::Env
            && BUNDLED.iter().any(|begin| self.exact.starts_with(&begin.to_ascii_lowercase()))
            && !words.iter().any(|word| word == "proxy")
    }

    /// `HEALTHCHECK_URL`, and what has an agent ask the container itself: `SERVICE_CHECK_HTTP`, `SERVICE_80_CHECK_TCP`.
    fn is_probe(&self, words: &[String]) -> bool {
        let checks = words.windows(2).any(|pair| pair == ["health", "check"]);
        let service = words.first().is_some_and(|word| word == "service");
        let numbered = words.get(1).is_some_and(|word| word.bytes().all(|b| b.is_ascii_digit()));
        let registered = words.get(1 + usize::from(numbered)).is_some_and(|word| word == "check");
        PROBES.any(words) || checks || (self.setting == Setting::Env && service && registered)
    }

    /// `MEDIA_URL`, `SHARE_BASE_URL`, `SWAGGER_HOST`: for people and their browsers.
    fn is_browsed(words: &[String]) -> bool {
        let named = match words.split_last() {
            Some((last, head)) if URLS.has(last) || PLACES.has(last) || last == "endpoint" => {
                head.iter().rev().find(|word| *word != "base")
            }
            _ => None,
        };
        named.is_some_and(|word| BROWSED.has(word))
            || TRIED_OUT.any(words)
            || MAILED.iter().any(|list| list.within(words))
    }

    /// `PUBLIC_API_URL`: where those outside reach something.
    fn is_public(words: &[String]) -> bool {
        let is_url = words.last().is_some_and(|last| URLS.has(last) || PLACES.has(last));
        is_url && matches!(words, [first, second, ..] if first == "public" && !KEYS.has(second))
    }

    fn is_mention(&self, words: &[String]) -> bool {
        let below = self.components.iter().rev().skip(1).any(|words| MENTIONING.any(words));
        let signs_in = matches!(words, [head @ .., before, last]
            if (URLS.has(last) || last == "endpoint")
                && (SIGN_IN.has(before) || (before == "auth" && OPEN_ID.any(head))));
        let index = words.windows(2).any(|pair| pair[0] == "index" && pair[1] == "url");
        let last = match words {
            [.., before, last] if URLS.has(last) => READ_PAGES.has(before),
            [.., last] => READ_PAGES.has(last) || MENTIONS.has(last),
            [] => false,
        };
        below || signs_in || index || last
    }
}
