//! ECG files of every format, made from scratch after its specification: nobody's heart. Shared by the
//! tests and by the seeds of the fuzzers.

#![allow(dead_code)] // Every user of this module needs another part of it.

pub mod aecg;
pub mod atc;
pub mod dicom;
pub mod edf;
pub mod json;
pub mod muse;
pub mod text;

/// What stands where files have a person's data: no result and no message may contain any of it.
pub const PRIVATE: [&str; 3] = ["Quagmire", "1931-02-03", "PID4711"];

/// Ten seconds and a bit of a made-up lead in µV: an R wave a second, P and T waves, a slow drift.
pub fn beats(sample_rate_hz: f64, secs: f64, height: f64) -> Vec<i16> {
    (0..(secs * sample_rate_hz) as usize)
        .map(|index| {
            let t = index as f64 / sample_rate_hz;
            let wave = |at: f64, width: f64| (-0.5 * ((t.fract() - at) / width).powi(2)).exp();
            let beat = 0.12 * wave(0.22, 0.03) - 0.1 * wave(0.37, 0.008)
                + wave(0.4, 0.012)
                + 0.25 * wave(0.68, 0.05);
            (1000.0 * height * beat + 60.0 * (t * 0.9).sin()) as i16
        })
        .collect()
}

/// A file of every format that is read in one piece, `secs` long: name, content.
pub fn every_format(secs: f64) -> Vec<(&'static str, Vec<u8>)> {
    let at = |sample_rate_hz: f64| beats(sample_rate_hz, secs, 1.0);
    let microvolts = |mark: &str| {
        let figures = text::lines(at(512.0).into_iter().map(f64::from));
        figures.replace('.', mark)
    };
    let german = text::AppleHealth {
        keys: ["Name", "Geburtstag", "Messrate", "Ableitung", "Einheit"],
        rate: "512\u{a0}Hertz",
        lead: "Ableitung I",
        unit: "\u{3bc}V",
    };
    let (one, two) = (at(500.0), beats(500.0, secs, 1.3));
    let chest: Vec<Vec<i16>> = (1..=6)
        .map(|v| beats(500.0, secs, 0.3 * f64::from(v)))
        .collect();
    let mut eight: Vec<(&str, &[i16])> = vec![("I", &one), ("II", &two)];
    eight.extend(
        ["V1", "V2", "V3", "V4", "V5", "V6"]
            .into_iter()
            .zip(chest.iter().map(Vec::as_slice)),
    );
    let codes = ["2:1", "2:2", "2:3", "2:4", "2:5", "2:6", "2:7", "2:8"];
    let coded: Vec<(&'static str, &[i16])> = codes
        .into_iter()
        .zip(eight.iter().map(|(_, steps)| *steps))
        .collect();
    let wide = |steps: &[i16]| {
        steps
            .iter()
            .map(|&step| i32::from(step))
            .collect::<Vec<_>>()
    };
    let edf = |bdf: bool| edf::Edf {
        bdf,
        samples_per_record: 500,
        signals: vec![
            edf::Signal::new("ECG I", &wide(&one)),
            edf::Signal::new("ECG II", &wide(&two)),
        ],
        ..edf::Edf::default()
    };
    let (kardia_one, kardia_two) = (at(300.0), beats(300.0, secs, 1.3));
    // 500 nV a step.
    let halves = |steps: &[i16]| steps.iter().map(|step| step * 2).collect::<Vec<_>>();
    let (kardia_one, kardia_two) = (halves(&kardia_one), halves(&kardia_two));
    // 10.922 steps for a microvolt.
    let fitbit: Vec<i16> = at(250.0)
        .iter()
        .map(|&step| (f64::from(step) * 10.922) as i16)
        .collect();
    vec![
        (
            "apple-english.csv",
            text::AppleHealth::default()
                .text(&microvolts("."))
                .into_bytes(),
        ),
        (
            "apple-german.csv",
            german.text(&microvolts(",")).into_bytes(),
        ),
        ("polar.txt", text::polar(&at(130.0)).into_bytes()),
        (
            "withings.csv",
            text::withings(300, "1", &at(300.0)).into_bytes(),
        ),
        ("fitbit.json", json::fitbit(&fitbit).into_bytes()),
        (
            "google-health.json",
            json::google_health(&fitbit).into_bytes(),
        ),
        (
            "kardia.json",
            json::kardia(&[("leadI", &kardia_one), ("leadII", &kardia_two)]).into_bytes(),
        ),
        (
            "kardia.atc",
            atc::file(&[
                atc::format(300, 500),
                atc::block(b"ecg ", &atc::samples(&kardia_one)),
                atc::block(b"ecg2", &atc::samples(&kardia_two)),
            ]),
        ),
        ("holter.edf", edf(false).bytes()),
        ("holter.bdf", edf(true).bytes()),
        ("muse.xml", muse::Muse::new(&eight).text().into_bytes()),
        ("aecg.xml", aecg::Aecg::new(&eight).text().into_bytes()),
        (
            "clinic.dcm",
            dicom::Dicom::new(vec![dicom::Group::new("RHYTHM", &coded)]).bytes(),
        ),
    ]
}

/// The two files of a WFDB record in format 212: header, signals.
pub fn wfdb(secs: f64) -> (Vec<u8>, Vec<u8>) {
    let (one, two) = (beats(360.0, secs, 1.0), beats(360.0, secs, 1.3));
    let mut signals = Vec::new();
    for (one, two) in one.iter().zip(&two) {
        // 200 steps for a millivolt, around 1024.
        let [one, two] = [one, two].map(|step| (step / 5 + 1024).to_le_bytes());
        signals.extend([one[0], one[1] & 0x0f | two[1] << 4, two[0]]);
    }
    let checksum = |steps: &[i16]| {
        let sum = |sum: i16, step: &i16| sum.wrapping_add(step / 5 + 1024);
        steps.iter().fold(0, sum)
    };
    let header = format!(
        "100 2 360 {}\n100.dat 212 200 11 1024 0 {} 0 I\n100.dat 212 200 11 1024 0 {} 0 MLII\n# Quagmire 1931-02-03 PID4711\n",
        one.len(),
        checksum(&one),
        checksum(&two)
    );
    (header.into_bytes(), signals)
}
