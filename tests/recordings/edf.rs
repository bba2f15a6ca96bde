//! EDF and BDF, field by field.

/// A file; its person and recording fields hold what no reader may repeat.
pub struct Edf {
    /// Three bytes a sample instead of two.
    pub bdf: bool,
    /// `EDF+C`, `EDF+D` or nothing.
    pub reserved: &'static str,
    /// Instead of the true number.
    pub records: Option<&'static str>,
    pub record_secs: &'static str,
    /// 0: all in one.
    pub samples_per_record: usize,
    pub signals: Vec<Signal>,
}

/// Width of a field, and what a signal has in it.
type Column<'a> = (usize, &'a dyn Fn(&Signal) -> String);

pub struct Signal {
    pub label: &'static str,
    pub unit: &'static str,
    pub physical: [&'static str; 2],
    pub digital: [&'static str; 2],
    /// How many times as many samples as `samples_per_record`.
    pub factor: usize,
    pub steps: Vec<i32>,
}

impl Signal {
    /// A microvolt a step, to 32,767 of them.
    pub fn new(label: &'static str, steps: &[i32]) -> Self {
        Self {
            label,
            unit: "uV",
            physical: ["-32767", "32767"],
            digital: ["-32767", "32767"],
            factor: 1,
            steps: steps.to_vec(),
        }
    }
}

impl Default for Edf {
    fn default() -> Self {
        Self {
            bdf: false,
            reserved: "",
            records: None,
            record_secs: "1",
            samples_per_record: 0,
            signals: Vec::new(),
        }
    }
}

impl Edf {
    pub fn bytes(&self) -> Vec<u8> {
        let first = &self.signals[0];
        let per_record = match self.samples_per_record {
            0 => first.steps.len() / first.factor,
            stated => stated,
        };
        let records = first.steps.len() / (per_record * first.factor);
        let mut bytes = Vec::new();
        let field = |bytes: &mut Vec<u8>, text: &str, width: usize| {
            let mut padded = text.as_bytes().to_vec();
            padded.resize(width, b' ');
            bytes.extend(padded);
        };
        if self.bdf {
            bytes.extend(b"\xffBIOSEMI");
        } else {
            field(&mut bytes, "0", 8);
        }
        field(&mut bytes, "PID4711 F 03-FEB-1931 1931-02-03 Quagmire", 80);
        field(&mut bytes, "Startdate 02-MAR-2002 PID4711 Quagmire", 80);
        field(&mut bytes, "02.03.0214.15.16", 16);
        let count = self.signals.len();
        field(&mut bytes, &(256 * (count + 1)).to_string(), 8);
        field(&mut bytes, self.reserved, 44);
        field(&mut bytes, self.records.unwrap_or(&records.to_string()), 8);
        field(&mut bytes, self.record_secs, 8);
        field(&mut bytes, &count.to_string(), 4);
        let columns: [Column<'_>; 9] = [
            (16, &|s| s.label.to_owned()),
            (80, &|_| "AgAgCl electrode".to_owned()),
            (8, &|s| s.unit.to_owned()),
            (8, &|s| s.physical[0].to_owned()),
            (8, &|s| s.physical[1].to_owned()),
            (8, &|s| s.digital[0].to_owned()),
            (8, &|s| s.digital[1].to_owned()),
            (80, &|_| "HP:0.05Hz LP:150Hz".to_owned()),
            (8, &|s| (per_record * s.factor).to_string()),
        ];
        for (width, text) in columns {
            for signal in &self.signals {
                field(&mut bytes, &text(signal), width);
            }
        }
        for _ in &self.signals {
            field(&mut bytes, "", 32);
        }
        for record in 0..records {
            for signal in &self.signals {
                let length = per_record * signal.factor;
                for step in &signal.steps[record * length..(record + 1) * length] {
                    bytes.extend(&step.to_le_bytes()[..2 + usize::from(self.bdf)]);
                }
            }
        }
        bytes
    }
}
