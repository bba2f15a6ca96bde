//! Which lead stands where on the page.

use inkbeat::lead::Lead;
use serde::{Deserialize, Serialize};

use super::style::{PageStyle, Pulse, Separator};

/// How the leads are arranged: a table of leads and, below it, strips as long as a whole row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageLayout {
    /// Columns of the table.
    pub columns: usize,
    /// The table's leads, down the first column and then down the next.
    pub leads: Vec<PrintedLead>,
    /// The rhythm strips, from the top.
    #[serde(default)]
    pub rhythm: Vec<Lead>,
}

/// A lead as printed; written as `"V1"`, or as `"-aVR"` where its negative is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PrintedLead {
    /// The lead.
    pub lead: Lead,
    /// Whether its negative is drawn.
    pub inverted: bool,
}

/// Cabrera's sequence: the limb leads by their angle, with −aVR between I and II.
const CABRERA_LIMB: [PrintedLead; 6] = [
    upright(Lead::AVL),
    upright(Lead::I),
    PrintedLead {
        lead: Lead::AVR,
        inverted: true,
    },
    upright(Lead::II),
    upright(Lead::AVF),
    upright(Lead::III),
];

const fn upright(lead: Lead) -> PrintedLead {
    PrintedLead {
        lead,
        inverted: false,
    }
}

impl PageLayout {
    /// The twelve leads in their usual order in `columns` columns (a divisor of twelve).
    pub fn twelve(columns: usize, rhythm: &[Lead]) -> Self {
        Self::of(columns, &Lead::ALL, rhythm)
    }

    /// `leads` in `columns` columns, without rhythm strips unless given.
    pub fn of(columns: usize, leads: &[Lead], rhythm: &[Lead]) -> Self {
        Self {
            columns,
            leads: leads.iter().copied().map(upright).collect(),
            rhythm: rhythm.to_vec(),
        }
    }

    /// The twelve leads in Cabrera's sequence.
    pub fn cabrera(columns: usize) -> Self {
        let chest = Lead::ALL[6..].iter().copied().map(upright);
        Self {
            columns,
            leads: CABRERA_LIMB.into_iter().chain(chest).collect(),
            rhythm: Vec::new(),
        }
    }

    /// Rows of the table, i.e. without the rhythm strips.
    pub fn lead_rows(&self) -> usize {
        self.leads.len().div_ceil(self.columns.max(1))
    }

    /// All rows.
    pub fn rows(&self) -> usize {
        self.lead_rows() + self.rhythm.len()
    }

    /// `3x4+1`, `6x2`, `cabrera 12x1`: rows × columns + rhythm strips.
    pub fn name(&self) -> String {
        let cabrera = if self.leads.starts_with(&CABRERA_LIMB) {
            "cabrera "
        } else {
            ""
        };
        let table = format!("{cabrera}{}x{}", self.lead_rows(), self.columns);
        match self.rhythm.len() {
            0 => table,
            strips => format!("{table}+{strips}"),
        }
    }
}

impl PrintedLead {
    /// The name as printed.
    pub fn name(self) -> String {
        format!(
            "{}{}",
            if self.inverted { "-" } else { "" },
            self.lead.name()
        )
    }
}

impl From<PrintedLead> for String {
    fn from(printed: PrintedLead) -> Self {
        printed.name()
    }
}

impl TryFrom<String> for PrintedLead {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let (inverted, bare) = match name.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, name.as_str()),
        };
        Lead::parse(bare)
            .map(|lead| Self { lead, inverted })
            .ok_or_else(|| format!("there is no lead `{name}`"))
    }
}

/// One stretch of trace on the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeadBox {
    /// The lead drawn.
    pub lead: Lead,
    /// Whether its negative is drawn.
    #[serde(default)]
    pub inverted: bool,
    /// Whether this is a rhythm strip.
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
    /// Height of 1 mV; the usual one where a file says nothing.
    #[serde(default = "usual_gain_mm_mv")]
    pub gain_mm_mv: f32,
}

fn usual_gain_mm_mv() -> f32 {
    10.0
}

impl LeadBox {
    /// Ends the box where the recording ends, `recorded_s` after its start. Without any trace
    /// there is no box.
    pub fn within(mut self, recorded_s: f64) -> Option<Self> {
        let drawn_s = self.duration_s.min(recorded_s - self.start_s);
        if drawn_s <= 0.0 {
            return None;
        }
        self.width_mm *= (drawn_s / self.duration_s) as f32;
        self.duration_s = drawn_s;
        Some(self)
    }
}

/// Left end of the first column.
pub fn tracing_left_mm(style: &PageStyle) -> f32 {
    style.left_mm
        + if style.pulse == Pulse::Left {
            style.pulse_cell_mm()
        } else {
            0.0
        }
}

/// The boxes of a page, in the order of the layout's leads, rhythm strips last.
pub fn lead_boxes(style: &PageStyle) -> Vec<LeadBox> {
    let layout = &style.layout;
    let width_mm = style.tracing_width_mm;
    let pitch_x_mm = width_mm / layout.columns.max(1) as f32;
    let gap_mm = if style.separator == Separator::Gap {
        style.separator_width_mm.min(0.5 * pitch_x_mm)
    } else {
        0.0
    };
    let left_mm = tracing_left_mm(style);
    let rows = layout.lead_rows();
    let mut boxes = Vec::new();
    for (k, printed) in layout.leads.iter().enumerate() {
        let (row, column) = (k % rows, k / rows);
        let indent_mm = if column > 0 { gap_mm } else { 0.0 };
        let drawn_mm = pitch_x_mm - indent_mm;
        let from_mm = if style.same_window {
            0.0
        } else {
            column as f32 * pitch_x_mm
        };
        let above_mm = if style.continued {
            row as f32 * width_mm
        } else {
            0.0
        };
        boxes.push(LeadBox {
            lead: printed.lead,
            inverted: printed.inverted,
            is_rhythm: false,
            row,
            column,
            start_s: style.start_s + f64::from((above_mm + from_mm + indent_mm) / style.speed_mm_s),
            duration_s: f64::from(drawn_mm / style.speed_mm_s),
            x_mm: left_mm + column as f32 * pitch_x_mm + indent_mm,
            width_mm: drawn_mm,
            baseline_y_mm: style.row_baseline_mm(row),
            gain_mm_mv: style.gain_of(printed.lead),
        });
    }
    for (k, lead) in layout.rhythm.iter().copied().enumerate() {
        let row = rows + k;
        boxes.push(LeadBox {
            lead,
            inverted: false,
            is_rhythm: true,
            row,
            column: 0,
            // Consecutive columns and the strip below run through the same seconds.
            start_s: if style.same_window {
                0.0
            } else {
                style.start_s
            },
            duration_s: f64::from(width_mm / style.speed_mm_s),
            x_mm: left_mm,
            width_mm,
            baseline_y_mm: style.row_baseline_mm(row),
            gain_mm_mv: style.gain_of(lead),
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
    fn names_say_rows_columns_and_strips() {
        let names = [
            PageLayout::twelve(4, &[Lead::V1, Lead::II, Lead::V5]).name(),
            PageLayout::twelve(3, &[]).name(),
            PageLayout::cabrera(2).name(),
            PageLayout::of(1, &[Lead::V4, Lead::V5], &[]).name(),
        ];
        assert_eq!(names, ["3x4+3", "4x3", "cabrera 6x2", "2x1"]);
    }

    #[test]
    fn cabrera_turns_avr_over_and_writes_it_so() {
        let layout = PageLayout::cabrera(1);
        let json = serde_json::to_string(&layout).unwrap();
        assert!(json.contains("\"-aVR\""), "{json}");
        assert_eq!(serde_json::from_str::<PageLayout>(&json).unwrap(), layout);
        let boxes = lead_boxes(&PageStyle {
            layout,
            ..PageStyle::standard()
        });
        assert!(boxes.iter().all(|b| b.inverted == (b.lead == Lead::AVR)));
        assert_eq!(boxes.iter().map(|b| b.row).max(), Some(11));
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

    #[test]
    fn a_box_ends_with_its_recording() {
        let whole = lead_boxes(&PageStyle::standard())[4].clone();
        let half = whole.clone().within(whole.start_s + 1.25).unwrap();
        assert!((half.width_mm - 31.25).abs() < 1e-3);
        assert!(whole.clone().within(whole.start_s).is_none());
        assert_eq!(whole.clone().within(100.0), Some(whole));
    }
}
