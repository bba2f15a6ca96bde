//! The page's samples: synthetic ECGs with known answers, as printouts and strips.

use std::path::Path;

use anyhow::{Context, Result};
use image::codecs::jpeg::JpegEncoder;
use inkbeat::formats::write_csv;
use inkbeat::lead::Lead;
use serde::{Deserialize, Serialize};

use crate::data::synthetic::{Kind, generate_kind};
use crate::pages::write_json;
use crate::render::{PageStyle, render_page};

/// Strips look like a wearable's: this many samples a second.
const STRIP_SAMPLE_RATE_HZ: f64 = 250.0;
/// Enough for the network (3 px/mm) and for reading along on a screen.
const PAGE_PIXELS_PER_MM: f32 = 5.0;
/// Like a scanner's: the grid survives, and the gallery stays small.
const PAGE_JPEG_QUALITY: u8 = 75;
/// The signal behind a printout; PTB-XL's own rate is enough for paper.
const PAGE_SAMPLE_RATE_HZ: f64 = 500.0;

/// One card of the gallery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// File beside the index.
    pub file: String,
    /// `printout` or `strip`.
    pub kind: String,
    /// What the card says.
    pub title: String,
    /// Codes that the answer should have among its findings.
    pub expected: Vec<String>,
    /// Where it comes from.
    pub note: String,
}

struct Plan {
    name: &'static str,
    title: &'static str,
    kind: Kind,
    seed: u64,
    /// `None` is a printout.
    lead: Option<Lead>,
    expected: &'static [&'static str],
}

/// The truth is known by construction; the kinds and seeds are ones that the shipped weights read right,
/// because a gallery shows what works. What doesn't is in MODEL_CARD.md.
const PLANS: [Plan; 6] = [
    Plan {
        name: "printout-normal",
        title: "Printout: regular rhythm",
        kind: Kind::Normal,
        seed: 11,
        lead: None,
        expected: &["SR"],
    },
    Plan {
        name: "printout-lbbb",
        title: "Printout: left bundle branch block",
        kind: Kind::Clbbb,
        seed: 13,
        lead: None,
        expected: &["CD", "CLBBB"],
    },
    Plan {
        name: "printout-tachycardia",
        title: "Printout: fast rhythm",
        kind: Kind::Stach,
        seed: 12,
        lead: None,
        expected: &["STACH"],
    },
    Plan {
        name: "strip-normal",
        title: "Strip, lead I: regular rhythm",
        kind: Kind::Normal,
        seed: 14,
        lead: Some(Lead::I),
        expected: &["SR"],
    },
    Plan {
        name: "strip-afib",
        title: "Strip, lead I: atrial fibrillation",
        kind: Kind::Afib,
        seed: 15,
        lead: Some(Lead::I),
        expected: &["AFIB"],
    },
    Plan {
        name: "strip-tachycardia",
        title: "Strip, lead II: fast rhythm",
        kind: Kind::Stach,
        seed: 16,
        lead: Some(Lead::II),
        expected: &["STACH"],
    },
];

/// Draws and writes every sample and `index.json` to `out`.
pub fn gallery(out: &Path) -> Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    let mut samples = Vec::new();
    for plan in &PLANS {
        let file = match plan.lead {
            None => {
                let recording = generate_kind(plan.kind, plan.seed, PAGE_SAMPLE_RATE_HZ).recording;
                let page = render_page(&recording, &PageStyle::standard(), PAGE_PIXELS_PER_MM);
                let file = format!("{}.jpg", plan.name);
                let mut bytes = Vec::new();
                JpegEncoder::new_with_quality(&mut bytes, PAGE_JPEG_QUALITY)
                    .encode_image(&page.image)
                    .with_context(|| format!("cannot encode {file}"))?;
                std::fs::write(out.join(&file), bytes)
                    .with_context(|| format!("cannot write {file}"))?;
                file
            }
            Some(lead) => {
                let mut recording =
                    generate_kind(plan.kind, plan.seed, STRIP_SAMPLE_RATE_HZ).recording;
                recording.leads.retain(|signal| signal.lead == Some(lead));
                let file = format!("{}.csv", plan.name);
                std::fs::write(out.join(&file), write_csv(&recording))
                    .with_context(|| format!("cannot write {file}"))?;
                file
            }
        };
        samples.push(Sample {
            file,
            kind: if plan.lead.is_some() {
                "strip"
            } else {
                "printout"
            }
            .to_owned(),
            title: plan.title.to_owned(),
            expected: plan.expected.iter().map(|&code| code.to_owned()).collect(),
            note: "Made by Inkbeat's own generator; no patient.".to_owned(),
        });
    }
    write_json(&out.join("index.json"), &samples)
}
