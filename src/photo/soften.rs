//! Smoothing of a picture's noise, for pages whose strokes are hardly darker than it.

use image::RgbImage;

/// The picture with every channel averaged over its neighbourhood: `passes` times by the weights
/// 1 2 1 along x and along y, which is a bell with a variance of half a pixel per pass.
pub(super) fn softened(picture: &RgbImage, passes: usize) -> RgbImage {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    // Sixteenths keep what rounding to whole levels would lose in several passes.
    let mut values: Vec<u16> = picture
        .as_raw()
        .iter()
        .map(|&value| 16 * u16::from(value))
        .collect();
    let mut line = Vec::new();
    for _ in 0..passes {
        for row in values.chunks_exact_mut((3 * width).max(1)) {
            line.clear();
            line.extend_from_slice(row);
            for (k, value) in row.iter_mut().enumerate() {
                let before = line[if k < 3 { k } else { k - 3 }];
                let after = line[if k + 3 < line.len() { k + 3 } else { k }];
                *value = (before + 2 * line[k] + after + 2) / 4;
            }
        }
        let stride = 3 * width;
        let mut above: Vec<u16> = values.iter().take(stride).copied().collect();
        for y in 0..height {
            for (x, above) in above.iter_mut().enumerate() {
                let i = y * stride + x;
                let below = values[if y + 1 < height { i + stride } else { i }];
                let own = values[i];
                values[i] = (*above + 2 * own + below + 2) / 4;
                *above = own;
            }
        }
    }
    let mut soft = picture.clone();
    for (soft, value) in soft.iter_mut().zip(values) {
        *soft = ((value + 8) / 16).min(255) as u8;
    }
    soft
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn a_dot_becomes_a_bell() {
        let mut picture = RgbImage::new(5, 5);
        picture.put_pixel(2, 2, Rgb([160, 0, 64]));
        let soft = softened(&picture, 1);
        // Sixteenths: 1 2 1, 2 4 2, 1 2 1.
        assert_eq!(soft.get_pixel(2, 2).0, [40, 0, 16]);
        assert_eq!(soft.get_pixel(1, 2).0, [20, 0, 8]);
        assert_eq!(soft.get_pixel(3, 3).0, [10, 0, 4]);
        assert_eq!(soft.get_pixel(0, 2).0, [0; 3]);
    }

    #[test]
    fn even_pictures_stay_as_they_are() {
        for (width, height) in [(7, 3), (1, 1), (1, 4), (0, 0)] {
            let even = RgbImage::from_pixel(width, height, Rgb([200, 255, 3]));
            assert_eq!(softened(&even, 3), even);
        }
    }
}
