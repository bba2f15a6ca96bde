//! Digitised curves drawn over the page they were read from, for checking by eye.

use image::{Rgb, RgbImage};
use inkbeat::photo::digitise::DigitisedLead;

/// Neighbouring leads alternate, so that it shows where one ends and the next begins.
const COLOURS: [Rgb<u8>; 2] = [Rgb([0, 120, 255]), Rgb([230, 0, 160])];

/// Draws every lead's curve onto a picture of the sheet.
pub fn draw_leads(picture: &mut RgbImage, leads: &[DigitisedLead], pixels_per_mm: f32) {
    for (position, lead) in leads.iter().enumerate() {
        for pair in lead.overlay_mm.windows(2) {
            let ends = [pair[0], pair[1]].map(|point| point.map(|mm| mm * pixels_per_mm - 0.5));
            draw_line(picture, ends[0], ends[1], COLOURS[position % COLOURS.len()]);
        }
    }
}

/// A line one pixel wide. Nothing is drawn to or from a point that is not finite: there the pen is up.
fn draw_line(picture: &mut RgbImage, from: [f32; 2], to: [f32; 2], colour: Rgb<u8>) {
    let length = (to[0] - from[0]).abs().max((to[1] - from[1]).abs());
    // Longer than any page: a mistake rather than a stroke.
    const MAX_LENGTH_PX: f32 = 20_000.0;
    if !length.is_finite() || length > MAX_LENGTH_PX {
        return;
    }
    let steps = length.ceil().max(1.0) as usize;
    for step in 0..=steps {
        let share = step as f32 / steps as f32;
        let at = |axis: usize| (from[axis] + share * (to[axis] - from[axis])).round();
        let (x, y) = (at(0), at(1));
        if x >= 0.0 && y >= 0.0 && x < picture.width() as f32 && y < picture.height() as f32 {
            picture.put_pixel(x as u32, y as u32, colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_drawn_and_a_lifted_pen_is_not() {
        let mut picture = RgbImage::new(20, 10);
        draw_line(&mut picture, [2.0, 3.0], [12.0, 8.0], COLOURS[0]);
        assert_eq!(*picture.get_pixel(2, 3), COLOURS[0]);
        assert_eq!(*picture.get_pixel(12, 8), COLOURS[0]);
        assert_eq!(
            picture
                .pixels()
                .filter(|pixel| **pixel == COLOURS[0])
                .count(),
            11
        );
        let before = picture.clone();
        draw_line(&mut picture, [f32::NAN; 2], [12.0, 8.0], COLOURS[1]);
        draw_line(&mut picture, [0.0, -9.0], [19.0, -2.0], COLOURS[1]);
        assert_eq!(picture, before);
    }
}
