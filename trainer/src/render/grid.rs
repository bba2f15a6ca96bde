//! The paper's grid as two periodic one-dimensional profiles, so that a pixel costs two look-ups.

use serde::{Deserialize, Serialize};

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

/// Profiles of a [`GridStyle`] at one resolution.
pub struct Grid {
    style: GridStyle,
    bins_per_mm: f32,
    minor: Vec<f32>,
    major: Vec<f32>,
    /// The places of dots along the 5-mm lines; empty where those are solid.
    beads: Vec<f32>,
}

const MAJOR_PERIOD_MM: f32 = 5.0;
/// Look-ups are to the nearest bin; at this density the error is below a hundredth of a pixel.
const BINS_PER_PIXEL: f32 = 48.0;

impl Grid {
    /// Precomputes the profiles for pixels of `1 / pixels_per_mm` mm.
    pub fn new(style: &GridStyle, pixels_per_mm: f32) -> Self {
        let bins = (MAJOR_PERIOD_MM * pixels_per_mm * BINS_PER_PIXEL)
            .ceil()
            .max(8.0) as usize;
        let bins_per_mm = bins as f32 / MAJOR_PERIOD_MM;
        let profile = |spacing_mm: f32, skip_major: bool, width_mm: f32| -> Vec<f32> {
            let coverage = |bin: usize| {
                let at = (bin as f32 + 0.5) / bins_per_mm;
                let line = (at / spacing_mm).round();
                if skip_major && (line as usize).is_multiple_of(5) {
                    return 0.0;
                }
                let distance_px = (at - line * spacing_mm).abs() * pixels_per_mm;
                let half_px = 0.5 * width_mm * pixels_per_mm;
                ((distance_px + 0.5).min(half_px) - (distance_px - 0.5).max(-half_px)).max(0.0)
            };
            (0..bins).map(coverage).collect()
        };
        // Where 1-mm lines are dots, they also lie on the 5-mm lines.
        let minor = profile(1.0, !style.minor.dotted, style.minor.width_mm);
        let major = profile(MAJOR_PERIOD_MM, false, style.major.width_mm);
        let beads = if style.major.dotted {
            profile(1.0, false, style.major.width_mm)
        } else {
            Vec::new()
        };
        Self {
            style: style.clone(),
            bins_per_mm,
            minor,
            major,
            beads,
        }
    }

    /// Prints the grid on the colour of a page point.
    #[inline]
    pub fn print(&self, [x, y]: [f32; 2], colour: &mut [f32; 3]) {
        let style = &self.style;
        let [left, top, right, bottom] = style.area_mm;
        if x < left || x > right || y < top || y > bottom {
            return;
        }
        if let Some(frame) = &style.frame {
            let edge_mm = (x - left).min(right - x).min(y - top).min(bottom - y);
            if edge_mm < frame.width_mm {
                *colour = frame.colour;
                return;
            }
        }
        if let Some(ground) = style.ground {
            *colour = ground;
        }
        let (bx, by) = (
            self.bin(x, style.phase_mm[0]),
            self.bin(y, style.phase_mm[1]),
        );
        let minor = if style.minor.dotted {
            self.minor[bx] * self.minor[by]
        } else {
            self.minor[bx].max(self.minor[by])
        };
        let major = if self.beads.is_empty() {
            self.major[bx].max(self.major[by])
        } else {
            (self.major[bx] * self.beads[by]).max(self.beads[bx] * self.major[by])
        };
        blend(colour, style.minor.colour, minor * style.minor.opacity);
        blend(colour, style.major.colour, major * style.major.opacity);
    }

    #[inline]
    fn bin(&self, value: f32, phase: f32) -> usize {
        /// Keeps the number of turns positive, as cutting off its fraction is then its floor. Pages
        /// are far shorter, and single precision still resolves half a micrometre here.
        const TURNS: f32 = 1000.0;
        let turns = (value - phase) * (1.0 / MAJOR_PERIOD_MM) + TURNS;
        let place = (turns - (turns as u32) as f32) * MAJOR_PERIOD_MM * self.bins_per_mm;
        (place as usize).min(self.minor.len() - 1)
    }
}

/// Lays ink of some opacity over a colour.
#[inline]
pub fn blend(colour: &mut [f32; 3], ink: [f32; 3], opacity: f32) {
    for (channel, ink) in colour.iter_mut().zip(ink) {
        *channel += opacity * (ink - *channel);
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

    fn ink(grid: &Grid, point: [f32; 2]) -> f32 {
        let mut colour = [1.0; 3];
        grid.print(point, &mut colour);
        1.0 - colour[0]
    }

    #[test]
    fn lines_are_where_the_phase_puts_them() {
        let grid = Grid::new(&style(), 10.0);
        // Half a millimetre away from every horizontal line.
        let major = ink(&grid, [7.0, 2.5]);
        assert!((major - 0.8).abs() < 1e-3, "a 5-mm line at 2 + 5 mm");
        let minor = ink(&grid, [8.0, 2.5]);
        assert!((minor - 0.3).abs() < 1e-3, "a 1-mm line at 2 + 6 mm");
        assert_eq!(ink(&grid, [7.5, 2.5]), 0.0, "bare paper between the lines");
        assert_eq!(ink(&grid, [-1.0, 2.5]), 0.0, "bare paper outside the area");
    }

    #[test]
    fn mean_ink_does_not_depend_on_the_resolution() {
        let mean = |pixels_per_mm: f32| {
            let grid = Grid::new(&style(), pixels_per_mm);
            let major: f32 = grid.major.iter().sum();
            major / grid.major.len() as f32
        };
        // A 0.4-mm line every 5 mm.
        assert!((mean(3.0) - 0.08).abs() < 2e-3);
        assert!((mean(12.0) - 0.08).abs() < 2e-3);
    }

    #[test]
    fn dots_leave_the_lines_between_crossings_bare() {
        let mut dotted = style();
        dotted.minor.dotted = true;
        dotted.major.dotted = true;
        let grid = Grid::new(&dotted, 10.0);
        assert!(ink(&grid, [8.0, 3.0]) > 0.2);
        assert_eq!(ink(&grid, [8.0, 3.5]), 0.0);
        assert!(ink(&grid, [7.0, 3.0]) > 0.7, "a bead on a 5-mm line");
        assert_eq!(ink(&grid, [7.0, 3.5]), 0.0);
    }
}
