//! Inked pixels that touch.

use super::marks::Marks;

/// The box around pixels that touch, corners included. `right` and `bottom` are exclusive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Component {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) right: usize,
    pub(super) bottom: usize,
    /// How many pixels are inked.
    pub(super) pixels: usize,
}

impl Component {
    pub(super) fn width(&self) -> usize {
        self.right - self.left
    }

    pub(super) fn height(&self) -> usize {
        self.bottom - self.top
    }

    /// The box around both.
    pub(super) fn with(&self, other: &Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
            pixels: self.pixels + other.pixels,
        }
    }
}

/// Groups of pixels that touch, from left to right.
pub(super) fn components(marks: &Marks) -> Vec<Component> {
    let mut groups = Groups::default();
    let mut boxes: Vec<Component> = Vec::new();
    let mut above: Vec<(usize, usize, usize)> = Vec::new();
    let mut here: Vec<(usize, usize, usize)> = Vec::new();
    for (y, line) in marks.inked.chunks_exact(marks.width.max(1)).enumerate() {
        let mut x = 0;
        let mut passed = 0;
        while let Some(gap) = line[x..].iter().position(|&inked| inked) {
            let left = x + gap;
            let right = line[left..]
                .iter()
                .position(|&inked| !inked)
                .map_or(line.len(), |length| left + length);
            let group = groups.add();
            boxes.push(Component {
                left,
                top: y,
                right,
                bottom: y + 1,
                pixels: right - left,
            });
            while above.get(passed).is_some_and(|run| run.1 < left) {
                passed += 1;
            }
            for run in above[passed..].iter().take_while(|run| run.0 <= right) {
                groups.join(run.2, group);
            }
            here.push((left, right, group));
            x = right;
        }
        std::mem::swap(&mut above, &mut here);
        here.clear();
    }
    groups.collect(&boxes)
}

/// Disjoint sets of numbers.
#[derive(Default)]
pub(super) struct Groups {
    parent: Vec<usize>,
}

impl Groups {
    pub(super) fn of(count: usize) -> Self {
        Self {
            parent: (0..count).collect(),
        }
    }

    fn add(&mut self) -> usize {
        self.parent.push(self.parent.len());
        self.parent.len() - 1
    }

    pub(super) fn root(&mut self, mut member: usize) -> usize {
        while self.parent[member] != member {
            self.parent[member] = self.parent[self.parent[member]];
            member = self.parent[member];
        }
        member
    }

    pub(super) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b)] = a.min(b);
    }

    /// The box around each set of `boxes`, from left to right.
    pub(super) fn collect(&mut self, boxes: &[Component]) -> Vec<Component> {
        let mut whole: Vec<Option<Component>> = vec![None; boxes.len()];
        for (k, part) in boxes.iter().enumerate() {
            let root = self.root(k);
            whole[root] = Some(whole[root].map_or(*part, |seen| seen.with(part)));
        }
        let mut whole: Vec<Component> = whole.into_iter().flatten().collect();
        whole.sort_by_key(|part| (part.left, part.top));
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(picture: &[&str]) -> Marks {
        Marks {
            width: picture[0].len(),
            inked: picture.concat().bytes().map(|byte| byte == b'#').collect(),
        }
    }

    #[test]
    fn a_ring_a_corner_and_a_dot_by_hand() {
        let found = components(&marks(&["###..#.", "#.#.#..", "###....", "......#"]));
        let boxes: Vec<_> = found
            .iter()
            .map(|c| (c.left, c.top, c.right, c.bottom, c.pixels))
            .collect();
        assert_eq!(boxes, [(0, 0, 3, 3, 8), (4, 0, 6, 2, 2), (6, 3, 7, 4, 1)]);
    }

    #[test]
    fn arms_that_meet_below_are_one() {
        let found = components(&marks(&["#.#.#", "#.#.#", "#####"]));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].pixels, 11);
    }

    #[test]
    fn nothing_has_no_parts() {
        assert!(
            components(&Marks {
                width: 0,
                inked: Vec::new()
            })
            .is_empty()
        );
    }
}
