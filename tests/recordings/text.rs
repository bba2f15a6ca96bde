//! Tables as text: Apple Health, Polar Sensor Logger, Withings.

use std::fmt::Write as _;

/// The name in every file.
pub const PERSON: &str = "Zoe Quagmire";

/// The parts of Apple Health's ECG files that depend on language and region.
#[derive(Clone, Copy)]
pub struct AppleHealth {
    /// Name, birth date, sample rate, lead, unit.
    pub keys: [&'static str; 5],
    pub rate: &'static str,
    pub lead: &'static str,
    pub unit: &'static str,
}

impl Default for AppleHealth {
    fn default() -> Self {
        Self {
            keys: ["Name", "Date of Birth", "Sample Rate", "Lead", "Unit"],
            rate: "512 hertz",
            lead: "Lead I",
            unit: "\u{b5}V",
        }
    }
}

impl AppleHealth {
    /// The whole file.
    pub fn text(&self, figures: &str) -> String {
        let [name, birth, rate, lead, unit] = self.keys;
        format!(
            "{name},{PERSON}\n{birth},\"Feb 3, 1931-02-03\"\nRecorded Date,2026-05-30 16:32:18 -0700\n\n\
             Classification,Sinus Rhythm\nSymptoms,\nSoftware Version,1.90\nDevice,\"Watch7,12\"\n{rate},{}\n\n\n\
             {lead},{}\n{unit},{}\n\n{figures}",
            self.rate, self.lead, self.unit
        )
    }
}

/// The header of Polar Sensor Logger's ECG files.
pub const POLAR_HEADER: &str = "Phone timestamp;sensor timestamp [ns];timestamp [ms];ecg [uV]";

/// Such a log, at 130 Hz; values in µV.
pub fn polar(microvolts: &[i16]) -> String {
    let mut text = format!("{POLAR_HEADER}\n");
    for (index, value) in microvolts.iter().enumerate() {
        let nanoseconds = 599_636_646_177_065_964 + index as u64 * 7_692_308;
        let milliseconds = index as f64 * 7.692_308;
        let _ = writeln!(
            text,
            "2026-07-16T21:34:53.930;{nanoseconds};{milliseconds};{value}"
        );
    }
    text
}

/// Withings' `signal.csv` with one ECG; values in µV for a watch, mV for a cuff.
pub fn withings(frequency_hz: u32, wear_position: &str, values: &[i16]) -> String {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    format!(
        "Frequency,Duration,Wear Position,Signal\n{frequency_hz},,{wear_position},\"[{}]\"\n",
        values.join(",")
    )
}

/// A column of figures.
pub fn lines(values: impl IntoIterator<Item = f64>) -> String {
    values
        .into_iter()
        .map(|value| format!("{value:.3}\n"))
        .collect()
}
