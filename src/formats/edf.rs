//! EDF, EDF+ and BDF, the files of many recorders (Holter, sleep, research): a header, then data
//! records that hold a stretch of every signal each. Kemp et al. 1992 and 2003, edfplus.info.

use super::edf_header::{Header, Signal, Width, width};
use super::{MAX_LEADS, MAX_SAMPLES, StripFile, assembled, too_many_samples, unsupported};
use crate::error::{Error, Result};
use crate::lead::Lead;
use crate::outcome::Issue;
use crate::recording::LeadSignal;

/// Kinds of signal, as labels begin, that are no ECG though they are voltages.
const OTHER_KINDS: [&str; 6] = ["EEG", "EMG", "EOG", "ERG", "EP", "MEG"];

/// Whether a file begins as EDF or BDF.
pub(super) fn is_edf(head: &[u8]) -> bool {
    width(head).is_some()
}

/// Reads the ECG leads: signals whose label says so or is a lead's name or, in a file with a single
/// voltage, that one unless its label says otherwise. Leads sampled at another rate than the first
/// are left out, and that is noted.
///
/// # Errors
/// [`Error::UnsupportedFormat`] for files without an ECG and for EDF+ with pauses;
/// [`Error::Decode`] for damage; [`Error::TooLarge`] beyond the limits.
pub(super) fn read(bytes: &[u8]) -> Result<StripFile> {
    let header = Header::parse(bytes)?;
    if header.discontinuous {
        return Err(unsupported(
            "this EDF+ recording has pauses (EDF+D); export a part without a pause",
        ));
    }
    if header.record_secs <= 0.0 {
        return Err(Error::decode(
            "the EDF header does not say how long a data record is",
        ));
    }
    let mut chosen = ecg_signals(&header.signals)?;
    let per_record = header.signals[chosen[0]].samples_per_record;
    let found = chosen.len();
    chosen.retain(|&signal| header.signals[signal].samples_per_record == per_record);
    if chosen.len() > MAX_LEADS {
        let message = format!("the recording has more than {MAX_LEADS} leads");
        return Err(Error::TooLarge { message });
    }
    let records = Records::of(&header, bytes)?;
    let samples = records.count * per_record;
    if samples.saturating_mul(chosen.len()) > MAX_SAMPLES {
        return Err(too_many_samples());
    }
    let leads = chosen
        .iter()
        .map(|&signal| lead(&header, signal, &records))
        .collect::<Result<Vec<_>>>()?;
    let mut file = StripFile::from(assembled(per_record as f64 / header.record_secs, leads)?);
    if chosen.len() < found {
        file.notes.push(Issue::warn(
            "LEADS_LEFT_OUT",
            format!(
                "{} of the file's {found} ECG leads have another sample rate and were left out.",
                found - chosen.len()
            ),
            "Export them alone to have them read.",
        ));
    }
    Ok(file)
}

/// Positions of the signals that are ECG leads; never empty.
fn ecg_signals(signals: &[Signal]) -> Result<Vec<usize>> {
    let of = |is_ecg: &dyn Fn(&Signal) -> bool| -> Vec<usize> {
        let voltages = signals
            .iter()
            .enumerate()
            .filter(|(_, signal)| signal.unit.is_some() && signal.samples_per_record > 0);
        voltages
            .filter(|(_, signal)| is_ecg(signal))
            .map(|(index, _)| index)
            .collect()
    };
    let says_so = of(&|signal| {
        let label = signal.label.to_uppercase();
        label.starts_with("ECG") || label.starts_with("EKG") || named_lead(&signal.label).is_some()
    });
    if !says_so.is_empty() {
        return Ok(says_so);
    }
    let is_other = |signal: &Signal| {
        let label = signal.label.to_uppercase();
        OTHER_KINDS.iter().any(|kind| label.starts_with(kind))
    };
    match of(&|signal| !is_other(signal)).as_slice() {
        [only] => Ok(vec![*only]),
        [] => Err(unsupported(
            "this EDF file holds no ECG: none of its signals is a voltage of the heart",
        )),
        _ => Err(unsupported(
            "none of the signals in this EDF file is called an ECG; name the channel ECG, or export it alone",
        )),
    }
}

/// The lead that a label names: `ECG V2`, `EKG II`, `II`, `aVR-Ref`.
fn named_lead(label: &str) -> Option<Lead> {
    let label = label.trim();
    let upper = label.to_uppercase();
    let bare = if upper.starts_with("EKG") {
        label.get(3..).unwrap_or_default()
    } else {
        label
    };
    Lead::parse(bare).or_else(|| Lead::parse(bare.split('-').next()?))
}

/// The data records that the file holds.
struct Records<'a> {
    data: &'a [u8],
    bytes_each: usize,
    count: usize,
}

impl<'a> Records<'a> {
    fn of(header: &Header, bytes: &'a [u8]) -> Result<Self> {
        let data = bytes.get(header.header_bytes..).unwrap_or_default();
        // A chosen signal has samples, so a record has bytes.
        let bytes_each = header.record_bytes().max(1);
        let held = data.len() / bytes_each;
        let announced = header.records.unwrap_or(held);
        if held < announced {
            return Err(Error::decode(format!(
                "the EDF file is cut off: it holds {held} of the {announced} data records its header announces"
            )));
        }
        Ok(Self {
            data,
            bytes_each,
            count: announced,
        })
    }

    fn iter(&self) -> impl Iterator<Item = &'a [u8]> {
        self.data.chunks_exact(self.bytes_each).take(self.count)
    }
}

fn lead(header: &Header, position: usize, records: &Records<'_>) -> Result<LeadSignal> {
    let signal = &header.signals[position];
    let [physical, digital] = [signal.physical, signal.digital].map(|[low, high]| high - low);
    if digital == 0.0 || physical == 0.0 {
        return Err(Error::decode(format!(
            "the range of signal {} in the EDF header is empty",
            position + 1
        )));
    }
    let width = header.width.bytes();
    let samples_before: usize = header.signals[..position]
        .iter()
        .map(|signal| signal.samples_per_record)
        .sum();
    let start = samples_before * width;
    let stretch = start..start + signal.samples_per_record * width;
    let unit_mv = signal.unit.map_or(1.0, |unit| unit.millivolts());
    let millivolts = |step: i32| {
        let units =
            (f64::from(step) - signal.digital[0]) * (physical / digital) + signal.physical[0];
        (units * unit_mv) as f32
    };
    let samples_mv = records
        .iter()
        .flat_map(|record| record[stretch.clone()].chunks_exact(width))
        .map(|sample| millivolts(step(header.width, sample)))
        .collect();
    Ok(LeadSignal {
        lead: named_lead(&signal.label),
        samples_mv,
    })
}

/// A sample of two or three bytes, little-endian two's complement.
fn step(width: Width, sample: &[u8]) -> i32 {
    match width {
        Width::Bits16 => i32::from(i16::from_le_bytes([sample[0], sample[1]])),
        // In the upper three bytes of four, and shifted down with its sign.
        Width::Bits24 => i32::from_le_bytes([0, sample[0], sample[1], sample[2]]) >> 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::recordings::edf::{Edf, Signal as Made};
    use proptest::prelude::*;

    fn one(label: &'static str, steps: &[i32]) -> Edf {
        Edf {
            signals: vec![Made::new(label, steps)],
            ..Edf::default()
        }
    }

    fn refusal(bytes: &[u8]) -> (&'static str, String) {
        let error = read(bytes).unwrap_err();
        (error.code(), error.to_string())
    }

    #[test]
    fn steps_become_millivolts_by_both_ranges() {
        let mut edf = Edf {
            samples_per_record: 2,
            record_secs: "0.5",
            signals: vec![
                Made::new("EDF Annotations", &[0, 0, 0, 0]),
                Made::new("ECG II", &[-100, 0, 100, 50]),
                Made::new("Resp", &[1, 2, 3, 4]),
                Made::new("EKG V1-Ref", &[5, 6, 7, 8]),
            ],
            ..Edf::default()
        };
        // 200 steps are 4 mV, shifted by 1 mV: -100 → -1 mV, 0 → 1 mV.
        edf.signals[1].digital = ["-100", "100"];
        edf.signals[1].physical = ["-1", "3"];
        edf.signals[1].unit = "mV";
        edf.signals[2].unit = "degC";
        let bytes = edf.bytes();
        assert!(is_edf(&bytes));
        let file = read(&bytes).unwrap();
        let recording = file.recording;
        assert_eq!(recording.sample_rate_hz, 4.0);
        assert_eq!(recording.leads.len(), 2);
        assert_eq!(
            recording.lead(Lead::II).unwrap().samples_mv,
            [-1.0, 1.0, 3.0, 2.0]
        );
        assert_eq!(
            recording.lead(Lead::V1).unwrap().samples_mv,
            [0.005, 0.006, 0.007, 0.008]
        );
        assert!(file.notes.is_empty());
    }

    #[test]
    fn bdf_has_three_bytes_a_sample() {
        let mut bdf = one("ECG", &[-8_388_608, -1, 0, 8_388_607]);
        bdf.bdf = true;
        bdf.signals[0].digital = ["-8388608", "8388607"];
        bdf.signals[0].physical = ["-8388608", "8388607"];
        let recording = read(&bdf.bytes()).unwrap().recording;
        assert_eq!(
            recording.leads[0].samples_mv,
            [-8_388.608, -0.001, 0.0, 8_388.607]
        );
        assert_eq!(recording.leads[0].lead, None);
    }

    #[test]
    fn a_recording_in_progress_is_read_as_far_as_it_goes() {
        let mut edf = one("ECG I", &[1, 2, 3, 4]);
        edf.samples_per_record = 2;
        edf.records = Some("-1");
        let mut bytes = edf.bytes();
        bytes.pop();
        assert_eq!(
            read(&bytes).unwrap().recording.leads[0].samples_mv,
            [0.001, 0.002]
        );
    }

    #[test]
    fn leads_of_another_rate_are_left_out_and_it_is_said() {
        let mut edf = one("ECG I", &[1, 2, 3, 4]);
        edf.signals.push(Made {
            factor: 2,
            ..Made::new("ECG II", &[1, 2, 3, 4, 5, 6, 7, 8])
        });
        let file = read(&edf.bytes()).unwrap();
        assert_eq!(file.recording.leads.len(), 1);
        assert!(file.notes[0].message.contains("1 of the file's 2"));
    }

    #[test]
    fn tables_that_start_alike_are_none() {
        assert!(!is_edf(b"0       "));
        assert!(!is_edf("0       1\n".repeat(40).as_bytes()));
    }

    #[test]
    fn only_ecgs_are_read() {
        assert!(read(&one("ch1", &[1, 2]).bytes()).is_ok());
        let (code, said) = refusal(&one("EEG Fpz-Cz", &[1, 2]).bytes());
        assert!(
            code == "UNSUPPORTED_FORMAT" && said.contains("no ECG"),
            "{said}"
        );
        let mut two = one("ch1", &[1, 2]);
        two.signals.push(Made::new("ch2", &[1, 2]));
        let (code, said) = refusal(&two.bytes());
        assert!(
            code == "UNSUPPORTED_FORMAT" && said.contains("called an ECG"),
            "{said}"
        );
        let mut pauses = one("ECG", &[1, 2]);
        pauses.reserved = "EDF+D";
        assert!(refusal(&pauses.bytes()).1.contains("pauses"));
    }

    #[test]
    fn damage_is_named() {
        let good = one("ECG", &[1, 2, 3, 4]).bytes();
        let cut = refusal(&good[..good.len() - 1]);
        assert!(cut.1.contains("0 of the 1 data records"), "{}", cut.1);
        for length in [256, 400, 511] {
            let (code, said) = refusal(&good[..length]);
            assert!(
                code == "DECODE" && said.contains("cut off"),
                "{length}: {said}"
            );
        }
        let damaged = |at: usize, text: &str| {
            let mut bytes = good.clone();
            bytes[at..at + text.len()].copy_from_slice(text.as_bytes());
            let (_, said) = refusal(&bytes);
            assert!(!said.contains("secret"));
            said
        };
        assert!(damaged(252, "1  1").contains("number of signals"));
        assert!(damaged(252, "0   ").contains("no signals"));
        assert!(damaged(252, "9999").contains("512"));
        assert!(damaged(184, "secret").contains("length of the header"));
        assert!(damaged(184, "768     ").contains("length does not fit"));
        assert!(damaged(236, "1.5     ").contains("data records"));
        assert!(damaged(244, "0       ").contains("how long"));
        // The ranges of the only signal follow its label, transducer and unit.
        let ranges = 256 + 16 + 80 + 8;
        assert!(damaged(ranges, "nan     ").contains("range"));
        assert!(damaged(ranges + 16, "32767   ").contains("empty"));
        assert!(damaged(ranges + 32 + 80, "-4      ").contains("samples"));
    }

    proptest! {
        #[test]
        fn any_steps_are_read_back(steps in prop::collection::vec(any::<i16>(), 1..300)) {
            let wide: Vec<i32> = steps.iter().map(|&step| i32::from(step)).collect();
            let recording = read(&one("ECG I", &wide).bytes()).unwrap().recording;
            for (read, step) in recording.leads[0].samples_mv.iter().zip(steps) {
                prop_assert!((f64::from(*read) - f64::from(step) * 1e-3).abs() < 1e-5);
            }
        }

        #[test]
        fn any_header_ends_in_an_answer(position in 8..512_usize, bytes in prop::collection::vec(0x20..0x7f_u8, 1..16)) {
            let mut file = one("ECG", &[1, 2, 3, 4]).bytes();
            let end = (position + bytes.len()).min(512);
            file[position..end].copy_from_slice(&bytes[..end - position]);
            let _ = read(&file);
        }
    }
}
