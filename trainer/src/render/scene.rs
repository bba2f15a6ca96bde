//! A page as layers of pixels: paper, grid, text, trace and what was put on top. Drawn through any
//! [`Projection`], one row at a time.

use super::coverage::{CoverageMap, Shape};
use super::drawing::Drawing;
use super::grid::{Grid, blend};
use super::marks::Mark;
use super::projection::Projection;
use super::style::PageStyle;
use super::thinning::thin;

/// A [`Drawing`] as pixels.
pub struct Scene<'a> {
    style: &'a PageStyle,
    projection: &'a Projection,
    trace: CoverageMap,
    text: CoverageMap,
    marks: Vec<([f32; 3], CoverageMap)>,
    grid: Grid,
    points: [Vec<f32>; 2],
}

impl<'a> Scene<'a> {
    /// Rasterises the lines of `drawing`, and `marks` moved by `marks_at_mm` on top.
    pub fn new(
        drawing: &Drawing,
        style: &'a PageStyle,
        projection: &'a Projection,
        pixels_per_mm: f32,
        (width, height): (usize, usize),
        (marks, marks_at_mm): (&[Mark], [f32; 2]),
    ) -> Self {
        let mut pen = Pen {
            projection,
            pixels_per_mm,
            path: Vec::new(),
        };
        let mut trace = CoverageMap::new(width, height);
        for (_, line) in &drawing.traces {
            pen.line(&mut trace, line, style.trace_width_mm);
        }
        for (_, line) in &drawing.pulses {
            pen.line(&mut trace, line, style.trace_width_mm);
        }
        for line in &drawing.separators {
            pen.line(&mut trace, line, style.separator_width_mm);
        }
        let mut text = CoverageMap::new(width, height);
        for shape in &drawing.texts {
            pen.shape(&mut text, shape, 1.0);
        }
        let marks = marks
            .iter()
            .map(|mark| {
                let mut map = CoverageMap::new(width, height);
                for shape in &mark.shapes {
                    let moved = shape.mapped(|[x, y]| [x + marks_at_mm[0], y + marks_at_mm[1]]);
                    pen.shape(&mut map, &moved, mark.opacity);
                }
                (mark.colour, map)
            })
            .collect();
        Self {
            style,
            projection,
            trace,
            text,
            marks,
            grid: Grid::new(&style.grid, pixels_per_mm, width),
            points: [vec![0.0; width], vec![0.0; width]],
        }
    }

    /// The colours (0–1) of pixel row `y`: all reds, then all greens, then all blues.
    pub fn colour_row(&mut self, y: usize, colours: &mut [f32]) {
        let style = self.style;
        self.projection.page_row(y, &mut self.points);
        let width = self.points[0].len();
        for (channel, paper) in colours.chunks_exact_mut(width).zip(style.paper_colour) {
            channel.fill(paper);
        }
        self.grid.print_row(&self.points, colours);
        let inks = [
            (style.text_colour, &self.text),
            (style.trace_colour, &self.trace),
        ];
        for (ink, map) in inks {
            lay(colours, ink, map, y);
        }
        self.uncover_desk(colours);
        for (ink, map) in &self.marks {
            lay(colours, *ink, map, y);
        }
    }

    /// Shows the desk where the row leaves the page.
    fn uncover_desk(&self, colours: &mut [f32]) {
        let [page_width, page_height] = self.style.page_mm;
        let [xs, ys] = &self.points;
        let is_off = |x: f32, y: f32| (x < 0.0) | (y < 0.0) | (x > page_width) | (y > page_height);
        let mut some = false;
        for (x, y) in xs.iter().zip(ys) {
            some |= is_off(*x, *y);
        }
        if !some {
            return;
        }
        let channels = colours.chunks_exact_mut(xs.len());
        for (channel, desk) in channels.zip(self.style.desk_colour) {
            for (value, (x, y)) in channel.iter_mut().zip(xs.iter().zip(ys)) {
                *value = if is_off(*x, *y) { desk } else { *value };
            }
        }
    }
}

/// Lays ink over row `y` of a picture.
fn lay(colours: &mut [f32], ink: [f32; 3], map: &CoverageMap, y: usize) {
    let (touched, opacity) = (map.touched(y), map.row(y));
    for (channel, ink) in colours.chunks_exact_mut(opacity.len()).zip(ink) {
        blend(
            &mut channel[touched.clone()],
            ink,
            &opacity[touched.clone()],
        );
    }
}

/// How far a thinned line may be off: a fiftieth of a pixel, so of a pixel's ink.
const THINNING_PX: f32 = 0.02;

/// Takes shapes from the page to pixels.
struct Pen<'a> {
    projection: &'a Projection,
    pixels_per_mm: f32,
    path: Vec<[f32; 2]>,
}

impl Pen<'_> {
    fn line(&mut self, map: &mut CoverageMap, line: &[[f32; 2]], width_mm: f32) {
        self.path.clear();
        let projected = line.iter().map(|point| self.projection.to_pixels(*point));
        self.path.extend(projected);
        thin(&mut self.path, THINNING_PX);
        map.stroke(&self.path, width_mm * self.pixels_per_mm, 1.0);
    }

    fn shape(&self, map: &mut CoverageMap, shape: &Shape, opacity: f32) {
        match shape.mapped(|point| self.projection.to_pixels(point)) {
            Shape::Line(path, width_mm) => {
                map.stroke(&path, width_mm * self.pixels_per_mm, opacity);
            }
            Shape::Area(outlines) => map.fill(&outlines, opacity),
        }
    }
}
