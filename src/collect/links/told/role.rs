//! What a key says about its value: a destination, the program itself, or nothing.
//!
//! Three questions, in this order: does the key say where the program listens, whom it lets in, or what it calls itself?
//! Is it a mention (a home page, a licence)? Is it one of the words for something to be called?

use super::words;

/// Whether the value of a key is an address to call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    /// Where the program listens, what it allows, or its own name: never a link.
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

/// Variables of well known programs that name the program itself.
const OWN: &[&str] = &[
    "aspnetcore_urls",
    "dotnet_urls",
    "urls",
    "nextauth_url",
    "auth_url_internal",
    "kc_hostname",
    "kc_hostname_url",
    "kc_hostname_admin_url",
    "n8n_host",
    "n8n_editor_base_url",
    "minio_server_url",
    "minio_browser_redirect_url",
    "virtual_host",
    "letsencrypt_host",
    "server_name",
    "vault_api_addr",
    "vault_cluster_addr",
    "phx_host",
    "nuxt_host",
    "nitro_host",
    "uvicorn_host",
    "gunicorn_bind",
    "flask_run_host",
    "rabbitmq_nodename",
    "vercel_url",
    "codespace_name",
    "hostname",
    "computername",
    "host",
    "port",
    "web_concurrency",
    "home",
    "pwd",
    "path",
    "server_software",
];

/// Anywhere in a key: the program listens, or lets somebody in.
const LISTENS: &[&str] = &[
    "listen",
    "listens",
    "listener",
    "listeners",
    "listening",
    "bind",
    "binds",
    "binding",
    "bindings",
    "advertise",
    "advertised",
    "advertisement",
    "announce",
    "announced",
    "allow",
    "allows",
    "allowed",
    "allowlist",
    "whitelist",
    "whitelisted",
    "trust",
    "trusted",
    "cors",
    "csrf",
    "csp",
    "redirect",
    "redirects",
    "redirection",
    "callback",
    "callbacks",
    "referer",
    "referrer",
    "useragent",
    "permitted",
    "denied",
    "denylist",
    "blocklist",
    "blacklist",
    "cookie",
    "noproxy",
    "goproxy",
    "vhost",
    "vhosts",
    "localhost",
];

/// Words of a path in a file that say nothing about who is meant.
const GENERIC: &[&str] = &[
    "config",
    "configuration",
    "settings",
    "setting",
    "global",
    "globals",
    "general",
    "common",
    "default",
    "defaults",
    "env",
    "environment",
    "variables",
    "vars",
    "options",
    "opts",
    "params",
    "properties",
    "prod",
    "production",
    "dev",
    "development",
    "staging",
    "test",
    "my",
    "the",
    "main",
    "data",
    "spec",
];

/// Parts of a program that itself listens: `server.host`, `http.port`, `management.address`.
const OWN_PARTS: &[&str] = &[
    "server",
    "servers",
    "http",
    "https",
    "web",
    "website",
    "webapp",
    "app",
    "application",
    "service",
    "admin",
    "management",
    "metrics",
    "monitoring",
    "actuator",
    "health",
    "healthz",
    "status",
    "debug",
    "pprof",
    "grpc",
    "rest",
    "rpc",
    "uvicorn",
    "gunicorn",
    "hypercorn",
    "flask",
    "run",
    "django",
    "rails",
    "puma",
    "express",
    "node",
    "next",
    "nuxt",
    "vite",
    "spring",
    "micronaut",
    "quarkus",
    "ktor",
    "daemon",
    "socket",
    "tcp",
    "udp",
    "tls",
    "ssl",
    "internal",
    "local",
    "frontend",
    "ui",
    "gf",
    "deployment",
    "host",
];

/// What a program calls itself, before `url`: `PUBLIC_URL`, `root_url`.
const OWN_NAMES: &[&str] =
    &["public", "external", "root", "site", "canonical", "home", "self", "own", "advertised"];
/// The same, but with another name before it it is that one's: `OPENAI_BASE_URL`, `OIDC_ISSUER`.
const BASE_NAMES: &[&str] = &["base", "issuer"];
/// Pages that browsers open: `FRONTEND_URL`.
const PAGES: &[&str] =
    &["frontend", "ui", "website", "webapp", "app", "application", "web", "client", "portal"];

const URLS: &[&str] = &["url", "urls", "uri", "uris"];
const PLACES: &[&str] = &["host", "hostname", "port", "domain", "fqdn", "address", "addr", "ip"];

/// The last word, or the last before `url`: mentioned, not called.
const MENTIONS: &[&str] = &[
    "homepage",
    "documentation",
    "docs",
    "doc",
    "license",
    "licence",
    "schema",
    "$schema",
    "$id",
    "$ref",
    "id",
    "ref",
    "xmlns",
    "repository",
    "repo",
    "git",
    "image",
    "icon",
    "logo",
    "avatar",
    "favicon",
    "picture",
    "photo",
    "thumbnail",
    "banner",
    "author",
    "authors",
    "maintainer",
    "maintainers",
    "contact",
    "bugs",
    "issues",
    "tracker",
    "changelog",
    "releases",
    "support",
    "help",
    "info",
    "about",
    "terms",
    "privacy",
    "tos",
    "policy",
    "legal",
    "funding",
    "sponsor",
    "donate",
    "href",
    "link",
    "links",
    "comment",
    "comments",
    "description",
    "desc",
    "title",
    "summary",
    "note",
    "notes",
    "message",
    "text",
    "example",
    "examples",
    "sample",
    "copyright",
    "download",
    "downloads",
    "tarball",
    "tgz",
    "asc",
    "checksum",
    "sha",
    "sha1",
    "sha256",
    "sha512",
    "md5",
    "gpg",
    "keyserver",
    "version",
    "mirror",
    "mirrors",
    "audience",
    "aud",
    "scope",
    "scopes",
    "type",
    "namespace",
    "ns",
    "context",
    "generator",
    "runbook",
    "dashboard",
    "agent",
    "realm",
    "subject",
    "vendor",
    "upgrade",
    "pip",
    "wheel",
    "wheels",
    "domain",
    "email",
    "mail",
    "success",
    "cancel",
    "failure",
    "return",
    "logout",
    "logo",
    "tag",
    "registry",
    "php",
];

/// The last word: `redis:7` is no port of redis.
const IMAGES: &[&str] = &["image", "images", "tag", "tags", "version", "versions"];

/// Anywhere in the path of a file: what stands below is mentioned.
const MENTIONING: &[&str] =
    &["annotations", "labels", "headers", "header", "examples", "licenses", "contributors"];

/// Something to be called.
const DESTINATIONS: &[&str] = &[
    "endpoint",
    "endpoints",
    "url",
    "urls",
    "uri",
    "uris",
    "addr",
    "addrs",
    "address",
    "addresses",
    "server",
    "servers",
    "upstream",
    "upstreams",
    "target",
    "targets",
    "backend",
    "backends",
    "broker",
    "brokers",
    "bootstrap",
    "host",
    "hosts",
    "hostname",
    "hostnames",
    "dsn",
    "peer",
    "peers",
    "connect",
    "connection",
    "connections",
    "node",
    "nodes",
    "seed",
    "seeds",
    "sentinel",
    "sentinels",
    "remote",
    "remotes",
    "destination",
    "destinations",
    "dest",
    "gateway",
    "gateways",
    "collector",
    "collectors",
    "forward",
    "forwards",
    "forwarder",
    "sink",
    "sinks",
    "master",
    "masters",
    "primary",
    "replica",
    "replicas",
    "replicaof",
    "slaveof",
    "location",
    "webhook",
    "webhooks",
    "pass",
    "balancermember",
    "contactpoints",
    "members",
    "join",
    "discovery",
    "exporter",
    "api",
    "wait",
    "waitfor",
    "hostport",
    "instances",
    "instance",
    "provider",
    "base",
    "conninfo",
];

/// Words whose value may be a name alone, without a port.
const ALONE: &[&str] = &[
    "host",
    "hosts",
    "hostname",
    "hostnames",
    "addr",
    "addrs",
    "address",
    "addresses",
    "ip",
    "server",
    "servers",
    "endpoint",
    "endpoints",
    "brokers",
    "bootstrap",
    "nodes",
    "peers",
];

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
        self.last().iter().any(|word| URLS.contains(&word.as_str()))
    }

    /// May its value be a host alone?
    pub(super) fn is_host(&self) -> bool {
        self.last().iter().any(|word| ALONE.contains(&word.as_str()))
    }

    pub(super) fn role(&self) -> Role {
        let words = self.words();
        if words.iter().any(|word| LISTENS.contains(&word.as_str()))
            || self.is_proxy()
            || self.is_origin()
        {
            return Role::Itself;
        }
        if words.last().is_some_and(|word| IMAGES.contains(&word.as_str())) {
            return Role::Itself;
        }
        if self.setting == Setting::Env && OWN.contains(&self.exact.as_str()) {
            return Role::Itself;
        }
        if let Some(role) = self.own_name(&words) {
            return role;
        }
        if self.is_mention(&words) {
            Role::Doubtful
        } else if words.iter().any(|word| DESTINATIONS.contains(&word.as_str())) {
            Role::Destination
        } else {
            Role::Plain
        }
    }

    /// `HTTP_PROXY`, `proxy`, `proxy.https`: an address on the way, judged with the links that it applies to.
    pub(super) fn is_proxy(&self) -> bool {
        let words = self.words();
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
        let is = |list: &[&str], word: &String| list.contains(&word.as_str());
        let (kind, head) = match words.split_last() {
            Some((last, head)) if is(URLS, last) || is(PLACES, last) => (Some(last), head),
            _ => (None, words),
        };
        let bases = head.iter().rev().take_while(|w| is(OWN_NAMES, w) || is(BASE_NAMES, w)).count();
        let (head, bases) = head.split_at(head.len() - bases);
        let strict = bases.iter().any(|word| is(OWN_NAMES, word));
        let head: Vec<&String> = head.iter().filter(|word| !is(GENERIC, word)).collect();
        let own_part = head.iter().all(|word| is(OWN_PARTS, word));
        let place = kind.is_some_and(|kind| is(PLACES, kind));
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
        single && head.iter().all(|word| PAGES.contains(&word.as_str()))
    }

    fn is_mention(&self, words: &[String]) -> bool {
        let is = |word: &String| MENTIONS.contains(&word.as_str());
        let last = match words {
            [.., before, last] if URLS.contains(&last.as_str()) => Some(before),
            [.., last] => Some(last),
            [] => None,
        };
        // A schema registry is called; `registry` alone is where images or packages come from.
        let registry =
            words.len() > 1 && last.is_some_and(|word| word == "registry") && words.last() != last;
        let below = self
            .components
            .iter()
            .rev()
            .skip(1)
            .flatten()
            .any(|word| MENTIONING.contains(&word.as_str()));
        let index = words.windows(2).any(|pair| pair[0] == "index" && pair[1] == "url");
        below || index || (last.is_some_and(is) && !registry)
    }
}
