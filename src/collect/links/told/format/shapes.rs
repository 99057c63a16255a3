//! Files of well known programs whose keys mean something else than elsewhere: what of them the program itself listens on, or
//! nobody reads as a setting.

use super::super::words::List;
use super::item::{Item, Step};

/// Receivers of an OpenTelemetry collector that listen; others ask a server.
const LISTENING: List = List(
    "\
    otlp otelarrow zipkin jaeger opencensus fluentforward statsd carbon collectd wavefront \
    signalfx sapm skywalking splunk_hec tcplog udplog syslog influxdb loki webhookevent datadog \
    awsxray awsfirehose libhoney faro stef",
);

/// What a schema says of a value, without giving it.
const SAID: List = List("default examples example const enum $id $ref");

/// Which items of a document are of that kind.
pub(super) struct Own {
    vector: bool,
    collector: bool,
    schema: bool,
}

impl Own {
    pub(super) fn of(items: &[Item]) -> Self {
        let has = |keys: &[&str]| items.iter().any(|item| begins(item, keys));
        Self {
            vector: has(&["sources", "*", "type"]) && has(&["sinks", "*", "type"]),
            collector: has(&["service", "pipelines"]) && has(&["exporters"]),
            schema: has(&["$schema"]),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        !(self.vector || self.collector || self.schema)
    }

    pub(super) fn has(&self, item: &Item) -> bool {
        self.vector && is_vectors(item)
            || self.collector && is_collectors(item)
            || self.schema && is_schemas(item)
    }
}

/// `[api] address`, `[sources.*] address`: a source that asks a server has other keys.
fn is_vectors(item: &Item) -> bool {
    item.is_named("address") && (begins(item, &["api"]) || begins(item, &["sources"]))
}

/// `receivers.zipkin/2.endpoint`
fn is_collectors(item: &Item) -> bool {
    let mut names = item.names();
    let kind = names.next().filter(|name| *name == "receivers").and_then(|_| names.next());
    kind.is_some_and(|kind| LISTENING.has(kind.split('/').next().unwrap_or_default()))
}

/// `properties.url.default`
fn is_schemas(item: &Item) -> bool {
    let names: Vec<&str> = item.names().collect();
    let below = names.iter().position(|name| *name == "properties");
    below.is_some_and(|at| names[at + 1..].iter().skip(1).any(|name| SAID.has(name)))
}

/// Do these keys begin the item's path? `*` is any of them.
pub(super) fn begins(item: &Item, keys: &[&str]) -> bool {
    let is = |(at, wanted): (usize, &&str)| match item.path.get(at) {
        Some(Step::Key(key)) => *wanted == "*" || key == wanted,
        _ => false,
    };
    keys.iter().enumerate().all(is)
}
