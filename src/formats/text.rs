//! Text from bytes, in the encodings that recorders, watches and spreadsheets write.

use std::borrow::Cow;

/// UTF-8 or, if a byte-order mark says so, UTF-16, both without the mark; other bytes as Latin-1, so
/// that `µ` is read whichever way it was written. Never fails: what is no text decodes to nonsense.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some(little_endian) = utf16_is_little_endian(bytes) {
        let (pairs, _) = bytes[2..].as_chunks::<2>();
        let units = pairs.iter().map(|&pair| {
            if little_endian {
                u16::from_le_bytes(pair)
            } else {
                u16::from_be_bytes(pair)
            }
        });
        let text = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        return Cow::Owned(text.collect());
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
    }
}

/// Whether bytes that start with UTF-16's byte-order mark have the low byte first; `None` without a mark.
pub(super) fn utf16_is_little_endian(bytes: &[u8]) -> Option<bool> {
    match bytes {
        [0xff, 0xfe, ..] => Some(true),
        [0xfe, 0xff, ..] => Some(false),
        _ => None,
    }
}

/// A field without the white space (of any kind, such as no-break spaces) and the quotes around it.
pub(super) fn unquoted(field: &str) -> &str {
    let field = field.trim();
    let inner = field.strip_prefix('"').and_then(|f| f.strip_suffix('"'));
    inner.unwrap_or(field).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "Einheit,\u{b5}V";
        let utf16 = |mark: char, swap: bool| -> Vec<u8> {
            let units: Vec<u16> = format!("{mark}{text}").encode_utf16().collect();
            let bytes = |unit: u16| {
                if swap {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            };
            units.into_iter().flat_map(bytes).collect()
        };
        for bytes in [
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
            b"Einheit,\xb5V".to_vec(),
            utf16('\u{feff}', false),
            utf16('\u{feff}', true),
        ] {
            assert_eq!(decode(&bytes), text, "{bytes:?}");
        }
        // A lone half and a broken pair are no reason to fail.
        assert_eq!(decode(b"\xff\xfe\0\xd8A"), "\u{fffd}");
    }

    #[test]
    fn quotes_and_any_white_space_are_taken_off() {
        assert_eq!(unquoted("\u{a0}\"512\u{202f}Hz \""), "512\u{202f}Hz");
        assert_eq!(unquoted("\""), "\"");
    }
}
