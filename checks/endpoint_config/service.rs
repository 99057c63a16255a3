//! Services that speak a protocol of their own: a client of one must not be sent to a port of another, only because that
//! is the one that is open.

use crate::model::{Case, Endpoint};

/// A service, the schemes that name it (the first is the one to write), and its ports.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) name: &'static str,
    schemes: &'static [&'static str],
    ports: &'static [u16],
}

const fn service(
    name: &'static str,
    schemes: &'static [&'static str],
    ports: &'static [u16],
) -> Service {
    Service { name, schemes, ports }
}

const SERVICES: [Service; 18] = [
    service("PostgreSQL", &["postgresql", "postgres", "pgsql", "postgis"], &[5432]),
    service("MySQL", &["mysql", "mariadb", "mysqlx"], &[3306, 33060]),
    service("Redis", &["redis", "rediss", "valkey", "valkeys"], &[6379]),
    service("AMQP", &["amqp", "amqps"], &[5672, 5671]),
    service("MongoDB", &["mongodb", "mongodb+srv"], &[27017]),
    service("NATS", &["nats"], &[4222]),
    service("Kafka", &["", "kafka", "plaintext", "sasl_plaintext", "sasl_ssl"], &[9092]),
    service("memcached", &["", "memcached", "memcache"], &[11211]),
    service("Cassandra", &["", "cassandra", "scylla"], &[9042]),
    service("SQL Server", &["sqlserver", "mssql"], &[1433]),
    service("Oracle", &["oracle"], &[1521]),
    service("ZooKeeper", &["", "zookeeper", "zk"], &[2181]),
    service("LDAP", &["ldap", "ldaps"], &[389, 636]),
    service("SMTP", &["smtp", "smtps"], &[25, 465, 587]),
    service("FTP", &["ftp", "ftps"], &[21]),
    service("SSH", &["ssh", "sftp"], &[22]),
    service("MQTT", &["mqtt", "mqtts"], &[1883, 8883]),
    service("Bolt", &["bolt", "neo4j"], &[7687]),
];

impl Service {
    /// The scheme of its addresses, where they have one.
    pub(super) fn scheme(&self) -> Option<&'static str> {
        self.schemes.first().copied().filter(|scheme| !scheme.is_empty())
    }
}

/// The service whose own port this is.
pub(super) fn of_port(port: u16) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.ports.contains(&port))
}

/// The service that a client of this address wants, where it is one with a protocol of its own.
pub(super) fn wanted(endpoint: &Endpoint) -> Option<&'static Service> {
    match endpoint.scheme.as_deref() {
        None | Some("tcp") => of_port(endpoint.port),
        Some(scheme) => SERVICES.iter().find(|service| service.schemes.contains(&scheme)),
    }
}

/// Whether the server was heard to speak HTTP at that port.
pub(super) fn speaks_http(case: &Case<'_>, port: u16) -> bool {
    case.link.concurrency.value().is_some_and(|seen| {
        seen.status.is_some() && seen.probed.is_some_and(|probed| probed.port() == port)
    })
}

/// Whether the client may be sent to that port: by what was heard there, else by what the port is known for.
pub(super) fn may_be_at(case: &Case<'_>, port: u16) -> bool {
    let endpoint = &case.link.endpoint;
    let is_web = matches!(port, 80 | 443 | 3000 | 5000 | 8000..=8999);
    match (wanted(endpoint), of_port(port)) {
        (Some(wanted), Some(there)) => wanted.name == there.name,
        (Some(_), None) => !is_web && !speaks_http(case, port),
        (None, Some(_)) => {
            matches!(endpoint.scheme.as_deref(), None | Some("tcp")) || speaks_http(case, port)
        }
        (None, None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::may_be_at;
    use crate::fixture::healthy;
    use crate::model::Case;

    #[test]
    fn a_database_is_not_looked_for_at_a_web_port() {
        let fits = |scheme: Option<&str>, told: u16, port: u16| {
            let mut facts = healthy();
            let endpoint = &mut facts.link().endpoint;
            (endpoint.scheme, endpoint.port) = (scheme.map(Into::into), told);
            may_be_at(&Case { link: &facts.links[0], facts: &facts }, port)
        };
        for (scheme, told, port) in [
            (Some("postgresql"), 15432, 5432),
            (Some("postgresql"), 5432, 5433),
            (Some("http"), 9090, 8080),
            (Some("http"), 9090, 9200),
            (None, 9999, 5432),
            (None, 18141, 8080),
        ] {
            assert!(fits(scheme, told, port), "{scheme:?} {told} {port}");
        }
        // What was heard to answer in HTTP at a port is no database, and may be told to a client of HTTP.
        let mut facts = healthy();
        facts.probed().probed = "127.0.0.1:5432".parse().ok();
        assert!(may_be_at(&Case { link: &facts.links[0], facts: &facts }, 5432));
        for (scheme, told, port) in [
            (Some("postgresql"), 5432, 8080),
            (Some("postgresql"), 5432, 6379),
            (Some("http"), 8080, 5432),
            (None, 9092, 8080),
        ] {
            assert!(!fits(scheme, told, port), "{scheme:?} {told} {port}");
        }
    }
}
