//! Calibration pulses: a box without a floor at an end of a row, 1 mV tall.

use crate::photo::sheet::SHEET_PIXELS_PER_MM;

use super::curve_pulses::on_curve;
use super::marks::Marks;
use super::strips::Strip;

/// How tall pulses are: 5 mm/mV to 20 mm/mV, with room for paper that is not to scale.
pub(super) const HEIGHT_MM: (f32, f32) = (4.0, 23.0);
/// How wide they are: 0.1 s at 25 mm/s to 0.2 s at 50 mm/s.
pub(super) const WIDTH_MM: (f32, f32) = (1.6, 11.5);
/// … and at least this wide where the edge of the picture cuts one off, which is this close.
const CUT_WIDTH_MM: f32 = 0.9;
const CUT_OFF_MM: f32 = 1.0;
/// How far from the end of a row a pulse is looked for.
pub(super) const REACH_MM: f32 = 16.0;
/// A pulse's side leans or is bent by at most this.
const LEAN_PX: usize = 3;
/// So much of a side must be inked.
const SIDE_INK: f32 = 0.85;
/// So much of the inside may be inked.
const INSIDE_INK: f32 = 0.2;
/// Heights of lone pulses, and how far off they may be.
const LONE_HEIGHTS_MM: [f32; 3] = [5.0, 10.0, 20.0];
const LONE_PLAY: f32 = 0.06;
/// … they are this wide and stand this close to the end of their row, or beyond it.
const LONE_WIDTH_MM: f32 = 2.1;
const LONE_REACH_MM: f32 = 3.0;
/// Pulses that stand on each other's heads: a foot is where the row is, to within this.
const FOOT_PLAY_MM: f32 = 3.0;
/// The lower step of a pulse with two is about half as tall.
const STEP_SHARE: (f32, f32) = (0.4, 0.62);
/// What is left of a pulse's strokes lies this close to its box.
const PEN_MM: f32 = 0.7;
/// Pulses of a page stand below each other to within this.
const ALIGNED_MM: f32 = 3.0;
/// The baseline goes on for this long beside a pulse, if the trace joins it.
pub(super) const PULSE_FOOT_MM: f32 = 1.0;

/// A calibration pulse. Lengths are sheet millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pulse {
    pub(super) left_mm: f32,
    pub(super) right_mm: f32,
    /// The middle of its top stroke.
    pub(super) top_mm: f32,
    /// The middle of the stroke that it stands on.
    pub(super) foot_mm: f32,
    /// Height of a second, lower step on the right, which shows the gain of the chest leads.
    pub(super) step_mm: Option<f32>,
}

impl Pulse {
    pub(super) fn height_mm(&self) -> f32 {
        (self.foot_mm - self.top_mm).abs()
    }

    pub(super) fn width_mm(&self) -> f32 {
        self.right_mm - self.left_mm
    }

    fn middle_mm(&self) -> f32 {
        0.5 * (self.left_mm + self.right_mm)
    }
}

/// The pulses at one end of the page's rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Pulses {
    /// One per strip, if it has one.
    pub(super) of_strip: Vec<Option<Pulse>>,
}

impl Pulses {
    /// How many strips have one.
    pub(super) fn count(&self) -> usize {
        self.of_strip.iter().flatten().count()
    }
}

/// The pulses on the page as it stands, and on the page as it would stand on its head.
pub(super) struct BothWays {
    pub(super) upright: Pulses,
    pub(super) hanging: Pulses,
}

impl BothWays {
    /// The boxes around the pulses of the page as it stands, or hangs if more hang: left, top, right
    /// and bottom in sheet millimetres.
    pub(super) fn boxes(&self) -> impl Iterator<Item = [f32; 4]> + '_ {
        let more = if self.hanging.count() > self.upright.count() {
            &self.hanging
        } else {
            &self.upright
        };
        more.of_strip.iter().flatten().map(|pulse| {
            [
                pulse.left_mm - PEN_MM,
                pulse.top_mm.min(pulse.foot_mm) - PEN_MM,
                pulse.right_mm + PEN_MM,
                pulse.top_mm.max(pulse.foot_mm) + PEN_MM,
            ]
        })
    }
}

/// Looks for pulses at both ends of every strip. Only those that stand below each other count.
pub(super) fn find_pulses(marks: &Marks, strips: &[Strip]) -> BothWays {
    let search = |hanging: bool| {
        let all: Vec<Vec<Pulse>> = strips
            .iter()
            .map(|strip| {
                let mut found = candidates(marks, strip, hanging);
                found.extend(on_curve(strip, hanging));
                found
            })
            .collect();
        aligned(&all, strips)
    };
    BothWays {
        upright: search(false),
        hanging: search(true),
    }
}

/// The largest set of pulses with the same place and height, one per strip.
fn aligned(all: &[Vec<Pulse>], strips: &[Strip]) -> Pulses {
    let mut best = (0, Pulses::default());
    for seed in all.iter().flatten() {
        let like = |pulse: &&Pulse| {
            (pulse.middle_mm() - seed.middle_mm()).abs() < ALIGNED_MM
                && (pulse.height_mm() / seed.height_mm() - 1.0).abs() < 0.15
        };
        let of_strip: Vec<Option<Pulse>> = all
            .iter()
            .map(|pulses| pulses.iter().find(like).copied())
            .collect();
        let found = Pulses { of_strip };
        if found.count() > best.0 {
            best = (found.count(), found);
        }
    }
    // A pulse that stands alone must be as tall as a pulse can be.
    let usual = |(strip, pulse): (&Strip, &Option<Pulse>)| {
        pulse.is_some_and(|pulse| {
            let outside = (pulse.left_mm - strip.left_mm).min(strip.right_mm - pulse.right_mm);
            let tall = |height: &f32| (pulse.height_mm() / height - 1.0).abs() < LONE_PLAY;
            outside < LONE_REACH_MM
                && pulse.width_mm() > LONE_WIDTH_MM
                && LONE_HEIGHTS_MM.iter().any(tall)
        })
    };
    if best.0 > 1 || strips.iter().zip(&best.1.of_strip).any(usual) {
        best.1
    } else {
        Pulses {
            of_strip: vec![None; all.len()],
        }
    }
}

/// Everything at the ends of a strip that looks like a pulse.
fn candidates(marks: &Marks, strip: &Strip, hanging: bool) -> Vec<Pulse> {
    let px = |mm: f32| (mm * SHEET_PIXELS_PER_MM).max(0.0) as usize;
    let mut found = Vec::new();
    let windows = [
        (strip.left_mm - REACH_MM, strip.left_mm + REACH_MM),
        (strip.right_mm - REACH_MM, strip.right_mm + REACH_MM),
    ];
    for (from, to) in windows {
        let (from, to) = (px(from), px(to).min(marks.width));
        let base = strip.baseline_mm;
        // The row's typical height may be off the pulse's foot by a few millimetres.
        let (near, far) = (HEIGHT_MM.0 - 2.5, HEIGHT_MM.1 + 3.0);
        let heights = if hanging {
            px(base + near)..px(base + far)
        } else {
            px(base - far)..px(base - near)
        };
        let mut y = heights.start;
        while y < heights.end.min(marks.height()) {
            let mut next = y + 1;
            for (left, right) in runs(marks, y, from, to) {
                // The page may have been cut off within the pulse.
                let cut_off =
                    !hanging && (left as f32 / SHEET_PIXELS_PER_MM) < strip.left_mm + CUT_OFF_MM;
                let long = (right - left) as f32 / SHEET_PIXELS_PER_MM >= WIDTH_MM.0;
                if !long && !cut_off {
                    continue;
                }
                if let Some(pulse) = pulse_at(marks, (y, base), (left, right), cut_off, hanging) {
                    let again = |seen: &Pulse| (seen.middle_mm() - pulse.middle_mm()).abs() < 2.0;
                    if !found.iter().any(again) {
                        found.push(pulse);
                    }
                    next = y + 3;
                }
            }
            y = next;
        }
    }
    found
}

/// Inked stretches of line `y` that are as long as the top of a pulse.
fn runs(marks: &Marks, y: usize, from: usize, to: usize) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let first = y * marks.width;
    let mut start = None;
    for x in from..=to {
        let inked = x < to && marks.inked.get(first + x).is_some_and(|&inked| inked);
        match (inked, start) {
            (true, None) => start = Some(x),
            (false, Some(left)) => {
                let length_mm = (x - left) as f32 / SHEET_PIXELS_PER_MM;
                if (CUT_WIDTH_MM..=WIDTH_MM.1).contains(&length_mm) {
                    runs.push((left, x));
                }
                start = None;
            }
            _ => {}
        }
    }
    runs
}

/// The pulse whose top stroke has its first line at `y` (last line, if it hangs) and spans
/// `left..right`.
fn pulse_at(
    marks: &Marks,
    (y, base_mm): (usize, f32),
    (left, right): (usize, usize),
    cut_off: bool,
    hanging: bool,
) -> Option<Pulse> {
    let height = marks.height();
    let step = |y: usize, k: usize| {
        if hanging {
            y.checked_sub(k)
        } else {
            Some(y + k).filter(|&y| y < height)
        }
    };
    // How far ink goes down near a column, with short breaks.
    let depth = |x: usize| {
        let (mut depth, mut missing) = (0, 0);
        let longest = ((HEIGHT_MM.1 + 1.0) * SHEET_PIXELS_PER_MM) as usize;
        for k in 1..longest {
            let Some(y) = step(y, k) else { break };
            let near = x.saturating_sub(LEAN_PX)..(x + LEAN_PX + 1).min(marks.width);
            if marks.inked[y * marks.width + near.start..y * marks.width + near.end]
                .iter()
                .any(|&inked| inked)
            {
                depth = k;
            } else {
                missing += 1;
                if missing as f32 > (1.0 - SIDE_INK) * k.max(20) as f32 {
                    break;
                }
            }
        }
        depth
    };
    // Where the row is, pulses end at the latest: the next one may begin right below.
    let to_base = (base_mm * SHEET_PIXELS_PER_MM - y as f32).abs();
    let depth = |x: usize| {
        let depth = depth(x);
        if depth as f32 > to_base + FOOT_PLAY_MM * SHEET_PIXELS_PER_MM {
            to_base as usize
        } else {
            depth
        }
    };
    let on_right = depth(right.saturating_sub(1));
    let on_left = match depth(left) {
        // Cut off within the pulse: its left side is missing.
        short if cut_off && 2 * short < on_right => on_right,
        deep => deep,
    };
    let mut tall = on_left.min(on_right);
    let mut end = right;
    let mut step_px = None;
    let share = on_right as f32 / on_left.max(1) as f32;
    if (STEP_SHARE.0..STEP_SHARE.1).contains(&(1.0 - share)) && !hanging {
        // The right side goes down to a second step, whose own side goes down to the foot.
        let on_step = (0..4).find_map(|k| {
            runs(
                marks,
                y + on_right.saturating_sub(k),
                right.saturating_sub(LEAN_PX),
                marks.width,
            )
            .into_iter()
            .find(|run| run.0 <= right + LEAN_PX)
        })?;
        (tall, end) = (on_left, on_step.1);
        step_px = Some((on_left - on_right) as f32);
    } else if on_left.abs_diff(on_right) > 12 {
        return None;
    }
    let tall_mm = tall as f32 / SHEET_PIXELS_PER_MM;
    if !(HEIGHT_MM.0..=HEIGHT_MM.1).contains(&tall_mm) {
        return None;
    }
    // How thick the top is, how much ink is below it.
    let middle = (left + right) / 2;
    let inked = |k: usize| step(y, k).is_some_and(|y| marks.inked[y * marks.width + middle]);
    let thick = (0..12).take_while(|&k| inked(k)).count();
    let inside = thick + 2..tall.saturating_sub(4);
    let filled = inside.clone().filter(|&k| inked(k)).count();
    if thick == 0 || thick > 9 || filled as f32 > INSIDE_INK * inside.len().max(1) as f32 {
        return None;
    }
    let mm = |px: f32| px / SHEET_PIXELS_PER_MM;
    let signed = |k: f32| if hanging { -k } else { k };
    let line = y as f32 + 0.5;
    let half = 0.5 * (thick as f32 - 1.0);
    Some(Pulse {
        left_mm: mm(left as f32 + half),
        right_mm: mm(end as f32 - half),
        top_mm: mm(line + signed(half)),
        foot_mm: mm(line + signed(tall as f32 - half)),
        step_mm: step_px.map(mm),
    })
}

#[cfg(test)]
mod tests {
    use super::super::strips::strips;
    use super::*;
    use crate::photo::trace::Row;

    /// Draws strokes (mm) two pixels wide on 60 x 60 mm and looks for pulses on two rows at 30 and
    /// 50 mm that begin at 10 mm.
    fn found(strokes: &[[f32; 4]]) -> BothWays {
        let side = (60.0 * SHEET_PIXELS_PER_MM) as usize;
        let mut inked = vec![false; side * side];
        for &[x0, y0, x1, y1] in strokes {
            for k in 0..=1000 {
                let t = k as f32 / 1000.0;
                let x = ((x0 + t * (x1 - x0)) * SHEET_PIXELS_PER_MM) as usize;
                let y = ((y0 + t * (y1 - y0)) * SHEET_PIXELS_PER_MM) as usize;
                for (x, y) in [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)] {
                    inked[y * side + x] = true;
                }
            }
        }
        let row = |y_mm: f32| Row {
            first_column: 60,
            y_mm: vec![y_mm; 240],
            confidence: vec![1.0; 240],
            baseline_mm: y_mm,
        };
        let rows = [row(30.0), row(50.0)];
        find_pulses(&Marks { width: side, inked }, &strips(&rows))
    }

    fn pulse(left: f32, foot: f32, tall: f32) -> [[f32; 4]; 5] {
        [
            [left - 1.0, foot, left, foot],
            [left, foot, left, foot - tall],
            [left, foot - tall, left + 5.0, foot - tall],
            [left + 5.0, foot - tall, left + 5.0, foot],
            [left + 5.0, foot, left + 20.0, foot],
        ]
    }

    #[test]
    fn pulses_of_ten_millimetres_are_measured() {
        let both = found(&[pulse(12.0, 30.0, 10.0), pulse(12.0, 50.0, 10.0)].concat());
        assert_eq!((both.upright.count(), both.hanging.count()), (2, 0));
        for pulse in both.upright.of_strip.into_iter().flatten() {
            assert!((pulse.height_mm() - 10.0).abs() < 0.3, "{pulse:?}");
            assert!((pulse.width_mm() - 5.0).abs() < 0.4, "{pulse:?}");
            assert_eq!(pulse.step_mm, None);
        }
    }

    #[test]
    fn a_lower_second_step_is_the_chest_leads() {
        let both = found(&[
            [12.0, 30.0, 12.0, 20.0],
            [12.0, 20.0, 15.0, 20.0],
            [15.0, 20.0, 15.0, 25.0],
            [15.0, 25.0, 18.0, 25.0],
            [18.0, 25.0, 18.0, 30.0],
        ]);
        let pulse = both.upright.of_strip[0].unwrap();
        assert!((pulse.height_mm() - 10.0).abs() < 0.3, "{pulse:?}");
        assert!((pulse.step_mm.unwrap() - 5.0).abs() < 0.5, "{pulse:?}");
    }

    #[test]
    fn spikes_and_hills_are_no_pulses() {
        let spike = [[12.0, 30.0, 13.0, 20.0], [13.0, 20.0, 14.0, 30.0]];
        let hill = [
            [12.0, 50.0, 16.0, 42.0],
            [16.0, 42.0, 20.0, 42.0],
            [20.0, 42.0, 26.0, 50.0],
        ];
        let both = found(&[spike.to_vec(), hill.to_vec()].concat());
        assert_eq!(both.upright.count() + both.hanging.count(), 0);
    }
}
