//! How well each known arrangement explains a page.

use crate::lead::Lead;

use super::agreement::{limb_leads_agree, piece, same_curve};
use super::arrangements::{ARRANGEMENTS, Arrangement};
use super::assignment::{likely_assignments, rows_score};
use super::cuts::cuts;
use super::dividers::{Dividers, dividers};
use super::lead_names::{OTHER, lead_of};
use super::marks::Marks;
use super::names::{Cell, Place, best_name};
use super::strips::Strip;
use super::words::Word;
use crate::photo::median::median;

/// Where names stand relative to the start of their leads.
const NAME_RIGHT_MM: (f32, f32) = (-6.0, 16.0);
/// … and to the baseline, in distances between rows.
const NAME_DOWN_ROWS: (f32, f32) = (-0.65, 0.65);
/// The further from the baseline, the less likely: cost of half a row's distance is a quarter of this
/// squared.
const NAME_DOWN_COST: f32 = 2.0;
/// A lead without a name on a page with names.
const UNNAMED: f32 = -0.8;
/// Fits that are worse than the best by more than this, before rhythm strips are looked at, are out
/// of the question.
const OUT_OF_QUESTION: f32 = 20.0;

/// One way to read the page.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    pub(super) arrangement: &'static Arrangement,
    /// Which strip shows each row of the arrangement.
    pub(super) strip_of_row: Vec<Option<usize>>,
    /// Left ends of the columns and the right end of the last.
    pub(super) edges_mm: Vec<f32>,
    /// Log of the likelihood, up to a constant of the page.
    pub(super) score: f32,
    /// The part of it that limb leads give which are sums and differences of each other.
    pub(super) limb_score: f32,
    /// Which lead each rhythm strip shows, and how likely that is.
    pub(super) rhythm: Vec<Option<(Lead, f32)>>,
    /// Evidence of names in each (row, column): the sum is part of the score.
    pub(super) named: Vec<(usize, usize, f32)>,
    /// Where the names stand.
    place: Option<Place>,
}

/// All arrangements that the number of rows allows, the best first.
///
/// `marks` is everything inked, `beside` what remains without the traces.
pub(super) fn fits(
    marks: &Marks,
    beside: &Marks,
    strips: &[Strip],
    words: &[Word],
    name: Option<&str>,
) -> Vec<Fit> {
    if strips.is_empty() {
        return Vec::new();
    }
    // Letters below each other would look like ticks.
    let named = words.iter().filter(|word| {
        let (class, probability) = best_name(&word.upright);
        class > 2 && probability > 0.5
    });
    let beside = beside.without_boxes(
        named.map(|word| [word.left_mm, word.top_mm, word.right_mm, word.bottom_mm]),
    );
    let words: Vec<&Word> = words
        .iter()
        .filter(|word| word.upright[OTHER] < 0.75)
        .collect();
    let mut known: Vec<Option<Dividers>> = Vec::new();
    let mut fits = Vec::new();
    for arrangement in ARRANGEMENTS {
        if name.is_some_and(|name| name != arrangement.name) {
            continue;
        }
        for strip_of_row in likely_assignments(arrangement.rows(), strips) {
            let lead_strips = strip_of_row[..arrangement.lead_rows()]
                .iter()
                .flatten()
                .max()
                .map_or(0, |last| last + 1);
            if lead_strips == 0 {
                continue;
            }
            known.resize_with(known.len().max(lead_strips + 1), || None);
            let dividers = known[lead_strips]
                .get_or_insert_with(|| dividers(marks, &beside, strips, lead_strips));
            let best = cuts(arrangement, strips, &strip_of_row, &words, dividers)
                .into_iter()
                .map(|cut| fit(arrangement, strip_of_row.clone(), cut, strips, &words))
                .max_by(|a, b| a.score.total_cmp(&b.score));
            fits.extend(best);
        }
    }
    let best = fits
        .iter()
        .map(|fit: &Fit| fit.score)
        .fold(f32::MIN, f32::max);
    fits.retain(|fit| fit.score > best - OUT_OF_QUESTION);
    for fit in &mut fits {
        fit.read_rhythm(strips, &words);
    }
    fits.sort_by(|a, b| b.score.total_cmp(&a.score));
    fits
}

fn fit(
    arrangement: &'static Arrangement,
    strip_of_row: Vec<Option<usize>>,
    (edges_mm, cut_score): (Vec<f32>, f32),
    strips: &[Strip],
    words: &[&Word],
) -> Fit {
    let mut fit = Fit {
        arrangement,
        score: arrangement.share.ln() + cut_score + rows_score(&strip_of_row, strips),
        strip_of_row,
        edges_mm,
        limb_score: 0.0,
        rhythm: Vec::new(),
        named: Vec::new(),
        place: None,
    };
    fit.limb_score = fit.limb_leads(strips);
    fit.score += fit.limb_score;
    fit.place = fit.read_names(strips, words);
    fit.score += fit.named.iter().map(|(_, _, score)| score).sum::<f32>() + fit.unnamed_score();
    fit
}

impl Fit {
    fn row_pitch(&self, strips: &[Strip]) -> f32 {
        let heights: Vec<f32> = self
            .strip_of_row
            .iter()
            .flatten()
            .map(|&k| strips[k].baseline_mm)
            .collect();
        if heights.len() < 2 {
            return 30.0;
        }
        median(heights.windows(2).map(|pair| pair[1] - pair[0]))
    }

    /// The places where leads and rhythm strips begin.
    fn cells(&self, strips: &[Strip]) -> Vec<Cell> {
        let mut cells = Vec::new();
        for (row, strip) in self.strip_of_row.iter().enumerate() {
            let Some(strip) = strip.and_then(|k| strips.get(k)) else {
                continue;
            };
            let is_rhythm = row >= self.arrangement.lead_rows();
            let columns = if is_rhythm {
                1
            } else {
                self.arrangement.columns
            };
            cells.extend((0..columns).map(|column| Cell {
                row,
                column,
                lead: self.arrangement.lead(row, column),
                left_mm: self.edges_mm[column],
                baseline_mm: strip.baseline_mm,
            }));
        }
        cells
    }

    /// Finds where names stand relative to their leads and what they say there; returns the place.
    fn read_names(&mut self, strips: &[Strip], words: &[&Word]) -> Option<Place> {
        let cells = self.cells(strips);
        let pitch = self.row_pitch(strips);
        let mut places: Vec<(f32, f32)> = Vec::new();
        for word in words {
            let (class, probability) = best_name(&word.upright);
            if probability < 0.4 {
                continue;
            }
            for cell in cells
                .iter()
                .filter(|cell| cell.lead.is_some() && cell.lead == lead_of(class))
            {
                let place = (
                    word.left_mm - cell.left_mm,
                    word.centre_mm() - cell.baseline_mm,
                );
                let down = place.1 / pitch;
                let known = |seen: &(f32, f32)| {
                    (seen.0 - place.0).abs() < 0.7 && (seen.1 - place.1).abs() < 0.7
                };
                if (NAME_RIGHT_MM.0..NAME_RIGHT_MM.1).contains(&place.0)
                    && (NAME_DOWN_ROWS.0..NAME_DOWN_ROWS.1).contains(&down)
                    && !places.iter().any(known)
                {
                    places.push(place);
                }
            }
        }
        let read = |place: Place| {
            let named: Vec<(usize, usize, f32)> = cells
                .iter()
                .filter_map(|cell| {
                    let score =
                        place.name_at(words, cell.lead?, (cell.left_mm, cell.baseline_mm))?;
                    Some((cell.row, cell.column, score))
                })
                .collect();
            let total: f32 = named.iter().map(|(_, _, score)| score).sum();
            (total, named)
        };
        let place = places
            .into_iter()
            .map(|(right_mm, down_mm)| Place {
                right_mm,
                down_mm,
                height_mm: None,
            })
            .map(|place| {
                (
                    place,
                    read(place).0 - (NAME_DOWN_COST * place.down_mm / pitch).powi(2),
                )
            })
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .filter(|(_, total)| *total > 0.0)?
            .0
            .refined(words, &cells);
        self.named = read(place).1;
        Some(place)
    }

    /// Where some leads are named, all should be.
    fn unnamed_score(&self) -> f32 {
        let letters = |lead: Option<Lead>| lead.is_some_and(|lead| lead.index() > 2);
        let all = self
            .arrangement
            .leads
            .iter()
            .filter(|lead| letters(Some(**lead)))
            .count();
        let read = self
            .named
            .iter()
            .filter(|(row, column, score)| {
                letters(self.arrangement.lead(*row, *column)) && *score > 1.0
            })
            .count();
        UNNAMED * (all - read.min(all)) as f32 * read as f32 / all.max(1) as f32
    }

    /// Names of one limb column must agree with its curves.
    fn limb_leads(&self, strips: &[Strip]) -> f32 {
        let arrangement = self.arrangement;
        (0..arrangement.columns)
            .map(|column| {
                let pieces: Vec<(Lead, bool, Vec<f32>)> = (0..arrangement.lead_rows())
                    .filter_map(|row| {
                        let lead = arrangement.lead(row, column)?;
                        let strip = strips.get(self.strip_of_row[row]?)?;
                        let negative = arrangement.minus_avr && lead == Lead::AVR;
                        let values = piece(
                            strip,
                            self.edges_mm[column] + 1.0,
                            self.edges_mm[column + 1] - 1.0,
                        );
                        Some((lead, negative, values))
                    })
                    .collect();
                limb_leads_agree(&pieces)
            })
            .sum()
    }

    /// Finds which leads the rhythm strips show: from their names, from the short leads that they
    /// repeat, and from what is usual.
    fn read_rhythm(&mut self, strips: &[Strip], words: &[&Word]) {
        let place = self.place;
        let arrangement = self.arrangement;
        let mut gained = 0.0;
        for row in arrangement.lead_rows()..arrangement.rows() {
            let Some(strip) = self.strip_of_row[row].and_then(|k| strips.get(k)) else {
                self.rhythm.push(None);
                continue;
            };
            let likeness = self.likeness(strip, strips);
            let scores: Vec<(Lead, f32)> = Lead::ALL
                .into_iter()
                .map(|lead| {
                    let name = place
                        .and_then(|place| {
                            place.name_at(words, lead, (self.edges_mm[0], strip.baseline_mm))
                        })
                        .unwrap_or(0.0);
                    let usual = usual_rhythm(lead, arrangement.strips).ln();
                    (lead, usual + name + likeness[lead.index()])
                })
                .collect();
            let highest = scores.iter().map(|s| s.1).fold(f32::MIN, f32::max);
            let total: f32 = scores.iter().map(|s| (s.1 - highest).exp()).sum();
            gained += highest + total.ln();
            self.rhythm.push(
                scores
                    .iter()
                    .find(|s| s.1 == highest)
                    .map(|s| (s.0, 1.0 / total)),
            );
        }
        self.score += gained;
    }

    /// For each lead, how much speaks for `strip` showing it in the lead's own seconds, or in the
    /// first ones where all columns show the same. All 0 if no lead is repeated, as on pages whose
    /// columns show other seconds than the strip.
    fn likeness(&self, strip: &Strip, strips: &[Strip]) -> [f32; 12] {
        let mut likeness = [0.0; 12];
        for row in 0..self.arrangement.lead_rows() {
            let Some(other) = self.strip_of_row[row].and_then(|k| strips.get(k)) else {
                continue;
            };
            for column in 0..self.arrangement.columns {
                let Some(lead) = self.arrangement.lead(row, column) else {
                    continue;
                };
                let (from, to) = (self.edges_mm[column] + 1.5, self.edges_mm[column + 1] - 1.0);
                let short = piece(other, from, to);
                let to_first = self.edges_mm[0] - self.edges_mm[column];
                let best = [-0.5, 0.0, 0.5]
                    .into_iter()
                    .flat_map(|shift| [shift, shift + to_first])
                    .filter_map(|shift| same_curve(&piece(strip, from + shift, to + shift), &short))
                    .fold(f32::NAN, f32::max);
                if best.is_finite() {
                    likeness[lead.index()] = best;
                }
            }
        }
        if likeness.iter().all(|&value| value < 0.3) {
            return [0.0; 12];
        }
        likeness
    }
}

/// How often a lead is the one that is shown again at length.
fn usual_rhythm(lead: Lead, strips: usize) -> f32 {
    match (lead, strips) {
        (Lead::II, 1) => 0.7,
        (Lead::V1, 1) => 0.12,
        (Lead::V5, 1) => 0.08,
        (_, 1) => 0.1 / 9.0,
        (Lead::II | Lead::V1, _) => 0.36,
        (Lead::V5, _) => 0.22,
        _ => 0.06 / 9.0,
    }
}
