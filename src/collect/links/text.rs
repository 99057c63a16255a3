//! From the bytes of a file to its text.

/// The text in a file: UTF-16 where its first two bytes say so, else UTF-8, else Latin-1, in which Java writes its properties.
/// `None` where it is no text, and so no configuration of any kind that is read here.
pub(super) fn text_of(bytes: &[u8]) -> Option<String> {
    let wide = |pair: fn([u8; 2]) -> u16| -> String {
        let units = bytes[2..].chunks_exact(2).map(|two| pair([two[0], two[1]]));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xff, 0xfe, ..] => Some(wide(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => Some(wide(u16::from_be_bytes)),
        _ if bytes.contains(&0) => None,
        _ => Some(match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().copied().map(char::from).collect(),
        }),
    }
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
        assert_eq!(text_of(b"\x7fELF\0"), None);
    }
}
