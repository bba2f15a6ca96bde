//! Any bytes as a recording of any format: a reading that holds what it must, or an error that says
//! something. The first byte chooses whether checksums, which stop a fuzzer early, are put right.

#![no_main]

use inkbeat_fuzz::formats::{MAX_SAMPLES, NamedBytes, StripHints, Unit, read_strip_file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, bytes)) = bytes.split_first() else {
        return;
    };
    let bytes = match choice % 2 {
        0 => bytes.to_vec(),
        _ => atc_with_checksums(bytes),
    };
    let hints = StripHints {
        sample_rate_hz: (choice & 2 != 0).then_some(250.0),
        unit: (choice & 4 != 0).then_some(Unit::Microvolt),
        lead: None,
    };
    let file = NamedBytes {
        name: "file.dat",
        bytes: &bytes,
    };
    match read_strip_file(&[file], &hints) {
        Ok(file) => {
            let recording = file.recording;
            assert!(recording.sample_rate_hz.is_finite());
            let length = recording.leads[0].samples_mv.len();
            assert!(length > 0 && length <= MAX_SAMPLES);
            for lead in &recording.leads {
                assert_eq!(lead.samples_mv.len(), length);
                assert!(lead.samples_mv.iter().all(|sample| sample.is_finite()));
            }
        }
        Err(error) => assert!(error.to_string().len() > 10 && !error.hint().is_empty()),
    }
});

/// Pieces of the bytes as the blocks of an ATC file: a name, a length, the data.
fn atc_with_checksums(bytes: &[u8]) -> Vec<u8> {
    let mut file = b"ALIVE\0\0\0\x05\0\0\0".to_vec();
    let mut rest = bytes;
    while let Some((header, after)) = rest.split_at_checked(5) {
        let (data, after) = after.split_at(usize::from(header[4]).min(after.len()));
        let mut block = header[..4].to_vec();
        block.extend((data.len() as u32).to_le_bytes());
        block.extend(data);
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        file.extend(block);
        file.extend(sum.to_le_bytes());
        rest = after;
    }
    file
}
