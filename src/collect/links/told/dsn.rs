//! Connection strings of database drivers that are no URLs.

use super::address::{Address, Shape};
use super::{host, url};

/// Keys that hold the server's address, spaces and underscores left out.
const HOSTS: &[&str] =
    &["host", "hostaddr", "hostname", "server", "datasource", "addr", "address", "networkaddress"];
/// Keys that hold a URL.
const URLS: &[&str] = &[
    "endpoint",
    "accountendpoint",
    "blobendpoint",
    "queueendpoint",
    "tableendpoint",
    "fileendpoint",
    "url",
    "uri",
    "ingestionendpoint",
    "liveendpoint",
];
/// Keys that only libpq has.
const LIBPQ: &[&str] =
    &["dbname", "hostaddr", "sslmode", "applicationname", "targetsessionattrs", "connecttimeout"];
/// Keys that only SQL Server has.
const SQLSERVER: &[&str] =
    &["initialcatalog", "trustservercertificate", "multipleactiveresultsets", "integratedsecurity"];
/// What PDO and ODBC write before the pairs.
const PREFIXES: &[(&str, &str)] = &[
    ("mysql:", "mysql"),
    ("pgsql:", "postgresql"),
    ("sqlsrv:", "sqlserver"),
    ("dblib:", "sqlserver"),
];

/// Reads any connection string; `None` when the text is none.
pub(super) fn read(text: &str) -> Option<Vec<Address>> {
    go_mysql(text).or_else(|| oracle(text)).or_else(|| pairs(text))
}

/// `[user[:password]@][protocol[(address)]]/name[?parameters]` of Go's `MySQL` driver. A password may hold anything, so
/// the address ends before the last slash, and begins behind the last `@` before that.
fn go_mysql(text: &str) -> Option<Vec<Address>> {
    let end = match text.rfind(")/") {
        Some(at) => at,
        None => text.strip_suffix(')')?.len(),
    };
    let (front, after) = text.split_at(end);
    let (login, rest) = front.rsplit_once('@').map_or((None, front), |(a, b)| (Some(a), b));
    let (protocol, inner) = rest.split_once('(')?;
    let is_url = text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c))
    });
    let is_tcp = matches!(protocol, "tcp" | "tcp6") || (protocol.is_empty() && login.is_some());
    if !is_tcp || is_url {
        return None;
    }
    let read = host::authority(inner)?;
    let mut address = Address { scheme: Some("mysql".to_owned()), ..Address::blank(Shape::Dsn) };
    address.secret = login.is_some_and(|login| !login.is_empty()) || after.contains('?');
    (address.host, address.port, address.trouble) = (read.host, read.port, read.trouble);
    Some(vec![address])
}

/// `jdbc:oracle:thin:@//db:1521/service`, `...:@db:1521:sid`, `(DESCRIPTION=(ADDRESS=(HOST=db)(PORT=1521)))`; the brackets are
/// known to `MySQL`'s driver, too.
fn oracle(text: &str) -> Option<Vec<Address>> {
    let upper = text.to_ascii_uppercase();
    let mysql = ["JDBC:MYSQL:", "JDBC:MARIADB:"].iter().any(|head| upper.starts_with(head));
    let model = Address {
        scheme: Some(if mysql { "mysql" } else { "oracle" }.to_owned()),
        secret: text.contains('@'),
        ..Address::blank(Shape::Dsn)
    };
    if upper.contains("(HOST=") && upper.contains("(PORT=") {
        let value = |from: &str, key: &str| {
            let at = from.to_ascii_uppercase().find(key)? + key.len();
            from.get(at..)
                .and_then(|rest| rest.split(')').next())
                .map(|value| value.trim().to_owned())
        };
        let one = |(at, _): (usize, &str)| {
            let rest = text.get(at..)?;
            let read =
                host::authority(&format!("{}:{}", value(rest, "(HOST=")?, value(rest, "(PORT=")?))?;
            Some(Address {
                host: read.host,
                port: read.port,
                trouble: read.trouble,
                ..model.clone()
            })
        };
        return Some(upper.match_indices("(HOST=").filter_map(one).collect());
    }
    let rest =
        upper.starts_with("JDBC:ORACLE:").then(|| text.rsplit_once('@'))?.map(|(_, rest)| rest)?;
    let rest = rest.trim_start_matches('/');
    let rest = rest.split(['/', '?']).next().unwrap_or_default();
    // The third part is the SID.
    let ends = rest.match_indices(':').nth(1).map_or(rest.len(), |(at, _)| at);
    let read = host::authority(&rest[..ends])?;
    Some(vec![Address { host: read.host, port: read.port, trouble: read.trouble, ..model }])
}

/// `host=db port=5432`, `Server=db,1433;Database=x`, `mysql:host=db;port=3306`.
fn pairs(text: &str) -> Option<Vec<Address>> {
    let prefix = PREFIXES.iter().find(|(prefix, _)| text.starts_with(prefix));
    let body = prefix.map_or(text, |(prefix, _)| &text[prefix.len()..]);
    let spaced = by_space(body).filter(|parts| is_spaced(parts));
    let is_spaced = spaced.is_some();
    let parts = spaced.or_else(|| by_semicolon(body).filter(|_| body.contains(';')))?;
    if parts.len() < 2 && prefix.is_none() && !(parts.len() == 1 && body.ends_with(';')) {
        return None;
    }
    let get = |keys: &[&str]| {
        let mut found = parts.iter().rev().filter(|(key, _)| keys.contains(&key.as_str()));
        found.find(|(_, value)| !value.is_empty()).map(|(_, value)| value.as_str())
    };
    let has = |keys: &[&str]| parts.iter().any(|(key, _)| keys.contains(&key.as_str()));
    let urls: Vec<Address> = parts
        .iter()
        .filter(|(key, value)| URLS.contains(&key.as_str()) && value.contains("://"))
        .flat_map(|(_, value)| url::read(value))
        .map(|address| Address { secret: true, shape: Shape::Dsn, ..address })
        .collect();
    // libpq dials the address where one is given; the name beside it is for certificates.
    let Some(hosts) = get(&["hostaddr"]).or_else(|| get(HOSTS)) else {
        return (!urls.is_empty()).then_some(urls);
    };
    let scheme = if let Some((_, scheme)) = prefix {
        Some(*scheme)
    } else if is_spaced && has(LIBPQ) {
        Some("postgresql")
    } else if has(SQLSERVER) || (has(&["server", "datasource"]) && hosts.contains(',')) {
        Some("sqlserver")
    } else {
        None
    };
    let model =
        Address { scheme: scheme.map(str::to_owned), secret: true, ..Address::blank(Shape::Dsn) };
    Some(servers(hosts, get(&["port"]).unwrap_or_default(), &model))
}

/// The hosts of a connection string with the ports that belong to them; a path is a socket, `.` the machine itself.
pub(super) fn servers(hosts: &str, ports: &str, model: &Address) -> Vec<Address> {
    let hosts = ["tcp:", "np:", "lpc:", "admin:"]
        .iter()
        .find_map(|p| hosts.strip_prefix(p))
        .unwrap_or(hosts);
    let number = |text: &str| text.trim().parse::<u16>().ok();
    let mut found: Vec<Address> = Vec::new();
    for (i, item) in hosts.split(',').map(str::trim).enumerate() {
        // A socket without a file.
        if item.starts_with('@') {
            continue;
        }
        if let (Some(port), Some(last)) = (number(item), found.last_mut()) {
            last.port = Some(port);
            continue;
        }
        let item = item.split(['\\', '/']).next().unwrap_or_default();
        let Some(read) =
            host::authority(item).filter(|read| !read.host.is_empty() && read.host != ".")
        else {
            continue;
        };
        let port = read.port.or_else(|| {
            number(
                ports
                    .split(',')
                    .nth(i)
                    .or_else(|| ports.split(',').next_back())
                    .unwrap_or_default(),
            )
        });
        if port.is_none() && host::is_file(&read.host) {
            continue;
        }
        found.push(Address { host: read.host, port, trouble: read.trouble, ..model.clone() });
    }
    found
}

fn key(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '_').flat_map(char::to_lowercase).collect()
}

/// Pairs that semicolons part have one behind the first value; a password may hold one as well.
fn is_spaced(parts: &[(String, String)]) -> bool {
    !parts.first().is_some_and(|(_, value)| value.contains(';'))
}

fn by_semicolon(text: &str) -> Option<Vec<(String, String)>> {
    let mut parts = Vec::new();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some((name, value)) => {
                parts.push((key(name), value.trim().trim_matches(['"', '\'']).to_owned()));
            }
            // The piece of a value with a semicolon in it.
            None if !parts.is_empty() => {}
            None => return None,
        }
    }
    Some(parts)
}

/// libpq: `key = 'a value' key=value`.
fn by_space(text: &str) -> Option<Vec<(String, String)>> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let name = name.trim();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return None;
        }
        let (value, next) = word(after.trim_start())?;
        parts.push((key(name), value));
        rest = next.trim_start();
    }
    Some(parts)
}

/// The value at the head of a text, and what follows it. A backslash takes the meaning from what stands behind it.
fn word(text: &str) -> Option<(String, &str)> {
    let quoted = text.strip_prefix('\'');
    let inner = quoted.unwrap_or(text);
    let mut value = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            '\'' if quoted.is_some() => return Some((value, &inner[at + 1..])),
            c if quoted.is_none() && c.is_whitespace() => return Some((value, &inner[at..])),
            c => value.push(c),
        }
    }
    quoted.is_none().then_some((value, ""))
}
