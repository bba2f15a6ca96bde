//! The paper's grid, printed row by row: how much of a pixel its lines cover follows from the distances
//! to the nearest lines along x and y.

use serde::{Deserialize, Serialize};

use super::pen::{greater, lesser};

/// How the grid looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GridStyle {
    /// Where a 5-mm line lies, in mm.
    pub phase_mm: [f32; 2],
    /// Printed area: left, top, right, bottom in mm.
    pub area_mm: [f32; 4],
    /// The 1-mm lines.
    pub minor: Lines,
    /// The 5-mm lines.
    pub major: Lines,
    /// Colour of the area where it is not the paper's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<[f32; 3]>,
    /// A line around the area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<Frame>,
}

/// One family of grid lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lines {
    /// RGB in 0–1.
    pub colour: [f32; 3],
    /// 0 invisible … 1 solid.
    pub opacity: f32,
    /// Width of a line, or side of a dot.
    pub width_mm: f32,
    /// Whether the lines are rows of dots, one every millimetre.
    pub dotted: bool,
}

/// A line around the grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Frame {
    pub colour: [f32; 3],
    pub width_mm: f32,
}

/// A [`GridStyle`] at one resolution, with room for the rows it prints.
pub struct Grid {
    style: GridStyle,
    pixels_per_mm: f32,
    /// Distance to the nearest edge of the printed area, negative outside.
    edge_mm: Vec<f32>,
    /// Coverage of lines across x and across y.
    across: [Coverage; 2],
}

/// How much of every pixel of a row the lines across one axis cover, 0–1.
#[derive(Clone, Default)]
struct Coverage {
    minor: Vec<f32>,
    major: Vec<f32>,
    /// The places of dots along the 5-mm lines.
    beads: Vec<f32>,
}

const MAJOR_PERIOD_MM: f32 = 5.0;

impl Grid {
    /// For rows of `width` pixels of `1 / pixels_per_mm` mm.
    pub fn new(style: &GridStyle, pixels_per_mm: f32, width: usize) -> Self {
        let room = || vec![0.0; width];
        let coverage = Coverage {
            minor: room(),
            major: room(),
            beads: room(),
        };
        Self {
            style: style.clone(),
            pixels_per_mm,
            edge_mm: room(),
            across: [coverage.clone(), coverage],
        }
    }

    /// Prints the grid on a row of colours (all reds, then all greens, then all blues) whose pixels
    /// lie at the page points `xs`, `ys`.
    pub fn print_row(&mut self, [xs, ys]: &[Vec<f32>; 2], colours: &mut [f32]) {
        let style = &self.style;
        let [left, top, right, bottom] = style.area_mm;
        for (edge, (x, y)) in self.edge_mm.iter_mut().zip(xs.iter().zip(ys)) {
            let (across, down) = (lesser(x - left, right - x), lesser(y - top, bottom - y));
            *edge = lesser(across, down);
        }
        for ((coverage, values), phase) in self.across.iter_mut().zip([xs, ys]).zip(style.phase_mm)
        {
            coverage.measure(style, self.pixels_per_mm, phase, values);
        }
        let [by_x, by_y] = &mut self.across;
        let minor = if style.minor.dotted { dots } else { lines };
        minor(&mut by_x.minor, &by_y.minor);
        if style.major.dotted {
            dots(&mut by_x.major, &by_y.beads);
            dots(&mut by_y.major, &by_x.beads);
        }
        lines(&mut by_x.major, &by_y.major);
        for (inked, opacity) in [
            (&mut by_x.minor, style.minor.opacity),
            (&mut by_x.major, style.major.opacity),
        ] {
            for (inked, edge) in inked.iter_mut().zip(&self.edge_mm) {
                *inked *= if *edge >= 0.0 { opacity } else { 0.0 };
            }
        }

        let width = xs.len();
        for (k, channel) in colours.chunks_exact_mut(width).enumerate() {
            if let Some(ground) = style.ground {
                set_between(channel, &self.edge_mm, 0.0, f32::MAX, ground[k]);
            }
            blend(channel, style.minor.colour[k], &by_x.minor);
            blend(channel, style.major.colour[k], &by_x.major);
            if let Some(frame) = &style.frame {
                set_between(channel, &self.edge_mm, 0.0, frame.width_mm, frame.colour[k]);
            }
        }
    }
}

impl Coverage {
    fn measure(&mut self, style: &GridStyle, pixels_per_mm: f32, phase: f32, values: &[f32]) {
        let half_px = |lines: &Lines| 0.5 * lines.width_mm * pixels_per_mm;
        let (minor_half, major_half) = (half_px(&style.minor), half_px(&style.major));
        // Where 1-mm lines are dots, they also lie on the 5-mm lines.
        let on_major = if style.minor.dotted { 1.0 } else { 0.0 };
        let targets = self.minor.iter_mut().zip(&mut self.major);
        for ((minor, major), value) in targets.zip(values) {
            let [from_major, from_line, line] = distances(value - phase);
            *major = covered(from_major * pixels_per_mm, major_half);
            let share = if line == 0.0 { on_major } else { 1.0 };
            *minor = share * covered(from_line * pixels_per_mm, minor_half);
        }
        if style.major.dotted {
            for (bead, value) in self.beads.iter_mut().zip(values) {
                let [_, from_line, _] = distances(value - phase);
                *bead = covered(from_line * pixels_per_mm, major_half);
            }
        }
    }
}

/// Distances in mm to the nearest 5-mm line and the nearest 1-mm line, and which of those it is,
/// counted from the 5-mm line.
#[inline(always)]
fn distances(value_mm: f32) -> [f32; 3] {
    let turns = value_mm * (1.0 / MAJOR_PERIOD_MM);
    let from_major = (turns - nearest(turns)) * MAJOR_PERIOD_MM;
    let line = nearest(from_major);
    [from_major.abs(), (from_major - line).abs(), line]
}

/// The nearest whole number, for values far below 2²²: from there on single precision counts in
/// ones.
#[inline(always)]
fn nearest(value: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0;
    (value + SHIFT) - SHIFT
}

/// How much of a pixel a line covers whose middle is `distance_px` away, `half_px` on either side.
#[inline(always)]
fn covered(distance_px: f32, half_px: f32) -> f32 {
    let outer = lesser(distance_px + 0.5, half_px);
    let inner = lesser(0.5 - distance_px, half_px);
    let covered = outer + inner;
    greater(covered, 0.0)
}

/// Covered by either.
fn lines(target: &mut [f32], other: &[f32]) {
    for (value, other) in target.iter_mut().zip(other) {
        *value = greater(*value, *other);
    }
}

/// Covered where both cross.
fn dots(target: &mut [f32], other: &[f32]) {
    for (value, other) in target.iter_mut().zip(other) {
        *value *= other;
    }
}

/// Sets one channel where the distance to the edge is at least `low` and less than `high`.
fn set_between(channel: &mut [f32], edge_mm: &[f32], low: f32, high: f32, colour: f32) {
    for (value, edge) in channel.iter_mut().zip(edge_mm) {
        *value = if *edge >= low && *edge < high {
            colour
        } else {
            *value
        };
    }
}

/// Lays ink of some opacity over one channel of a row.
pub fn blend(channel: &mut [f32], ink: f32, opacity: &[f32]) {
    for (value, opacity) in channel.iter_mut().zip(opacity) {
        *value += opacity * (ink - *value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(opacity: f32, width_mm: f32) -> Lines {
        Lines {
            colour: [0.0; 3],
            opacity,
            width_mm,
            dotted: false,
        }
    }

    fn style() -> GridStyle {
        GridStyle {
            phase_mm: [2.0, 0.0],
            area_mm: [0.0, 0.0, 100.0, 100.0],
            minor: lines(0.3, 0.2),
            major: lines(0.8, 0.4),
            ground: None,
            frame: None,
        }
    }

    fn ink(style: &GridStyle, [x, y]: [f32; 2]) -> f32 {
        let mut colours = [1.0; 3];
        Grid::new(style, 10.0, 1).print_row(&[vec![x], vec![y]], &mut colours);
        1.0 - colours[0]
    }

    #[test]
    fn lines_are_where_the_phase_puts_them() {
        let grid = style();
        // Half a millimetre away from every horizontal line.
        let major = ink(&grid, [7.0, 2.5]);
        assert!((major - 0.8).abs() < 1e-3, "a 5-mm line at 2 + 5 mm");
        let minor = ink(&grid, [8.0, 2.5]);
        assert!((minor - 0.3).abs() < 1e-3, "a 1-mm line at 2 + 6 mm");
        assert_eq!(ink(&grid, [7.5, 2.5]), 0.0, "bare paper between the lines");
        assert_eq!(ink(&grid, [-1.0, 2.5]), 0.0, "bare paper outside the area");
        // A line of 4 pixels ends 2 of them off its middle: half of the pixel there is covered.
        let edge = ink(&grid, [7.2, 2.5]);
        assert!((edge - 0.4).abs() < 1e-3, "{edge}");
    }

    #[test]
    fn mean_ink_does_not_depend_on_the_resolution() {
        let mean = |pixels_per_mm: f32| {
            let count = 100_000;
            let xs = (0..count).map(|k| 10.0 + 50.0 * k as f32 / count as f32);
            let points = [xs.collect(), vec![2.5; count]];
            let mut colours = vec![1.0; 3 * count];
            let mut style = style();
            style.minor.opacity = 0.0;
            style.major.opacity = 1.0;
            Grid::new(&style, pixels_per_mm, count).print_row(&points, &mut colours);
            1.0 - colours[..count].iter().sum::<f32>() / count as f32
        };
        // A 0.4-mm line every 5 mm.
        assert!((mean(3.0) - 0.08).abs() < 2e-3);
        assert!((mean(12.0) - 0.08).abs() < 2e-3);
    }

    #[test]
    fn a_frame_lies_on_the_edge_and_ground_within() {
        let mut field = style();
        field.ground = Some([0.5; 3]);
        field.frame = Some(Frame {
            colour: [0.25; 3],
            width_mm: 1.0,
        });
        assert_eq!(ink(&field, [0.5, 50.0]), 0.75);
        assert_eq!(ink(&field, [7.5, 2.5]), 0.5);
        assert_eq!(ink(&field, [-0.5, 50.0]), 0.0);
    }

    #[test]
    fn dots_leave_the_lines_between_crossings_bare() {
        let mut dotted = style();
        dotted.minor.dotted = true;
        dotted.major.dotted = true;
        let grid = dotted;
        assert!(ink(&grid, [8.0, 3.0]) > 0.2);
        assert_eq!(ink(&grid, [8.0, 3.5]), 0.0);
        assert!(ink(&grid, [7.0, 3.0]) > 0.7, "a bead on a 5-mm line");
        assert_eq!(ink(&grid, [7.0, 3.5]), 0.0);
    }
}
