//! ATC, the files of AliveCor's Kardia devices, as in AliveCor's format specification 1.7.
//!
//! A signature and a version, then blocks: a name of four bytes, the length of the data, the data, and the
//! sum of all bytes before it. Numbers are little-endian. Of the blocks that hold identities
//! (`info`) nothing but the sum is looked at.

use super::{assembled, unsupported};
use crate::error::{Error, Result};
use crate::lead::Lead;
use crate::recording::{LeadSignal, Recording};

const SIGNATURE: &[u8] = b"ALIVE\0\0\0";
/// Signature and version.
const FILE_HEADER_BYTES: usize = 12;
/// Name and length of a block.
const BLOCK_HEADER_BYTES: usize = 8;
const CHECKSUM_BYTES: usize = 4;

/// The last letter of a lead's block, `ecg ` to `ecgc`, in the order of [`Lead::ALL`].
const LEAD_LETTERS: &[u8; 12] = b" 23456789abc";

/// Whether a file begins as ATC.
pub(super) fn is_atc(head: &[u8]) -> bool {
    head.starts_with(SIGNATURE)
}

/// Reads all leads of a file.
///
/// # Errors
/// [`Error::Decode`] for files that are cut off, blocks whose checksum is wrong, and files without
/// format or leads; [`Error::UnsupportedFormat`] for samples of another kind than 16 bits.
pub(super) fn read(bytes: &[u8]) -> Result<Recording> {
    let mut rest = bytes.get(FILE_HEADER_BYTES..).ok_or_else(cut_off)?;
    let mut format = None;
    let mut leads: Vec<(Lead, &[u8])> = Vec::new();
    while !rest.is_empty() {
        let (block, after) = Block::first_of(rest)?;
        rest = after;
        match block.name {
            b"fmt " => format = Some(Format::of(block.data)?),
            [b'e', b'c', b'g', letter] => {
                let position = LEAD_LETTERS.iter().position(|known| known == letter);
                if let Some(lead) = position.map(|position| Lead::ALL[position]) {
                    leads.push((lead, block.data));
                }
            }
            // Averages, annotations, acceleration, and whatever later versions add.
            _ => {}
        }
    }
    let format = format
        .ok_or_else(|| Error::decode("the Kardia file does not say the format of its samples"))?;
    let stored = leads.iter().map(|(_, data)| data.len() / 2).sum::<usize>();
    if stored > super::MAX_SAMPLES {
        return Err(super::too_many_samples());
    }
    let leads = leads
        .into_iter()
        .map(|(lead, data)| LeadSignal {
            lead: Some(lead),
            samples_mv: (data.as_chunks::<2>().0.iter())
                .map(|&pair| (f64::from(i16::from_le_bytes(pair)) * format.millivolts) as f32)
                .collect(),
        })
        .collect();
    assembled(format.sample_rate_hz, leads)
}

/// One block whose checksum is right.
struct Block<'a> {
    name: &'a [u8; 4],
    data: &'a [u8],
}

impl<'a> Block<'a> {
    /// The block at the start of `bytes`, and what follows it.
    fn first_of(bytes: &'a [u8]) -> Result<(Self, &'a [u8])> {
        let name = bytes.first_chunk::<4>().ok_or_else(cut_off)?;
        let length = bytes[4..].first_chunk::<4>().ok_or_else(cut_off)?;
        let length = u32::from_le_bytes(*length) as usize;
        let summed = bytes
            .get(..length.saturating_add(BLOCK_HEADER_BYTES))
            .ok_or_else(cut_off)?;
        let checksum = bytes[summed.len()..]
            .first_chunk::<CHECKSUM_BYTES>()
            .ok_or_else(cut_off)?;
        let sum = summed
            .iter()
            .fold(0_u32, |sum, &byte| sum.wrapping_add(u32::from(byte)));
        if sum != u32::from_le_bytes(*checksum) {
            return Err(Error::decode(
                "a checksum in the Kardia file does not match: the file is damaged; export it again",
            ));
        }
        let block = Self {
            name,
            data: &summed[BLOCK_HEADER_BYTES..],
        };
        Ok((block, &bytes[summed.len() + CHECKSUM_BYTES..]))
    }
}

/// What the block `fmt ` says.
struct Format {
    sample_rate_hz: f64,
    /// In one step.
    millivolts: f64,
}

impl Format {
    fn of(data: &[u8]) -> Result<Self> {
        let [kind, rate @ .., _, _, _] = data.first_chunk::<8>().ok_or_else(cut_off)?;
        if *kind != 1 {
            return Err(unsupported(
                "the samples of this Kardia file are not of 16 bits, which is all that Inkbeat reads",
            ));
        }
        let [rate, nanovolts] = [[rate[0], rate[1]], [rate[2], rate[3]]].map(u16::from_le_bytes);
        if nanovolts == 0 {
            return Err(Error::decode(
                "the Kardia file does not say the height of its samples",
            ));
        }
        Ok(Self {
            sample_rate_hz: f64::from(rate),
            millivolts: f64::from(nanovolts) * 1e-6,
        })
    }
}

fn cut_off() -> Error {
    Error::decode("the Kardia file is cut off; export it again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::recordings::atc::{block, file, format, samples};
    use proptest::prelude::*;

    fn message(bytes: &[u8]) -> String {
        let error = read(bytes).unwrap_err();
        assert_eq!(error.code(), "DECODE");
        error.to_string()
    }

    #[test]
    fn leads_are_scaled_by_nanovolts() {
        let bytes = file(&[
            format(300, 500),
            block(b"ecg ", &samples(&[0, -297, 2000])),
            block(b"ecg2", &samples(&[1, 2, 3])),
            block(b"avg ", &samples(&[7, 7])),
            block(b"ecgc", &samples(&[-32768, 0, 32767])),
            block(b"next", b"unknown"),
        ]);
        assert!(is_atc(&bytes));
        let recording = read(&bytes).unwrap();
        assert_eq!(recording.sample_rate_hz, 300.0);
        // 500 nV a step: -297 steps are -148.5 µV.
        assert_eq!(
            recording.lead(Lead::I).unwrap().samples_mv,
            [0.0, -0.1485, 1.0]
        );
        assert_eq!(
            recording.lead(Lead::II).unwrap().samples_mv,
            [0.0005, 0.001, 0.0015]
        );
        assert_eq!(
            recording.lead(Lead::V6).unwrap().samples_mv,
            [-16.384, 0.0, 16.3835]
        );
        assert_eq!(recording.leads.len(), 3);
    }

    #[test]
    fn damage_is_named() {
        let good = file(&[format(300, 500), block(b"ecg ", &samples(&[1, 2, 3]))]);
        for length in 8..good.len() {
            let said = message(&good[..length]);
            // Between two blocks, what is missing is the next block.
            assert!(
                said.contains("cut off")
                    || said.contains("does not say")
                    || said.contains("no ECG"),
                "{said}"
            );
        }
        for position in FILE_HEADER_BYTES..good.len() {
            let mut bytes = good.clone();
            bytes[position] ^= 1;
            let said = message(&bytes);
            assert!(
                said.contains("checksum") || said.contains("cut off"),
                "{position}: {said}"
            );
        }
        let without_format = file(&[block(b"ecg ", &samples(&[1]))]);
        assert!(message(&without_format).contains("does not say the format"));
        let flat = file(&[format(300, 0), block(b"ecg ", &samples(&[1]))]);
        assert!(message(&flat).contains("height"));
        let twice = file(&[
            format(300, 500),
            block(b"ecg ", &samples(&[1])),
            block(b"ecg ", &samples(&[1])),
        ]);
        assert!(message(&twice).contains("twice"));
        let other = file(&[block(b"fmt ", &[2, 44, 1, 244, 1, 0, 0, 0])]);
        assert_eq!(read(&other).unwrap_err().code(), "UNSUPPORTED_FORMAT");
    }

    proptest! {
        #[test]
        fn any_samples_are_read_back(steps in prop::collection::vec(any::<i16>(), 1..300), rate in 20_u16..2000, nanovolts in 1_u16..) {
            let bytes = file(&[block(b"ecg ", &samples(&steps)), format(rate, nanovolts)]);
            let recording = read(&bytes).unwrap();
            prop_assert_eq!(recording.sample_rate_hz, f64::from(rate));
            let expected = steps.iter().map(|&step| (f64::from(step) * f64::from(nanovolts) * 1e-6) as f32);
            for (read, expected) in recording.leads[0].samples_mv.iter().zip(expected) {
                prop_assert!((read - expected).abs() <= expected.abs() * 1e-6);
            }
        }

        #[test]
        fn any_bytes_end_in_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&[SIGNATURE, &bytes].concat());
        }
    }
}
