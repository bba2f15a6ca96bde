//! PNG files, chunk by chunk.

/// Colour types of a PNG.
pub const GREY: u8 = 0;
/// See [`GREY`].
pub const RGB: u8 = 2;
/// See [`GREY`].
pub const PALETTE: u8 = 3;
/// See [`GREY`].
pub const GREY_ALPHA: u8 = 4;

/// A file of these chunks between signature and IEND.
pub fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    chunks.iter().for_each(|chunk| bytes.extend(chunk));
    bytes.extend(chunk(b"IEND", &[]));
    bytes
}

/// A chunk with its length and checksum.
pub fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = (body.len() as u32).to_be_bytes().to_vec();
    bytes.extend(name);
    bytes.extend(body);
    let checksum = crc32(&bytes[4..]);
    bytes.extend(checksum.to_be_bytes());
    bytes
}

/// The header chunk.
pub fn header(width: u32, height: u32, bits: u8, colour: u8) -> Vec<u8> {
    let mut body = width.to_be_bytes().to_vec();
    body.extend(height.to_be_bytes());
    body.extend([bits, colour, 0, 0, 0]);
    chunk(b"IHDR", &body)
}

/// The pixel data: rows of packed bytes, each after its filter byte 0, not compressed.
pub fn data(rows: &[Vec<u8>]) -> Vec<u8> {
    chunk(b"IDAT", &stored(rows))
}

/// A whole file without further chunks.
pub fn plain(width: u32, height: u32, bits: u8, colour: u8, rows: &[Vec<u8>]) -> Vec<u8> {
    file(&[header(width, height, bits, colour), data(rows)])
}

/// An animation of two frames of RGB.
pub fn animation(width: u32, height: u32, first: &[Vec<u8>], second: &[Vec<u8>]) -> Vec<u8> {
    let control = |sequence: u32| {
        let mut body = sequence.to_be_bytes().to_vec();
        body.extend(width.to_be_bytes());
        body.extend(height.to_be_bytes());
        body.extend([0; 8]);
        body.extend([0, 1, 0, 10, 0, 0]);
        chunk(b"fcTL", &body)
    };
    let mut frame = 2u32.to_be_bytes().to_vec();
    frame.extend(stored(second));
    file(&[
        header(width, height, 8, RGB),
        chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]),
        control(0),
        data(first),
        control(1),
        chunk(b"fdAT", &frame),
    ])
}

/// A text chunk that unpacks to this many zeros, about a 160th of which it takes itself.
pub fn text_bomb(zeros: usize) -> Vec<u8> {
    let mut body = b"Comment\0\0".to_vec();
    body.extend(zlib_zeros(zeros));
    chunk(b"zTXt", &body)
}

/// A zlib stream of this many zeros and one more for every started 258.
pub fn zlib_zeros(zeros: usize) -> Vec<u8> {
    let mut bits = Vec::with_capacity(zeros / 158 + 16);
    let (mut pending, mut count) = (0u32, 0u32);
    let mut push = |value: u32, length: u32| {
        pending |= value << count;
        count += length;
        while count >= 8 {
            bits.push(pending as u8);
            pending >>= 8;
            count -= 8;
        }
    };
    // The last block, with fixed codes; a literal zero (00110000); then "258 more of what was one
    // before" (11000101, 00000); at the end 0000000. Codes come with their first bit lowest.
    push(0b011, 3);
    push(0b0000_1100, 8);
    for _ in 0..zeros.div_ceil(258) {
        push(0b1010_0011, 8);
        push(0, 5);
    }
    push(0, 7 + 8);
    let mut bytes = vec![0x78, 0x01];
    bytes.extend(bits);
    // Sums of zeros: the low half stays 1, the high half counts the bytes.
    let length = 1 + zeros.div_ceil(258) * 258;
    bytes.extend((((length % 65521) as u32) << 16 | 1).to_be_bytes());
    bytes
}

fn stored(rows: &[Vec<u8>]) -> Vec<u8> {
    let raw: Vec<u8> = rows
        .iter()
        .flat_map(|row| std::iter::once(0).chain(row.iter().copied()))
        .collect();
    let mut bytes = vec![0x78, 0x01];
    let pieces = raw.chunks(65_535).count();
    for (index, piece) in raw.chunks(65_535).enumerate() {
        bytes.push(u8::from(index + 1 == pieces));
        bytes.extend((piece.len() as u16).to_le_bytes());
        bytes.extend((!(piece.len() as u16)).to_le_bytes());
        bytes.extend(piece);
    }
    let (mut low, mut high) = (1u32, 0u32);
    for byte in raw {
        low = (low + u32::from(byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    bytes.extend((high << 16 | low).to_be_bytes());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    !crc
}
