//! Where paper ends and the desk begins, near the border of a sheet whose grid was followed.
//!
//! The followed grid says only to about a centimetre how far the paper reaches. From well inside,
//! paper is grown outwards as long as its colour changes slowly: light and shadow do, an edge
//! doesn't.

use image::RgbImage;

/// Colours are compared between squares of this size.
const CELL_MM: f32 = 2.5;
/// The edge may lie this many squares inside the sheet's border; further inside all is paper.
const BAND_CELLS: usize = 5;
/// Neighbouring squares of paper have colours that differ by no more than this factor.
const MOST_CHANGE: f32 = 0.8;
/// Darker colours (of 255) than this count as this dark.
const DARKEST: f32 = 12.0;

/// Takes the pixels that are not on paper, and the edge itself, out of `on_sheet` (one value per
/// pixel of `picture`, row-major). Paper is grown from what is well inside `near_grid`.
pub(super) fn keep_paper(
    picture: &RgbImage,
    pixels_per_mm: f32,
    near_grid: &[bool],
    on_sheet: &mut [bool],
) {
    let side_px = ((CELL_MM * pixels_per_mm) as usize).max(1);
    let cells = Cells::of(picture, near_grid, on_sheet, side_px);
    let paper = cells.paper();
    let kept: Vec<bool> = (0..paper.len())
        .map(|cell| paper[cell] && !cells.borders_on(cell, &paper))
        .collect();
    let width = picture.width() as usize;
    for (y, row) in on_sheet.chunks_exact_mut(width.max(1)).enumerate() {
        for (x, on) in row.iter_mut().enumerate() {
            *on &= kept[y / side_px * cells.across + x / side_px];
        }
    }
}

/// The sheet in squares.
struct Cells {
    across: usize,
    down: usize,
    /// Colour of the bright half of every square's pixels; `None` off the sheet.
    colours: Vec<Option<[f32; 3]>>,
    /// Whether it is near the grid.
    near_grid: Vec<bool>,
}

impl Cells {
    fn of(picture: &RgbImage, near_grid: &[bool], on_sheet: &[bool], side_px: usize) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let (across, down) = (width.div_ceil(side_px), height.div_ceil(side_px));
        let bounds = |cell: usize| {
            let (left, top) = (cell % across * side_px, cell / across * side_px);
            let (right, bottom) = ((left + side_px).min(width), (top + side_px).min(height));
            ((left, top), (right, bottom))
        };
        // A square lies where its middle does.
        let middle = |cell: usize| {
            let ((left, top), (right, bottom)) = bounds(cell);
            (top + bottom) / 2 * width + (left + right) / 2
        };
        let colours = (0..across * down)
            .map(|cell| {
                let (first, behind) = bounds(cell);
                on_sheet[middle(cell)].then(|| bright_colour(picture, first, behind))
            })
            .collect();
        Self {
            across,
            down,
            colours,
            near_grid: (0..across * down)
                .map(|cell| near_grid[middle(cell)])
                .collect(),
        }
    }

    /// Which squares can be reached from the inside without crossing an edge.
    fn paper(&self) -> Vec<bool> {
        let depths = self.depths();
        let mut paper: Vec<bool> = depths.iter().map(|&depth| depth > BAND_CELLS).collect();
        if !paper.contains(&true) {
            return self.colours.iter().map(Option::is_some).collect();
        }
        let mut open: Vec<usize> = (0..paper.len()).filter(|&cell| paper[cell]).collect();
        while let Some(cell) = open.pop() {
            let Some(colour) = self.colours[cell] else {
                continue;
            };
            for near in self.beside(cell) {
                let alike = self.colours[near].is_some_and(|other| are_alike(colour, other));
                if alike && !paper[near] {
                    paper[near] = true;
                    open.push(near);
                }
            }
        }
        paper
    }

    /// How many squares each is away from the nearest that is not near the grid, at most one more than
    /// the band. The picture's border is no edge of the paper: there the page is cut off.
    fn depths(&self) -> Vec<usize> {
        let mut depths: Vec<usize> = self
            .near_grid
            .iter()
            .map(|&near| if near { BAND_CELLS + 1 } else { 0 })
            .collect();
        for depth in 1..=BAND_CELLS {
            let reached: Vec<usize> = (0..depths.len())
                .filter(|&cell| {
                    depths[cell] > depth && self.beside(cell).any(|near| depths[near] == depth - 1)
                })
                .collect();
            for cell in reached {
                depths[cell] = depth;
            }
        }
        depths
    }

    /// Whether a square of the sheet that is no paper is beside this one.
    fn borders_on(&self, cell: usize, paper: &[bool]) -> bool {
        self.beside(cell)
            .any(|near| self.colours[near].is_some() && !paper[near])
    }

    /// The up to eight squares around one.
    fn beside(&self, cell: usize) -> impl Iterator<Item = usize> + use<> {
        let (across, down) = (self.across, self.down);
        let (column, row) = (cell % across, cell / across);
        (row.saturating_sub(1)..=(row + 1).min(down - 1)).flat_map(move |y| {
            (column.saturating_sub(1)..=(column + 1).min(across - 1))
                .map(move |x| y * across + x)
                .filter(move |&near| near != cell)
        })
    }
}

/// The mean colour of the pixels that are at least as bright as the mean: what lies under ink.
fn bright_colour(
    picture: &RgbImage,
    (left, top): (usize, usize),
    (right, bottom): (usize, usize),
) -> [f32; 3] {
    let width = picture.width() as usize;
    let pixels = || {
        (top..bottom).flat_map(move |y| {
            picture.as_raw()[(y * width + left) * 3..(y * width + right) * 3].chunks_exact(3)
        })
    };
    let light = |pixel: &[u8]| pixel.iter().map(|&value| u32::from(value)).sum::<u32>();
    let count = ((right - left) * (bottom - top)) as u32;
    let mean = pixels().map(light).sum::<u32>() / count.max(1);
    let (mut sums, mut bright) = ([0u32; 3], 0u32);
    for pixel in pixels().filter(|pixel| light(pixel) >= mean) {
        for (sum, &value) in sums.iter_mut().zip(pixel) {
            *sum += u32::from(value);
        }
        bright += 1;
    }
    sums.map(|sum| (sum as f32 / bright.max(1) as f32).max(DARKEST))
}

fn are_alike(a: [f32; 3], b: [f32; 3]) -> bool {
    a.iter()
        .zip(&b)
        .all(|(a, b)| a.min(*b) >= MOST_CHANGE * a.max(*b))
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    const SIDE_PX: u32 = 480;

    /// A sheet whose mask reaches `beyond_px` over paper that begins at 60 px, in a light that
    /// fades to a quarter from left to right.
    fn sheet(beyond_px: u32, desk: u8) -> (RgbImage, Vec<bool>) {
        let picture = RgbImage::from_fn(SIDE_PX, SIDE_PX, |x, y| {
            let paper = (60..SIDE_PX).contains(&x.min(y));
            let light = 1.0 - 0.75 * x as f32 / SIDE_PX as f32;
            let value = if paper { 240.0 } else { f32::from(desk) };
            Rgb([(value * light) as u8; 3])
        });
        let mask = (0..SIDE_PX * SIDE_PX)
            .map(|i| (i % SIDE_PX).min(i / SIDE_PX) >= 60 - beyond_px)
            .collect();
        (picture, mask)
    }

    #[test]
    fn the_desk_and_the_edge_go_and_shaded_paper_stays() {
        let (picture, near_grid) = sheet(30, 90);
        let mut on_sheet = near_grid.clone();
        keep_paper(&picture, 6.0, &near_grid, &mut on_sheet);
        let at = |x: u32, y: u32| on_sheet[(y * SIDE_PX + x) as usize];
        assert!(!at(50, 200) && !at(62, 200) && !at(200, 62));
        assert!(at(80, 200) && at(200, 80) && at(475, 475));
    }

    #[test]
    fn nothing_goes_where_there_is_no_edge() {
        let (picture, mask) = sheet(30, 240);
        let mut on_sheet = mask.clone();
        keep_paper(&picture, 6.0, &mask, &mut on_sheet);
        assert_eq!(on_sheet, mask);
        // Too small to tell its inside from its border.
        let small = RgbImage::new(20, 20);
        let mut on_sheet = vec![true; 400];
        keep_paper(&small, 6.0, &[true; 400], &mut on_sheet);
        assert!(on_sheet.iter().all(|&on| on));
        keep_paper(&RgbImage::new(0, 0), 6.0, &[], &mut []);
    }
    #[test]
    fn paper_further_from_the_grid_stays_and_a_desk_at_the_border_goes() {
        let (picture, near_grid) = sheet(0, 90);
        let near_grid: Vec<bool> = near_grid
            .iter()
            .enumerate()
            .map(|(i, near)| *near && (100..400).contains(&(i as u32 % SIDE_PX)))
            .collect();
        let mut on_sheet = vec![true; near_grid.len()];
        keep_paper(&picture, 6.0, &near_grid, &mut on_sheet);
        let at = |x: u32, y: u32| on_sheet[(y * SIDE_PX + x) as usize];
        assert!(at(80, 200) && at(470, 200) && !at(30, 200) && !at(200, 30));
    }
}
