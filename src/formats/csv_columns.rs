//! What the lines above the figures of a text file mean: settings, and the names of columns.

use super::{StripHints, Unit};
use crate::error::{Error, Result};
use crate::lead::Lead;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Column {
    /// Time; the factor turns its figures into seconds.
    Time {
        /// Seconds in one of the column's unit.
        secs: f64,
    },
    /// Row numbers and other things that are no signal.
    Other,
    /// A lead, with the unit its name states.
    Signal {
        /// Which lead the name says.
        lead: Option<Lead>,
        /// Unit in the name.
        unit: Option<Unit>,
    },
}

/// A number as files write it. A decimal comma is taken only where `decimal_comma` says that
/// commas separate nothing; grouped digits (`1.234,5`) are refused. May be infinite or NaN.
pub(super) fn number(field: &str, decimal_comma: bool) -> Option<f64> {
    let field = field.trim().trim_matches('"').trim();
    if decimal_comma && field.contains(',') {
        if field.contains('.') || field.matches(',').count() > 1 {
            return None;
        }
        return field.replace(',', ".").parse().ok();
    }
    field.parse().ok()
}

/// Takes a `key: value` line (also with comma, semicolon, tab or `=`, and after `#`) into
/// `settings` if its value is a sample rate, a voltage unit or a lead. Keys may be in any language:
/// the value decides, as in the header of a watch's export (`Messrate,512 Hertz`). Only a bare
/// number needs a key that speaks of a rate. Returns whether the line was such a setting.
pub(super) fn take_setting(line: &str, settings: &mut StripHints) -> bool {
    let line = line.trim_start_matches(['#', ' ', '\t']);
    let Some((key, value)) = line.split_once([',', ';', ':', '=', '\t']) else {
        return false;
    };
    let key = key.trim().trim_matches('"').to_lowercase();
    let value = value.trim().trim_matches('"').trim();
    // "time,I" and "I,II" name columns: they set nothing.
    if !matches!(
        column(&key),
        Column::Signal {
            lead: None,
            unit: None
        }
    ) || key.is_empty()
    {
        return false;
    }
    let lower = value.to_lowercase();
    let hertz = ["hertz", "hz"].iter().find_map(|hz| lower.strip_suffix(hz));
    let speaks_of_rate =
        ["rate", "freq", "hz"].iter().any(|word| key.contains(word)) || key == "fs";
    let rate = hertz.or(speaks_of_rate.then_some(lower.as_str()));
    if let Some(rate) = rate.and_then(|text| number(text, true)) {
        settings.sample_rate_hz = Some(rate);
    } else if let Some(unit) = Unit::parse(value).filter(|_| value != "V" || key.contains("unit")) {
        // A letter alone may be a person's.
        settings.unit = Some(unit);
    } else if let Some(lead) = Lead::parse(value) {
        settings.lead = Some(lead);
    } else {
        return false;
    }
    true
}

/// Reads a column's name: `time_s`, `t [ms]`, `I (mV)`, `lead_II_uV`, `ecg [µV]`, `V1`.
pub(super) fn column(name: &str) -> Column {
    let name = name.trim().trim_matches('"').trim();
    // The unit stands in brackets or after the last underscore or space.
    let (base, suffix) = match name.split_once(['(', '[']) {
        Some((base, unit)) => (base, unit.trim_end_matches([')', ']'])),
        None => name.rsplit_once(['_', ' ']).unwrap_or((name, "")),
    };
    let base = base.trim_matches([' ', '_']);
    let whole = name.to_lowercase();
    let lower = base.to_lowercase();
    let is_time = |word: &str| matches!(word, "time" | "t" | "timestamp" | "elapsed" | "zeit");
    if is_time(&lower) || is_time(&whole) {
        let secs = match suffix.trim().to_lowercase().as_str() {
            "ms" | "msec" | "milliseconds" => Some(1e-3),
            "us" | "\u{b5}s" | "\u{3bc}s" => Some(1e-6),
            "ns" => Some(1e-9),
            "" | "s" | "sec" | "secs" | "seconds" => Some(1.0),
            _ => None,
        };
        return secs.map_or(Column::Other, |secs| Column::Time { secs });
    }
    match whole.as_str() {
        "s" | "sec" | "seconds" => return Column::Time { secs: 1.0 },
        "ms" | "milliseconds" => return Column::Time { secs: 1e-3 },
        "sample" | "samples" | "index" | "n" | "row" | "" => return Column::Other,
        _ => {}
    }
    let unit = Unit::parse(suffix).or_else(|| Unit::parse(name));
    let lead = Lead::parse(name).or_else(|| unit.and_then(|_| Lead::parse(base)));
    Column::Signal { lead, unit }
}

/// Decides what each column holds: from the names above them, or from the figures where there are
/// no names (`line` is that of the names, for messages).
///
/// # Errors
/// [`Error::Decode`] where no column is a signal or a lead occurs twice.
pub(super) fn columns(
    names: Option<(usize, &[&str])>,
    figures: &[Vec<f64>],
) -> Result<Vec<Column>> {
    const UNNAMED: Column = Column::Signal {
        lead: None,
        unit: None,
    };
    let Some((line, names)) = names else {
        let mut columns = vec![UNNAMED; figures.len()];
        if figures.len() > 1 {
            columns[0] = unnamed_clock(&figures[0]).unwrap_or(UNNAMED);
        }
        return Ok(columns);
    };
    let mut columns: Vec<Column> = names.iter().map(|name| column(name)).collect();
    let is_lead = |column: &Column| matches!(column, Column::Signal { lead: Some(_), .. });
    if columns.iter().any(is_lead) {
        // Beside named leads, other columns are breathing, markers and the like.
        for column in &mut columns {
            if matches!(column, Column::Signal { lead: None, .. }) {
                *column = Column::Other;
            }
        }
    }
    let leads: Vec<Lead> = columns
        .iter()
        .filter_map(|column| match column {
            Column::Signal { lead, .. } => *lead,
            _ => None,
        })
        .collect();
    if (1..leads.len()).any(|i| leads[..i].contains(&leads[i])) {
        return Err(Error::decode(format!("line {line} names a lead twice")));
    }
    if !columns
        .iter()
        .any(|column| matches!(column, Column::Signal { .. }))
    {
        return Err(Error::decode(format!(
            "line {line} names no column with an ECG"
        )));
    }
    Ok(columns)
}

/// A first column without a name that rises in equal steps is a clock: in seconds when the steps
/// are those of an ECG's sample rate, else it counts rows.
fn unnamed_clock(figures: &[f64]) -> Option<Column> {
    let [first, second, .., last] = figures else {
        return None;
    };
    let step = (last - first) / (figures.len() - 1) as f64;
    let even = figures
        .windows(2)
        .all(|pair| pair[1] > pair[0] && pair[1] - pair[0] < 2.0 * step);
    if !even || (second - first) <= 0.0 {
        return None;
    }
    Some(if (1.0 / 2000.0..=1.0 / 20.0).contains(&step) {
        Column::Time { secs: 1.0 }
    } else {
        Column::Other
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn signal(lead: Option<Lead>, unit: Option<Unit>) -> Column {
        Column::Signal { lead, unit }
    }

    #[test]
    fn column_names_give_lead_and_unit() {
        assert_eq!(column("I"), signal(Some(Lead::I), None));
        assert_eq!(
            column("aVR (mV)"),
            signal(Some(Lead::AVR), Some(Unit::Millivolt))
        );
        assert_eq!(
            column("lead_II_uV"),
            signal(Some(Lead::II), Some(Unit::Microvolt))
        );
        assert_eq!(column("Lead II"), signal(Some(Lead::II), None));
        assert_eq!(
            column("\"V1 [\u{b5}V]\""),
            signal(Some(Lead::V1), Some(Unit::Microvolt))
        );
        assert_eq!(column("ecg [uV]"), signal(None, Some(Unit::Microvolt)));
        assert_eq!(column("mV"), signal(None, Some(Unit::Millivolt)));
        assert_eq!(column("time_s"), Column::Time { secs: 1.0 });
        assert_eq!(column("Time"), Column::Time { secs: 1.0 });
        assert_eq!(column("timestamp [ms]"), Column::Time { secs: 1e-3 });
        assert_eq!(column("sample"), Column::Other);
        assert_eq!(column("time zone"), Column::Other);
    }

    #[test]
    fn settings_are_read_in_any_language() {
        let read = |line: &str| {
            let mut settings = StripHints::default();
            let taken = take_setting(line, &mut settings);
            (taken, settings.sample_rate_hz, settings.unit, settings.lead)
        };
        assert_eq!(
            read("# sample_rate_hz: 250"),
            (true, Some(250.0), None, None)
        );
        assert_eq!(
            read("Sample Rate,512 hertz"),
            (true, Some(512.0), None, None)
        );
        assert_eq!(
            read("Messrate,511,562\u{a0}Hertz"),
            (true, Some(511.562), None, None)
        );
        assert_eq!(
            read("Einheit,\u{3bc}V"),
            (true, None, Some(Unit::Microvolt), None)
        );
        assert_eq!(read("Lead,Lead I"), (true, None, None, Some(Lead::I)));
        for nothing in [
            "time_s,I",
            "I,II",
            "Device,\"Watch7,12\"",
            "Name",
            "Name,Nobody II",
            "Name,V",
            "Software Version,1.90",
            ",",
        ] {
            assert!(!read(nothing).0, "{nothing}");
        }
    }

    #[test]
    fn decimal_commas_count_only_where_allowed() {
        assert_eq!(number(" -265,868", true), Some(-265.868));
        assert_eq!(number("-265,868", false), None);
        assert_eq!(number("1.234,5", true), None);
        assert_eq!(number("\"0.5\"", false), Some(0.5));
        assert_eq!(number("", true), None);
        assert_eq!(number("12a", true), None);
    }

    #[test]
    fn an_unnamed_even_first_column_is_a_clock() {
        let values = vec![0.3, -0.1, 0.2];
        let roles = |first: &[f64]| columns(None, &[first.to_vec(), values.clone()]).unwrap()[0];
        assert_eq!(roles(&[0.0, 0.004, 0.008]), Column::Time { secs: 1.0 });
        assert_eq!(roles(&[1.0, 2.0, 3.0]), Column::Other);
        assert_eq!(roles(&[0.5, 0.2, 0.9]), signal(None, None));
    }

    #[test]
    fn named_leads_push_other_columns_aside() {
        let figures = vec![vec![0.0]; 3];
        let roles = columns(Some((1, &["time", "resp", "II"])), &figures).unwrap();
        assert_eq!(roles[1], Column::Other);
        assert_eq!(roles[2], signal(Some(Lead::II), None));
        assert!(columns(Some((1, &["I", "II", "i"])), &figures).is_err());
        assert!(columns(Some((1, &["time", "sample", "n"])), &figures).is_err());
    }
}
