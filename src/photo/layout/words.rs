//! Words on a sheet, and which lead's name each may be.

use crate::photo::sheet::{SHEET_PIXELS_PER_MM, Sheet};

use super::components::{Component, Groups, components};
use super::lead_names::{CLASSES, WordPicture, lead_of};
use super::marks::Marks;
use super::names::{best_name, name_evidence};

/// Letters are this tall; small letters and letters of which a trace took a part are lower.
const LETTER_HEIGHT_MM: (f32, f32) = (1.2, 6.0);
/// Names of leads are this tall.
const WORD_HEIGHT_MM: (f32, f32) = (1.6, 6.0);
/// The widest single part: three bold letters that run into each other.
const MAX_PART_WIDTH_MM: f32 = 16.0;
/// Names are at most this many times as wide as tall.
const MAX_WORD_ASPECT: f32 = 5.0;
/// Names have at most this many parts, one more for dirt.
const MAX_PARTS: usize = 6;
/// Parts of a letter that was cut by a trace lie this close above each other.
const CUT_MM: f32 = 0.9;
/// Gaps between the letters of a word, in letter heights: normal and widely spaced print.
const LETTER_GAPS: [f32; 2] = [0.45, 1.1];
/// Specks of fewer pixels are dirt.
const MIN_PIXELS: usize = 5;
/// Dirt beyond this count is not looked at.
const MAX_COMPONENTS: usize = 12_000;

/// Something that may be a lead's name. Lengths are sheet millimetres.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) left_mm: f32,
    pub(super) top_mm: f32,
    pub(super) right_mm: f32,
    pub(super) bottom_mm: f32,
    /// Probability of each name as it stands.
    pub(super) upright: [f32; CLASSES],
    /// Probability of each name if the page stands on its head.
    pub(super) turned: [f32; CLASSES],
}

impl Word {
    pub(super) fn height_mm(&self) -> f32 {
        self.bottom_mm - self.top_mm
    }

    /// Height of its middle.
    pub(super) fn centre_mm(&self) -> f32 {
        0.5 * (self.top_mm + self.bottom_mm)
    }
}

/// Every group of marks that has the size of a lead's name.
pub(super) fn words(sheet: &Sheet, marks: &Marks) -> Vec<Word> {
    let mut parts = components(marks);
    parts.retain(|part| part.pixels >= MIN_PIXELS);
    if parts.len() > MAX_COMPONENTS {
        parts.sort_by_key(|part| std::cmp::Reverse(part.pixels));
        parts.truncate(MAX_COMPONENTS);
        parts.sort_by_key(|part| part.left);
    }
    let px = |mm: f32| mm * SHEET_PIXELS_PER_MM;
    let of_letter_size = |part: &Component| {
        let (width, height) = (part.width() as f32, part.height() as f32);
        (px(LETTER_HEIGHT_MM.0)..=px(LETTER_HEIGHT_MM.1)).contains(&height)
            && width <= px(MAX_PART_WIDTH_MM)
    };
    let mut found: Vec<Component> = Vec::new();
    // What stands above each other may be a letter that was cut, or a letter and dirt.
    for parts in [mended(&parts), parts] {
        let letters: Vec<Component> = parts.into_iter().filter(of_letter_size).collect();
        for gap in LETTER_GAPS {
            found.extend(chains(&letters, gap));
        }
    }
    found.sort_by_key(|word| (word.left, word.top, word.right, word.bottom));
    found.dedup();
    found
        .iter()
        .filter(|word| {
            (px(WORD_HEIGHT_MM.0)..=px(WORD_HEIGHT_MM.1)).contains(&(word.height() as f32))
        })
        .map(|word| read(sheet, marks, word))
        .collect()
}

/// Puts letters together that a trace cut in two.
fn mended(parts: &[Component]) -> Vec<Component> {
    let cut = (CUT_MM * SHEET_PIXELS_PER_MM) as usize;
    let tallest = (LETTER_HEIGHT_MM.1 * SHEET_PIXELS_PER_MM) as usize;
    let widest = (MAX_PART_WIDTH_MM * SHEET_PIXELS_PER_MM) as usize;
    let mut groups = Groups::of(parts.len());
    for (k, part) in parts.iter().enumerate() {
        for (j, other) in parts.iter().enumerate().skip(k + 1) {
            if other.left >= part.right {
                break;
            }
            let shared = part.right.min(other.right) - other.left;
            let apart = (other.top.max(part.top)).saturating_sub(other.bottom.min(part.bottom));
            let both = part.with(other);
            if 2 * shared >= part.width().min(other.width())
                && apart <= cut
                && both.height() <= tallest
                && both.width() <= widest
            {
                groups.join(k, j);
            }
        }
    }
    groups.collect(parts)
}

/// Words: letters side by side with gaps of at most `gap` letter heights.
fn chains(letters: &[Component], gap: f32) -> Vec<Component> {
    let mut groups = Groups::of(letters.len());
    for (k, letter) in letters.iter().enumerate() {
        let reach = letter.right as f32 + gap * LETTER_HEIGHT_MM.1 * SHEET_PIXELS_PER_MM;
        for (j, other) in letters.iter().enumerate().skip(k + 1) {
            if other.left as f32 > reach {
                break;
            }
            let (low, high) = (
                letter.height().min(other.height()),
                letter.height().max(other.height()),
            );
            let shared = letter
                .bottom
                .min(other.bottom)
                .saturating_sub(letter.top.max(other.top));
            let apart = other.left.saturating_sub(letter.right) as f32;
            if apart <= gap * high as f32 && 2 * shared >= low && high <= 2 * low {
                groups.join(k, j);
            }
        }
    }
    let mut counts = vec![0usize; letters.len()];
    for k in 0..letters.len() {
        counts[groups.root(k)] += 1;
    }
    let mut words: Vec<Option<Component>> = vec![None; letters.len()];
    for (k, letter) in letters.iter().enumerate() {
        let root = groups.root(k);
        words[root] = Some(words[root].map_or(*letter, |word| word.with(letter)));
    }
    words
        .into_iter()
        .zip(counts)
        .filter(|(_, count)| *count <= MAX_PARTS)
        .filter_map(|(word, _)| word)
        .filter(|word| word.width() as f32 <= MAX_WORD_ASPECT * word.height() as f32)
        .collect()
}

fn read(sheet: &Sheet, marks: &Marks, word: &Component) -> Word {
    let mut ink = Vec::with_capacity(word.width() * word.height());
    for y in word.top..word.bottom {
        let line = y * marks.width + word.left..y * marks.width + word.right;
        ink.extend(
            sheet.ink[line.clone()]
                .iter()
                .zip(&marks.inked[line])
                .map(|(&ink, &inked)| if inked { ink } else { 0.0 }),
        );
    }
    let picture = WordPicture::new(&ink, word.width());
    let mm = |px: usize| px as f32 / SHEET_PIXELS_PER_MM;
    Word {
        left_mm: mm(word.left),
        top_mm: mm(word.top),
        right_mm: mm(word.right),
        bottom_mm: mm(word.bottom),
        upright: picture.read(),
        turned: picture.turned().read(),
    }
}

/// What the names on a page say if they belong to no known arrangement: each is one of twelve.
pub(super) fn loose_names(words: &[Word]) -> f32 {
    let mut best: Vec<(&Word, f32)> = Vec::new();
    for word in words {
        let (class, probability) = best_name(&word.upright);
        let Some(lead) = lead_of(class) else { continue };
        if probability < 0.5 || class < 3 {
            continue;
        }
        let evidence = name_evidence(&word.upright, lead) - ONE_OF_TWELVE;
        let same = |(seen, _): &&mut (&Word, f32)| {
            seen.left_mm < word.right_mm
                && word.left_mm < seen.right_mm
                && seen.top_mm < word.bottom_mm
                && word.top_mm < seen.bottom_mm
        };
        match best.iter_mut().find(same) {
            Some(seen) => seen.1 = seen.1.max(evidence),
            None => best.push((word, evidence)),
        }
    }
    best.iter().map(|(_, evidence)| evidence.max(0.0)).sum()
}

/// Natural log of twelve.
const ONE_OF_TWELVE: f32 = 2.485;

#[cfg(test)]
mod tests {
    use super::*;

    fn part(left: usize, top: usize, right: usize, bottom: usize) -> Component {
        Component {
            left,
            top,
            right,
            bottom,
            pixels: 20,
        }
    }

    #[test]
    fn letters_side_by_side_are_a_word_and_lines_of_text_are_none() {
        let two = [part(10, 10, 20, 28), part(23, 10, 30, 28)];
        assert_eq!(
            chains(&two, 0.45),
            [Component {
                pixels: 40,
                ..part(10, 10, 30, 28)
            }]
        );
        let apart = [part(10, 10, 20, 28), part(60, 10, 70, 28)];
        assert_eq!(chains(&apart, 0.45).len(), 2);
        let line: Vec<Component> = (0..9).map(|k| part(12 * k, 10, 12 * k + 9, 28)).collect();
        assert!(chains(&line, 0.45).is_empty());
    }

    #[test]
    fn halves_of_a_cut_letter_are_mended() {
        let halves = [part(10, 10, 20, 18), part(10, 22, 20, 30)];
        assert_eq!(
            mended(&halves),
            [Component {
                pixels: 40,
                ..part(10, 10, 20, 30)
            }]
        );
        let strangers = [part(10, 10, 20, 18), part(10, 40, 20, 48)];
        assert_eq!(mended(&strangers).len(), 2);
    }
}
