//! Where every point of a sheet lies in its photo, and the other way round.

use image::RgbImage;

use super::mesh::{Area, Mesh, NODE_MM};
use super::projective::Homography;

/// Paper beside the outermost lines that still belongs to the sheet: headers and footers.
const MARGIN_MM: f64 = 10.0;
/// A grid that ends so near to the photo's border is not seen to end: its lines are known from windows which the border cuts.
const BORDER_MM: f64 = 12.5;
/// Longest side of a sheet, margins included: A4 and a little more.
const MAX_SIDE_MM: f64 = 340.0;
/// Sides that a person may give a page: from a few large squares to A3. Larger ones would only
/// take memory.
const MARKED_SIDES_MM: std::ops::RangeInclusive<f64> = 20.0..=450.0;

/// The map between a sheet's millimetres (see [`Sheet`](super::Sheet)) and photo pixels, whose
/// centres lie at whole numbers. It follows the paper's bends.
#[derive(Clone, Debug)]
pub struct SheetMap {
    /// Flat page (mm, arbitrary origin) → photo pixels.
    photo_from_plane: Homography,
    plane_from_photo: Homography,
    /// Paper coordinate − flat coordinate.
    mesh: Mesh,
    /// Which nodes of the mesh lie where the grid was followed.
    on_grid: Vec<bool>,
    /// Which lie on the sheet.
    on_sheet: Vec<bool>,
    /// Sheet mm → paper mm: a turn by whole quarters and a shift.
    paper_from_sheet: Homography,
    sheet_from_paper: Homography,
    size_mm: [f64; 2],
}

impl SheetMap {
    /// The map of the part of `mesh` that is `on_grid`, and of what lies between that and a border of `photo` near to it, with
    /// margins as far as `photo` shows them, unturned. `None` if nothing is on the grid or the map is degenerate.
    pub(super) fn of_followed(
        photo: &RgbImage,
        photo_from_plane: Homography,
        mesh: Mesh,
        on_grid: Vec<bool>,
    ) -> Option<Self> {
        let mut map = Self {
            plane_from_photo: photo_from_plane.inverse()?,
            photo_from_plane,
            mesh,
            on_sheet: on_grid.clone(),
            on_grid,
            paper_from_sheet: Homography::IDENTITY,
            sheet_from_paper: Homography::IDENTITY,
            size_mm: [0.0; 2],
        };
        map.on_sheet = map.up_to_borders(photo);
        let [x, y] = map.extent(photo)?;
        let paper_from_sheet = Homography::scale_shift(1.0, x.0, y.0);
        Some(Self {
            paper_from_sheet,
            sheet_from_paper: Homography::scale_shift(1.0, -x.0, -y.0),
            size_mm: [x.1 - x.0, y.1 - y.0],
            ..map
        })
    }

    /// The map of a flat sheet of which four corners (upper left, upper right, lower right, lower
    /// left) are known. `None` if they don't span an area.
    pub(super) fn of_corners(corners: [[f64; 2]; 4], size_mm: [f64; 2]) -> Option<Self> {
        let sized = size_mm.iter().all(|mm| MARKED_SIDES_MM.contains(mm));
        if !sized || !corners.as_flattened().iter().all(|side| side.is_finite()) {
            return None;
        }
        let [width, height] = size_mm;
        let sheet = [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]];
        let photo_from_plane = Homography::from_points(sheet, corners)?;
        let nodes = |mm: f64| (mm / NODE_MM).ceil() as usize + 1;
        let area = Area {
            origin_mm: [0.0; 2],
            across: nodes(width),
            down: nodes(height),
        };
        Some(Self {
            plane_from_photo: photo_from_plane.inverse()?,
            photo_from_plane,
            mesh: Mesh::flat(area),
            on_grid: vec![true; area.len()],
            on_sheet: vec![true; area.len()],
            paper_from_sheet: Homography::IDENTITY,
            sheet_from_paper: Homography::IDENTITY,
            size_mm,
        })
    }

    /// Width and height of the sheet in mm. On a sheet whose grid was followed, lines every 5 mm
    /// lie at whole multiples of 5 mm, and every mm where only the finer ones show.
    pub fn size_mm(&self) -> [f64; 2] {
        self.size_mm
    }

    /// Where a point of the sheet lies in the photo.
    pub fn photo_from_mm(&self, x_mm: f64, y_mm: f64) -> (f64, f64) {
        let (x, y) = self.paper_from_sheet.apply(x_mm, y_mm);
        let shift = self.mesh.at(x, y);
        self.photo_from_plane.apply(x - shift[0], y - shift[1])
    }

    /// Which point of the sheet's plane a photo pixel shows; it may lie beside the sheet. `None`
    /// for pixels beyond the paper's horizon.
    pub fn mm_from_photo(&self, u_px: f64, v_px: f64) -> Option<(f64, f64)> {
        let middle = self.photo_from_mm(self.size_mm[0] / 2.0, self.size_mm[1] / 2.0);
        let depth = |u: f64, v: f64| self.plane_from_photo.depth(u, v);
        if depth(u_px, v_px) * depth(middle.0, middle.1) <= 0.0 {
            return None;
        }
        let (flat_x, flat_y) = self.plane_from_photo.apply(u_px, v_px);
        // Shifts change slowly along the paper, so putting the result back in converges.
        const ROUNDS: usize = 20;
        let (mut x, mut y) = (flat_x, flat_y);
        for _ in 0..ROUNDS {
            let shift = self.mesh.at(x, y);
            (x, y) = (flat_x + shift[0], flat_y + shift[1]);
        }
        let (x, y) = self.sheet_from_paper.apply(x, y);
        (x.is_finite() && y.is_finite()).then_some((x, y))
    }

    /// Sheet mm → photo pixels as a row-major 3×3 matrix, without the paper's bends.
    pub fn homography(&self) -> [f64; 9] {
        self.photo_from_plane.after(&self.paper_from_sheet).0
    }

    /// Photo pixels per millimetre at a point of the sheet, without the paper's bends.
    pub fn pixels_per_mm_at(&self, x_mm: f64, y_mm: f64) -> f64 {
        let (x, y) = self.paper_from_sheet.apply(x_mm, y_mm);
        self.photo_from_plane.scale_at(x, y)
    }

    /// Whether a point lies on the sheet or at most 5 mm beside its grid.
    pub fn is_on_sheet(&self, x_mm: f64, y_mm: f64) -> bool {
        self.is_near(&self.on_sheet, x_mm, y_mm)
    }

    /// Whether a point lies at one of `nodes` of the mesh or beside it.
    pub(super) fn is_near(&self, nodes: &[bool], x_mm: f64, y_mm: f64) -> bool {
        let (x, y) = self.paper_from_sheet.apply(x_mm, y_mm);
        let area = self.mesh.area;
        let column = ((x - area.origin_mm[0]) / NODE_MM).round();
        let row = ((y - area.origin_mm[1]) / NODE_MM).round();
        column >= 0.0 && row >= 0.0 && column < area.across as f64 && row < area.down as f64 && {
            let node = row as usize * area.across + column as usize;
            nodes[node] || area.beside(node).any(|near| nodes[near])
        }
    }

    /// Which nodes of the mesh lie where the grid was followed.
    pub(super) fn grid_nodes(&self) -> &[bool] {
        &self.on_grid
    }

    /// Whether the square of nodes around a point, and all beside it, are among `nodes` of the mesh.
    pub(super) fn is_within(&self, nodes: &[bool], x_mm: f64, y_mm: f64) -> bool {
        let area = self.mesh.area;
        self.square_around(x_mm, y_mm).is_some_and(|square| {
            square
                .iter()
                .all(|&node| nodes[node] && area.beside(node).all(|near| nodes[near]))
        })
    }

    /// The four nodes of the mesh that a point lies between.
    fn square_around(&self, x_mm: f64, y_mm: f64) -> Option<[usize; 4]> {
        let (x, y) = self.paper_from_sheet.apply(x_mm, y_mm);
        let area = self.mesh.area;
        let column = ((x - area.origin_mm[0]) / NODE_MM).floor();
        let row = ((y - area.origin_mm[1]) / NODE_MM).floor();
        let inside = column >= 0.0
            && row >= 0.0
            && column + 1.0 < area.across as f64
            && row + 1.0 < area.down as f64;
        inside.then(|| {
            let corner = row as usize * area.across + column as usize;
            [0, 1, area.across, area.across + 1].map(|step| corner + step)
        })
    }

    /// The map of the same sheet turned clockwise by `quarters` × 90°.
    #[must_use]
    pub(super) fn turned(self, quarters: i32) -> Self {
        let [width, height] = self.size_mm;
        let size_mm = if quarters % 2 == 0 {
            [width, height]
        } else {
            [height, width]
        };
        // Turned sheet mm → sheet mm: the middle stays the middle.
        let to_middle = Homography::scale_shift(1.0, -size_mm[0] / 2.0, -size_mm[1] / 2.0);
        let from_middle = Homography::scale_shift(1.0, width / 2.0, height / 2.0);
        let before = from_middle
            .after(&Homography::quarter_turn(-quarters))
            .after(&to_middle);
        let back = Homography::scale_shift(1.0, size_mm[0] / 2.0, size_mm[1] / 2.0)
            .after(&Homography::quarter_turn(quarters))
            .after(&Homography::scale_shift(1.0, -width / 2.0, -height / 2.0));
        Self {
            paper_from_sheet: self.paper_from_sheet.after(&before),
            sheet_from_paper: back.after(&self.sheet_from_paper),
            size_mm,
            ..self
        }
    }

    /// The nodes of the grid, and those between it and a border of the photo near to it.
    fn up_to_borders(&self, photo: &RgbImage) -> Vec<bool> {
        let area = self.mesh.area;
        let last = [photo.width(), photo.height()].map(|side| f64::from(side) - 1.0);
        let is_at_border = |node: usize| {
            let (x, y) = area.node_mm(node);
            let shift = self.mesh.at(x, y);
            let (flat_x, flat_y) = (x - shift[0], y - shift[1]);
            let (u, v) = self.photo_from_plane.apply(flat_x, flat_y);
            let to_border_px = u.min(last[0] - u).min(v).min(last[1] - v);
            (0.0..BORDER_MM * self.photo_from_plane.scale_at(flat_x, flat_y))
                .contains(&to_border_px)
        };
        let mut grown = self.on_grid.clone();
        for _ in 0..(BORDER_MM / NODE_MM).ceil() as usize {
            let before = grown.clone();
            for (node, grown) in grown.iter_mut().enumerate() {
                *grown = *grown || area.beside(node).any(|near| before[near]) && is_at_border(node);
            }
        }
        grown
    }

    /// Paper mm of the sheet's sides, in whole nodes: [(left, right), (top, bottom)].
    fn extent(&self, photo: &RgbImage) -> Option<[(f64, f64); 2]> {
        let area = self.mesh.area;
        let mut bounds = [(f64::MAX, f64::MIN); 2];
        for node in (0..area.len()).filter(|&node| self.on_grid[node]) {
            let (x, y) = area.node_mm(node);
            for (bound, mm) in bounds.iter_mut().zip([x, y]) {
                *bound = (bound.0.min(mm), bound.1.max(mm));
            }
        }
        if bounds[0].0 > bounds[0].1 {
            return None;
        }
        let in_photo = |x: f64, y: f64| {
            let (u, v) = self.photo_from_mm(x, y);
            (0.0..f64::from(photo.width())).contains(&u)
                && (0.0..f64::from(photo.height())).contains(&v)
        };
        let gridded = bounds;
        let [x, y] = gridded;
        let middle = [(x.0 + x.1) / 2.0, (y.0 + y.1) / 2.0];
        // A margin counts if the photo shows it anywhere along the side.
        let shown = |axis: usize, mm: f64| {
            let (low, high) = gridded[1 - axis];
            let steps = ((high - low) / NODE_MM) as usize;
            (0..=steps).any(|step| {
                let along = low + NODE_MM * step as f64;
                if axis == 0 {
                    in_photo(mm, along)
                } else {
                    in_photo(along, mm)
                }
            })
        };
        for axis in 0..2 {
            let (low, high) = gridded[axis];
            let (mut first, mut last) = (low, high);
            while first - NODE_MM >= low - MARGIN_MM && shown(axis, first - NODE_MM) {
                first -= NODE_MM;
            }
            while last + NODE_MM <= high + MARGIN_MM && shown(axis, last + NODE_MM) {
                last += NODE_MM;
            }
            let reach = (MAX_SIDE_MM / 2.0 / NODE_MM).floor() * NODE_MM;
            let middle = (middle[axis] / NODE_MM).round() * NODE_MM;
            bounds[axis] = (first.max(middle - reach), last.min(middle + reach));
        }
        Some(bounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bent() -> SheetMap {
        let area = Area {
            origin_mm: [-30.0, 10.0],
            across: 21,
            down: 15,
        };
        let mut mesh = Mesh::flat(area);
        for (node, shift) in mesh.shifts_mm.iter_mut().enumerate() {
            *shift = [
                (node % 21) as f32 * 0.05,
                ((node / 21) as f32 * 0.7).sin() * 0.8,
            ];
        }
        let on_grid = (0..area.len())
            .map(|node| (2..19).contains(&(node % 21)) && (3..12).contains(&(node / 21)))
            .collect();
        let map = Homography([6.0, 0.4, 300.0, -0.3, 5.5, 40.0, 1e-4, 2e-4, 1.0]);
        SheetMap::of_followed(&RgbImage::new(1200, 900), map, mesh, on_grid).unwrap()
    }

    #[test]
    fn there_and_back_on_a_bent_sheet_in_every_turn() {
        for quarters in -1..3 {
            let map = bent().turned(quarters);
            for (x, y) in [(0.0, 0.0), (33.3, 21.7), (50.0, 40.0)] {
                let (u, v) = map.photo_from_mm(x, y);
                let (back_x, back_y) = map.mm_from_photo(u, v).unwrap();
                assert!((back_x - x).abs() < 1e-6 && (back_y - y).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn the_sheet_has_margins_and_knows_what_is_on_it() {
        let map = bent();
        // 16 × 8 squares of 5 mm, and 10 mm on every side.
        assert_eq!(map.size_mm(), [100.0, 60.0]);
        assert!(map.is_on_sheet(50.0, 30.0) && map.is_on_sheet(6.0, 30.0));
        assert!(!map.is_on_sheet(1.0, 30.0));
        let turned = map.clone().turned(1);
        assert_eq!(turned.size_mm(), [60.0, 100.0]);
        // Clockwise: the upper left corner comes to the upper right.
        let (a, b) = (map.photo_from_mm(0.0, 0.0), turned.photo_from_mm(60.0, 0.0));
        assert!((a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9);
        assert!((map.pixels_per_mm_at(50.0, 30.0) - 5.7).abs() < 0.3);
    }

    #[test]
    fn paper_goes_on_to_a_border_of_the_photo_that_is_near() {
        let area = Area {
            origin_mm: [0.0; 2],
            across: 20,
            down: 14,
        };
        // 4 px/mm; the grid was followed from 15 to 80 mm across and from 20 to 50 mm down.
        let on_grid = (0..area.len())
            .map(|node| (3..=16).contains(&(node % 20)) && (4..=10).contains(&(node / 20)))
            .collect();
        let map = Homography::scale_shift(4.0, 0.0, 0.0);
        let photo = RgbImage::new(360, 244);
        let map = SheetMap::of_followed(&photo, map, Mesh::flat(area), on_grid).unwrap();
        // On the sheet, whose margins are 10 mm, paper mm are 5 and 10 more.
        assert_eq!(map.size_mm(), [80.0, 50.0]);
        let is_on = |x_mm: f64, y_mm: f64| map.is_on_sheet(x_mm - 5.0, y_mm - 10.0);
        // Down to the border at 61 mm and to the right one at 90 mm, but not over 20 mm of desk to the top.
        assert!(is_on(50.0, 59.0) && is_on(88.0, 30.0) && is_on(88.0, 59.0));
        assert!(!is_on(50.0, 11.0) && !map.grid_nodes()[12 * 20 + 10]);
    }

    #[test]
    fn corners_are_the_corners() {
        let corners = [[10.0, 20.0], [900.0, 60.0], [880.0, 700.0], [40.0, 640.0]];
        let map = SheetMap::of_corners(corners, [256.0, 170.0]).unwrap();
        let (u, v) = map.photo_from_mm(256.0, 170.0);
        assert!((u - 880.0).abs() < 1e-6 && (v - 700.0).abs() < 1e-6);
        assert!(SheetMap::of_corners([[1.0; 2]; 4], [256.0, 170.0]).is_none());
    }
}
