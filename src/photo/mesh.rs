//! A smooth displacement field: where a curled or crumpled sheet departs from a plane.

/// Distance of the mesh's nodes.
pub(super) const NODE_MM: f64 = 5.0;

/// A rectangle of nodes on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    /// Position of the first node in mm.
    pub(super) origin_mm: [f64; 2],
    /// Number of nodes along x and y.
    pub(super) across: usize,
    pub(super) down: usize,
}

impl Area {
    pub(super) fn len(&self) -> usize {
        self.across * self.down
    }

    /// The area with so many nodes more on every side.
    pub(super) fn widened(self, nodes: usize) -> Self {
        Self {
            origin_mm: self.origin_mm.map(|mm| mm - NODE_MM * nodes as f64),
            across: self.across + 2 * nodes,
            down: self.down + 2 * nodes,
        }
    }

    /// Position of a node in mm.
    pub(super) fn node_mm(&self, node: usize) -> (f64, f64) {
        let (column, row) = (node % self.across, node / self.across);
        (
            self.origin_mm[0] + NODE_MM * column as f64,
            self.origin_mm[1] + NODE_MM * row as f64,
        )
    }

    /// Position of the node in the middle in mm.
    pub(super) fn middle_mm(&self) -> (f64, f64) {
        self.node_mm(self.down / 2 * self.across + self.across / 2)
    }

    /// The up to four nodes next to a node.
    pub(super) fn beside(&self, node: usize) -> impl Iterator<Item = usize> + use<> {
        let (across, count) = (self.across, self.len());
        let column = node % across;
        [
            (column > 0).then(|| node - 1),
            (column + 1 < across).then_some(node + 1),
            (node >= across).then(|| node - across),
            (node + across < count).then_some(node + across),
        ]
        .into_iter()
        .flatten()
    }
}

/// Shifts in mm on the nodes of an area, bilinear between them, constant beyond the edge.
#[derive(Clone, Debug)]
pub(super) struct Mesh {
    pub(super) area: Area,
    /// One [x, y] per node.
    pub(super) shifts_mm: Vec<[f32; 2]>,
}

impl Mesh {
    pub(super) fn flat(area: Area) -> Self {
        Self {
            area,
            shifts_mm: vec![[0.0; 2]; area.len()],
        }
    }

    /// The shift at a point in mm.
    pub(super) fn at(&self, x_mm: f64, y_mm: f64) -> [f64; 2] {
        let split = |mm: f64, origin: f64, count: usize| {
            let position = ((mm - origin) / NODE_MM).clamp(0.0, (count - 1) as f64);
            let whole = (position as usize).min(count.saturating_sub(2));
            (
                whole,
                (whole + 1).min(count - 1),
                (position - whole as f64) as f32,
            )
        };
        let (left, right, x_share) = split(x_mm, self.area.origin_mm[0], self.area.across);
        let (top, bottom, y_share) = split(y_mm, self.area.origin_mm[1], self.area.down);
        let node = |x: usize, y: usize| self.shifts_mm[y * self.area.across + x];
        let (a, b, c, d) = (
            node(left, top),
            node(right, top),
            node(left, bottom),
            node(right, bottom),
        );
        std::array::from_fn(|k| {
            let upper = a[k] + (b[k] - a[k]) * x_share;
            let lower = c[k] + (d[k] - c[k]) * x_share;
            f64::from(upper + (lower - upper) * y_share)
        })
    }

    /// The same field on the nodes of another area; beyond this one it goes on as it ends.
    pub(super) fn within(&self, area: Area) -> Self {
        let shifts_mm = (0..area.len())
            .map(|node| {
                let (x, y) = area.node_mm(node);
                self.at(x, y).map(|mm| mm as f32)
            })
            .collect();
        Self { area, shifts_mm }
    }

    /// The mesh that first applies `self` and then corrects by `further`, both small.
    pub(super) fn then(&self, further: &Mesh) -> Self {
        let shifts_mm = (0..self.area.len())
            .map(|node| {
                let (x, y) = self.area.node_mm(node);
                let more = further.at(x, y);
                let known = self.at(x - more[0], y - more[1]);
                [(known[0] + more[0]) as f32, (known[1] + more[1]) as f32]
            })
            .collect();
        Self {
            area: self.area,
            shifts_mm,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Area = Area {
        origin_mm: [-10.0, 5.0],
        across: 7,
        down: 5,
    };

    #[test]
    fn shifts_are_bilinear_between_nodes() {
        let mut mesh = Mesh::flat(AREA);
        mesh.shifts_mm[1] = [2.0, -1.0];
        assert_eq!(mesh.at(-5.0, 5.0), [2.0, -1.0]);
        assert_eq!(mesh.at(-7.5, 5.0), [1.0, -0.5]);
        assert_eq!(mesh.at(-7.5, 7.5), [0.5, -0.25]);
        assert_eq!(mesh.at(-5.0, -100.0), [2.0, -1.0]);
    }

    #[test]
    fn corrections_of_a_flat_mesh_are_the_mesh() {
        let further = Mesh {
            area: AREA,
            shifts_mm: vec![[0.3, 0.1]; AREA.len()],
        };
        assert_eq!(Mesh::flat(AREA).then(&further).shifts_mm, further.shifts_mm);
    }
}
