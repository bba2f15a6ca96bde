//! How a grid is followed, depending on how well it shows.

use super::demodulate::Lines;
use super::profile::Against;

/// How well the lines show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sight {
    /// Well enough to be followed from node to node.
    Clear,
    /// Only in averages over several centimetres, so that narrow bends are lost.
    Faint,
    /// Only in averages over the whole sheet, which is taken to be nearly flat.
    Hardly,
}

/// One round of measuring the bends of a sheet and following them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass {
    /// What is compared.
    pub(super) against: Against,
    /// How stiff the paper is taken to be. Where the grid is faint, noise would bend it as readily as lines do.
    pub(super) stiffness: f64,
    /// The round is made only while each reaches so many times as much of the sheet as the last, if anything: beyond a fold or into a
    /// shadow, each comes only as far as the last one's field goes on straight.
    pub(super) while_growing: Option<f32>,
    /// Whether the sheet is bent anew through where the lines were found, and not by what its bends so far leave over: stiffer paper
    /// forgets what noise did to a laxer one.
    pub(super) anew: bool,
}

/// Each round must reach this much more of the grid than the last.
const GROWTH: f32 = 1.03;

const CLEAR: [Pass; 8] = [
    Pass::new(Against::Anywhere, 1.0),
    Pass::new(Against::Nearby, 0.3),
    Pass::new(Against::Nearby, 0.1),
    Pass::while_growing(GROWTH),
    Pass::while_growing(GROWTH),
    Pass::while_growing(GROWTH),
    Pass::while_growing(GROWTH),
    Pass::while_growing(GROWTH),
];
const FAINT: [Pass; 5] = [
    Pass::new(Against::Anywhere, 30.0),
    Pass::new(Against::Nearby, 10.0),
    Pass::new(Against::Nearby, 3.0),
    Pass::new(Against::Nearby, 3.0),
    Pass::new(Against::Nearby, 3.0),
];
const HARDLY: [Pass; 3] = [
    Pass::new(Against::Anywhere, 300.0),
    Pass::new(Against::Nearby, 300.0),
    Pass::new(Against::Nearby, 100.0),
];

impl Pass {
    const fn new(against: Against, stiffness: f64) -> Self {
        Self {
            against,
            stiffness,
            while_growing: None,
            anew: false,
        }
    }

    pub(super) const fn while_growing(growth: f32) -> Self {
        Self {
            while_growing: Some(growth),
            ..Self::new(Against::Nearby, 0.1)
        }
    }

    pub(super) const fn anew(stiffness: f64) -> Self {
        Self {
            anew: true,
            ..Self::new(Against::Nearby, stiffness)
        }
    }
}

impl Sight {
    /// The rounds in which a sheet's bends are followed.
    pub(super) fn passes(self) -> &'static [Pass] {
        match self {
            Self::Clear => &CLEAR,
            Self::Faint => &FAINT,
            Self::Hardly => &HARDLY,
        }
    }

    /// Windows in which the lines' phases are taken before: over longer ones fine lines would cancel out where the first
    /// fit's scale is off.
    pub(super) fn windows_mm(self, lines: Lines) -> [f64; 2] {
        match (lines, self) {
            (Lines::EveryMm, _) => [10.0, 10.0],
            (Lines::EveryFiveMm, Self::Clear) => [24.0, 20.0],
            (Lines::EveryFiveMm, Self::Faint | Self::Hardly) => [48.0, 40.0],
        }
    }

    /// Line profiles are averaged over nodes so far away.
    pub(super) fn reach_nodes(self) -> usize {
        match self {
            Self::Clear => 0,
            Self::Faint | Self::Hardly => 2,
        }
    }

    /// Below this clarity even the clearest nodes show no lines but noise.
    pub(super) fn min_clarity(self) -> f32 {
        match self {
            Self::Clear => 0.06,
            Self::Faint | Self::Hardly => 0.02,
        }
    }
}
