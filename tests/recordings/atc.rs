//! AliveCor's ATC, block by block.

/// A whole file; puts an `info` block with a person's data before the others.
pub fn file(blocks: &[Vec<u8>]) -> Vec<u8> {
    let mut info = b"1931-02-03T00:00:00.000+00:00".to_vec();
    info.resize(32, 0);
    info.extend(b"PID4711 Quagmire");
    info.resize(264, 0);
    let mut bytes = b"ALIVE\0\0\0\x05\0\0\0".to_vec();
    bytes.extend(block(b"info", &info));
    bytes.extend(blocks.concat());
    bytes
}

/// A block with its checksum.
pub fn block(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut bytes = name.to_vec();
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    let sum: u32 = bytes.iter().map(|&byte| u32::from(byte)).sum();
    bytes.extend(sum.to_le_bytes());
    bytes
}

/// The block `fmt ` for samples of 16 bits.
pub fn format(sample_rate_hz: u16, nanovolts: u16) -> Vec<u8> {
    let mut data = vec![1];
    data.extend(sample_rate_hz.to_le_bytes());
    data.extend(nanovolts.to_le_bytes());
    data.extend([14, 0, 0]);
    block(b"fmt ", &data)
}

/// Samples as a block holds them.
pub fn samples(steps: &[i16]) -> Vec<u8> {
    steps.iter().flat_map(|step| step.to_le_bytes()).collect()
}
