//! Samsung Health's export: its table lists the ECGs but holds no samples, which lie in PDFs beside it.

use super::unsupported;
use crate::error::Error;

/// Whether a text is the table of ECGs: its first line is the name of the data type.
pub(super) fn is_table(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default().trim_start();
    line.starts_with("com.samsung.") && line.contains("ecg")
}

/// Why it can't be read, and what can.
pub(super) fn refusal() -> Error {
    unsupported(
        "this table of Samsung Health lists ECGs but holds none of their values; open the PDF of the ECG (in the export under files, com.samsung.health.ecg) and choose a screenshot of it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_told_from_others() {
        assert!(is_table(
            "com.samsung.health.ecg,6010123,2\nstart_time,datauuid\n"
        ));
        assert!(!is_table("com.samsung.health.heart_rate,1\n"));
        assert!(!is_table(""));
        assert!(refusal().to_string().contains("PDF"));
    }
}
