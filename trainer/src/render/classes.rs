//! What every pixel of a page shows, for training networks that label pixels.

use image::{GrayImage, Luma};
use inkbeat::recording::Recording;

use super::coverage::{CoverageMap, Polyline};
use super::drawing::Drawing;
use super::grid::Grid;
use super::projection::Projection;
use super::style::PageStyle;
use super::{STEP_PX, page_pixels};

/// Bare paper.
pub const PAPER: u8 = 0;
/// A grid line.
pub const GRID: u8 = 1;
/// Lead names, captions and rules.
pub const TEXT: u8 = 2;
/// A calibration pulse.
pub const PULSE: u8 = 3;
/// A stroke between two columns.
pub const SEPARATOR: u8 = 4;
/// The trace of a lead is this plus [`Lead::index`](inkbeat::lead::Lead::index), the rhythm strip's too.
pub const TRACE: u8 = 16;

/// Less than this much of a pixel under ink leaves it to what lies below.
const MIN_COVERAGE: f32 = 0.3;
/// Grid lines are thinner than a pixel and count from less ink on.
const MIN_GRID_INK: f32 = 0.04;

/// The classes of the pixels of the page that [`render_page`](super::render_page) draws from the
/// same arguments: the constants of this module. Where things lie on top of each other, the one
/// with the larger number wins.
pub fn draw_classes(recording: &Recording, style: &PageStyle, pixels_per_mm: f32) -> GrayImage {
    let (pixels_per_mm, (width, height)) = page_pixels(style, pixels_per_mm);
    let drawing = Drawing::new(recording, style, STEP_PX / pixels_per_mm);
    let projection = Projection::flat(pixels_per_mm);
    let project = |line: &Polyline| line.iter().map(|p| projection.to_pixels(*p)).collect();
    let mut classes = GrayImage::new(width as u32, height as u32);

    let mut grid = Grid::new(&style.grid, pixels_per_mm, width);
    let mut points = [vec![0.0; width], vec![0.0; width]];
    let mut colours = vec![0.0; 3 * width];
    for y in 0..height {
        projection.page_row(y, &mut points);
        for (channel, paper) in colours.chunks_exact_mut(width).zip(style.paper_colour) {
            channel.fill(paper);
        }
        grid.print_row(&points, &mut colours);
        for x in 0..width {
            let channels = (0..3).map(|k| (colours[k * width + x] - style.paper_colour[k]).abs());
            if channels.fold(0.0, f32::max) > MIN_GRID_INK {
                classes.put_pixel(x as u32, y as u32, Luma([GRID]));
            }
        }
    }

    let mut layer = |class: u8, draw: &mut dyn FnMut(&mut CoverageMap)| {
        let mut map = CoverageMap::new(width, height);
        draw(&mut map);
        for y in 0..height {
            for (x, coverage) in map.row(y).iter().enumerate() {
                if *coverage >= MIN_COVERAGE {
                    classes.put_pixel(x as u32, y as u32, Luma([class]));
                }
            }
        }
    };
    layer(TEXT, &mut |map| {
        for shape in &drawing.texts {
            let mut shape = shape.mapped(|point| projection.to_pixels(point));
            if let super::coverage::Shape::Line(_, width) = &mut shape {
                *width *= pixels_per_mm;
            }
            map.draw(&shape, 1.0);
        }
    });
    let trace_px = style.trace_width_mm * pixels_per_mm;
    layer(PULSE, &mut |map| {
        for (_, line) in &drawing.pulses {
            let path: Polyline = project(line);
            map.stroke(&path, trace_px, 1.0);
        }
    });
    layer(SEPARATOR, &mut |map| {
        for line in &drawing.separators {
            let path: Polyline = project(line);
            map.stroke(&path, style.separator_width_mm * pixels_per_mm, 1.0);
        }
    });
    for (index, target) in drawing.boxes.iter().enumerate() {
        layer(TRACE + target.lead.index() as u8, &mut |map| {
            for (_, line) in drawing.traces.iter().filter(|(of, _)| *of == index) {
                let path: Polyline = project(line);
                map.stroke(&path, trace_px, 1.0);
            }
        });
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::super::test_signals::constant_leads;
    use super::*;
    use inkbeat::lead::Lead;

    #[test]
    fn pixels_on_a_baseline_belong_to_its_lead() {
        let style = PageStyle::standard();
        let classes = draw_classes(&constant_leads(0.0), &style, 4.0);
        assert_eq!(classes.dimensions(), (1188, 840));
        let drawing = Drawing::new(&constant_leads(0.0), &style, 0.5);
        for target in &drawing.boxes {
            let x = (4.0 * (target.x_mm + 0.7 * target.width_mm)) as u32;
            let y = (4.0 * target.baseline_y_mm) as u32;
            let found = (y - 1..=y + 1).map(|y| classes.get_pixel(x, y).0[0]).max();
            assert_eq!(found, Some(TRACE + target.lead.index() as u8));
        }
        let [left, top, right, _] = drawing.pulses[0].0.area_mm;
        let (x, y) = (2.0 * (left + right), 4.0 * top);
        let found = (y as u32 - 1..=y as u32 + 1).map(|y| classes.get_pixel(x as u32, y).0[0]);
        assert!(found.into_iter().any(|class| class == PULSE));
    }

    #[test]
    fn every_class_occurs_on_the_standard_page() {
        let classes = draw_classes(&constant_leads(0.0), &PageStyle::standard(), 4.0);
        let has = |class: u8| classes.pixels().any(|pixel| pixel.0[0] == class);
        assert!(has(PAPER) && has(GRID) && has(TEXT) && has(PULSE));
        assert!(
            Lead::ALL
                .into_iter()
                .all(|lead| has(TRACE + lead.index() as u8))
        );
    }
}
