//! A picture in which fine patterns have become even areas: a median filter.

use image::RgbImage;

/// Every colour becomes the median, channel by channel, of the square that reaches so many pixels all ways.
const REACH_PX: usize = 5;
/// Values that half of a square's are not above.
const HALF: u32 = ((2 * REACH_PX + 1) * (2 * REACH_PX + 1) / 2 + 1) as u32;

/// The picture with every pixel replaced by the median of those around it; beyond the border the last ones go on. What covers
/// less than half of a neighbourhood (joints of tiles, print, a grid's lines) is gone, and edges of areas stay as sharp as they were.
pub(super) fn evened(picture: &RgbImage) -> RgbImage {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut evened = RgbImage::new(picture.width(), picture.height());
    let last = |side: usize| side.saturating_sub(1);
    for channel in 0..3 {
        let values: Vec<u8> = picture.pixels().map(|pixel| pixel.0[channel]).collect();
        for y in 0..height {
            let rows: [usize; 2 * REACH_PX + 1] =
                std::array::from_fn(|k| (y + k).saturating_sub(REACH_PX).min(last(height)) * width);
            // Values of the square by how often they occur; from one pixel to the next a column leaves and one comes in.
            let mut counts = [0u32; 256];
            for k in 0..=2 * REACH_PX {
                let column = k.saturating_sub(REACH_PX).min(last(width));
                for row in rows {
                    counts[usize::from(values[row + column])] += 1;
                }
            }
            // How many of the square's values are below the median.
            let (mut median, mut below) = (0usize, 0u32);
            for x in 0..width {
                while below + counts[median] < HALF {
                    below += counts[median];
                    median += 1;
                }
                while below >= HALF {
                    median -= 1;
                    below -= counts[median];
                }
                evened.get_pixel_mut(x as u32, y as u32).0[channel] = median as u8;
                let gone = x.saturating_sub(REACH_PX);
                let come = (x + REACH_PX + 1).min(last(width));
                for row in rows {
                    let (gone, come) = (
                        usize::from(values[row + gone]),
                        usize::from(values[row + come]),
                    );
                    counts[gone] -= 1;
                    counts[come] += 1;
                    below = below + u32::from(come < median) - u32::from(gone < median);
                }
            }
        }
    }
    evened
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn medians_by_hand() {
        let row = RgbImage::from_fn(7, 1, |x, _| {
            Rgb([[0, 9, 0, 0, 5, 7, 7][x as usize], 3, 200])
        });
        let medians: Vec<u8> = evened(&row).pixels().map(|pixel| pixel.0[0]).collect();
        // Of 11 columns, of which those beyond the border are 0 and 7.
        assert_eq!(medians, [0, 0, 0, 5, 7, 7, 7]);
        assert!(evened(&row).pixels().all(|pixel| pixel.0[1..] == [3, 200]));
    }

    #[test]
    fn medians_are_those_of_sorted_squares() {
        let picture = RgbImage::from_fn(30, 20, |x, y| {
            let value = ((x * 7919 + y * 104_729 + x * y * 31) % 256) as u8;
            Rgb([value, value / 2, 255 - value])
        });
        let evened = evened(&picture);
        for (x, y) in [(0, 0), (3, 10), (15, 9), (29, 19)] {
            let mut square: Vec<u8> = (-5i64..=5)
                .flat_map(|dy| (-5i64..=5).map(move |dx| (dx, dy)))
                .map(|(dx, dy)| {
                    picture
                        .get_pixel((x + dx).clamp(0, 29) as u32, (y + dy).clamp(0, 19) as u32)
                        .0[0]
                })
                .collect();
            square.sort_unstable();
            assert_eq!(
                evened.get_pixel(x as u32, y as u32).0[0],
                square[60],
                "{x} {y}"
            );
        }
    }

    #[test]
    fn pictures_without_pixels_stay_so() {
        assert_eq!(evened(&RgbImage::new(0, 0)).len(), 0);
    }
}
