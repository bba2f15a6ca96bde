//! DICOM files with waveforms.

/// A value, with its representation.
pub enum Value {
    Text(&'static str, &'static str),
    Bytes(&'static str, Vec<u8>),
    Items(Vec<Elements>),
}

pub type Elements = Vec<((u16, u16), Value)>;

/// A data set as bytes; sequences with their length, or with marks at their ends.
pub fn elements(elements: &Elements, explicit: bool, undefined: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for ((group, element), value) in elements {
        let (representation, mut content) = match value {
            Value::Text(representation, text) => (*representation, text.as_bytes().to_vec()),
            Value::Bytes(representation, bytes) => (*representation, bytes.clone()),
            Value::Items(items) => ("SQ", sequence(items, explicit, undefined)),
        };
        if content.len() % 2 == 1 {
            content.push(b' ');
        }
        let is_sequence = representation == "SQ";
        let length = if is_sequence && undefined {
            u32::MAX
        } else {
            content.len() as u32
        };
        bytes.extend(group.to_le_bytes());
        bytes.extend(element.to_le_bytes());
        if !explicit {
            bytes.extend(length.to_le_bytes());
        } else if matches!(representation, "SQ" | "OB" | "OW" | "UN") {
            bytes.extend(representation.as_bytes());
            bytes.extend([0, 0]);
            bytes.extend(length.to_le_bytes());
        } else {
            bytes.extend(representation.as_bytes());
            bytes.extend((length as u16).to_le_bytes());
        }
        bytes.extend(content);
        if is_sequence && undefined {
            bytes.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
        }
    }
    bytes
}

fn sequence(items: &[Elements], explicit: bool, undefined: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for item in items {
        let content = elements(item, explicit, undefined);
        let length = if undefined {
            u32::MAX
        } else {
            content.len() as u32
        };
        bytes.extend([0xfe, 0xff, 0x00, 0xe0]);
        bytes.extend(length.to_le_bytes());
        bytes.extend(content);
        if undefined {
            bytes.extend([0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0]);
        }
    }
    bytes
}

/// A file.
pub struct Dicom {
    pub explicit: bool,
    pub undefined: bool,
    /// Instead of the true one.
    pub transfer_syntax: Option<&'static str>,
    pub groups: Vec<Group>,
}

/// A multiplex group.
#[derive(Clone)]
pub struct Group {
    pub label: &'static str,
    pub frequency: &'static str,
    pub interpretation: &'static str,
    pub unit: &'static str,
    pub sensitivity: &'static str,
    pub correction: &'static str,
    pub baseline: &'static str,
    pub meaning: &'static str,
    pub codes: Vec<&'static str>,
    pub steps: Vec<Vec<i16>>,
    /// Instead of the true number of samples.
    pub announced: Option<u32>,
    pub padding: Option<i16>,
}

impl Group {
    /// At 500 Hz, a microvolt a step; leads by their codes.
    pub fn new(label: &'static str, leads: &[(&'static str, &[i16])]) -> Self {
        Self {
            label,
            frequency: "500",
            interpretation: "SS",
            unit: "uV",
            sensitivity: "1",
            correction: "1",
            baseline: "0",
            meaning: "a lead",
            codes: leads.iter().map(|(code, _)| *code).collect(),
            steps: leads.iter().map(|(_, steps)| steps.to_vec()).collect(),
            announced: None,
            padding: None,
        }
    }

    fn elements(&self) -> Elements {
        let channels = self.codes.iter().map(|code| {
            let coded = |code, meaning| {
                vec![
                    ((0x0008, 0x0100), Value::Text("SH", code)),
                    ((0x0008, 0x0104), Value::Text("LO", meaning)),
                ]
            };
            vec![
                (
                    (0x003a, 0x0208),
                    Value::Items(vec![coded(*code, self.meaning)]),
                ),
                ((0x003a, 0x0210), Value::Text("DS", self.sensitivity)),
                (
                    (0x003a, 0x0211),
                    if self.unit.is_empty() {
                        Value::Items(Vec::new())
                    } else {
                        Value::Items(vec![coded(self.unit, "unit")])
                    },
                ),
                ((0x003a, 0x0212), Value::Text("DS", self.correction)),
                ((0x003a, 0x0213), Value::Text("DS", self.baseline)),
            ]
        });
        let samples = self.steps[0].len();
        let data = (0..samples).flat_map(|index| {
            self.steps
                .iter()
                .flat_map(move |steps| steps[index].to_le_bytes())
        });
        let announced = self.announced.unwrap_or(samples as u32);
        let mut elements: Elements = vec![
            (
                (0x003a, 0x0004),
                Value::Text(
                    "CS",
                    if self.label.contains("MEDIAN") {
                        "DERIVED"
                    } else {
                        "ORIGINAL"
                    },
                ),
            ),
            (
                (0x003a, 0x0005),
                Value::Bytes("US", (self.codes.len() as u16).to_le_bytes().to_vec()),
            ),
            (
                (0x003a, 0x0010),
                Value::Bytes("UL", announced.to_le_bytes().to_vec()),
            ),
            ((0x003a, 0x001a), Value::Text("DS", self.frequency)),
            ((0x003a, 0x0020), Value::Text("SH", self.label)),
            ((0x003a, 0x0200), Value::Items(channels.collect())),
            ((0x5400, 0x1004), Value::Bytes("US", vec![16, 0])),
            ((0x5400, 0x1006), Value::Text("CS", self.interpretation)),
        ];
        if let Some(padding) = self.padding {
            elements.push((
                (0x5400, 0x100a),
                Value::Bytes("OW", padding.to_le_bytes().to_vec()),
            ));
        }
        elements.push(((0x5400, 0x1010), Value::Bytes("OW", data.collect())));
        elements
    }
}

impl Dicom {
    pub fn new(groups: Vec<Group>) -> Self {
        Self {
            explicit: true,
            undefined: false,
            transfer_syntax: None,
            groups,
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let own = if self.explicit {
            "1.2.840.10008.1.2.1"
        } else {
            "1.2.840.10008.1.2"
        };
        let syntax = self.transfer_syntax.unwrap_or(own);
        let meta = elements(
            &vec![((0x0002, 0x0010), Value::Text("UI", syntax))],
            true,
            false,
        );
        let length = (meta.len() as u32).to_le_bytes().to_vec();
        let mut bytes = vec![0; 128];
        bytes.extend(b"DICM");
        bytes.extend(elements(
            &vec![((0x0002, 0x0000), Value::Bytes("UL", length))],
            true,
            false,
        ));
        bytes.extend(meta);
        let mut data: Elements = vec![
            (
                (0x0008, 0x0016),
                Value::Text("UI", "1.2.840.10008.5.1.4.1.1.9.1.1"),
            ),
            ((0x0010, 0x0010), Value::Text("PN", "Quagmire^Zoe")),
            ((0x0010, 0x0020), Value::Text("LO", "PID4711")),
            ((0x0010, 0x0030), Value::Text("DA", "1931-02-03")),
        ];
        if !self.groups.is_empty() {
            let groups = self.groups.iter().map(Group::elements).collect();
            data.push(((0x5400, 0x0100), Value::Items(groups)));
        }
        bytes.extend(elements(&data, self.explicit, self.undefined));
        bytes
    }
}
