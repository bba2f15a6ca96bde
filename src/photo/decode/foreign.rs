//! Kinds of file that people have ECGs in and Inkbeat can't open: what they are, and the way out.

/// How much of a file is looked at.
const HEAD_BYTES: usize = 1024;

/// What to say of a file in a known format that is not read, from its first bytes; `None` for
/// everything else.
pub fn foreign_picture(bytes: &[u8]) -> Option<&'static str> {
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|h| h.starts_with(magic));
    let contains = |word: &[u8]| head.windows(word.len()).any(|window| window == word);
    if at(4, b"ftyp") {
        let brands = head.get(8..40.min(head.len())).unwrap_or_default();
        let has = |brand: &[u8]| brands.chunks(4).any(|found| found.starts_with(brand));
        return Some(if has(b"avi") {
            "this is an AVIF picture, which Inkbeat does not read; open it and save it as JPEG or PNG"
        } else if has(b"hei") || has(b"hev") || has(b"mif1") || has(b"msf1") {
            "this is a HEIC picture, which Inkbeat does not read; save it as JPEG (on an iPhone: share it as “Most Compatible”)"
        } else {
            "this is a video, or a picture that Inkbeat does not read; save the picture as JPEG or PNG"
        });
    }
    let known: [(bool, &str); 7] = [
        (
            at(0, b"%PDF-"),
            "this is a PDF document; make a picture (screenshot) of the page with the ECG and choose that",
        ),
        (
            at(0, b"\0\0\0\x0cJXL ") || at(0, b"\xff\x0a"),
            "this is a JPEG XL picture, which Inkbeat does not read; open it and save it as JPEG or PNG",
        ),
        (
            at(0, b"\0\0\0\x0cjP  ") || at(0, b"\xff\x4f\xff\x51"),
            "this is a JPEG 2000 picture, which Inkbeat does not read; open it and save it as JPEG or PNG",
        ),
        (
            at(128, b"DICM"),
            "this is a DICOM file, which is read as a recording and not as a picture",
        ),
        (
            at(0, b"8BPS"),
            "this is a Photoshop document, which Inkbeat does not read; save it as JPEG or PNG",
        ),
        (
            at(0, b"II\x2b\0") || at(0, b"MM\0\x2b"),
            "this is a BigTIFF picture, which Inkbeat does not read; save it as JPEG or PNG",
        ),
        (
            contains(b"<svg"),
            "this is an SVG drawing, which Inkbeat does not read; open it in a browser, and choose a screenshot of it",
        ),
    ];
    known
        .into_iter()
        .find_map(|(found, message)| found.then_some(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_named_with_a_way_out() {
        let mut dicom = vec![0; 128];
        dicom.extend(b"DICM");
        for (bytes, name) in [
            (&b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..], "HEIC"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "AVIF"),
            (b"\0\0\0\x18ftypavif\0\0\0\0mif1miaf", "AVIF"),
            (b"\0\0\0\x18ftypmif1", "HEIC"),
            (b"\0\0\0\x18ftypisom\0\0\x02\0isom", "video"),
            (b"%PDF-1.7\n", "PDF"),
            (b"\xff\x0a\0", "JPEG XL"),
            (b"\0\0\0\x0cjP  \r\n", "JPEG 2000"),
            (&dicom, "DICOM"),
            (b"<?xml version=\"1.0\"?>\n<svg width='9'>", "SVG"),
        ] {
            let message = foreign_picture(bytes).unwrap();
            assert!(message.contains(name), "{name}: {message}");
        }
        for bytes in [&b""[..], b"II", b"\0\0\0\x18ft", b"time_s,mV\n", &[0xff]] {
            assert_eq!(foreign_picture(bytes), None);
        }
    }
}
