//! The blur of a picture, row by row as it is made: from its light to what is stored of it.

/// Red, green, blue.
pub const CHANNELS: usize = 3;

/// Takes a picture row by row from its light to its bytes. A row holds all its reds, then all its
/// greens, then all its blues, nominally 0–1. `fill(y, row)` writes row `y`; rows are blurred with a
/// Gaussian of `deviation_px` along x and y, its edges continued, and given to `finish(y, row)`,
/// both from the top to the bottom.
///
/// No more rows are held than the blur spans, so that they stay in the processor's cache.
pub fn expose(
    (width, height): (usize, usize),
    deviation_px: [f32; 2],
    mut fill: impl FnMut(usize, &mut [f32]),
    mut finish: impl FnMut(usize, &mut [f32]),
) {
    let [along_x, along_y] = deviation_px.map(gaussian);
    let span = along_y.len();
    let reach = span / 2;
    let mut held = vec![vec![0.0; CHANNELS * width]; span];
    let mut blurred = vec![0.0; CHANNELS * width];
    let mut padded = Vec::new();
    for y in 0..height + reach {
        if y < height {
            let row = &mut held[y % span];
            fill(y, row);
            if along_x.len() > 1 {
                for channel in row.chunks_exact_mut(width) {
                    blur_row(channel, &along_x, &mut padded);
                }
            }
        }
        let Some(middle) = y.checked_sub(reach) else {
            continue;
        };
        if span == 1 {
            finish(middle, &mut held[0]);
            continue;
        }
        let sources: Vec<&[f32]> = (middle..middle + span)
            .map(|k| k.saturating_sub(reach).min(height - 1) % span)
            .map(|k| held[k].as_slice())
            .collect();
        weigh(&mut blurred, &along_y, &sources);
        finish(middle, &mut blurred);
    }
}

/// Weights of a Gaussian, an odd number of them; one where it would change next to nothing.
fn gaussian(deviation_px: f32) -> Vec<f32> {
    if deviation_px < 0.15 {
        return vec![1.0];
    }
    let reach = (2.5 * deviation_px).ceil() as i32;
    let weight = |k: i32| (-0.5 * (k as f32 / deviation_px).powi(2)).exp();
    let total: f32 = (-reach..=reach).map(weight).sum();
    (-reach..=reach).map(|k| weight(k) / total).collect()
}

fn blur_row(row: &mut [f32], kernel: &[f32], padded: &mut Vec<f32>) {
    let (reach, width) = (kernel.len() / 2, row.len());
    let (Some(first), Some(last)) = (row.first(), row.last()) else {
        return;
    };
    padded.clear();
    padded.resize(reach, *first);
    padded.extend_from_slice(row);
    padded.resize(width + 2 * reach, *last);
    let sources: Vec<&[f32]> = (0..kernel.len()).map(|k| &padded[k..k + width]).collect();
    weigh(row, kernel, &sources);
}

/// The sum of rows with weights that are the same from both ends, in blocks that fit the
/// processor's registers.
fn weigh(target: &mut [f32], weights: &[f32], sources: &[&[f32]]) {
    const BLOCK: usize = 16;
    let reach = weights.len() / 2;
    let (blocks, rest) = target.as_chunks_mut::<BLOCK>();
    for (k, block) in blocks.iter_mut().enumerate() {
        let of = |source: usize| &sources[source].as_chunks::<BLOCK>().0[k];
        let mut sum = [0.0; BLOCK];
        add_weighted(&mut sum, weights[reach], of(reach), &[0.0; BLOCK]);
        for (pair, weight) in weights[..reach].iter().enumerate() {
            let (above, below) = (of(pair), of(2 * reach - pair));
            add_weighted(&mut sum, *weight, above, below);
        }
        *block = sum;
    }
    let from = blocks.len() * BLOCK;
    for (k, value) in rest.iter_mut().enumerate() {
        let terms = weights.iter().zip(sources);
        *value = terms
            .map(|(weight, source)| weight * source[from + k])
            .sum();
    }
}

/// Adds a weight times two blocks of values. Over indices, as adapters of iterators may remain calls.
#[inline(always)]
fn add_weighted<const N: usize>(sum: &mut [f32; N], weight: f32, a: &[f32; N], b: &[f32; N]) {
    for k in 0..N {
        sum[k] += weight * (a[k] + b[k]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out of `expose` without noise or tone.
    fn exposed(
        (width, height): (usize, usize),
        deviation_px: [f32; 2],
        fill: impl Fn(usize, [&mut [f32]; CHANNELS]),
    ) -> Vec<Vec<[f32; CHANNELS]>> {
        let mut rows = Vec::new();
        let fill = |y: usize, row: &mut [f32]| {
            let (red, rest) = row.split_at_mut(width);
            let (green, blue) = rest.split_at_mut(width);
            fill(y, [red, green, blue]);
        };
        expose((width, height), deviation_px, fill, |y, row| {
            assert_eq!((y, row.len()), (rows.len(), CHANNELS * width));
            let colour = |x: usize| [row[x], row[width + x], row[2 * width + x]];
            rows.push((0..width).map(colour).collect());
        });
        assert_eq!(rows.len(), height);
        rows
    }

    #[test]
    fn blur_keeps_the_sum_and_spreads_by_its_deviation() {
        let rows = exposed((31, 21), [1.3, 0.8], |y, channels| {
            for (channel, value) in channels.into_iter().zip([1.0, 0.5, 0.25]) {
                channel.fill(0.0);
                if y == 10 {
                    channel[15] = value;
                }
            }
        });
        let (mut total, mut spread_x, mut spread_y) = (0.0, 0.0, 0.0);
        for (y, row) in rows.iter().enumerate() {
            for (x, [red, _, _]) in row.iter().enumerate() {
                total += red;
                spread_x += red * (x as f32 - 15.0).powi(2);
                spread_y += red * (y as f32 - 10.0).powi(2);
            }
        }
        assert!((total - 1.0).abs() < 1e-4);
        assert!((spread_x.sqrt() - 1.3).abs() < 0.1 && (spread_y.sqrt() - 0.8).abs() < 0.1);
    }

    #[test]
    fn blur_leaves_an_even_picture_even_up_to_its_edges_however_small() {
        for size in [(20, 20), (5, 2), (1, 1)] {
            let rows = exposed(size, [1.5, 1.5], |_, channels| {
                for (channel, value) in channels.into_iter().zip([0.7, 0.5, 0.3]) {
                    channel.fill(value);
                }
            });
            assert!(rows.iter().flatten().all(|p| (p[0] - 0.7).abs() < 1e-5));
        }
    }

    #[test]
    fn without_blur_rows_pass_untouched() {
        let rows = exposed((4, 3), [0.0, 0.0], |y, channels| {
            for channel in channels {
                channel.fill(y as f32);
            }
        });
        assert_eq!(rows[2], [[2.0; 3]; 4]);
    }
}
