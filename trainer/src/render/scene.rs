//! A page as layers of pixels: paper, grid, text, trace and what was put on top. Drawn through any
//! [`Projection`], one row at a time.

use super::coverage::{CoverageMap, Shape};
use super::drawing::Drawing;
use super::grid::{Grid, blend};
use super::marks::Mark;
use super::projection::Projection;
use super::style::PageStyle;

/// A [`Drawing`] as pixels.
pub struct Scene<'a> {
    style: &'a PageStyle,
    projection: &'a Projection,
    trace: CoverageMap,
    text: CoverageMap,
    marks: Vec<([f32; 3], CoverageMap)>,
    grid: Grid,
    points: Vec<[f32; 2]>,
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
            grid: Grid::new(&style.grid, pixels_per_mm),
            points: vec![[0.0; 2]; width],
        }
    }

    /// The colours (RGB, 0–1) of pixel row `y`.
    pub fn colour_row(&mut self, y: usize, colours: &mut [[f32; 3]]) {
        self.projection.page_row(y, &mut self.points);
        let [page_width, page_height] = self.style.page_mm;
        let (traces, texts) = (self.trace.row(y), self.text.row(y));
        for (x, colour) in colours.iter_mut().enumerate().take(self.points.len()) {
            let [px, py] = self.points[x];
            if px < 0.0 || py < 0.0 || px > page_width || py > page_height {
                *colour = self.style.desk_colour;
                continue;
            }
            *colour = self.style.paper_colour;
            self.grid.print([px, py], colour);
            if texts[x] > 0.0 {
                blend(colour, self.style.text_colour, texts[x]);
            }
            if traces[x] > 0.0 {
                blend(colour, self.style.trace_colour, traces[x]);
            }
        }
        for (ink, map) in &self.marks {
            for (colour, opacity) in colours.iter_mut().zip(map.row(y)) {
                blend(colour, *ink, *opacity);
            }
        }
    }
}

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
