//! What a JPEG's markers tell before it is decoded, and what its pixels tell after.

use image::RgbImage;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::error::Error;

/// More scans than any camera or program writes (a progressive photo has about ten). Each scan may
/// cost a pass over the whole picture, so a tiny file could otherwise keep the decoder busy for hours.
const MAX_SCANS: usize = 100;
/// What the decoder paints where the file gave it nothing.
const MISSING: [u8; 3] = [128; 3];
/// Fewer missing rows than one block has are not worth a refusal.
const MISSING_ROWS: usize = 8;

/// What takes the place of the end marker in [`with_open_end`]: zeros, as the decoder reads ahead,
/// then a marker that nobody uses, with its empty segment, and the end.
const OPEN_END: [u8; 22] = {
    let mut end = [0; 22];
    (end[16], end[17], end[19]) = (0xff, 0x02, 2);
    (end[20], end[21]) = (0xff, 0xd9);
    end
};
/// Sides of the largest square that the decoder repeats when it runs dry.
const TILE_PX: usize = 16;

/// Refuses a JPEG that breaks off or is made to keep the decoder busy. The decoder itself would
/// fill a missing rest with grey.
///
/// # Errors
/// [`Error::Decode`].
pub(super) fn check_markers(bytes: &[u8]) -> Result<(), Error> {
    match Markers::of(bytes) {
        Markers {
            end: End::Missing, ..
        } => Err(Error::decode("the photo is incomplete: its end is missing")),
        Markers { scans, .. } if scans > MAX_SCANS => Err(Error::decode(format!(
            "the photo is damaged: it claims to consist of more than {MAX_SCANS} layers"
        ))),
        _ => Ok(()),
    }
}

/// Refuses a JPEG in which a later component has more columns than the first. The decoder takes the
/// first for the finest when it sets memory aside, and may panic otherwise.
///
/// Whatever looks like the start of a frame is checked: which bytes the decoder takes for one in a
/// damaged file is its own affair.
///
/// # Errors
/// [`Error::Decode`].
pub(super) fn check_sampling(bytes: &[u8]) -> Result<(), Error> {
    let frames = bytes
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| matches!(pair, [0xff, 0xc0..=0xc2]))
        .filter_map(|(at, _)| frame_columns(&bytes[at + 2..]));
    for columns in frames {
        if columns.iter().skip(1).any(|later| *later > columns[0]) {
            return Err(Error::decode(
                "the photo is damaged: its colours are stored more finely than its brightness",
            ));
        }
    }
    Ok(())
}

/// How many columns every component of a frame has in relation to each other; 0 for components that
/// there are not. `None` if the bytes are no frame.
fn frame_columns(segment: &[u8]) -> Option<[u8; 4]> {
    let (head, components) = segment.split_at_checked(8)?;
    let count = usize::from(head[7]);
    let length = usize::from(u16::from_be_bytes([head[0], head[1]]));
    if !(1..=4).contains(&count) || length != 8 + 3 * count {
        return None;
    }
    let mut columns = [0; 4];
    let sampling = components.get(..3 * count)?.chunks_exact(3);
    for (columns, component) in columns.iter_mut().zip(sampling) {
        *columns = component[1] >> 4;
    }
    Some(columns)
}

/// Refuses a JPEG whose header names four inks (an Adobe segment's YCCK) for a picture of one or two
/// components. The decoder would take it for three, and panic where it looks for the third.
///
/// # Errors
/// [`Error::Decode`].
pub(super) fn check_inks(bytes: &[u8]) -> Result<(), Error> {
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    if decoder.decode_headers().is_err() {
        // The decoder says so itself.
        return Ok(());
    }
    match (decoder.input_colorspace(), decoder.info()) {
        (Some(ColorSpace::YCCK), Some(info)) if info.components < 3 => Err(Error::decode(format!(
            "the photo is damaged: it names four inks and has {}",
            info.components
        ))),
        _ => Ok(()),
    }
}

/// Whether the lowest rows show the same square again and again. So does bare paper, but also a
/// photo whose data stop early before an end marker: the decoder reads on in zeros, without a word.
pub(super) fn ends_in_repetition(picture: &RgbImage) -> bool {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    if width < 6 * TILE_PX || height < 2 * TILE_PX {
        return false;
    }
    let rows = picture.as_raw().chunks_exact(width * 3);
    // The outermost pixels are left out: colour is interpolated, and otherwise at the edges.
    rows.skip(height - 3 * TILE_PX / 2)
        .take(TILE_PX)
        .all(|row| {
            let inner = &row[TILE_PX * 3..(width - TILE_PX) * 3];
            inner
                .iter()
                .zip(&inner[TILE_PX * 3..])
                .all(|(value, next)| value == next)
        })
}

/// The same JPEG with an end that the decoder does not read across: if data are missing before it,
/// their rows come out as [`check_rows`] recognises them. `None` for files of several scans.
pub(super) fn with_open_end(bytes: &[u8]) -> Option<Vec<u8>> {
    match Markers::of(bytes) {
        Markers {
            end: End::At(end),
            scans: 1,
            progressive: false,
        } => Some([bytes.get(..end)?, &OPEN_END].concat()),
        _ => None,
    }
}

/// Refuses a picture whose lower part is the decoder's filling: the file has an end, but what lies
/// before it is damaged.
///
/// # Errors
/// [`Error::Decode`].
pub(super) fn check_rows(picture: &RgbImage) -> Result<(), Error> {
    let row_bytes = picture.width() as usize * 3;
    let missing = picture
        .as_raw()
        .chunks_exact(row_bytes.max(1))
        .rev()
        .take_while(|row| row.chunks_exact(3).all(|pixel| pixel == MISSING))
        .count();
    let height = picture.height() as usize;
    // Nothing but grey is no photo either, but then it is not for the decoder to say.
    if (MISSING_ROWS..height).contains(&missing) {
        return Err(Error::decode(format!(
            "the photo is damaged: the lowest {missing} of its {height} rows are missing (plain grey)"
        )));
    }
    Ok(())
}

/// What walking over the markers found.
#[derive(Debug, PartialEq)]
struct Markers {
    /// The end marker after the first scan. The markers of an embedded preview lie in a segment and
    /// don't count.
    end: End,
    /// How many scans there are up to the end.
    scans: usize,
    /// Whether the scans refine each other.
    progressive: bool,
}

#[derive(Debug, PartialEq)]
enum End {
    At(usize),
    Missing,
    /// There is something else where a marker must be: let the decoder say what is wrong.
    Unclear,
}

impl Markers {
    fn of(bytes: &[u8]) -> Self {
        const START_OF_SCAN: u8 = 0xda;
        const PROGRESSIVE_FRAME: u8 = 0xc2;
        const END: u8 = 0xd9;
        let mut found = Self {
            end: End::Missing,
            scans: 0,
            progressive: false,
        };
        let pair = |at: usize| bytes.get(at..)?.first_chunk::<2>().copied();
        let mut at = 2;
        while let Some(two) = pair(at) {
            // Within a scan, data run up to the next 0xff that is followed by neither zero (a
            // stuffed byte) nor a restart marker; elsewhere a marker comes at once, perhaps after
            // fill bytes.
            match two {
                [0xff, 0xff] => at += 1,
                [0xff, 0 | 0xd0..=0xd7] if found.scans > 0 => at += 2,
                [0xff, END] if found.scans > 0 => {
                    found.end = End::At(at);
                    break;
                }
                [0xff, END] => break,
                [0xff, code] => {
                    let Some(length) = pair(at + 2) else { break };
                    at += 2 + usize::from(u16::from_be_bytes(length));
                    found.scans += usize::from(code == START_OF_SCAN);
                    found.progressive |= code == PROGRESSIVE_FRAME;
                }
                _ if found.scans > 0 => at += 1,
                _ => {
                    found.end = End::Unclear;
                    break;
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    const HEAD: [u8; 8] = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 0xff, 0xd9];

    fn markers(rest: &[&[u8]]) -> Markers {
        Markers::of(&[&HEAD[..], &rest.concat()].concat())
    }

    #[test]
    fn the_end_counts_only_after_a_scan_and_outside_of_segments() {
        let scan = [0xff, 0xda, 0, 2, 7, 0xff, 0, 8, 0xff, 0xd3, 9];
        let table = [0xff, 0xc4, 0, 4, 0xff, 0xd9];
        let end = [0xff, 0xff, 0xd9];
        let found = |end, scans| Markers {
            end,
            scans,
            progressive: false,
        };
        assert_eq!(markers(&[]), found(End::Missing, 0));
        assert_eq!(markers(&[&scan]), found(End::Missing, 1));
        assert_eq!(markers(&[&scan, &table]), found(End::Missing, 1));
        assert_eq!(
            markers(&[&scan, &table, &scan, &end]),
            found(End::At(8 + 11 + 6 + 11 + 1), 2)
        );
        assert_eq!(markers(&[&scan, &end, &scan]), found(End::At(20), 1));
        assert_eq!(markers(&[&end]), found(End::Missing, 0));
        assert_eq!(markers(&[b"xy"]), found(End::Unclear, 0));
    }

    #[test]
    fn a_file_of_nothing_but_scans_is_refused() {
        let scan: &[u8] = &[0xff, 0xda, 0, 2];
        let bytes = [&HEAD[..], &scan.repeat(101), &[0xff, 0xd9]].concat();
        assert!(check_markers(&bytes).is_err());
        let bytes = [&HEAD[..], &scan.repeat(100), &[0xff, 0xd9]].concat();
        assert!(check_markers(&bytes).is_ok());
    }

    #[test]
    fn rows_of_filling_are_counted_from_below() {
        let cut = |first: u32| {
            check_rows(&RgbImage::from_fn(20, 40, |x, y| {
                if y < first {
                    Rgb([x as u8; 3])
                } else {
                    Rgb(MISSING)
                }
            }))
        };
        assert!(cut(40).is_ok() && cut(33).is_ok() && cut(0).is_ok());
        let message = cut(32).unwrap_err().to_string();
        assert!(message.contains("lowest 8 of its 40 rows"), "{message}");
    }

    #[test]
    fn a_repeated_square_is_told_from_a_picture() {
        let picture = |period: u32| {
            RgbImage::from_fn(200, 64, |x, y| {
                let inside = if y < 20 { x } else { x % period };
                Rgb([inside as u8, (y * 3) as u8, 9])
            })
        };
        assert!(ends_in_repetition(&picture(16)) && ends_in_repetition(&picture(1)));
        assert!(!ends_in_repetition(&picture(200)) && !ends_in_repetition(&picture(40)));
        assert!(!ends_in_repetition(&RgbImage::new(95, 64)));
    }
}
