//! How far an HTTP/1 reply has come: whether there is a status line, and where the reply ends.
//! Pure, over the bytes that were seen so far.

/// A status line longer than this is none.
const MAX_LINE: usize = 8 << 10;
/// More of a reply than this is not waited for.
pub(super) const MAX_REPLY: usize = 256 << 10;

/// What the beginning of a reply is.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Line {
    Status(u16),
    More,
    NotHttp,
}

pub(super) fn status_line(seen: &[u8]) -> Line {
    const BEGIN: &[u8] = b"HTTP/1.";
    let known = seen.len().min(BEGIN.len());
    if seen[..known] != BEGIN[..known] || seen.len() > MAX_LINE {
        return Line::NotHttp;
    }
    let Some(end) = seen.iter().position(|&byte| byte == b'\n') else { return Line::More };
    let mut words = seen[..end].split(|&byte| byte == b' ').skip(1);
    let status =
        words.next().and_then(|word| std::str::from_utf8(word).ok()?.trim_end().parse().ok());
    match status {
        Some(status @ 100..1000) => Line::Status(status),
        _ => Line::NotHttp,
    }
}

/// What of a reply is there.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Progress {
    More,
    Done {
        kept: bool,
    },
    /// It ends when the server closes, or is too long to wait for.
    NoEnd,
}

/// How far the reply has come.
pub(super) fn progress(seen: &[u8]) -> Progress {
    if seen.len() > MAX_REPLY {
        return Progress::NoEnd;
    }
    let Some(end) = find(seen, b"\r\n\r\n") else { return Progress::More };
    let Line::Status(status) = status_line(seen) else { return Progress::NoEnd };
    let (head, body) = (&seen[..end], &seen[end + 4..]);
    if (100..200).contains(&status) {
        // An interim reply; the real one follows. Switching protocols is the end of HTTP.
        return if status == 101 { Progress::NoEnd } else { progress(body) };
    }
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let header = |name: &str| {
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.trim())
    };
    let kept = match header("connection") {
        Some(value) if value.contains("close") => false,
        Some(value) if value.contains("keep-alive") => true,
        _ => head.starts_with("http/1.1"),
    };
    let done = if status == 204 || status == 304 {
        Some(true)
    } else if header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        Some(chunks_end(body))
    } else {
        header("content-length")
            .and_then(|value| value.parse().ok())
            .map(|length: usize| body.len() >= length)
    };
    match done {
        Some(true) => Progress::Done { kept },
        Some(false) => Progress::More,
        None => Progress::NoEnd,
    }
}

/// Whether a chunked body is complete.
fn chunks_end(mut body: &[u8]) -> bool {
    while let Some(end) = find(body, b"\r\n") {
        let size = std::str::from_utf8(&body[..end]).ok().and_then(|line| line.split(';').next());
        let Some(size) = size.and_then(|size| usize::from_str_radix(size.trim(), 16).ok()) else {
            return false;
        };
        if size == 0 {
            // Trailers may follow; an empty line ends them.
            return find(&body[end..], b"\r\n\r\n").is_some();
        }
        body = end
            .checked_add(size)
            .and_then(|to| to.checked_add(4))
            .and_then(|to| body.get(to..))
            .unwrap_or_default();
    }
    false
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::{Line, Progress, progress, status_line};
    use proptest::prelude::*;

    #[test]
    fn status_lines_are_told_from_other_greetings() {
        for (seen, expected) in [
            ("", Line::More),
            ("HTT", Line::More),
            ("HTTP/1.0 200", Line::More),
            ("HTTP/1.0 200 OK\r\n", Line::Status(200)),
            ("HTTP/1.1 404\r\n", Line::Status(404)),
            ("HTTP/1.1 abc\r\n", Line::NotHttp),
            ("HTTP/1.1\n", Line::NotHttp),
            ("-ERR unknown command\r\n", Line::NotHttp),
            ("SSH-2.0", Line::NotHttp),
            ("\u{15}\u{3}\u{1}", Line::NotHttp),
        ] {
            assert_eq!(status_line(seen.as_bytes()), expected, "{seen:?}");
        }
    }

    #[test]
    fn the_end_of_a_reply_is_known() {
        for (seen, expected) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", Progress::More),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", Progress::Done { kept: true }),
            (
                "HTTP/1.1 200 OK\r\nConnection: Close\r\ncontent-length: 0\r\n\r\n",
                Progress::Done { kept: false },
            ),
            ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", Progress::Done { kept: false }),
            (
                "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
                Progress::Done { kept: true },
            ),
            ("HTTP/1.1 204 No Content\r\n\r\n", Progress::Done { kept: true }),
            ("HTTP/1.1 200 OK\r\n\r\nabc", Progress::NoEnd),
            ("HTTP/1.1 101 Switching\r\n\r\n", Progress::NoEnd),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                Progress::Done { kept: true },
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
                Progress::More,
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\n\r\n",
                Progress::Done { kept: true },
            ),
            ("HTTP/1.1 200 OK\r\n", Progress::More),
        ] {
            assert_eq!(progress(seen.as_bytes()), expected, "{seen:?}");
        }
    }

    proptest! {
        #[test]
        fn any_reply_is_survived(
            head in "HTTP/1\\.[01] [0-9]{3} (\\PC{0,20}(:|\r\n)){0,8}",
            body: Vec<u8>,
        ) {
            let long = format!("Content-Length: {}", u128::MAX);
            for coding in ["Transfer-Encoding: chunked", long.as_str(), "X: y"] {
                let mut seen = format!("{head}\r\n{coding}\r\n\r\n").into_bytes();
                seen.extend(&body);
                let _ = (status_line(&seen), progress(&seen));
            }
        }

        #[test]
        fn any_chunks_are_survived(size in "[0-9a-fA-F]{0,17}", body: Vec<u8>) {
            let _ = super::chunks_end(&[size.as_bytes(), b"\r\n", &body].concat());
        }
    }
}
