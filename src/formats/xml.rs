//! XML of ECG machines: which it is, and how it is parsed without giving a hostile file a hold.
//!
//! A document type is never read: a mere reference to one, as GE's files have, is skipped, one that
//! declares anything (entities that could expand without end) is refused. Size, tags, name spaces and
//! nodes are limited before and while the parser works.

use roxmltree::{Document, Node, ParsingOptions};

use super::{StripFile, aecg, muse, text, unsupported};
use crate::error::{Error, Result};

/// Ten seconds of twelve leads take less than one.
const MAX_XML_BYTES: usize = 16 << 20;
/// Comparing all attributes of a tag takes time that grows with their square.
const MAX_TAG_BYTES: usize = 2048;
/// Each element may inherit all name spaces of those around it.
const MAX_NAME_SPACES: usize = 1000;
const MAX_NODES: u32 = 200_000;

/// Reads the XML of one of the ECG formats that are known.
///
/// # Errors
/// [`Error::UnsupportedFormat`] for other XML and for documents with their own declarations;
/// [`Error::TooLarge`] beyond the limits; else as the format's own reader.
pub(super) fn read(bytes: &[u8]) -> Result<StripFile> {
    let text = text::decode(bytes);
    let Some(prolog) = Prolog::of(&text) else {
        return Err(Error::decode("the XML is damaged: it has no beginning"));
    };
    match prolog.root {
        "RestingECG" => muse::read(&parse(&text, &prolog)?).map(StripFile::from),
        "AnnotatedECG" => aecg::read(&parse(&text, &prolog)?),
        "restingecgdata" => Err(unsupported(
            "this is an ECG in Philips' XML, whose compressed values Inkbeat does not read; export it as HL7 aECG or DICOM, or choose a picture of it",
        )),
        "HealthData" => Err(unsupported(
            "this is the list of Apple Health's export, without the ECGs; choose a file named ecg_… in the folder electrocardiograms beside it",
        )),
        _ => Err(unsupported(
            "this is XML, but not of an ECG that Inkbeat knows (GE MUSE, HL7 aECG); export the recording as one of these, as DICOM or as CSV",
        )),
    }
}

/// The text of the first child element of that name, without the white space around it.
pub(super) fn child_text<'a>(node: &Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(node, name)
        .and_then(|child| child.text())
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// The first child element of that name, in any name space.
pub(super) fn child<'a, 'i>(node: &Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    children(node, name).next()
}

/// The child elements of that name, in any name space.
pub(super) fn children<'a, 'i>(
    node: &Node<'a, 'i>,
    name: &str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children()
        .filter(move |child| child.is_element() && child.tag_name().name() == name)
}

/// What stands before the root element, and that element's name.
struct Prolog<'a> {
    /// Where the document type ends (0 without one): what comes before is not parsed.
    end: usize,
    /// Whether the document type declares anything itself.
    declares: bool,
    root: &'a str,
}

impl<'a> Prolog<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (mut position, mut end, mut declares) = (0, 0, false);
        loop {
            position += text[position..].find('<')?;
            let rest = &text[position..];
            if rest.starts_with("<?") {
                position += rest.find("?>")? + 2;
            } else if rest.starts_with("<!--") {
                position += rest.find("-->")? + 3;
            } else if rest.starts_with("<!") {
                let close = rest.find('>')?;
                declares |= rest[..close].contains('[');
                position += close + 1;
                if declares {
                    // What it declares may hold any sign: the root is the name behind DOCTYPE.
                    let root = rest.split_whitespace().nth(1)?;
                    let root = root.trim_end_matches('[');
                    return Some(Self {
                        end: position,
                        declares,
                        root,
                    });
                }
                end = position;
            } else {
                let name = rest[1..].split(|c: char| c.is_whitespace() || matches!(c, '>' | '/'));
                let name = name.into_iter().next()?;
                let root = name.rsplit(':').next().unwrap_or(name);
                return Some(Self {
                    end,
                    declares,
                    root,
                });
            }
        }
    }
}

fn parse<'a>(text: &'a str, prolog: &Prolog<'_>) -> Result<Document<'a>> {
    if prolog.declares {
        return Err(unsupported(
            "this XML has a document type with declarations of its own, which Inkbeat does not read for safety; export the ECG again without it",
        ));
    }
    let too_large = |what: &str| Error::TooLarge {
        message: format!("the XML has {what} than that of any ECG"),
    };
    if text.len() > MAX_XML_BYTES {
        return Err(too_large("more text"));
    }
    let body = &text[prolog.end..];
    let longest_tag = body
        .split('<')
        .skip(1)
        .map(|tag| tag.find('>').unwrap_or(tag.len()));
    if longest_tag
        .max()
        .is_some_and(|length| length > MAX_TAG_BYTES)
    {
        return Err(too_large("longer tags or comments"));
    }
    if body.matches("xmlns").count() > MAX_NAME_SPACES {
        return Err(too_large("more name spaces"));
    }
    let options = ParsingOptions {
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(body, options).map_err(|error| match error {
        roxmltree::Error::NodesLimitReached => too_large("more elements"),
        // The parser's own words may repeat the file's.
        other => {
            let lines_before = text[..prolog.end].matches('\n').count();
            let line = other.pos().row as usize + lines_before;
            Error::decode(format!(
                "the XML is damaged near line {line}; export the ECG again"
            ))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refusal(text: &str) -> (&'static str, String) {
        let error = read(text.as_bytes()).unwrap_err();
        assert!(!error.to_string().contains("secret"));
        (error.code(), error.to_string())
    }

    #[test]
    fn other_xml_is_refused_by_name() {
        for (text, part) in [
            ("<html><body>404</body></html>", "HL7 aECG"),
            (
                "<?xml version='1.0'?><!-- <RestingECG> --><secret/>",
                "HL7 aECG",
            ),
            ("<restingecgdata xmlns='x'/>", "Philips"),
            (
                "<?xml version='1.0'?>\n<!DOCTYPE HealthData [\n<!ELEMENT x (y)>\n]>\n<HealthData/>",
                "ecg_",
            ),
        ] {
            let (code, said) = refusal(text);
            assert_eq!(code, "UNSUPPORTED_FORMAT", "{text}");
            assert!(said.contains(part), "{said}");
        }
    }

    #[test]
    fn documents_that_declare_entities_are_refused() {
        let laughs = "<!DOCTYPE RestingECG [<!ENTITY a \"secret\"><!ENTITY b \"&a;&a;\">]><RestingECG>&b;</RestingECG>";
        let (code, said) = refusal(laughs);
        assert!(
            code == "UNSUPPORTED_FORMAT" && said.contains("document type"),
            "{said}"
        );
        // A mere reference is skipped and never followed; what it would have declared is unknown.
        let reference =
            "<!DOCTYPE RestingECG SYSTEM \"file:///etc/passwd\"><RestingECG>&secret;</RestingECG>";
        assert!(refusal(reference).1.contains("damaged near line 1"));
    }

    #[test]
    fn floods_are_refused_before_they_cost_anything() {
        let root = |inside: &str| format!("<RestingECG>{inside}</RestingECG>");
        let attributes: String = (0..500).map(|i| format!(" a{i}=''")).collect();
        let spaces: String = (0..1001).map(|i| format!("<a xmlns:b{i}='c'>")).collect();
        for (text, part) in [
            (root(&"x".repeat(MAX_XML_BYTES)), "more text"),
            (root(&format!("<a{attributes}/>")), "longer tags"),
            (root(&spaces), "more name spaces"),
            (root(&"<a/>".repeat(MAX_NODES as usize)), "more elements"),
        ] {
            let (code, said) = refusal(&text);
            assert!(code == "TOO_LARGE" && said.contains(part), "{said}");
        }
        // Depth alone is no danger.
        let deep = refusal(&root(&"<a>".repeat(150_000)));
        assert!(deep.1.contains("damaged"), "{}", deep.1);
    }

    #[test]
    fn damage_is_named_by_its_line() {
        let text = "<?xml version='1.0'?>\n<!DOCTYPE RestingECG\nSYSTEM 'restecg.dtd'>\n<RestingECG>\n</secret>";
        assert!(refusal(text).1.contains("line 5"));
        assert!(refusal("<?xml").1.contains("no beginning"));
        assert!(refusal("<!-- ").1.contains("no beginning"));
        assert!(refusal("<RestingECG").1.contains("damaged"));
    }

    proptest! {
        #[test]
        fn any_markup_ends_in_an_answer(text in "(<!?[-\\[\\]?a-zA-Z&;:='\" ]{0,12}>?){0,20}") {
            for root in ["", "<RestingECG>", "<AnnotatedECG>"] {
                let file = [root, &text].concat();
                prop_assert!(read(file.as_bytes()).is_err());
            }
        }
    }
}
