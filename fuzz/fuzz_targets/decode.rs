//! Any bytes, as a file that a person chose: a picture, a strip, or an error that says something.

#![no_main]

use inkbeat_fuzz::error::Error;
use inkbeat_fuzz::formats::{self, Kind, NamedBytes, StripHints};
use inkbeat_fuzz::photo::{self, MAX_PIXELS};
use libfuzzer_sys::fuzz_target;

/// Larger pictures only cost time here.
const PIXELS: usize = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let pixels =
        imagesize::blob_size(bytes).map_or(0, |size| size.width.saturating_mul(size.height));
    if (PIXELS..MAX_PIXELS as usize).contains(&pixels) {
        return;
    }
    match photo::decode(bytes) {
        Ok(picture) => {
            let (width, height) = picture.dimensions();
            assert!(width > 0 && height > 0);
            assert!(u64::from(width) * u64::from(height) <= MAX_PIXELS);
            assert_eq!(picture.as_raw().len(), width as usize * height as usize * 3);
        }
        Err(error) => check(&error),
    }
    if formats::sniff(bytes) == Kind::Picture {
        return;
    }
    let file = NamedBytes {
        name: "file.dat",
        bytes,
    };
    match formats::read_strip(&[file], &StripHints::default()) {
        Ok(recording) => {
            let finite = |sample: &f32| sample.is_finite();
            assert!(recording.sample_rate_hz.is_finite());
            assert!(
                recording
                    .leads
                    .iter()
                    .all(|lead| lead.samples_mv.iter().all(finite))
            );
        }
        Err(error) => check(&error),
    }
});

fn check(error: &Error) {
    assert!(error.to_string().len() > 10 && !error.hint().is_empty());
}
