//! A JPEG encoder for mosaics: every block of 8 × 8 pixels has one colour, so that DC coefficients
//! alone make the picture and come back exactly.

/// A mosaic and how it is to be written.
#[derive(Clone)]
pub struct Mosaic {
    /// Blocks in a row.
    pub across: u16,
    /// Rows of blocks.
    pub down: u16,
    /// One value for each component of every block, row by row, as it is stored.
    pub blocks: Vec<Vec<u8>>,
    /// The colour transform of an Adobe marker: 0 none (RGB or CMYK), 1 YCbCr, 2 YCCK.
    pub adobe: Option<u8>,
    /// Whether the scan is the first of a progressive JPEG (which may be its only one).
    pub progressive: bool,
    /// Content of an EXIF segment, without its `Exif\0\0`.
    pub exif: Option<Vec<u8>>,
    /// How often the scan is repeated.
    pub scans: usize,
}

impl Mosaic {
    /// A baseline JPEG without any extras.
    pub fn new(across: u16, down: u16, value: impl Fn(u16, u16) -> Vec<u8>) -> Self {
        let cells = (0..down).flat_map(|row| (0..across).map(move |column| (column, row)));
        Self {
            across,
            down,
            blocks: cells.map(|(column, row)| value(column, row)).collect(),
            adobe: None,
            progressive: false,
            exif: None,
            scans: 1,
        }
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let components = self.blocks[0].len() as u8;
        let mut bytes = vec![0xff, 0xd8];
        if let Some(exif) = &self.exif {
            segment(&mut bytes, 0xe1, &[b"Exif\0\0", &exif[..]].concat());
        }
        if let Some(transform) = self.adobe {
            let body = [&b"Adobe\0\x64\0\0\0\0"[..], &[transform]].concat();
            segment(&mut bytes, 0xee, &body);
        }
        // A step of 8 for the DC coefficient makes it the block's value less 128.
        let mut steps = [1u8; 65];
        (steps[0], steps[1]) = (0, 8);
        segment(&mut bytes, 0xdb, &steps);
        let mut frame = vec![8];
        frame.extend((self.down * 8).to_be_bytes());
        frame.extend((self.across * 8).to_be_bytes());
        frame.push(components);
        frame.extend((1..=components).flat_map(|id| [id, 0x11, 0]));
        let kind = if self.progressive { 0xc2 } else { 0xc0 };
        segment(&mut bytes, kind, &frame);
        // DC: nine codes of four bits for the nine sizes; AC: "end of block" is a single 0.
        let mut dc = vec![0, 0, 0, 0, 9];
        dc.extend([0; 12]);
        dc.extend(0..9);
        segment(&mut bytes, 0xc4, &dc);
        let mut ac = vec![0x10, 1];
        ac.extend([0; 16]);
        segment(&mut bytes, 0xc4, &ac);
        for _ in 0..self.scans {
            let mut scan = vec![components];
            scan.extend((1..=components).flat_map(|id| [id, 0]));
            scan.extend([0, if self.progressive { 0 } else { 63 }, 0]);
            segment(&mut bytes, 0xda, &scan);
            self.encode_blocks(&mut bytes);
        }
        bytes.extend([0xff, 0xd9]);
        bytes
    }

    fn encode_blocks(&self, bytes: &mut Vec<u8>) {
        let mut bits = Bits::default();
        let mut before = vec![0; self.blocks[0].len()];
        for block in &self.blocks {
            for (value, before) in block.iter().zip(&mut before) {
                let level = i32::from(*value) - 128;
                let step = level - *before;
                *before = level;
                let size = i32::BITS - step.unsigned_abs().leading_zeros();
                bits.push(size, 4);
                // Negative steps are stored as their ones' complement.
                let stored = if step < 0 { step - 1 } else { step } as u32;
                bits.push(stored & ((1 << size) - 1), size);
                if !self.progressive {
                    bits.push(0, 1);
                }
            }
        }
        bytes.extend(bits.finish());
    }
}

fn segment(bytes: &mut Vec<u8>, marker: u8, body: &[u8]) {
    bytes.extend([0xff, marker]);
    bytes.extend((body.len() as u16 + 2).to_be_bytes());
    bytes.extend(body);
}

/// Bits, the most significant first, with a zero after every 0xff.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    pending: u64,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        self.pending = self.pending << count | u64::from(value);
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.pending >> self.count) as u8;
            self.bytes.push(byte);
            if byte == 0xff {
                self.bytes.push(0);
            }
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.push(0x7f, 7);
        self.bytes
    }
}
