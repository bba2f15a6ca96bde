//! How far the grid lies from where a nearly right map expects it, to a few hundredths of a
//! millimetre: by comparison with the page's own mean line profile.
//!
//! All lines count, those every millimetre too, and as strongly as this page shows them. Where a
//! single wave of 5 mm is pulled aside by the trace, a profile is not: its values are trimmed means
//! over many stretches of line, and a trace covers only a few of them.

use std::f32::consts::TAU;

use super::contrast::Contrast;
use super::demodulate::{LineOffset, PageMap};
use super::mesh::{Area, NODE_MM};

/// Resolution of the resampled page. Lines every millimetre need more than two pixels each.
const PIXELS_PER_MM: usize = 4;
/// Pixels between nodes, which is also one period of the grid's strong lines.
const PERIOD_PX: usize = NODE_MM as usize * PIXELS_PER_MM;
/// Length over which a stretch of line is averaged: half a node's distance.
const STRETCH_PX: usize = PERIOD_PX / 2;
/// A node's window has this many stretches along the lines and periods across them (15 × 15 mm).
const STRETCHES: usize = 6;
const PERIODS: usize = 5;
/// Of the values in a window, sorted from dark to light, those from the first to the second rank
/// are averaged: traces are dark, reflections and noise may be either.
const RANKS: (usize, usize) = (10, 22);
/// Nodes beyond the area that windows reach into.
const MARGIN_NODES: usize = 3;
/// The map must be right to this much for a profile to be recognised.
const REACH_PX: isize = 5;
/// Of two places that match alike, the nearer one is right: what a match must gain per pixel.
const PREFERENCE: f32 = 0.012;
/// The profile is averaged over nodes that match at least this well.
const PROFILE_MIN_MATCH: f32 = 0.5;
/// Position is interpolated linearly between every so many pixels.
const STEP_PX: usize = 5;

type Profile = [f32; PERIOD_PX];

/// What a node's profile is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Against {
    /// All shifts of the page's mean profile: the answer is right up to whole periods.
    Anywhere,
    /// Its shifts by at most 1.2 mm, which can't slip to the next line but one.
    Nearby,
}

/// Measures `picture` at the nodes of the map's area. Every node's profile is averaged with those of the
/// nodes up to `reach_nodes` away, which shows lines paler than the noise where the map is nearly right.
/// The clarity is the correlation with the page's profile: 1 at most, about 0.5 by chance.
pub(super) fn profile_offsets(
    picture: &Contrast,
    map: &PageMap,
    against: Against,
    reach_nodes: usize,
) -> Vec<LineOffset> {
    let area = map.mesh.area;
    let (width, height) = (
        (area.across + 2 * MARGIN_NODES) * PERIOD_PX,
        (area.down + 2 * MARGIN_NODES) * PERIOD_PX,
    );
    let plane = resample(picture, map, width, height);
    let mut offsets = vec![LineOffset::default(); area.len()];
    for family in 0..2 {
        // Profiles run along x; for the level lines the page is turned.
        let stretches = if family == 0 {
            stretches_of_upright(&plane, width, height)
        } else {
            stretches_of_level(&plane, width, height)
        };
        let length = if family == 0 { width } else { height };
        let profiles: Vec<Profile> = (0..area.len())
            .map(|node| {
                let (column, row) = (node % area.across, node / area.across);
                let (along, across) = if family == 0 {
                    (column, row)
                } else {
                    (row, column)
                };
                profile(&stretches, length, along, across)
            })
            .collect();
        let profiles = averaged(profiles, area, reach_nodes);
        fit(&profiles, against, family, &mut offsets);
    }
    offsets
}

/// The page with [`MARGIN_NODES`] more on every side; a node lies on the corner of four pixels.
fn resample(picture: &Contrast, map: &PageMap, width: usize, height: usize) -> Vec<f32> {
    let Area { origin_mm, .. } = map.mesh.area;
    let position = |x: usize, y: usize| {
        let mm = |px: usize, origin: f64| {
            origin - NODE_MM * MARGIN_NODES as f64 + px as f64 / PIXELS_PER_MM as f64
        };
        let (u, v) = map.to_picture(mm(x, origin_mm[0]), mm(y, origin_mm[1]));
        [u as f32, v as f32]
    };
    let mut plane = vec![0.0; width * height];
    let columns = width / STEP_PX;
    let row_of =
        |y: usize| -> Vec<[f32; 2]> { (0..=columns).map(|x| position(x * STEP_PX, y)).collect() };
    let share = |k: usize| (k as f32 + 0.5) / STEP_PX as f32;
    let mut upper = row_of(0);
    for top in (0..height).step_by(STEP_PX) {
        let lower = row_of(top + STEP_PX);
        for dy in 0..STEP_PX {
            let t = share(dy);
            let row = &mut plane[(top + dy) * width..][..width];
            for (column, pixels) in row.chunks_exact_mut(STEP_PX).enumerate() {
                let mix = |k: usize, x: usize| upper[x][k] + (lower[x][k] - upper[x][k]) * t;
                let (u, v) = (mix(0, column), mix(1, column));
                let (du, dv) = (mix(0, column + 1) - u, mix(1, column + 1) - v);
                for (dx, value) in pixels.iter_mut().enumerate() {
                    let s = share(dx);
                    *value = picture.at(f64::from(u + du * s), f64::from(v + dv * s));
                }
            }
        }
        upper = lower;
    }
    plane
}

/// Means over [`STRETCH_PX`] rows: one row of `width` values per stretch.
fn stretches_of_upright(plane: &[f32], width: usize, height: usize) -> Vec<f32> {
    let mut means = vec![0.0; width * (height / STRETCH_PX)];
    for (mean, rows) in means
        .chunks_exact_mut(width)
        .zip(plane.chunks_exact(width * STRETCH_PX))
    {
        for row in rows.chunks_exact(width) {
            for (mean, value) in mean.iter_mut().zip(row) {
                *mean += value / STRETCH_PX as f32;
            }
        }
    }
    means
}

/// Means over [`STRETCH_PX`] columns: one row of `height` values per stretch.
fn stretches_of_level(plane: &[f32], width: usize, height: usize) -> Vec<f32> {
    let mut means = vec![0.0; height * (width / STRETCH_PX)];
    for (y, row) in plane.chunks_exact(width).enumerate() {
        for (stretch, values) in row.chunks_exact(STRETCH_PX).enumerate() {
            means[stretch * height + y] = values.iter().sum::<f32>() / STRETCH_PX as f32;
        }
    }
    means
}

/// One period of the lines around a node; the first value lies just behind the node.
fn profile(stretches: &[f32], length: usize, along: usize, across: usize) -> Profile {
    let first_stretch = (across + MARGIN_NODES) * 2 - STRETCHES / 2;
    // Three periods around the node begin one and a half before it.
    let first_px = (along + MARGIN_NODES) * PERIOD_PX - PERIODS * PERIOD_PX / 2;
    let mut values = [[0.0f32; PERIOD_PX]; STRETCHES * PERIODS];
    for (k, values) in values.iter_mut().enumerate() {
        let first = (first_stretch + k / PERIODS) * length + first_px + k % PERIODS * PERIOD_PX;
        // The window begins half a period off the node.
        values.copy_from_slice(&stretches[first..first + PERIOD_PX]);
        values.rotate_left(PERIODS * PERIOD_PX / 2 % PERIOD_PX);
    }
    sort_columns(&mut values);
    std::array::from_fn(|phase| {
        let middle = &values[RANKS.0..RANKS.1];
        middle.iter().map(|row| row[phase]).sum::<f32>() / middle.len() as f32
    })
}

/// Every profile averaged with its neighbours': twice over squares, so that the nearer count for more.
fn averaged(mut profiles: Vec<Profile>, area: Area, reach_nodes: usize) -> Vec<Profile> {
    // Twice along the rows and twice along the columns.
    let lines = [(1, area.across), (area.across, area.down)];
    for (stride, length) in lines.into_iter().cycle().take(4) {
        if reach_nodes == 0 {
            break;
        }
        profiles = (0..profiles.len())
            .map(|node| {
                let at = node / stride % length;
                let first = at.saturating_sub(reach_nodes);
                let last = (at + reach_nodes).min(length - 1);
                let mut mean = [0.0; PERIOD_PX];
                for near in first..=last {
                    let profile = &profiles[node + near * stride - at * stride];
                    for (mean, value) in mean.iter_mut().zip(profile) {
                        *mean += value / (last + 1 - first) as f32;
                    }
                }
                mean
            })
            .collect();
    }
    profiles
}

/// Sorts all columns at once: by Batcher's merge exchange (Knuth, TAOCP vol. 3, algorithm 5.2.2M),
/// whose comparisons don't depend on the values, so that the processor makes several at a time.
fn sort_columns<const ROWS: usize>(rows: &mut [Profile; ROWS]) {
    let largest = ROWS.next_power_of_two() / 2;
    let mut step = largest;
    while step > 0 {
        let (mut merged, mut odd, mut apart) = (largest, 0, step);
        loop {
            for low in (0..ROWS.saturating_sub(apart)).filter(|low| low & step == odd) {
                let (upper, lower) = rows.split_at_mut(low + apart);
                for (a, b) in upper[low].iter_mut().zip(&mut lower[0]) {
                    // Not `min` and `max`, which cost a call each in WebAssembly.
                    (*a, *b) = if *b < *a { (*b, *a) } else { (*a, *b) };
                }
            }
            if merged == step {
                break;
            }
            (apart, odd) = (merged - step, step);
            merged /= 2;
        }
        step /= 2;
    }
}

/// Compares all profiles with their own mean, twice: the first mean may still be smeared.
fn fit(profiles: &[Profile], against: Against, family: usize, offsets: &mut [LineOffset]) {
    let reach_px = match against {
        Against::Anywhere => PERIOD_PX as isize / 2,
        Against::Nearby => REACH_PX,
    };
    let first = profiles.iter().map(|profile| {
        let late_px = match against {
            // A single wave tells roughly where the lines are.
            Against::Anywhere => wave_shift_px(profile),
            Against::Nearby => 0.0,
        };
        (profile, late_px)
    });
    let mut page = symmetric(&mean(first));
    for round in 0..2 {
        for (offset, profile) in offsets.iter_mut().zip(profiles) {
            let (shift_px, matching) = best_shift(&centred(profile), &page, reach_px);
            // A line that shows later than expected lies where the paper's coordinate is smaller.
            offset.offset_mm[family] = -shift_px / PIXELS_PER_MM as f32;
            offset.clarity[family] = matching;
        }
        if round == 0 {
            let matching = profiles
                .iter()
                .zip(&*offsets)
                .filter_map(|(profile, offset)| {
                    let shift_px = -offset.offset_mm[family] * PIXELS_PER_MM as f32;
                    (offset.clarity[family] >= PROFILE_MIN_MATCH).then_some((profile, shift_px))
                });
            page = symmetric(&mean(matching));
        }
    }
}

/// By how many pixels the darkest point of the profile's fundamental wave is late.
fn wave_shift_px(profile: &Profile) -> f32 {
    let (mut cos, mut sin) = (0.0, 0.0);
    for (phase, value) in profile.iter().enumerate() {
        let (s, c) = (TAU * (phase as f32 + 0.5) / PERIOD_PX as f32).sin_cos();
        cos -= value * c;
        sin -= value * s;
    }
    sin.atan2(cos) / TAU * PERIOD_PX as f32
}

/// The mean of profiles, each moved back by its shift in pixels.
fn mean<'a>(profiles: impl Iterator<Item = (&'a Profile, f32)>) -> Profile {
    let mut sum = [0.0; PERIOD_PX];
    for (profile, shift_px) in profiles {
        for (phase, sum) in sum.iter_mut().enumerate() {
            *sum += at(profile, phase as f32 + shift_px);
        }
    }
    sum
}

/// The profile of lines at phase 0: moved to where it is most symmetric, and made so wholly.
fn symmetric(profile: &Profile) -> Profile {
    let profile = centred(profile);
    // The first value lies half a pixel behind the line, the last half a pixel before it.
    let mirrored: Profile = std::array::from_fn(|phase| profile[PERIOD_PX - 1 - phase]);
    // A profile that is late by s px is late by 2 s against its mirror image.
    let (shift_px, _) = best_shift(&profile, &mirrored, 2 * REACH_PX);
    let back = |phase: usize| at(&profile, phase as f32 + shift_px / 2.0);
    centred(&std::array::from_fn(|phase| {
        back(phase) + back(PERIOD_PX - 1 - phase)
    }))
}

/// Linear interpolation between phases.
fn at(profile: &Profile, phase: f32) -> f32 {
    let whole = phase.floor();
    let index = |k: f32| k.rem_euclid(PERIOD_PX as f32) as usize % PERIOD_PX;
    let (a, b) = (profile[index(whole)], profile[index(whole + 1.0)]);
    a + (b - a) * (phase - whole)
}

/// Without its mean, and of unit length (all 0 if flat).
fn centred(profile: &Profile) -> Profile {
    let mean = profile.iter().sum::<f32>() / PERIOD_PX as f32;
    let length = profile
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f32>()
        .sqrt();
    profile.map(|value| {
        if length > 1e-6 {
            (value - mean) / length
        } else {
            0.0
        }
    })
}

/// By how many pixels `profile` is late against `page`, and how well it matches there.
fn best_shift(profile: &Profile, page: &Profile, reach_px: isize) -> (f32, f32) {
    let correlation = |shift: isize| -> f32 {
        (0..PERIOD_PX)
            .map(|phase| {
                let late = (phase as isize + shift).rem_euclid(PERIOD_PX as isize) as usize;
                profile[late] * page[phase]
            })
            .sum()
    };
    let found: Vec<f32> = (-reach_px - 1..=reach_px + 1).map(correlation).collect();
    let mut best = 1;
    let worth = |k: usize| found[k] - PREFERENCE * (k as f32 - (reach_px + 1) as f32).abs();
    for k in 2..found.len() - 1 {
        if worth(k) > worth(best) {
            best = k;
        }
    }
    // The vertex of the parabola through the best and its neighbours.
    let (left, middle, right) = (found[best - 1], found[best], found[best + 1]);
    let bend = left - 2.0 * middle + right;
    let vertex = if bend < -1e-6 {
        ((left - right) / (2.0 * bend)).clamp(-0.5, 0.5)
    } else {
        0.0
    };
    (
        best as f32 - (reach_px + 1) as f32 + vertex,
        middle - 0.25 * (left - right) * vertex,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::mesh::Mesh;
    use crate::photo::projective::Homography;

    /// Lines every 5 mm and paler ones every mm, where x + 0.37 mm and y − 0.6 mm are whole, at
    /// 5 px/mm, and a level trace which is darker than both.
    fn drawn() -> Contrast {
        let (width, height) = (500, 400);
        let line = |mm: f32| {
            let near = |step: f32, half: f32| {
                (1.0 - (mm - (mm / step).round() * step).abs() / half).max(0.0)
            };
            near(5.0, 0.3).max(0.4 * near(1.0, 0.3))
        };
        let values = (0..width * height)
            .map(|i| {
                let (x, y) = ((i % width) as f32 / 5.0, (i / width) as f32 / 5.0);
                if (y - 41.9).abs() < 0.4 {
                    -2.0
                } else {
                    -line(x + 0.37).max(line(y - 0.6))
                }
            })
            .collect();
        Contrast {
            width,
            height,
            values,
            photo_px: [1.0; 2],
        }
    }

    #[test]
    fn columns_are_sorted_whatever_their_length() {
        fn check<const ROWS: usize>() {
            let mut random = 7u32;
            let mut rows = [[0.0f32; PERIOD_PX]; ROWS];
            for value in rows.as_flattened_mut() {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // Few different values, so that some are equal.
                *value = (random >> 28) as f32 - 7.5;
            }
            let column = |rows: &[Profile; ROWS], phase: usize| rows.map(|row| row[phase]);
            let unsorted = rows;
            sort_columns(&mut rows);
            for phase in 0..PERIOD_PX {
                let mut expected = column(&unsorted, phase);
                expected.sort_by(f32::total_cmp);
                assert_eq!(column(&rows, phase), expected);
            }
        }
        check::<1>();
        check::<2>();
        check::<7>();
        check::<16>();
        check::<30>();
    }

    #[test]
    fn offsets_are_exact_even_on_the_trace() {
        let area = Area {
            origin_mm: [0.0, 0.0],
            across: 20,
            down: 16,
        };
        let map = PageMap {
            picture_from_plane: Homography::scale_shift(5.0, 0.0, 0.0),
            mesh: Mesh::flat(area),
        };
        let offsets = profile_offsets(&drawn(), &map, Against::Nearby, 0);
        for row in 3..13 {
            for column in 3..17 {
                let line = offsets[row * 20 + column];
                assert!(
                    (line.offset_mm[0] - 0.37).abs() < 0.03
                        && (line.offset_mm[1] + 0.6).abs() < 0.05,
                    "{column} {row} {line:?}"
                );
                assert!(line.clarity[0] > 0.8 && line.clarity[1] > 0.6, "{line:?}");
            }
        }
        let waves = profile_offsets(&drawn(), &map, Against::Anywhere, 0);
        let line = waves[7 * 20 + 9];
        assert!(
            (line.offset_mm[0] - 0.37).abs() < 0.05 && (line.offset_mm[1] + 0.6).abs() < 0.05,
            "{line:?}"
        );
    }

    #[test]
    fn a_shifted_profile_is_found_between_pixels() {
        let wave = |shift: f32| -> Profile {
            std::array::from_fn(|phase| (TAU * (phase as f32 - shift) / 20.0).cos())
        };
        let (shift, matching) = best_shift(&centred(&wave(2.3)), &centred(&wave(0.0)), REACH_PX);
        assert!((shift - 2.3).abs() < 0.02 && matching > 0.99);
    }

    #[test]
    fn profiles_are_averaged_with_those_around() {
        let area = Area {
            origin_mm: [0.0; 2],
            across: 5,
            down: 3,
        };
        let mut profiles = vec![[0.0; PERIOD_PX]; area.len()];
        profiles[7] = [81.0; PERIOD_PX];
        assert_eq!(averaged(profiles.clone(), area, 0), profiles);
        let smooth = averaged(profiles, area, 1);
        // Along the row (1, 2, 3, 2, 1) / 9; along the columns 5/12 from the middle to the middle.
        let near = |a: f32, b: f32| (a - b).abs() < 1e-3;
        assert!(
            near(smooth[6][0] / smooth[7][0], 2.0 / 3.0),
            "{}",
            smooth[6][0]
        );
        assert!(near(smooth[5][3], smooth[9][3]) && smooth[5][3] > 0.0);
        assert!(
            near(
                smooth[7][0],
                81.0 * 3.0 / 9.0 * (1.0 / 3.0 * 1.0 / 3.0 + 2.0 / 3.0 * 0.5)
            ),
            "{}",
            smooth[7][0]
        );
    }
}
