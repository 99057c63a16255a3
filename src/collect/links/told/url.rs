//! URLs: where they stand in a text, and which hosts one of them names.

use super::address::{Address, Shape};
use super::scheme::{self, Kind};
use super::{Trouble, bare, broken, dsn, host, path, variable};

/// Characters that end a URL inside a text.
const ENDS: &[char] = &['"', '\'', '`', '<', '>', ')', '|', '\\', '}', ']', '&'];

/// The pieces of a text that are URLs, and whether other words stand between them.
pub(super) fn find(text: &str) -> (Vec<&str>, bool) {
    let starts = starts(text);
    let mut pieces = Vec::new();
    let mut prose = starts.first().is_some_and(|first| has_words(&text[..*first]));
    for (i, &start) in starts.iter().enumerate() {
        let run = &text[start..starts.get(i + 1).copied().unwrap_or(text.len())];
        let is_whole = starts.len() == 1 && start == 0;
        let piece = if is_whole
            && (!run.contains([' ', '\t', '\n', '"', '\'', '`']) || has_spaced_login(run))
        {
            run
        } else {
            cut(run, i + 1 < starts.len())
        };
        prose |= has_words(&run[piece.len()..]) && run[piece.len()..].contains(char::is_whitespace);
        pieces.push(piece.trim_end_matches([',', ';', '.', ':']));
    }
    (pieces, prose)
}

/// `postgres://me:pass word@db:5432/x`: a value that is one address as a whole, whose password holds a space. Several words
/// behind what may be a host and its port are prose.
fn has_spaced_login(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let (front, after) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    front.rsplit_once('@').is_some_and(|(login, host)| {
        let begin = login.split(' ').next().unwrap_or_default();
        let is_prose = has_port(begin)
            && !scheme::is_login(&scheme::plain(scheme))
            && login.matches(' ').count() > 1;
        !host.is_empty()
            && begin.contains(':')
            && begin.len() < login.len()
            && !is_prose
            && !format!("{host}{after}").contains(char::is_whitespace)
    })
}

fn has_words(text: &str) -> bool {
    text.split(char::is_whitespace)
        .any(|word| word.chars().any(char::is_alphanumeric) && !word.ends_with('='))
}

/// Where schemes begin; a URL in the query of another one does not count.
fn starts(text: &str) -> Vec<usize> {
    let mut starts: Vec<usize> = Vec::new();
    let mut seen = 0;
    let mut parted = true;
    for (at, _) in text.match_indices("://") {
        let Some(from) = scheme_start(&text[seen..], at - seen).map(|from| seen + from) else {
            continue;
        };
        let before = text[..from].chars().next_back();
        let between = &text[seen..from];
        let cut = between.rfind(|c: char| c.is_whitespace() || ",;|\"'`<>()[]{}".contains(c));
        // What is assigned behind a question mark is a parameter of the address before it, also where that holds a `;`.
        let is_parameter = before == Some('=') && cut.is_some_and(|at| between[at..].contains('?'));
        parted |= cut.is_some() && !is_parameter;
        seen = at;
        let opens = before.is_none_or(|c| {
            c.is_whitespace()
                || ",;|=\"'`<>()[]{}:/@!".contains(c)
                || variable::is_in(&c.to_string())
        });
        if opens && parted {
            starts.push(from);
            parted = false;
        }
    }
    starts
}

/// The first character of the scheme that ends at `end`, which may be one unexpanded variable.
fn scheme_start(text: &str, end: usize) -> Option<usize> {
    let head = &text[..end];
    if let Some(c) = head.chars().next_back()
        && variable::is_in(&c.to_string())
    {
        return Some(end - c.len_utf8());
    }
    let long = head.rfind(|c: char| !c.is_ascii_alphanumeric() && !"+.-_".contains(c));
    let from = long.map_or(0, |at| at + head[at..].chars().next().map_or(1, char::len_utf8));
    let skip = head[from..].find(|c: char| c.is_ascii_alphabetic())?;
    Some(from + skip)
}

/// Ends a URL that others or other words follow. A password may hold anything, so the end is looked for after the `@`.
fn cut(run: &str, followed: bool) -> &str {
    let run =
        run.split(|c: char| c.is_whitespace() || "\"'`".contains(c)).next().unwrap_or_default();
    let run = if followed {
        run.rfind([',', ';', '|', '(', '[', '{', '<', '>', ')']).map_or(run, |at| &run[..at])
    } else {
        run
    };
    let login = run.rfind('@').unwrap_or(0);
    run[login..].find(ENDS).map_or(run, |end| &run[..login + end])
}

/// Reads one `scheme://...`; several hosts in it make several addresses. Nothing when it leads to no machine.
pub(super) fn read(text: &str) -> Vec<Address> {
    let Some((written, rest)) = text.split_once("://") else { return Vec::new() };
    let scheme = (!variable::is_in(written)).then(|| scheme::plain(written));
    match scheme.as_deref().map_or(Kind::Unknown, scheme::kind) {
        Kind::Elsewhere => return Vec::new(),
        Kind::Wrapper => return bare::read(rest.trim_start_matches('/')).into_iter().collect(),
        Kind::Network(_) | Kind::Unknown => {}
    }
    if is_repository(rest) || is_socket(rest) {
        return Vec::new();
    }
    if rest.split_once("://").is_some_and(|(front, _)| front.chars().all(char::is_alphanumeric)) {
        return vec![broken::doubled(written, read(rest).into_iter().next())];
    }
    let parts = parts(rest, scheme.as_deref().is_some_and(scheme::is_login));
    let Ok((authority, after, userinfo)) = parts else {
        let mut address = Address { scheme, ..Address::blank(Shape::Url) };
        address.trouble = Some(Trouble::Unparsable("the user info holds what must be escaped"));
        address.secret = true;
        return vec![address];
    };
    // What stands before an `@` here may be the rest of a password.
    let (path, masked) = if after.contains('@') && (userinfo || authority.contains(':')) {
        (path::MASKED.to_owned(), true)
    } else {
        path::clean(after.split(['?', '#']).next().unwrap_or_default())
    };
    let secret = userinfo || masked || after.contains(['?', '#', ';']) || authority.contains(';');
    let model = Address { scheme, path, secret, ..Address::blank(Shape::Url) };
    queried(after, hosts(authority, &model), &model)
}

/// `postgresql:///app?host=db&port=5433`: libpq takes what stands there in place of what the authority says.
fn queried(after: &str, named: Vec<Address>, model: &Address) -> Vec<Address> {
    if !matches!(model.scheme.as_deref(), Some("postgres" | "postgresql")) {
        return named;
    }
    let query = after.split_once('?').map_or("", |(_, query)| query);
    let get = |name: &str| {
        let mut parameters = query.split('&').filter_map(|one| one.split_once('='));
        let found = parameters.rfind(|(key, value)| *key == name && !value.is_empty());
        found.map(|(_, value)| value.replace("%2C", ",").replace("%2F", "/"))
    };
    let (hosts, ports) = (get("hostaddr").or_else(|| get("host")), get("port"));
    if hosts.is_none() && ports.is_none() {
        return named;
    }
    let written = |of: fn(&Address) -> String| named.iter().map(of).collect::<Vec<_>>().join(",");
    let hosts = hosts.unwrap_or_else(|| written(|one| one.host.clone()));
    let ports = ports.unwrap_or_else(|| {
        written(|one| one.port.map(|port| port.to_string()).unwrap_or_default())
    });
    dsn::servers(&hosts, &ports, model)
}

/// `https://host/team/project.git`: fetched from, not talked to.
fn is_repository(rest: &str) -> bool {
    rest.split(['?', '#', '@']).any(|part| part.to_ascii_lowercase().strip_suffix(".git").is_some())
}

/// `http://unix:/run/app.sock:/v1`, in which nginx and others name a socket of their own machine.
fn is_socket(rest: &str) -> bool {
    rest.strip_prefix("unix:").is_some_and(|path| path.starts_with('/'))
}

/// Authority without user info, the rest, and whether there was user info. `Err` when a password that holds a `/` or
/// a `#` makes it unsure where the host begins.
fn parts(rest: &str, login: bool) -> Result<(&str, &str, bool), ()> {
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (front, after) = rest.split_at(end);
    let inner = front.rsplit_once('@').map(|(_, host)| host);
    let path = after.split('?').next().unwrap_or_default();
    // `/@scope/package` is a path; with a port in it, it is a host behind a password.
    let scoped = path.match_indices('@').all(|(at, _)| {
        let piece = path[at..].split('/').next().unwrap_or_default();
        path[..at].ends_with('/') && !piece.contains(':')
    });
    // `?mail=a@b` is a query; `?@db` is the rest of a password.
    let loose = after.split_once('@').is_some_and(|(before, _)| !before.contains('='));
    let unsure = match inner {
        Some(_) if path.contains('@') => login || !scoped,
        Some(_) => loose || (!after.starts_with('/') && after.contains('@')),
        None if login => {
            path.contains('@')
                || loose
                || (!after.starts_with('/') && after.contains('@'))
                // What stands where a port should, before an `@`, is a password's beginning.
                || (after.contains('@') && !front.split(',').all(is_ported))
        }
        // Several hosts before an `@` may as well be a login.
        None => (!has_port(front) || front.contains(',')) && after.contains('@'),
    };
    if unsure { Err(()) } else { Ok((inner.unwrap_or(front), after, inner.is_some())) }
}

/// Has this one host a port that is a number, or none?
fn is_ported(host: &str) -> bool {
    !host.ends_with(':') && has_port(host)
}

/// Does the text end in a port, or have none?
fn has_port(front: &str) -> bool {
    front.rsplit_once(':').is_none_or(|(_, port)| {
        port.is_empty() || port.bytes().all(|b| b.is_ascii_digit()) || port.ends_with(']')
    })
}

fn hosts(authority: &str, model: &Address) -> Vec<Address> {
    let authority = authority.split(';').next().unwrap_or_default();
    // golang's drivers put the protocol around the address: `mysql://user:pw@tcp(db:3306)/x`.
    let authority = authority
        .strip_prefix("tcp(")
        .and_then(|inner| inner.strip_suffix(')'))
        .unwrap_or(authority);
    let scheme = model.scheme.as_deref().unwrap_or("http");
    let slip = || {
        let what = "its scheme is none: a letter of http or https is wrong";
        scheme::is_slip(scheme).then_some(Trouble::Unparsable(what))
    };
    let one = |text: &str| {
        let read = host::authority(text.trim())?;
        // A login without host means a socket of the same machine or a default, not a mistake.
        let local = read.host.is_empty() && text.is_empty() && scheme::is_login(scheme);
        let trouble =
            read.trouble.or_else(slip).or(model.scheme.is_none().then_some(Trouble::Unexpanded));
        let mut address = Address { host: read.host, port: read.port, trouble, ..model.clone() };
        if matches!(address.trouble, Some(Trouble::Unparsable(_))) {
            // What cannot be read may be cut in the wrong place: a password is no path.
            address.path.clear();
            address.secret = true;
            if model.path == path::MASKED {
                address.host.clear();
                return Some(address);
            }
            let shown = match read.shown {
                // `postgres://user:password` lacks its host.
                Some(_) if scheme::is_login(scheme) => Some(broken::ported(&address.host, "")),
                shown => shown.or_else(|| broken::authority(&address)),
            };
            address.shown = shown.map(|shown| format!("{scheme}://{shown}"));
        }
        (!local).then_some(address)
    };
    if authority.contains(',') {
        authority.split(',').filter(|text| !text.trim().is_empty()).filter_map(one).collect()
    } else {
        one(authority).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{find, read};

    #[test]
    fn a_password_may_hold_a_space_and_nothing_of_it_is_told() {
        for text in [
            "postgres://admin:4711 geheim@db:5432/x",
            "postgres://admin:a b c@db:5432/x",
            "https://admin:pass word@db:5432/x",
        ] {
            let (pieces, _) = find(text);
            let [piece] = pieces[..] else { panic!("{pieces:?}") };
            let all = read(piece);
            let [address] = &all[..] else { panic!("{all:?}") };
            assert_eq!((address.host.as_str(), address.port), ("db", Some(5432)), "{text}");
            assert!(!format!("{address:?}").contains("admin"), "{address:?}");
        }
        let (pieces, _) = find("http://a:8080 and mail me@x");
        assert_eq!(pieces, ["http://a:8080"]);
        let (pieces, _) = find("see http://a:8080 me@x");
        assert_eq!(pieces, ["http://a:8080"]);
    }
}
