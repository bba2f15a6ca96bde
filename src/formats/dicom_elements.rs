//! DICOM data sets, element by element, without a dictionary: where each element lies and how long it is.
//! DICOM PS3.5, explicit and implicit little-endian.

use crate::error::{Error, Result};

/// Sequences within sequences: a waveform needs three levels.
const MAX_DEPTH: usize = 12;
/// No ECG has more groups, and none of them more channels.
const MAX_ITEMS: usize = 1000;
/// Length of a sequence or an item that ends by a mark.
const UNDEFINED: u32 = 0xffff_ffff;
const ITEM: Tag = (0xfffe, 0xe000);
const ITEM_END: Tag = (0xfffe, 0xe00d);
const SEQUENCE_END: Tag = (0xfffe, 0xe0dd);
/// Value representations whose length has four bytes.
const LONG: [&[u8; 2]; 13] = [
    b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV",
];

/// Group and element.
pub(super) type Tag = (u16, u16);

/// A data set, or an item of a sequence.
#[derive(Clone, Copy, Debug)]
pub(super) struct DataSet<'a> {
    bytes: &'a [u8],
    explicit: bool,
}

/// An element's value as it lies in the file.
#[derive(Clone, Copy)]
struct Element<'a> {
    tag: Tag,
    value: &'a [u8],
}

impl<'a> DataSet<'a> {
    pub(super) fn new(bytes: &'a [u8], explicit: bool) -> Self {
        Self { bytes, explicit }
    }

    /// The value of an element, if it is there.
    ///
    /// # Errors
    /// [`Error::Decode`] if an element before it is cut off or nested without end.
    pub(super) fn value(&self, tag: Tag) -> Result<Option<&'a [u8]>> {
        let mut rest = self.bytes;
        while !rest.is_empty() {
            let (element, after) = self.element(rest, 0)?;
            if element.tag == tag {
                return Ok(Some(element.value));
            }
            // Elements are sorted: what lies behind is not looked at.
            if element.tag > tag {
                return Ok(None);
            }
            rest = after;
        }
        Ok(None)
    }

    /// The items of a sequence; none if it is not there.
    ///
    /// # Errors
    /// As [`DataSet::value`]; [`Error::TooLarge`] beyond [`MAX_ITEMS`].
    pub(super) fn items(&self, tag: Tag) -> Result<Vec<DataSet<'a>>> {
        let mut rest = self.value(tag)?.unwrap_or_default();
        let mut items = Vec::new();
        while !rest.is_empty() {
            let (item, after) = self.item(rest, 0)?;
            let Some(bytes) = item else { break };
            if items.len() >= MAX_ITEMS {
                return Err(Error::TooLarge {
                    message: format!(
                        "a sequence in the DICOM file has more than {MAX_ITEMS} items"
                    ),
                });
            }
            items.push(Self { bytes, ..*self });
            rest = after;
        }
        Ok(items)
    }

    /// The first item of a sequence, if there is one.
    ///
    /// # Errors
    /// As [`DataSet::value`].
    pub(super) fn first_item(&self, tag: Tag) -> Result<Option<DataSet<'a>>> {
        Ok(self.items(tag)?.into_iter().next())
    }

    /// A value that is text, without padding.
    ///
    /// # Errors
    /// As [`DataSet::value`].
    pub(super) fn text(&self, tag: Tag) -> Result<Option<&'a str>> {
        let text = self
            .value(tag)?
            .and_then(|value| std::str::from_utf8(value).ok());
        Ok(text.map(|text| text.trim_matches(['\0', ' '])))
    }

    /// A value that is a decimal number as text.
    ///
    /// # Errors
    /// As [`DataSet::value`].
    pub(super) fn decimal(&self, tag: Tag) -> Result<Option<f64>> {
        let number: Option<f64> = self.text(tag)?.and_then(|text| text.parse().ok());
        Ok(number.filter(|number| number.is_finite()))
    }

    /// A value that is a whole number of two or four bytes.
    ///
    /// # Errors
    /// As [`DataSet::value`].
    pub(super) fn whole(&self, tag: Tag) -> Result<Option<u32>> {
        Ok(match self.value(tag)? {
            Some(&[a, b]) => Some(u16::from_le_bytes([a, b]).into()),
            Some(&[a, b, c, d]) => Some(u32::from_le_bytes([a, b, c, d])),
            _ => None,
        })
    }

    /// The element at the start of `bytes`, and what follows it.
    fn element(&self, bytes: &'a [u8], depth: usize) -> Result<(Element<'a>, &'a [u8])> {
        let mut reader = Reader { rest: bytes };
        let tag = reader.tag()?;
        let mut within = *self;
        let length = if self.explicit && tag.0 != 0xfffe {
            let representation = reader.take(2)?;
            // A sequence that its writer did not know is kept as it came: implicit.
            within.explicit = representation != b"UN";
            if LONG.iter().any(|long| representation == *long) {
                reader.take(2)?;
                reader.u32()?
            } else {
                reader.u16()?.into()
            }
        } else {
            reader.u32()?
        };
        if length != UNDEFINED {
            let value = reader.take(length as usize)?;
            return Ok((Element { tag, value }, reader.rest));
        }
        let inside = reader.rest;
        let mut rest = inside;
        while let (Some(_), after) = within.item(rest, depth + 1)? {
            rest = after;
        }
        // The mark at the end takes eight bytes.
        let value = &inside[..inside.len() - rest.len()];
        Ok((Element { tag, value }, rest.get(8..).unwrap_or_default()))
    }

    /// The content of the item at the start of `bytes`, and what follows it; no item at the mark that
    /// ends a sequence, which is then left standing.
    fn item(&self, bytes: &'a [u8], depth: usize) -> Result<(Option<&'a [u8]>, &'a [u8])> {
        if depth > MAX_DEPTH {
            return Err(Error::decode(
                "the DICOM file nests its sequences too deeply",
            ));
        }
        let mut reader = Reader { rest: bytes };
        let tag = reader.tag()?;
        let length = reader.u32()?;
        match tag {
            ITEM => {}
            SEQUENCE_END => return Ok((None, bytes)),
            _ => {
                return Err(Error::decode(
                    "the DICOM file is damaged: a sequence holds no items",
                ));
            }
        }
        if length != UNDEFINED {
            let content = reader.take(length as usize)?;
            return Ok((Some(content), reader.rest));
        }
        let inside = reader.rest;
        let mut rest = inside;
        loop {
            let mut ahead = Reader { rest };
            if ahead.tag()? == ITEM_END {
                ahead.u32()?;
                return Ok((Some(&inside[..inside.len() - rest.len()]), ahead.rest));
            }
            rest = self.element(rest, depth + 1)?.1;
        }
    }
}

/// Takes numbers off the start of bytes.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or_else(|| Error::decode("the DICOM file is cut off; export it again"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn u16(&mut self) -> Result<u16> {
        let bytes = self.take(2)?;
        Ok(u16::from_le_bytes([bytes[0], bytes[1]]))
    }

    fn u32(&mut self) -> Result<u32> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn tag(&mut self) -> Result<Tag> {
        Ok((self.u16()?, self.u16()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::recordings::dicom::{Value, elements};

    const A: Tag = (0x0008, 0x0100);
    const LIST: Tag = (0x5400, 0x0100);
    const LAST: Tag = (0x5400, 0x1010);

    #[test]
    fn values_are_found_in_every_way_of_writing() {
        let inner = |text: &'static str| vec![(A, Value::Text("SH", text))];
        let written = vec![
            (A, Value::Text("SH", "first")),
            (
                LIST,
                Value::Items(vec![
                    inner("one"),
                    inner("two"),
                    vec![(LIST, Value::Items(vec![inner("deep")]))],
                ]),
            ),
            (LAST, Value::Bytes("OW", vec![1, 2, 3, 4])),
        ];
        for explicit in [false, true] {
            for undefined in [false, true] {
                let bytes = elements(&written, explicit, undefined);
                let set = DataSet::new(&bytes, explicit);
                assert_eq!(set.text(A).unwrap(), Some("first"));
                let items = set.items(LIST).unwrap();
                assert_eq!(items.len(), 3);
                assert_eq!(items[1].text(A).unwrap(), Some("two"));
                let deep = items[2].first_item(LIST).unwrap().unwrap();
                assert_eq!(deep.text(A).unwrap(), Some("deep"));
                assert_eq!(set.whole(LAST).unwrap(), Some(0x0403_0201));
                assert_eq!(set.value((0x0009, 1)).unwrap(), None);
                for length in 0..bytes.len() {
                    // Cut anywhere: an answer, if only that it is cut.
                    let _ = DataSet::new(&bytes[..length], explicit).value(LAST);
                }
            }
        }
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let mut bytes = Vec::new();
        for _ in 0..10_000 {
            bytes.extend([0x00, 0x54, 0x00, 0x01, 0xff, 0xff, 0xff, 0xff]);
            bytes.extend([0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff]);
        }
        let error = DataSet::new(&bytes, false).value(LAST).unwrap_err();
        assert!(error.to_string().contains("deeply"));
    }
}
