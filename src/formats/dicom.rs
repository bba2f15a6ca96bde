//! ECG waveforms in DICOM files (PS3.3, C.10.9): groups of channels with one clock, of which the rhythm
//! is read. A channel's value is sample × sensitivity × correction factor + baseline.

use super::dicom_elements::{DataSet, Tag};
use super::{
    MAX_LEADS, MAX_SAMPLES, StripFile, Unit, assembled, one_of_several, too_many_samples,
    unsupported,
};
use crate::error::{Error, Result};
use crate::lead::Lead;
use crate::recording::{LeadSignal, Recording};

/// Where the signature stands, and where the file's own description starts.
const SIGNATURE_AT: usize = 128;
const META_AT: usize = 132;

const TRANSFER_SYNTAX: Tag = (0x0002, 0x0010);
const CODE_VALUE: Tag = (0x0008, 0x0100);
const CODE_MEANING: Tag = (0x0008, 0x0104);
const ORIGINALITY: Tag = (0x003a, 0x0004);
const CHANNELS: Tag = (0x003a, 0x0005);
const SAMPLES: Tag = (0x003a, 0x0010);
const FREQUENCY: Tag = (0x003a, 0x001a);
const GROUP_LABEL: Tag = (0x003a, 0x0020);
const CHANNEL_DEFINITIONS: Tag = (0x003a, 0x0200);
const CHANNEL_LABEL: Tag = (0x003a, 0x0203);
const CHANNEL_SOURCE: Tag = (0x003a, 0x0208);
const SENSITIVITY: Tag = (0x003a, 0x0210);
const SENSITIVITY_UNITS: Tag = (0x003a, 0x0211);
const CORRECTION: Tag = (0x003a, 0x0212);
const BASELINE: Tag = (0x003a, 0x0213);
const WAVEFORMS: Tag = (0x5400, 0x0100);
const BITS: Tag = (0x5400, 0x1004);
const INTERPRETATION: Tag = (0x5400, 0x1006);
const PADDING: Tag = (0x5400, 0x100a);
const DATA: Tag = (0x5400, 0x1010);

/// Whether a file begins as DICOM.
pub(super) fn is_dicom(head: &[u8]) -> bool {
    head.get(SIGNATURE_AT..META_AT) == Some(b"DICM")
}

/// Reads the first rhythm group, and notes if there are more.
///
/// # Errors
/// [`Error::UnsupportedFormat`] for files without a waveform and for other ways of storing it;
/// [`Error::Decode`] for damage and for what a channel does not say; [`Error::TooLarge`] beyond
/// the limits.
pub(super) fn read(bytes: &[u8]) -> Result<StripFile> {
    let groups = data_set(bytes)?.items(WAVEFORMS)?;
    if groups.is_empty() {
        return Err(unsupported(
            "this DICOM file holds no waveform; if it is a picture or a document of an ECG, export it as JPEG or PNG",
        ));
    }
    let mut rhythms = Vec::new();
    for group in groups {
        if is_rhythm(&group)? {
            rhythms.push(group);
        }
    }
    let first = rhythms.first().ok_or_else(|| {
        unsupported("this DICOM file holds only averages of beats, which are no recording; export the whole ECG")
    })?;
    Ok(StripFile {
        recording: recording(first)?,
        notes: one_of_several(rhythms.len()).into_iter().collect(),
    })
}

/// The data set behind the file's own description.
fn data_set(bytes: &[u8]) -> Result<DataSet<'_>> {
    let meta_and_data = bytes.get(META_AT..).unwrap_or_default();
    // Group 2 is explicit little-endian in every file; its first element is its length.
    let [_, _, _, _, _, _, _, _, a, b, c, d, rest @ ..] = meta_and_data else {
        return Err(Error::decode("the DICOM file is cut off; export it again"));
    };
    if meta_and_data[..4] != [2, 0, 0, 0] {
        return Err(Error::decode(
            "the DICOM file is damaged: it does not say how long its header is",
        ));
    }
    let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
    let (meta, data) = rest
        .split_at_checked(length)
        .ok_or_else(|| Error::decode("the DICOM file is cut off; export it again"))?;
    match DataSet::new(meta, true).text(TRANSFER_SYNTAX)? {
        Some("1.2.840.10008.1.2.1") => Ok(DataSet::new(data, true)),
        Some("1.2.840.10008.1.2") => Ok(DataSet::new(data, false)),
        _ => Err(unsupported(
            "this DICOM file is compressed or in a byte order that Inkbeat does not read; export it as explicit little-endian",
        )),
    }
}

/// Whether a group is no average of beats, by its label or, without one, by its origin.
fn is_rhythm(group: &DataSet<'_>) -> Result<bool> {
    let originality = group.text(ORIGINALITY)?;
    Ok(match group.text(GROUP_LABEL)?.map(str::to_uppercase) {
        Some(label) if label.contains("RHYTHM") => true,
        Some(label) if label.contains("MEDIAN") || label.contains("AVERAGE") => false,
        _ => originality != Some("DERIVED"),
    })
}

fn recording(group: &DataSet<'_>) -> Result<Recording> {
    let missing = |what: &str| Error::decode(format!("the DICOM waveform does not say its {what}"));
    let rate = group
        .decimal(FREQUENCY)?
        .ok_or_else(|| missing("sampling frequency"))?;
    let channels = group
        .whole(CHANNELS)?
        .ok_or_else(|| missing("number of channels"))? as usize;
    let samples = group
        .whole(SAMPLES)?
        .ok_or_else(|| missing("number of samples"))? as usize;
    if channels > MAX_LEADS {
        let message = format!("the recording has more than {MAX_LEADS} leads");
        return Err(Error::TooLarge { message });
    }
    if channels.saturating_mul(samples) > MAX_SAMPLES {
        return Err(too_many_samples());
    }
    let form = Form::of(group)?;
    let data = group.value(DATA)?.unwrap_or_default();
    if data.len() < channels * samples * form.bytes() {
        return Err(Error::decode(
            "the DICOM waveform is cut off: it does not hold the samples it announces",
        ));
    }
    let definitions = group.items(CHANNEL_DEFINITIONS)?;
    if definitions.len() != channels {
        return Err(Error::decode(
            "the DICOM waveform does not describe each of its channels once",
        ));
    }
    let padding = group
        .value(PADDING)?
        .filter(|value| value.len() >= form.bytes());
    let padding = padding.map(|value| form.step(value));
    let mut leads = Vec::new();
    for (position, definition) in definitions.iter().enumerate() {
        let Some(channel) = Channel::of(definition, position + 1)? else {
            continue;
        };
        let steps = data
            .chunks_exact(form.bytes())
            .skip(position)
            .step_by(channels)
            .take(samples)
            .map(|sample| form.step(sample));
        let mut samples_mv = Vec::with_capacity(samples);
        for step in steps {
            if Some(step) == padding {
                return Err(Error::decode(format!(
                    "channel {} has no value at sample {}: recordings with gaps can't be read",
                    position + 1,
                    samples_mv.len() + 1
                )));
            }
            samples_mv.push((f64::from(step) * channel.step_mv + channel.baseline_mv) as f32);
        }
        leads.push(LeadSignal {
            lead: channel.lead,
            samples_mv,
        });
    }
    assembled(rate, leads)
}

/// How samples are stored.
#[derive(Clone, Copy)]
enum Form {
    Signed8,
    Unsigned8,
    Signed16,
    Unsigned16,
    Signed32,
}

impl Form {
    fn of(group: &DataSet<'_>) -> Result<Self> {
        match (group.whole(BITS)?, group.text(INTERPRETATION)?) {
            (Some(8), Some("SB")) => Ok(Self::Signed8),
            (Some(8), Some("UB")) => Ok(Self::Unsigned8),
            (Some(16), Some("SS")) => Ok(Self::Signed16),
            (Some(16), Some("US")) => Ok(Self::Unsigned16),
            (Some(32), Some("SL")) => Ok(Self::Signed32),
            _ => Err(unsupported(
                "the samples of this DICOM waveform are stored in a way that Inkbeat does not read",
            )),
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::Signed8 | Self::Unsigned8 => 1,
            Self::Signed16 | Self::Unsigned16 => 2,
            Self::Signed32 => 4,
        }
    }

    /// The sample at the start of `bytes`, which must hold it.
    fn step(self, bytes: &[u8]) -> i32 {
        match self {
            Self::Signed8 => i32::from(bytes[0] as i8),
            Self::Unsigned8 => i32::from(bytes[0]),
            Self::Signed16 => i32::from(i16::from_le_bytes([bytes[0], bytes[1]])),
            Self::Unsigned16 => i32::from(u16::from_le_bytes([bytes[0], bytes[1]])),
            Self::Signed32 => i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
        }
    }
}

/// What a definition says of a channel that is a voltage.
struct Channel {
    lead: Option<Lead>,
    step_mv: f64,
    baseline_mv: f64,
}

impl Channel {
    /// `None` for channels that are no voltage (pressure, breathing).
    fn of(definition: &DataSet<'_>, number: usize) -> Result<Option<Self>> {
        let units = definition.first_item(SENSITIVITY_UNITS)?;
        let unit = match &units {
            Some(units) => units.text(CODE_VALUE)?,
            None => None,
        };
        let Some(unit) = unit else {
            return Err(Error::decode(format!(
                "channel {number} of the DICOM waveform does not say what it measures"
            )));
        };
        let Some(unit) = Unit::parse(unit) else {
            return Ok(None);
        };
        let sensitivity = definition.decimal(SENSITIVITY)?.ok_or_else(|| {
            Error::decode(format!(
                "channel {number} of the DICOM waveform does not say its sensitivity"
            ))
        })?;
        let correction = definition.decimal(CORRECTION)?.unwrap_or(1.0);
        let baseline = definition.decimal(BASELINE)?.unwrap_or(0.0);
        Ok(Some(Self {
            lead: lead(definition)?,
            step_mv: sensitivity * correction * unit.millivolts(),
            baseline_mv: baseline * unit.millivolts(),
        }))
    }
}

/// The lead, by the code of the channel's source or, without a known one, by words.
fn lead(definition: &DataSet<'_>) -> Result<Option<Lead>> {
    let source = definition.first_item(CHANNEL_SOURCE)?;
    let (code, meaning) = match &source {
        Some(source) => (source.text(CODE_VALUE)?, source.text(CODE_MEANING)?),
        None => (None, None),
    };
    let named = |words: &str| {
        // "Lead I (Einthoven)"
        Lead::parse(words.split('(').next().unwrap_or(words))
    };
    Ok(code
        .and_then(lead_of_code)
        .or_else(|| meaning.and_then(named))
        .or(definition.text(CHANNEL_LABEL)?.and_then(named)))
}

/// ISO/IEEE 11073 (`2:1`) and SCP-ECG (`5.6.3-9-1`) number leads alike: I, II, V1–V6 as 1–8, then III
/// and Goldberger's as 61–64.
fn lead_of_code(code: &str) -> Option<Lead> {
    let number = ["2:", "5.6.3-9-"]
        .iter()
        .find_map(|prefix| code.strip_prefix(prefix))?;
    match number.parse::<usize>().ok()? {
        1 => Some(Lead::I),
        2 => Some(Lead::II),
        chest @ 3..=8 => Some(Lead::ALL[Lead::V1.index() + chest - 3]),
        limb @ 61..=64 => Some(Lead::ALL[Lead::III.index() + limb - 61]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::recordings::dicom::{Dicom, Group};
    use proptest::prelude::*;

    fn refusal(bytes: &[u8]) -> (&'static str, String) {
        let error = read(bytes).unwrap_err();
        (error.code(), error.to_string())
    }

    fn two_leads() -> Dicom {
        Dicom::new(vec![Group::new(
            "RHYTHM",
            &[("2:1", &[0, 100, -100]), ("5.6.3-9-63", &[1, 2, 3])],
        )])
    }

    #[test]
    fn sensitivity_correction_and_baseline_make_millivolts() {
        let mut dicom = two_leads();
        dicom.groups[0].sensitivity = "2.5";
        dicom.groups[0].correction = "2";
        dicom.groups[0].baseline = "-10";
        for (explicit, undefined) in [(true, false), (true, true), (false, false), (false, true)] {
            dicom.explicit = explicit;
            dicom.undefined = undefined;
            let bytes = dicom.bytes();
            assert!(is_dicom(&bytes));
            let file = read(&bytes).unwrap();
            assert_eq!(file.recording.sample_rate_hz, 500.0);
            // 2.5 µV × 2 a step, from -10 µV.
            assert_eq!(
                file.recording.lead(Lead::I).unwrap().samples_mv,
                [-0.01, 0.49, -0.51]
            );
            assert_eq!(
                file.recording.lead(Lead::AVL).unwrap().samples_mv,
                [-0.005, 0.0, 0.005]
            );
            assert!(file.notes.is_empty());
        }
    }

    #[test]
    fn the_rhythm_is_chosen_and_not_the_median() {
        let median = Group::new("MEDIAN BEAT", &[("2:2", &[7, 8, 9])]);
        let rhythm = Group::new("RHYTHM", &[("2:2", &[1, 2, 3])]);
        let file = read(&Dicom::new(vec![median.clone(), rhythm.clone()]).bytes()).unwrap();
        assert_eq!(file.recording.leads[0].samples_mv, [0.001, 0.002, 0.003]);
        assert!(file.notes.is_empty());
        let file = read(&Dicom::new(vec![rhythm.clone(), rhythm]).bytes()).unwrap();
        assert!(file.notes[0].message.contains('2'));
        let (code, said) = refusal(&Dicom::new(vec![median]).bytes());
        assert!(
            code == "UNSUPPORTED_FORMAT" && said.contains("averages"),
            "{said}"
        );
    }

    #[test]
    fn codes_and_words_name_leads() {
        for (code, expected) in [
            ("2:3", Some(Lead::V1)),
            ("2:8", Some(Lead::V6)),
            ("2:61", Some(Lead::III)),
            ("5.6.3-9-64", Some(Lead::AVF)),
            ("2:99", None),
            ("", None),
        ] {
            assert_eq!(lead_of_code(code), expected, "{code}");
        }
        let mut group = Group::new("RHYTHM", &[("X", &[1, 2])]);
        group.meaning = "Lead II (Einthoven)";
        let file = read(&Dicom::new(vec![group]).bytes()).unwrap();
        assert_eq!(file.recording.leads[0].lead, Some(Lead::II));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let with = |change: &dyn Fn(&mut Group)| {
            let mut dicom = two_leads();
            change(&mut dicom.groups[0]);
            refusal(&dicom.bytes())
        };
        assert!(
            with(&|group| group.announced = Some(4))
                .1
                .contains("cut off")
        );
        assert_eq!(
            with(&|group| group.announced = Some(u32::MAX)).0,
            "TOO_LARGE"
        );
        assert!(
            with(&|group| group.padding = Some(2))
                .1
                .contains("channel 2 has no value at sample 2")
        );
        assert!(with(&|group| group.unit = "mm[Hg]").1.contains("no ECG"));
        assert!(
            with(&|group| group.unit = "")
                .1
                .contains("does not say what it measures")
        );
        assert!(
            with(&|group| group.sensitivity = "secret")
                .1
                .contains("sensitivity")
        );
        assert!(
            with(&|group| group.frequency = "")
                .1
                .contains("sampling frequency")
        );
        assert!(
            with(&|group| group.interpretation = "MB")
                .1
                .contains("stored in a way")
        );
        assert!(with(&|group| group.codes[1] = "2:1").1.contains("twice"));
        let pictures = refusal(&Dicom::new(Vec::new()).bytes());
        assert!(pictures.0 == "UNSUPPORTED_FORMAT" && pictures.1.contains("no waveform"));
        let mut deflated = two_leads();
        deflated.transfer_syntax = Some("1.2.840.10008.1.2.1.99");
        assert!(refusal(&deflated.bytes()).1.contains("compressed"));
        let good = two_leads().bytes();
        for length in SIGNATURE_AT..good.len() {
            let _ = refusal(&good[..length]);
        }
    }

    proptest! {
        #[test]
        fn any_samples_are_read_back(steps in prop::collection::vec(any::<i16>(), 1..300), undefined: bool) {
            let mut dicom = Dicom::new(vec![Group::new("RHYTHM", &[("2:1", &steps)])]);
            dicom.undefined = undefined;
            let recording = read(&dicom.bytes()).unwrap().recording;
            let expected: Vec<f32> = steps.iter().map(|&step| (f64::from(step) * 1e-3) as f32).collect();
            prop_assert_eq!(&recording.leads[0].samples_mv, &expected);
        }

        #[test]
        fn any_damage_ends_in_an_answer(position in 0..600_usize, bytes in prop::collection::vec(any::<u8>(), 1..8)) {
            let mut file = two_leads().bytes();
            let start = (META_AT + position).min(file.len());
            let end = (start + bytes.len()).min(file.len());
            file[start..end].copy_from_slice(&bytes[..end - start]);
            let _ = read(&file);
        }
    }
}
