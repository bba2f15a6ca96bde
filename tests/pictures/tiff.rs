//! TIFF files of one uncompressed strip.

/// What a pixel's values mean (tag 262).
pub const WHITE_IS_ZERO: u32 = 0;
/// See [`WHITE_IS_ZERO`].
pub const BLACK_IS_ZERO: u32 = 1;
/// See [`WHITE_IS_ZERO`].
pub const PALETTE: u32 = 3;
/// See [`WHITE_IS_ZERO`].
pub const FOUR_INKS: u32 = 5;

/// A file with this many samples of so many bits for every pixel. `data` is the strip as it is stored.
pub fn file(
    (width, height): (u32, u32),
    (samples, bits): (u16, u16),
    meaning: u32,
    orientation: u16,
    data: &[u8],
) -> Vec<u8> {
    // The bits of every sample don't fit into their entry; they and the data stand before the directory.
    let bits_at = 8u32;
    let data_at = bits_at + 2 * u32::from(samples);
    let directory_at = (data_at + data.len() as u32).next_multiple_of(2);
    let mut bytes = b"II\x2a\0".to_vec();
    bytes.extend(directory_at.to_le_bytes());
    (0..samples).for_each(|_| bytes.extend(bits.to_le_bytes()));
    bytes.extend(data);
    bytes.resize(directory_at as usize, 0);
    let bits_entry = if samples <= 2 {
        (u32::from(bits)) << 16 | u32::from(bits)
    } else {
        bits_at
    };
    let bits_entry = if samples == 1 {
        u32::from(bits)
    } else {
        bits_entry
    };
    const SHORT: u16 = 3;
    const LONG: u16 = 4;
    let entries: [(u16, u16, u32, u32); 10] = [
        (256, LONG, 1, width),
        (257, LONG, 1, height),
        (258, SHORT, u32::from(samples), bits_entry),
        (259, SHORT, 1, 1),
        (262, SHORT, 1, meaning),
        (273, LONG, 1, data_at),
        (274, SHORT, 1, u32::from(orientation)),
        (277, SHORT, 1, u32::from(samples)),
        (278, LONG, 1, height),
        (279, LONG, 1, data.len() as u32),
    ];
    bytes.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes
}
