//! Sinusoidal codes that tell attention where a token lies. They are computed from the shape and have no parameters.

use burn::nn::generate_sinusoids;
use burn::prelude::*;

/// The longest wavelength of the codes is 2π times this many tokens.
const MAX_TIMESCALE: usize = 10_000;

/// Codes `[1, N, C]` of `tokens` places on a line, for a signal's tokens: sin and cos of n / 10000^(2i/C), in turn.
///
/// Source: Vaswani et al. 2017, arXiv:1706.03762.
///
/// # Panics
/// If `channels` is odd.
pub fn line_positions(tokens: usize, channels: usize, device: &Device) -> Tensor<3> {
    generate_sinusoids(tokens, channels, MAX_TIMESCALE.max(tokens), device).unsqueeze()
}

/// Codes `[1, H·W, C]` of the places of a grid, row by row, for an image's tokens: one half of the channels codes the row
/// and the other one the column, each as [`line_positions`] does.
///
/// # Panics
/// If `channels` is no multiple of four.
pub fn grid_positions([rows, columns]: [usize; 2], channels: usize, device: &Device) -> Tensor<3> {
    let half = channels / 2;
    let row_codes = line_positions(rows, half, device)
        .reshape([rows, 1, half])
        .expand([rows, columns, half]);
    let column_codes = line_positions(columns, half, device).expand([rows, columns, half]);
    Tensor::cat(vec![row_codes, column_codes], 2).reshape([1, rows * columns, channels])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_a_grid_have_codes_of_their_own() {
        let codes = grid_positions([3, 5], 8, &Device::flex());
        let codes = codes.into_data().try_to_vec::<f32>().unwrap();
        let places: Vec<&[f32]> = codes.chunks(8).collect();
        assert_eq!(places.len(), 15);
        for (index, place) in places.iter().enumerate() {
            assert!(places[..index].iter().all(|other| other != place));
        }
        // Row 0, column 0: sines of nothing and cosines of nothing.
        assert_eq!(places[0], [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
        // Row 1, column 2: the half of the row first.
        assert!((places[7][0] - 1.0_f32.sin()).abs() < 1e-6);
        assert!((places[7][4] - 2.0_f32.sin()).abs() < 1e-6);
        assert!((places[7][7] - 0.02_f32.cos()).abs() < 1e-6);
    }
}
