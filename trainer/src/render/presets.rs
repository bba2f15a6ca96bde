//! Pages as known makers print them, for demonstrations and side-by-side checks.

use inkbeat::lead::Lead;

use super::caption::{Caption, Footing, Rule, settings};
use super::filter::SignalFilter;
use super::font::{Family, Typeface};
use super::grid::{Frame, GridStyle, Lines};
use super::layout::PageLayout;
use super::style::{PageStyle, Pulse, PulseRows, Separator};

/// A4 and Letter, landscape.
pub const PAGES_MM: [[f32; 2]; 2] = [[297.0, 210.0], [279.4, 215.9]];

impl PageStyle {
    /// Names that [`PageStyle::preset`] knows.
    pub const PRESETS: [&str; 6] = [
        "standard",
        "phone-print",
        "report",
        "muse",
        "schiller",
        "watch",
    ];

    /// The style of that name, or `None` if there is none.
    pub fn preset(name: &str) -> Option<Self> {
        match name {
            "standard" => Some(Self::standard()),
            "phone-print" => Some(Self::phone_print()),
            "report" => Some(Self::report()),
            "muse" => Some(Self::muse()),
            "schiller" => Some(Self::schiller()),
            "watch" => Some(Self::watch()),
            _ => None,
        }
    }

    /// A plain modern printout: 3x4+1 with II as rhythm strip, red grid, 25 mm/s, 10 mm/mV.
    pub fn standard() -> Self {
        let page_mm = PAGES_MM[0];
        let red = [0.93, 0.35, 0.35];
        Self {
            page_mm,
            speed_mm_s: 25.0,
            gain_mm_mv: 10.0,
            chest_gain_mm_mv: None,
            same_window: false,
            continued: false,
            start_s: 0.0,
            left_mm: 10.0,
            top_mm: 55.0,
            row_pitch_mm: 36.0,
            rhythm_shift_mm: 0.0,
            tracing_width_mm: 250.0,
            trace_width_mm: 0.35,
            trace_colour: [0.05; 3],
            dropout: 0.0,
            pulse: Pulse::Left,
            pulse_rows: PulseRows::Every,
            pulse_width_mm: 5.0,
            pulse_lead_mm: [1.0; 2],
            pulse_gap_mm: 0.0,
            separator: Separator::None,
            separator_width_mm: 0.5,
            separator_length_mm: 5.0,
            label_offset_mm: Some([1.0, 6.5]),
            label_tick: false,
            text_colour: [0.05; 3],
            paper_colour: [1.0, 0.99, 0.98],
            desk_colour: [0.5, 0.45, 0.4],
            layout: PageLayout::twelve(4, &[Lead::II]),
            filter: SignalFilter::NONE,
            typeface: typeface(Family::Stroke, 3.0, 0.35),
            grid: GridStyle {
                phase_mm: [0.0; 2],
                area_mm: [0.0, 0.0, page_mm[0], page_mm[1]],
                minor: lines(red, 0.3, 0.15),
                major: lines(red, 0.7, 0.25),
                ground: None,
                frame: None,
            },
            captions: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// A sheet from an office printer: Letter, only 5-mm lines, thick ticks with the name below.
    fn phone_print() -> Self {
        let [width, height] = PAGES_MM[1];
        let dark_red = [0.70, 0.22, 0.28];
        let style = Self {
            page_mm: [width, height],
            left_mm: 14.0,
            top_mm: 90.0,
            rhythm_shift_mm: -3.0,
            tracing_width_mm: 250.0,
            trace_width_mm: 0.28,
            trace_colour: [0.08; 3],
            pulse_lead_mm: [0.0; 2],
            separator: Separator::Tick,
            separator_width_mm: 0.75,
            separator_length_mm: 6.3,
            label_offset_mm: Some([0.4, -7.0]),
            typeface: typeface(Family::Sans, 2.6, 0.0),
            paper_colour: [0.98, 0.985, 0.99],
            grid: GridStyle {
                phase_mm: [4.0, 5.0],
                area_mm: [5.0, 5.0, width - 5.0, height - 5.0],
                minor: lines(dark_red, 0.0, 0.1),
                major: lines(dark_red, 0.9, 0.2),
                ground: None,
                frame: Some(Frame {
                    colour: [0.25; 3],
                    width_mm: 0.2,
                }),
            },
            ..Self::standard()
        };
        let line = |text: &str, x: f32, y: f32| Caption::new(text, [x, y], 2.3);
        let captions = vec![
            line("ID: 04711_hr", 7.0, 10.5),
            line("Age: 64 yrs", 7.0, 15.5),
            line("Sex: Female", 7.0, 20.5),
            line("Name:", 91.0, 10.5),
            line("Height: 168", 91.0, 15.5),
            line("Date: 1993-05-17, 09:21:45", 163.0, 10.5),
            line("Weight: 66 Kgs", 163.0, 15.5),
            line("25mm/s", 55.0, 207.0),
            line("10mm/mV", 105.0, 207.0),
        ];
        Self { captions, ..style }
    }

    /// A report page of a PC-based recorder: header, dotted grid, lines between the columns.
    fn report() -> Self {
        let style = Self {
            page_mm: [281.0, 200.0],
            left_mm: 12.0,
            top_mm: 59.0,
            row_pitch_mm: 38.1,
            trace_width_mm: 0.42,
            trace_colour: [0.0; 3],
            pulse_width_mm: 2.3,
            pulse_lead_mm: [1.2; 2],
            pulse_gap_mm: 2.6,
            separator: Separator::FullLine,
            separator_width_mm: 0.35,
            separator_length_mm: 5.5,
            label_offset_mm: Some([0.2, 1.2]),
            text_colour: [0.0; 3],
            typeface: typeface(Family::Serif, 2.3, 0.0),
            filter: SignalFilter::band(0.67, 25.0),
            paper_colour: [1.0; 3],
            grid: GridStyle {
                phase_mm: [13.2, 59.0],
                area_mm: [8.8, 36.0, 276.5, 193.0],
                minor: lines([0.62, 0.60, 0.57], 0.55, 0.2).dots(),
                major: lines([0.62, 0.36, 0.36], 0.8, 0.2).dots(),
                ground: None,
                frame: Some(Frame {
                    colour: [0.96, 0.65, 0.66],
                    width_mm: 0.5,
                }),
            },
            ..Self::standard()
        };
        let footer = format!("{}  4*2.5s+1r  V1.0", settings(&style, Footing::BandFirst));
        let captions = vec![
            Caption::new("ECG  REPORT", [126.0, 7.5], 3.6),
            Caption::new(
                "ID : 204817          Years     Male          cm          kg          /     mmHg     Race:Unknown     Room No.:     Department:",
                [8.8, 12.0],
                2.4,
            ),
            Caption::new("Exam.Room:      Medication:", [8.8, 16.2], 2.4),
            Caption::new("Diagnosis Information:", [8.8, 22.0], 2.4),
            Caption::new("Technician :", [198.0, 26.0], 2.4),
            Caption::new("Ref-Phys. :", [198.0, 30.2], 2.4),
            Caption::new("Report Confirmed by:", [198.0, 34.4], 2.4),
            Caption::new(footer, [8.8, 197.6], 1.9),
            Caption::new("2020-03-11   02:14:09 PM", [228.0, 197.6], 1.9),
        ];
        let rule = |y_mm: f32| Rule {
            from_mm: [8.8, y_mm],
            to_mm: [274.0, y_mm],
            width_mm: 0.45,
        };
        Self {
            captions,
            rules: vec![rule(17.6), rule(18.4)],
            ..style
        }
    }

    /// A page of a hospital archive in GE's manner: patient and measurements on white above a
    /// tinted field, names in a book face below the traces.
    fn muse() -> Self {
        let [width, height] = PAGES_MM[1];
        let pink = [0.93, 0.62, 0.68];
        let style = Self {
            page_mm: [width, height],
            left_mm: 6.0,
            top_mm: 78.0,
            row_pitch_mm: 34.0,
            trace_width_mm: 0.3,
            pulse_lead_mm: [0.0, 0.5],
            label_offset_mm: Some([0.8, -7.5]),
            separator: Separator::Tick,
            separator_width_mm: 0.3,
            separator_length_mm: 4.0,
            typeface: typeface(Family::Serif, 2.4, 0.0),
            filter: SignalFilter::band(0.05, 150.0),
            paper_colour: [1.0; 3],
            grid: GridStyle {
                phase_mm: [6.0, 78.0],
                area_mm: [3.0, 52.0, width - 3.0, height - 9.0],
                minor: lines(pink, 0.35, 0.16),
                major: lines(pink, 0.8, 0.24),
                ground: Some([0.985, 0.945, 0.955]),
                frame: None,
            },
            ..Self::standard()
        };
        let line = |text: &str, x: f32, y: f32| Caption::new(text, [x, y], 2.2);
        let footer = settings(&style, Footing::Plain);
        let captions = vec![
            line("ID:000204817", 58.0, 12.0),
            line("17-MAY-1998  09:21:45", 120.0, 12.0),
            line("Vent. rate", 58.0, 20.0),
            line("74    BPM", 92.0, 20.0),
            line("PR interval", 58.0, 24.0),
            line("162    ms", 92.0, 24.0),
            line("QRS duration", 58.0, 28.0),
            line("88    ms", 92.0, 28.0),
            line("QT/QTc", 58.0, 32.0),
            line("392/424    ms", 92.0, 32.0),
            line("P-R-T axes", 58.0, 36.0),
            line("48   12   40", 92.0, 36.0),
            line("Technician: 27", 6.0, 40.0),
            line("Referred by:", 120.0, 46.0),
            line("Confirmed by:", 200.0, 46.0),
            line(&footer, 6.0, height - 4.0),
            line("12SL 233   CID: 15", 95.0, height - 4.0),
        ];
        Self { captions, ..style }
    }

    /// What a watch's app exports: lead I in three rows of ten seconds.
    fn watch() -> Self {
        let [width, height] = PAGES_MM[1];
        let pale = [0.90, 0.55, 0.55];
        let style = Self {
            page_mm: [width, height],
            continued: true,
            left_mm: 14.0,
            top_mm: 75.0,
            row_pitch_mm: 45.0,
            trace_width_mm: 0.25,
            pulse: Pulse::None,
            label_offset_mm: None,
            typeface: typeface(Family::Sans, 2.4, 0.0),
            layout: PageLayout::of(1, &[Lead::I; 3], &[]),
            grid: GridStyle {
                phase_mm: [4.0, 0.0],
                area_mm: [14.0, 50.0, width - 15.4, 190.0],
                minor: lines(pale, 0.5, 0.1),
                major: lines(pale, 0.9, 0.15),
                ground: None,
                frame: None,
            },
            ..Self::standard()
        };
        let line = |text: &str, x: f32, y: f32| Caption::new(text, [x, y], 2.6);
        let captions = vec![
            line("Sinus Rhythm", 14.0, 24.0),
            line("Average heart rate: 71 BPM", 14.0, 31.0),
            line("Recorded on 17 May 2024 at 09:21", 14.0, 38.0),
            line("25 mm/s, 10 mm/mV, Lead I, 512 Hz", 14.0, height - 14.0),
        ];
        Self { captions, ..style }
    }

    /// The second sheet of a portable recorder in Schiller's manner: V1–V6 at 50 mm/s.
    fn schiller() -> Self {
        let [width, height] = PAGES_MM[0];
        let pink = [0.95, 0.55, 0.62];
        let style = Self {
            speed_mm_s: 50.0,
            left_mm: 12.0,
            top_mm: 35.0,
            row_pitch_mm: 27.0,
            trace_width_mm: 0.22,
            trace_colour: [0.12; 3],
            pulse_rows: PulseRows::First,
            label_offset_mm: Some([0.5, 7.0]),
            typeface: typeface(Family::Sans, 2.6, 0.12),
            filter: SignalFilter::band(0.05, 40.0),
            layout: PageLayout::of(1, &Lead::ALL[6..], &[]),
            grid: GridStyle {
                phase_mm: [1.5, 3.0],
                area_mm: [0.0, 0.0, width, height],
                minor: lines(pink, 0.4, 0.16),
                major: lines(pink, 0.85, 0.28),
                ground: None,
                frame: None,
            },
            ..Self::standard()
        };
        let footer = settings(&style, Footing::LowPassOnly);
        let captions = vec![
            Caption::new("17.05.1998  09:21:45", [20.0, 12.0], 2.3),
            Caption::new("side 2 of 2", [262.0, 12.0], 2.3),
            Caption::new(footer, [20.0, height - 6.0], 2.3),
        ];
        Self { captions, ..style }
    }
}

impl Lines {
    fn dots(self) -> Self {
        Self {
            dotted: true,
            ..self
        }
    }
}

fn lines(colour: [f32; 3], opacity: f32, width_mm: f32) -> Lines {
    Lines {
        colour,
        opacity,
        width_mm,
        dotted: false,
    }
}

fn typeface(family: Family, cap_height_mm: f32, pen_mm: f32) -> Typeface {
    Typeface {
        family,
        cap_height_mm,
        pen_mm,
        stretch: if family == Family::Stroke { 0.9 } else { 1.0 },
        slant: 0.0,
        barred_i: false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::lead_boxes;
    use super::*;

    #[test]
    fn every_preset_is_there_fits_its_page_and_survives_toml() {
        assert!(PageStyle::preset("baroque").is_none());
        for name in PageStyle::PRESETS {
            let style = PageStyle::preset(name).unwrap();
            for lead in lead_boxes(&style) {
                assert!(lead.x_mm + lead.width_mm < style.page_mm[0], "{name}");
                assert!(lead.baseline_y_mm < style.page_mm[1] - 10.0, "{name}");
            }
            let text = toml::to_string(&style).unwrap();
            assert_eq!(toml::from_str::<PageStyle>(&text).unwrap(), style, "{name}");
        }
    }

    #[test]
    fn the_office_print_has_its_rows_where_the_sheet_has_them() {
        let style = PageStyle::phone_print();
        let rows: Vec<f32> = (0..4).map(|row| style.row_baseline_mm(row)).collect();
        assert_eq!(rows, [90.0, 126.0, 162.0, 195.0]);
        assert_eq!(style.grid.minor.opacity, 0.0);
    }
}
