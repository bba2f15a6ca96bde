//! The paper's grid as two periodic one-dimensional profiles, so that a pixel costs two look-ups.

/// How the grid looks.
#[derive(Clone, Debug, PartialEq)]
pub struct GridStyle {
    /// Colour of the lines, RGB in 0–1.
    pub colour: [f32; 3],
    /// Opacity and width (mm) of the 1-mm lines.
    pub minor: (f32, f32),
    /// Opacity and width (mm) of the 5-mm lines.
    pub major: (f32, f32),
    /// Whether the 1-mm lines are rows of dots at their crossings.
    pub dotted: bool,
    /// Where a 5-mm line lies, in mm.
    pub phase_mm: [f32; 2],
    /// Printed area: left, top, right, bottom in mm.
    pub area_mm: [f32; 4],
    /// Whether the area is framed by a line.
    pub framed: bool,
}

/// Profiles of a [`GridStyle`] at one resolution.
pub struct Grid {
    style: GridStyle,
    bins_per_mm: f32,
    minor: Vec<f32>,
    major: Vec<f32>,
}

const MAJOR_PERIOD_MM: f32 = 5.0;
const FRAME_WIDTH_MM: f32 = 0.5;
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
        let minor = profile(1.0, !style.dotted, style.minor.1);
        let major = profile(MAJOR_PERIOD_MM, false, style.major.1);
        Self {
            style: style.clone(),
            bins_per_mm,
            minor,
            major,
        }
    }

    /// Opacity of the grid's ink at a page point.
    pub fn opacity(&self, page_mm: [f32; 2]) -> f32 {
        let [left, top, right, bottom] = self.style.area_mm;
        let [x, y] = page_mm;
        let inside = x >= left && x <= right && y >= top && y <= bottom;
        if !inside {
            return 0.0;
        }
        if self.style.framed {
            let edge_mm = (x - left).min(right - x).min(y - top).min(bottom - y);
            if edge_mm < FRAME_WIDTH_MM {
                return self.style.major.0.max(0.8);
            }
        }
        let bin = |value: f32, phase: f32| {
            let turns = (value - phase) * (1.0 / MAJOR_PERIOD_MM);
            let place = (turns - turns.floor()) * MAJOR_PERIOD_MM * self.bins_per_mm;
            (place as usize).min(self.minor.len() - 1)
        };
        let (bx, by) = (
            bin(x, self.style.phase_mm[0]),
            bin(y, self.style.phase_mm[1]),
        );
        let minor = if self.style.dotted {
            self.minor[bx] * self.minor[by]
        } else {
            self.minor[bx].max(self.minor[by])
        };
        let major = self.major[bx].max(self.major[by]);
        (minor * self.style.minor.0).max(major * self.style.major.0)
    }

    /// Colour of the lines.
    pub fn colour(&self) -> [f32; 3] {
        self.style.colour
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style() -> GridStyle {
        GridStyle {
            colour: [1.0, 0.3, 0.3],
            minor: (0.3, 0.2),
            major: (0.8, 0.4),
            dotted: false,
            phase_mm: [2.0, 0.0],
            area_mm: [0.0, 0.0, 100.0, 100.0],
            framed: false,
        }
    }

    #[test]
    fn lines_are_where_the_phase_puts_them() {
        let grid = Grid::new(&style(), 10.0);
        // Half a millimetre away from every horizontal line.
        assert!(
            (grid.opacity([7.0, 2.5]) - 0.8).abs() < 1e-3,
            "a 5-mm line at 2 + 5 mm"
        );
        assert!(
            (grid.opacity([8.0, 2.5]) - 0.3).abs() < 1e-3,
            "a 1-mm line at 2 + 6 mm"
        );
        assert_eq!(
            grid.opacity([7.5, 2.5]),
            0.0,
            "bare paper between the lines"
        );
        assert_eq!(
            grid.opacity([-1.0, 2.5]),
            0.0,
            "bare paper outside the area"
        );
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
        let grid = Grid::new(
            &GridStyle {
                dotted: true,
                ..style()
            },
            10.0,
        );
        assert!(grid.opacity([8.0, 3.0]) > 0.2);
        assert_eq!(grid.opacity([8.0, 3.5]), 0.0);
    }
}
