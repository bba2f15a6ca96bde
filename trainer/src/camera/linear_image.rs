//! A picture as floating-point numbers, and the blurs that happen to it.

use super::shot::Optics;

/// RGB interleaved, row-major.
pub struct LinearImage {
    /// Pixels per row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `[height * width * 3]`.
    pub values: Vec<f32>,
}

const CHANNELS: usize = 3;

impl LinearImage {
    /// A black picture.
    pub fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            values: vec![0.0; width * height * CHANNELS],
        }
    }

    /// Applies defocus, motion and unavoidable softness.
    pub fn through_optics(&mut self, optics: &Optics, pixels_per_mm: f32) {
        let defocus_px = optics.defocus_mm * pixels_per_mm;
        self.blur(defocus_px.hypot(optics.softness_px));
        self.smear(optics.motion_mm * pixels_per_mm, optics.motion_deg);
        if let Some(bottleneck) = optics.bottleneck_pixels_per_mm {
            self.lose_detail(bottleneck / pixels_per_mm);
        }
    }

    /// Gaussian blur of a standard deviation in pixels; the edges are continued.
    pub fn blur(&mut self, deviation_px: f32) {
        // A wide kernel is a narrow one after averaging over boxes, which cost nothing: a box of
        // 2r + 1 has the variance r (r + 1) / 3.
        let mut variance = deviation_px * deviation_px;
        while variance > 4.0 {
            let wanted = (variance - 1.0).min(0.5 * variance);
            let radius = (((1.0 + 12.0 * wanted).sqrt() - 1.0) / 2.0)
                .floor()
                .max(1.0) as usize;
            self.average(radius);
            variance -= (radius * (radius + 1)) as f32 / 3.0;
        }
        if let Some(kernel) = gaussian(variance.max(0.0).sqrt()) {
            self.weigh_rows(&kernel);
            self.weigh_columns(&kernel);
        }
    }

    fn weigh_rows(&mut self, kernel: &[f32]) {
        let stride = self.width * CHANNELS;
        let pad = kernel.len() / 2 * CHANNELS;
        let mut padded = vec![0.0; stride + 2 * pad];
        for row in self.values.chunks_exact_mut(stride) {
            padded[pad..pad + stride].copy_from_slice(row);
            for k in 0..pad {
                padded[k] = row[k % CHANNELS];
                padded[pad + stride + k] = row[stride - CHANNELS + k % CHANNELS];
            }
            row.fill(0.0);
            for (k, weight) in kernel.iter().enumerate() {
                let source = &padded[k * CHANNELS..k * CHANNELS + stride];
                for (value, from) in row.iter_mut().zip(source) {
                    *value += weight * from;
                }
            }
        }
    }

    /// Keeps the rows above that are still needed in a ring, so that no second picture is held.
    fn weigh_columns(&mut self, kernel: &[f32]) {
        let stride = self.width * CHANNELS;
        let reach = kernel.len() / 2;
        let last = self.height - 1;
        let mut ring: Vec<Vec<f32>> = vec![self.values[..stride].to_vec(); reach + 1];
        let mut sum = vec![0.0; stride];
        for y in 0..self.height {
            ring[y % (reach + 1)].copy_from_slice(&self.values[y * stride..(y + 1) * stride]);
            sum.fill(0.0);
            for (k, weight) in kernel.iter().enumerate() {
                let from = (y + k).saturating_sub(reach).min(last);
                let source = if from <= y {
                    &ring[from % (reach + 1)]
                } else {
                    &self.values[from * stride..(from + 1) * stride]
                };
                for (value, from) in sum.iter_mut().zip(source) {
                    *value += weight * from;
                }
            }
            self.values[y * stride..(y + 1) * stride].copy_from_slice(&sum);
        }
    }

    /// Moving average over squares of 2·radius + 1, by running sums.
    fn average(&mut self, radius: usize) {
        let (width, height) = (self.width, self.height);
        let stride = width * CHANNELS;
        let share = 1.0 / (2 * radius + 1) as f32;
        let mut source = vec![0.0; stride];
        for row in self.values.chunks_exact_mut(stride) {
            source.copy_from_slice(row);
            for channel in 0..CHANNELS {
                let at = |x: isize| {
                    let x = x.clamp(0, width as isize - 1) as usize;
                    source[x * CHANNELS + channel]
                };
                let reach = radius as isize;
                let mut sum: f32 = (-reach..=reach).map(at).sum();
                for x in 0..width as isize {
                    row[x as usize * CHANNELS + channel] = share * sum;
                    sum += at(x + reach + 1) - at(x - reach);
                }
            }
        }
        let row_of = |y: isize| y.clamp(0, height as isize - 1) as usize;
        let reach = radius as isize;
        let mut ring: Vec<Vec<f32>> = vec![self.values[..stride].to_vec(); radius + 1];
        let mut sum = vec![0.0; stride];
        for y in -reach..=reach {
            let from = row_of(y) * stride;
            for (total, value) in sum.iter_mut().zip(&self.values[from..from + stride]) {
                *total += value;
            }
        }
        for y in 0..height {
            ring[y % (radius + 1)].copy_from_slice(&self.values[y * stride..(y + 1) * stride]);
            for (value, total) in self.values[y * stride..(y + 1) * stride]
                .iter_mut()
                .zip(&sum)
            {
                *value = share * total;
            }
            let leaving = row_of(y as isize - reach);
            let coming = row_of(y as isize + reach + 1);
            let old = &ring[leaving % (radius + 1)];
            // At the lower edge the coming row has been overwritten already.
            let new = if coming <= y {
                &ring[coming % (radius + 1)]
            } else {
                &self.values[coming * stride..(coming + 1) * stride]
            };
            for ((total, old), new) in sum.iter_mut().zip(old).zip(new) {
                *total += new - old;
            }
        }
    }

    /// Averages along a line of `length_px`, as a camera that moves during the exposure does.
    fn smear(&mut self, length_px: f32, direction_deg: f32) {
        if length_px < 0.5 {
            return;
        }
        let (sin, cos) = direction_deg.to_radians().sin_cos();
        let steps = (length_px * 1.5).ceil() as i32 + 1;
        let source = self.values.clone();
        self.values.fill(0.0);
        let stride = self.width * CHANNELS;
        let share = 1.0 / steps as f32;
        for step in 0..steps {
            let along = length_px * ((step as f32 + 0.5) * share - 0.5);
            // Split between the two nearest columns and the nearest row pair would be four reads;
            // the softness of the lens hides the half pixel that rounding leaves.
            let dx = (along * cos).round() as isize;
            let dy = (along * sin).round() as isize;
            for y in 0..self.height {
                let from = (y as isize + dy).clamp(0, self.height as isize - 1) as usize;
                let source = &source[from * stride..(from + 1) * stride];
                let target = &mut self.values[y * stride..(y + 1) * stride];
                let shift = dx.unsigned_abs().min(self.width - 1) * CHANNELS;
                if dx >= 0 {
                    add(&mut target[..stride - shift], &source[shift..], share);
                    for pixel in target[stride - shift..].chunks_exact_mut(CHANNELS) {
                        add(pixel, &source[stride - CHANNELS..], share);
                    }
                } else {
                    add(&mut target[shift..], &source[..stride - shift], share);
                    for pixel in target[..shift].chunks_exact_mut(CHANNELS) {
                        add(pixel, &source[..CHANNELS], share);
                    }
                }
            }
        }
    }

    /// Shrinks the picture by `factor` and enlarges it again, as messengers and previews do.
    fn lose_detail(&mut self, factor: f32) {
        if !(0.02..0.95).contains(&factor) {
            return;
        }
        let small_size =
            [self.width, self.height].map(|side| ((side as f32 * factor) as usize).max(2));
        self.blur(0.4 / factor);
        let small = self.resampled(small_size);
        self.values = small.resampled([self.width, self.height]).values;
    }

    /// Bilinear interpolation onto another raster over the same area.
    fn resampled(&self, [width, height]: [usize; 2]) -> Self {
        let mut out = Self::new(width, height);
        let place = |k: usize, from: usize, to: usize| {
            let at =
                ((k as f32 + 0.5) * from as f32 / to as f32 - 0.5).clamp(0.0, from as f32 - 1.0);
            let low = (at as usize).min(from.saturating_sub(2));
            (low, at - low as f32)
        };
        let columns: Vec<(usize, f32)> = (0..width).map(|x| place(x, self.width, width)).collect();
        let stride = self.width * CHANNELS;
        for (y, row) in out.values.chunks_exact_mut(width * CHANNELS).enumerate() {
            let (j, fy) = place(y, self.height, height);
            let upper = &self.values[j * stride..(j + 1) * stride];
            let below = (j + 1).min(self.height - 1);
            let lower = &self.values[below * stride..(below + 1) * stride];
            for (pixel, (i, fx)) in row.chunks_exact_mut(CHANNELS).zip(&columns) {
                for (channel, value) in pixel.iter_mut().enumerate() {
                    let (k, next) = (
                        i * CHANNELS + channel,
                        (i + 1).min(self.width - 1) * CHANNELS + channel,
                    );
                    let top = upper[k] + fx * (upper[next] - upper[k]);
                    let bottom = lower[k] + fx * (lower[next] - lower[k]);
                    *value = top + fy * (bottom - top);
                }
            }
        }
        out
    }
}

fn add(target: &mut [f32], source: &[f32], share: f32) {
    for (value, from) in target.iter_mut().zip(source) {
        *value += share * from;
    }
}

/// Weights of a Gaussian, or none where it would change next to nothing.
fn gaussian(deviation_px: f32) -> Option<Vec<f32>> {
    if deviation_px < 0.15 {
        return None;
    }
    let reach = (2.5 * deviation_px).ceil() as i32;
    let weight = |k: i32| (-0.5 * (k as f32 / deviation_px).powi(2)).exp();
    let total: f32 = (-reach..=reach).map(weight).sum();
    Some((-reach..=reach).map(|k| weight(k) / total).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot() -> LinearImage {
        let mut picture = LinearImage::new(81, 71);
        let middle = (35 * 81 + 40) * CHANNELS;
        picture.values[middle..middle + 3].copy_from_slice(&[1.0, 0.5, 0.25]);
        picture
    }

    /// Sum and standard deviations along x and y of the red channel.
    fn spread(picture: &LinearImage) -> [f32; 3] {
        let (mut total, mut x2, mut y2) = (0.0, 0.0, 0.0);
        for y in 0..picture.height {
            for x in 0..picture.width {
                let value = picture.values[(y * picture.width + x) * CHANNELS];
                total += value;
                x2 += value * (x as f32 - 40.0).powi(2);
                y2 += value * (y as f32 - 35.0).powi(2);
            }
        }
        [total, (x2 / total).sqrt(), (y2 / total).sqrt()]
    }

    #[test]
    fn blur_keeps_the_sum_and_spreads_by_its_deviation() {
        for deviation in [0.8, 1.9, 3.3, 6.0] {
            let mut picture = spot();
            picture.blur(deviation);
            let [total, x, y] = spread(&picture);
            assert!((total - 1.0).abs() < 1e-3, "{deviation}: sum {total}");
            assert!((x / deviation - 1.0).abs() < 0.06, "{deviation}: {x}");
            assert!((y / deviation - 1.0).abs() < 0.06, "{deviation}: {y}");
        }
    }

    #[test]
    fn motion_spreads_along_its_direction_only() {
        let mut picture = spot();
        picture.smear(12.0, 0.0);
        let [total, x, y] = spread(&picture);
        assert!((total - 1.0).abs() < 1e-4 && y == 0.0);
        assert!((x - 12.0 / 12.0_f32.sqrt()).abs() < 0.4, "{x}");
    }

    #[test]
    fn even_pictures_stay_even() {
        let mut picture = LinearImage::new(50, 40);
        picture.values.fill(0.6);
        picture.blur(4.0);
        picture.smear(5.0, 40.0);
        picture.lose_detail(0.4);
        assert!(
            picture
                .values
                .iter()
                .all(|value| (value - 0.6).abs() < 1e-4)
        );
    }
}
