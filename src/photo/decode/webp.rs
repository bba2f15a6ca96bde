//! Whether a WebP's parts lie within the file. The decoder makes room for a part before it looks
//! whether it is there: 50 bytes that announce gigabytes would use up all memory.

use crate::error::Error;

/// `RIFF`, the length of what follows, `WEBP`.
const HEAD_BYTES: usize = 12;

/// Refuses a file with a chunk that reaches beyond its end.
///
/// # Errors
/// [`Error::Decode`].
pub(super) fn check_chunks(bytes: &[u8]) -> Result<(), Error> {
    let mut rest = bytes.get(HEAD_BYTES..).unwrap_or_default();
    // Name and length; a shorter rest is no chunk, and the decoder decides what else it is.
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let [.., a, b, c, d] = *head;
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        if length > body.len() {
            return Err(Error::decode(
                "the picture is incomplete: its end is missing",
            ));
        }
        // Chunks of odd length are followed by a byte that belongs to none.
        rest = body.get(length + length % 2..).unwrap_or_default();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_end_within_the_file() {
        let file = |length: u8, body: &[u8]| {
            let head = b"RIFF\0\0\0\0WEBPEXIF";
            [&head[..], &[length, 0, 0, 0], body].concat()
        };
        for (length, body) in [(0, &b""[..]), (3, b"abc"), (3, b"abc\0"), (2, b"ab12345")] {
            assert!(check_chunks(&file(length, body)).is_ok());
        }
        assert!(check_chunks(&file(4, b"abc")).is_err());
        assert!(check_chunks(&file(2, b"abVP8 \xff\xff\xff\xff")).is_err());
        assert!(check_chunks(b"RIFF").is_ok());
    }
}
