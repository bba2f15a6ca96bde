//! JPEG's quantisation: the tables of ITU-T T.81, Annex K, scaled with the quality as is customary.

use super::cosine::{Block, SCALE};

/// Factors from scaled coefficients to steps and back, transposed like the coefficients.
pub struct Table {
    down: Block,
    up: Block,
}

impl Table {
    /// The steps of `base` at a quality of 1–100.
    pub fn new(base: &[u16; 64], quality: u8) -> Self {
        let quality = i32::from(quality.clamp(1, 100));
        let percent = if quality < 50 {
            5000 / quality
        } else {
            200 - 2 * quality
        };
        let mut table = Self {
            down: [[0.0; 8]; 8],
            up: [[0.0; 8]; 8],
        };
        for (k, step) in base.iter().enumerate() {
            let step = ((i32::from(*step) * percent + 50) / 100).clamp(1, 255) as f32;
            let (row, column) = (k / 8, k % 8);
            let scale = SCALE[row] * SCALE[column];
            table.down[column][row] = 1.0 / (8.0 * scale * step);
            table.up[column][row] = scale * step / 8.0;
        }
        table
    }

    /// Rounds coefficients to whole steps and takes them back to what the inverse expects.
    #[inline(always)]
    pub fn round_to_steps(&self, block: &mut Block) {
        for (k, lanes) in block.iter_mut().enumerate() {
            for (j, value) in lanes.iter_mut().enumerate() {
                *value = round(*value * self.down[k][j]) * self.up[k][j];
            }
        }
    }
}

/// Annex K's steps for brightness.
#[rustfmt::skip]
pub const LUMINANCE: [u16; 64] = [
    16, 11, 10, 16,  24,  40,  51,  61,
    12, 12, 14, 19,  26,  58,  60,  55,
    14, 13, 16, 24,  40,  57,  69,  56,
    14, 17, 22, 29,  51,  87,  80,  62,
    18, 22, 37, 56,  68, 109, 103,  77,
    24, 35, 55, 64,  81, 104, 113,  92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103,  99,
];

/// Annex K's steps for colour.
#[rustfmt::skip]
pub const CHROMINANCE: [u16; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99,
    18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
];

/// To the nearest whole number, for values far below 2²²; several times faster than `f32::round`
/// on processors without an instruction for it.
#[inline(always)]
pub fn round(value: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0;
    (value + SHIFT) - SHIFT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_come_back_as_whole_steps() {
        // At quality 50 the tables are as printed: 16 for the mean, 12 for the second row's first.
        let table = Table::new(&LUMINANCE, 50);
        let mut block: Block = [[0.0; 8]; 8];
        // As the forward transform scales them: 8 times the coefficient, and by the row's factor.
        block[0][0] = 8.0 * 41.0;
        block[0][1] = 8.0 * SCALE[1] * -17.0;
        table.round_to_steps(&mut block);
        assert!((block[0][0] - 48.0 / 8.0).abs() < 1e-4, "three steps of 16");
        let expected = -12.0 * SCALE[1] / 8.0;
        assert!((block[0][1] - expected).abs() < 1e-4, "one step of 12");
    }

    #[test]
    fn rounding_goes_to_the_nearest() {
        assert_eq!([-1.4, -0.6, 0.4, 2.7].map(round), [-1.0, -1.0, 0.0, 3.0]);
    }
}
