//! WFDB recordings (PhysioNet): a text header (`.hea`) and one or more signal files (`.dat`) in
//! format 16 or 212, as specified in header(5) and signal(5) of the WFDB Applications Guide.

pub use super::wfdb_header::{Header, SampleFormat, SignalSpec, parse_header};
use super::{MAX_SAMPLES, NamedBytes, too_many_samples};
use crate::error::{Error, Result};
use crate::recording::{LeadSignal, Recording};

/// Reads a recording from its header and the other files chosen with it. A signal file is found by
/// the name in the header or, when header and choice have just one, whatever its name. Signals that
/// are no voltage (breathing, pressure) are left out.
///
/// # Errors
/// [`Error::Decode`] for a damaged header, a missing or short signal file, a wrong checksum and
/// missing values; [`Error::UnsupportedFormat`] for other storage formats and multi-segment
/// recordings; [`Error::TooLarge`] beyond [`MAX_LEADS`](super::MAX_LEADS) or [`MAX_SAMPLES`].
pub fn read(header: &[u8], files: &[NamedBytes<'_>]) -> Result<Recording> {
    let header = parse_header(header)?;
    let mut leads = Vec::new();
    // Signals with the same file follow each other and are interleaved in it.
    for group in header.signals.chunk_by(|a, b| a.file_name == b.file_name) {
        let lone = group.len() == header.signals.len() && files.len() == 1;
        let bytes = files
            .iter()
            .find(|file| lone || file.name.eq_ignore_ascii_case(&group[0].file_name))
            .map(|file| file.bytes)
            .ok_or_else(|| {
                Error::decode(
                    "this is the header (.hea) of a WFDB recording; the signal file (.dat) it names is missing: choose both together",
                )
            })?;
        leads.extend(read_group(group, header.samples_per_signal, bytes)?);
    }
    let length = leads.first().map(|lead| lead.samples_mv.len());
    let Some(length) = length else {
        return Err(Error::decode(
            "none of the recording's signals is a voltage",
        ));
    };
    if leads.iter().any(|lead| lead.samples_mv.len() != length) {
        return Err(Error::decode(
            "the recording's signal files differ in length",
        ));
    }
    Ok(Recording {
        sample_rate_hz: header.sample_rate_hz,
        leads,
    })
}

/// Reads the signals that share one file.
fn read_group(
    signals: &[SignalSpec],
    stated_samples: Option<usize>,
    bytes: &[u8],
) -> Result<Vec<LeadSignal>> {
    let format = signals[0].format;
    let bytes = bytes.get(signals[0].byte_offset..).unwrap_or(&[]);
    let held = format.samples(bytes.len()) / signals.len();
    let samples = stated_samples.unwrap_or(held);
    if samples == 0 {
        return Err(Error::decode("the recording holds no samples"));
    }
    if samples.saturating_mul(signals.len()) > MAX_SAMPLES {
        return Err(too_many_samples());
    }
    // The last pair of format 212 may be cut to two bytes: `bytes` rounds that up.
    if bytes.len() < format.bytes(samples * signals.len()) {
        return Err(Error::decode(format!(
            "the signal file is cut off: it holds {held} of the {samples} samples its header announces"
        )));
    }
    let mut leads = Vec::new();
    for (position, signal) in signals.iter().enumerate() {
        let steps = || (0..samples).map(|i| format.sample(bytes, i * signals.len() + position));
        if let Some(checksum) = signal.checksum {
            let sum = steps().fold(0_i16, i16::wrapping_add);
            // Some writers state the sum as unsigned.
            if checksum as i16 != sum {
                return Err(Error::decode(format!(
                    "the checksum of signal {} does not match: the signal file is damaged or belongs to another header",
                    position + 1
                )));
            }
        }
        let Some(unit) = signal.unit else { continue };
        if let Some(gap) = steps().position(|step| step == format.missing()) {
            return Err(Error::decode(format!(
                "signal {} has no value at sample {}: recordings with gaps can't be read",
                position + 1,
                gap + 1
            )));
        }
        let mv_per_step = unit.millivolts() / signal.gain;
        leads.push(LeadSignal {
            lead: signal.lead,
            samples_mv: steps()
                .map(|step| ((i64::from(step) - signal.baseline) as f64 * mv_per_step) as f32)
                .collect(),
        });
    }
    if leads
        .iter()
        .flat_map(|lead| &lead.samples_mv)
        .any(|s| !s.is_finite())
    {
        return Err(Error::decode("a signal's gain is out of range"));
    }
    Ok(leads)
}

impl SampleFormat {
    /// Bytes that hold this many samples.
    fn bytes(self, samples: usize) -> usize {
        match self {
            Self::Format16 => 2 * samples,
            Self::Format212 => (3 * samples).div_ceil(2),
        }
    }

    /// Samples that this many bytes hold.
    fn samples(self, bytes: usize) -> usize {
        match self {
            Self::Format16 => bytes / 2,
            Self::Format212 => 2 * bytes / 3,
        }
    }

    /// The sample at `index`; `bytes` must hold it. The lowest code stands for "no value".
    fn sample(self, bytes: &[u8], index: usize) -> i16 {
        match self {
            Self::Format16 => i16::from_le_bytes([bytes[2 * index], bytes[2 * index + 1]]),
            Self::Format212 => {
                let pair = 3 * (index / 2);
                let (low, high) = if index.is_multiple_of(2) {
                    (bytes[pair], bytes[pair + 1] & 0x0f)
                } else {
                    (bytes[pair + 2], bytes[pair + 1] >> 4)
                };
                // Shifting the 12-bit number up and back again extends its sign.
                (i16::from_le_bytes([low, high]) << 4) >> 4
            }
        }
    }

    fn missing(self) -> i16 {
        match self {
            Self::Format16 => i16::MIN,
            Self::Format212 => -2048,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lead::Lead;
    use proptest::prelude::*;

    /// Two leads, three samples: I = 10, -20, 30 and II = 1, 2, -3 steps.
    const HEADER: &str = "# made up\nrec 2 500 3\nrec.dat 16 1000.0(0)/mV 16 0 10 20 0 I\n\
                          rec.dat 16 100(5)/uV 16 0 1 0 0 lead II\n# end\n";
    const STEPS: [i16; 6] = [10, 1, -20, 2, 30, -3];

    fn bytes(steps: &[i16]) -> Vec<u8> {
        steps.iter().flat_map(|step| step.to_le_bytes()).collect()
    }

    fn read_with(header: &str, dat: &[u8]) -> Result<Recording> {
        read(
            header.as_bytes(),
            &[NamedBytes {
                name: "rec.dat",
                bytes: dat,
            }],
        )
    }

    #[test]
    fn format_16_is_scaled_by_gain_baseline_and_unit() {
        let recording = read_with(HEADER, &bytes(&STEPS)).unwrap();
        assert_eq!(recording.sample_rate_hz, 500.0);
        assert_eq!(recording.leads[0].lead, Some(Lead::I));
        assert_eq!(recording.leads[0].samples_mv, [0.01, -0.02, 0.03]);
        // (1 - 5) / 100 µV = -0.04 µV.
        assert_eq!(recording.leads[1].lead, Some(Lead::II));
        assert_eq!(recording.leads[1].samples_mv, [-4e-5, -3e-5, -8e-5]);
    }

    #[test]
    fn format_212_unpacks_signs_and_an_odd_last_sample() {
        // 1 = 0x001, -1 = 0xfff, 1000 = 0x3e8: low bytes outside, high nibbles in the middle.
        let dat = [0x01, 0xf0, 0xff, 0xe8, 0x03];
        let header = "100 1 360 3\n100.dat 212 200 11 0 1 1000 0 MLII\n";
        let recording = read_with(header, &dat).unwrap();
        assert_eq!(recording.leads[0].lead, Some(Lead::II));
        assert_eq!(recording.leads[0].samples_mv, [0.005, -0.005, 5.0]);
        // Without a stated length the file's size tells it; the ADC zero is the baseline.
        let header = "100 1\n100.dat 212 200 11 1 0\n";
        let recording = read_with(header, &dat).unwrap();
        assert_eq!(recording.sample_rate_hz, 250.0);
        assert_eq!(recording.leads[0].samples_mv, [0.0, -0.01, 4.995]);
    }

    #[test]
    fn format_212_interleaves_signals_as_in_the_arrhythmia_database() {
        // 995 = 0x3e3 and 1011 = 0x3f3, 1000 = 0x3e8 and 1008 = 0x3f0; gain 200, zero at 1024.
        let dat = [0xe3, 0x33, 0xf3, 0xe8, 0x33, 0xf0];
        let header = "100 2 360 2\n100.dat 212 200 11 1024 995 1995 0 MLII\n\
                      100.dat 212 200 11 1024 1011 2019 0 V5\n# 69 M\n";
        let recording = read_with(header, &dat).unwrap();
        assert_eq!(recording.sample_rate_hz, 360.0);
        assert_eq!(recording.leads[0].samples_mv, [-0.145, -0.12]);
        assert_eq!(recording.leads[1].lead, Some(Lead::V5));
        assert_eq!(recording.leads[1].samples_mv, [-0.065, -0.08]);
    }

    proptest! {
        #[test]
        fn any_samples_are_read_back_in_both_formats(steps in prop::collection::vec(-2047_i16..2048, 1..300)) {
            let mut packed = Vec::new();
            for pair in steps.chunks(2) {
                let [first, second] = [pair[0], pair.get(1).copied().unwrap_or(0)].map(i16::to_le_bytes);
                packed.extend([first[0], first[1] & 0x0f | second[1] << 4, second[0]]);
            }
            for (format, dat) in [("212", packed), ("16", bytes(&steps))] {
                let header = format!("r 1 100 {}\nr.dat {format} 1000\n", steps.len());
                let recording = read_with(&header, &dat).unwrap();
                let expected: Vec<f32> = steps.iter().map(|&step| (f64::from(step) / 1000.0) as f32).collect();
                prop_assert_eq!(&recording.leads[0].samples_mv, &expected);
            }
        }
    }

    #[test]
    fn files_are_found_by_name_and_other_signals_left_out() {
        let header = "r 2 100 2\na.dat 16 100/mmHg\nB.DAT 16+4 100\n";
        let (a, b) = (bytes(&[7, 8]), bytes(&[0, 0, 100, 50]));
        let files = [
            NamedBytes {
                name: "b.dat",
                bytes: &b,
            },
            NamedBytes {
                name: "a.dat",
                bytes: &a,
            },
        ];
        let recording = read(header.as_bytes(), &files).unwrap();
        assert_eq!(recording.leads.len(), 1);
        assert_eq!(recording.leads[0].samples_mv, [1.0, 0.5]);
        assert_eq!(
            read(header.as_bytes(), &files[..1]).unwrap_err().code(),
            "DECODE"
        );
    }

    #[test]
    fn damage_is_named() {
        let message = |header: &str, dat: &[u8]| {
            let error = read_with(header, dat).unwrap_err();
            assert_eq!(error.code(), "DECODE", "{error}");
            error.to_string()
        };
        let good = bytes(&STEPS);
        assert!(message(HEADER, &good[..10]).contains("2 of the 3 samples"));
        let mut flipped = good.clone();
        flipped[4] ^= 1;
        assert!(message(HEADER, &flipped).contains("checksum"));
        let gap = bytes(&[1, i16::MIN]);
        assert!(message("r 1 100 2\nr.dat 16 100\n", &gap).contains("sample 2"));
        assert!(message("r 1 100\nr.dat 16 100\n", &[]).contains("no samples"));
        assert!(message("r 2 100 1\nr.dat 16 100\n", &good).contains("fewer"));
        assert!(message("r two 100 1\n", &good).contains("line 1"));
        assert!(message("r 1 100 1\nr.dat 16 secret\n", &good).contains("line 2"));
        assert!(!message("r 1 100 1\nr.dat 16 secret\n", &good).contains("secret"));
        assert!(message("r 1 100 1\nr.dat 16 1e-320\n", &good).contains("gain"));
        let alone = read(HEADER.as_bytes(), &[]).unwrap_err();
        assert!(alone.to_string().contains(".dat"));
    }

    #[test]
    fn lengths_beyond_memory_are_refused() {
        let far = "r 1 100 1\nr.dat 16+18446744073709551615 100\n";
        assert_eq!(read_with(far, &[0, 0]).unwrap_err().code(), "DECODE");
        // Without a stated length the file's own counts.
        let long = vec![1; 2 * MAX_SAMPLES + 2];
        let error = read_with("r 1 100\nr.dat 16 100\n", &long).unwrap_err();
        assert_eq!(error.code(), "TOO_LARGE");
    }
}
