//! Which lead stands where on the page.

use inkbeat::lead::Lead;
use serde::{Deserialize, Serialize};

use super::style::{PageStyle, Pulse, Separator};

/// How the twelve leads are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PageLayout {
    /// Three rows of four leads and a rhythm strip.
    #[serde(rename = "3x4+1")]
    ThreeByFourPlusOne,
    /// Six rows of two leads.
    #[serde(rename = "6x2")]
    SixByTwo,
    /// Twelve rows.
    #[serde(rename = "12x1")]
    TwelveByOne,
}

impl PageLayout {
    /// All layouts.
    pub const ALL: [PageLayout; 3] = [Self::ThreeByFourPlusOne, Self::SixByTwo, Self::TwelveByOne];

    /// Rows of traces, the rhythm strip included.
    pub fn rows(self) -> usize {
        match self {
            Self::ThreeByFourPlusOne => 4,
            Self::SixByTwo => 6,
            Self::TwelveByOne => 12,
        }
    }

    /// Columns of leads.
    pub fn columns(self) -> usize {
        match self {
            Self::ThreeByFourPlusOne => 4,
            Self::SixByTwo => 2,
            Self::TwelveByOne => 1,
        }
    }

    /// Rows that are divided into columns, i.e. without the rhythm strip.
    pub fn lead_rows(self) -> usize {
        Lead::ALL.len() / self.columns()
    }
}

impl std::fmt::Display for PageLayout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ThreeByFourPlusOne => "3x4+1",
            Self::SixByTwo => "6x2",
            Self::TwelveByOne => "12x1",
        })
    }
}

/// One stretch of trace on the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeadBox {
    /// The lead drawn.
    pub lead: Lead,
    /// Whether this is the rhythm strip.
    pub is_rhythm: bool,
    /// The row, from the top.
    pub row: usize,
    /// The column, from the left.
    pub column: usize,
    /// Time in the recording at the left end, in seconds.
    pub start_s: f64,
    /// Seconds drawn.
    pub duration_s: f64,
    /// Left end on the page.
    pub x_mm: f32,
    /// Width on the page.
    pub width_mm: f32,
    /// Height of 0 mV on the page, downwards from the upper edge.
    pub baseline_y_mm: f32,
}

/// Width of all columns together: ten seconds at 25 mm/s.
pub const TRACING_WIDTH_MM: f32 = 250.0;

/// Left end of the first column.
pub fn tracing_left_mm(style: &PageStyle) -> f32 {
    style.left_mm
        + if style.pulse == Pulse::Left {
            style.pulse_cell_mm()
        } else {
            0.0
        }
}

/// The boxes of a page, in the order of [`Lead::ALL`], the rhythm strip last.
pub fn lead_boxes(style: &PageStyle) -> Vec<LeadBox> {
    let layout = style.layout;
    let pitch_x_mm = TRACING_WIDTH_MM / layout.columns() as f32;
    let gap_mm = if style.separator == Separator::Gap {
        style.separator_gap_mm
    } else {
        0.0
    };
    let left_mm = tracing_left_mm(style);
    let place = |lead, is_rhythm, row: usize, column: usize, pitch_mm: f32| {
        let indent_mm = if column > 0 { gap_mm } else { 0.0 };
        let drawn_mm = pitch_mm - indent_mm;
        let from_mm = column as f32 * pitch_mm * f32::from(u8::from(!style.same_window));
        LeadBox {
            lead,
            is_rhythm,
            row,
            column,
            start_s: style.start_s + f64::from((from_mm + indent_mm) / style.speed_mm_s),
            duration_s: f64::from(drawn_mm / style.speed_mm_s),
            x_mm: left_mm + column as f32 * pitch_mm + indent_mm,
            width_mm: drawn_mm,
            baseline_y_mm: style.top_mm + row as f32 * style.row_pitch_mm,
        }
    };
    let rows = layout.lead_rows();
    let mut boxes: Vec<LeadBox> = Lead::ALL
        .into_iter()
        .map(|lead| {
            place(
                lead,
                false,
                lead.index() % rows,
                lead.index() / rows,
                pitch_x_mm,
            )
        })
        .collect();
    if layout == PageLayout::ThreeByFourPlusOne {
        boxes.push(LeadBox {
            start_s: 0.0,
            ..place(style.rhythm_lead, true, rows, 0, TRACING_WIDTH_MM)
        });
    }
    boxes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_page_has_sequential_columns_and_a_rhythm_strip() {
        let boxes = lead_boxes(&PageStyle::standard());
        assert_eq!(boxes.len(), 13);
        let v5 = boxes
            .iter()
            .find(|b| b.lead == Lead::V5 && !b.is_rhythm)
            .unwrap();
        assert_eq!((v5.row, v5.column), (1, 3));
        assert!((v5.start_s - 7.5).abs() < 1e-6 && (v5.duration_s - 2.5).abs() < 1e-6);
        let rhythm = boxes.last().unwrap();
        assert!(rhythm.is_rhythm && rhythm.lead == Lead::II && rhythm.duration_s == 10.0);
    }

    #[test]
    fn every_layout_shows_every_lead_within_ten_seconds() {
        for layout in PageLayout::ALL {
            let boxes = lead_boxes(&PageStyle {
                layout,
                ..PageStyle::standard()
            });
            for lead in Lead::ALL {
                assert!(
                    boxes.iter().any(|b| b.lead == lead),
                    "{layout} lacks {}",
                    lead.name()
                );
            }
            assert!(
                boxes
                    .iter()
                    .all(|b| b.start_s + b.duration_s <= 10.0 + 1e-6)
            );
            assert!(
                boxes
                    .iter()
                    .all(|b| b.row < layout.rows() && b.column < layout.columns())
            );
        }
    }

    #[test]
    fn one_window_for_all_columns() {
        let style = PageStyle {
            same_window: true,
            start_s: 3.0,
            ..PageStyle::standard()
        };
        let boxes = lead_boxes(&style);
        assert!(
            boxes
                .iter()
                .filter(|b| !b.is_rhythm)
                .all(|b| (b.start_s - 3.0).abs() < 1e-6)
        );
    }
}
