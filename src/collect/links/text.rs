//! From the bytes of a file to its text.

/// The text in a file: UTF-16 where its first two bytes say so or every other byte is zero, else UTF-8, else Latin-1, in which
/// Java writes its properties. `None` where it is no text.
pub(super) fn text_of(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => Some(wide(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Some(wide(rest, u16::from_be_bytes)),
        _ if bytes.contains(&0) => match zeros(bytes) {
            [0, odd] if is_most(odd, bytes) => Some(wide(bytes, u16::from_le_bytes)),
            [even, 0] if is_most(even, bytes) => Some(wide(bytes, u16::from_be_bytes)),
            _ => None,
        },
        _ => Some(match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().copied().map(char::from).collect(),
        }),
    }
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|two| unit([two[0], two[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// How many bytes are zero at even and at odd places.
fn zeros(bytes: &[u8]) -> [usize; 2] {
    let at = |place| bytes.iter().skip(place).step_by(2).filter(|byte| **byte == 0).count();
    [at(0), at(1)]
}

/// Whether more than half of the pairs of bytes have such a zero: letters of the Latin alphabet in UTF-16.
fn is_most(zeros: usize, bytes: &[u8]) -> bool {
    bytes.len().is_multiple_of(2) && zeros * 4 > bytes.len()
}

#[cfg(test)]
mod tests {
    use super::text_of;

    #[test]
    fn a_text_is_read_in_the_letters_that_it_is_written_in() {
        let wide = |pair: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}url=caf\u{e9}".encode_utf16().flat_map(pair).collect()
        };
        for bytes in [
            "url=caf\u{e9}".as_bytes().to_vec(),
            b"url=caf\xe9".to_vec(),
            wide(u16::to_le_bytes),
            wide(u16::to_be_bytes),
        ] {
            assert_eq!(text_of(&bytes).as_deref(), Some("url=caf\u{e9}"), "{bytes:?}");
        }
        assert_eq!(text_of(b"").as_deref(), Some(""));
        assert_eq!(text_of(b"\xff\xfea").as_deref(), Some(""));
        // Without the mark at its beginning it is known by its zeros.
        assert_eq!(text_of(b"u\0r\0l\0").as_deref(), Some("url"));
        assert_eq!(text_of(b"\0u\0r\0l").as_deref(), Some("url"));
        for other in [&b"\x7fELF\0"[..], b"url=a\0b", b"u\0r\0l\0\0", b"\0\0\0\0"] {
            assert_eq!(text_of(other), None, "{other:?}");
        }
    }
}
