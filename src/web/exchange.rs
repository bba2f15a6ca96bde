//! Values that cross between Rust and JavaScript.

use js_sys::{Array, Float32Array, Object, Reflect, Uint8Array, Uint8ClampedArray, Uint32Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::exchange_failed;
use crate::classifier::{Answer, ClassifyOptions};
use crate::error::{Error, Result};
use crate::formats::{StripHints, Unit, write_wfdb};
use crate::lead::Lead;
use crate::photo::digitise::DigitisedLead;
use crate::photo::layout::LayoutHints;
use crate::photo::{PrintoutOptions, RectifyOptions, SHEET_PIXELS_PER_MM};

/// What a printout's signals are called as a WFDB record.
const WFDB_NAME: &str = "inkbeat-signals";

/// The options object of `classify`, all parts optional.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct JsOptions {
    lead: Option<String>,
    sample_rate_hz: Option<f64>,
    unit: Option<String>,
    fallback_reason: Option<String>,
    rectify: Option<JsRectify>,
    layout: Option<JsLayout>,
}

/// Corners that a person marked on the upright photo.
#[derive(Deserialize)]
struct JsRectify {
    /// Upper left, upper right, lower right, lower left; 0 is the edge of the first pixel.
    corners: [[f64; 2]; 4],
    paper: JsPaper,
}

/// Size of the marked area.
#[derive(Deserialize)]
struct JsPaper {
    width_mm: f64,
    height_mm: f64,
}

/// What a person says about the printout.
#[derive(Deserialize)]
struct JsLayout {
    speed_mm_s: Option<f32>,
    gain_mm_mv: Option<f32>,
    name: Option<String>,
}

/// An error as JavaScript sees it.
#[derive(Serialize)]
struct JsError<'a> {
    code: &'a str,
    message: String,
    hint: &'a str,
    causes: Vec<String>,
}

pub(super) fn files_from_js(files: &Array) -> Result<Vec<(String, Vec<u8>)>> {
    files
        .iter()
        .map(|file| {
            let get = |key: &str| Reflect::get(&file, &key.into()).ok();
            let name = get("name")
                .and_then(|name| name.as_string())
                .unwrap_or_default();
            let bytes = get("bytes")
                .and_then(|bytes| bytes.dyn_into::<Uint8Array>().ok())
                .ok_or_else(|| {
                    exchange_failed("a file was handed over", "its bytes are not a Uint8Array")
                })?;
            Ok((name, bytes.to_vec()))
        })
        .collect()
}

pub(super) fn options_from_js(options: JsValue) -> Result<ClassifyOptions> {
    let options: JsOptions = if options.is_undefined() || options.is_null() {
        JsOptions::default()
    } else {
        serde_wasm_bindgen::from_value(options)
            .map_err(|e| exchange_failed("the options can't be read", e))?
    };
    let unit = match options.unit.as_deref() {
        None => None,
        Some("mV") => Some(Unit::Millivolt),
        Some("uV" | "µV") => Some(Unit::Microvolt),
        Some("V") => Some(Unit::Volt),
        Some(_) => return Err(Error::decode("the unit is neither mV nor µV nor V")),
    };
    Ok(ClassifyOptions {
        strip: StripHints {
            sample_rate_hz: options.sample_rate_hz,
            unit,
            lead: options.lead.as_deref().and_then(Lead::parse),
        },
        printout: PrintoutOptions {
            rectify: options
                .rectify
                .map_or_else(RectifyOptions::default, marked_corners),
            layout: options
                .layout
                .map_or_else(LayoutHints::default, |layout| LayoutHints {
                    speed_mm_s: layout.speed_mm_s,
                    gain_mm_mv: layout.gain_mm_mv,
                    name: layout.name,
                }),
        },
        fallback_reason: options.fallback_reason,
    })
}

fn marked_corners(rectify: JsRectify) -> RectifyOptions {
    RectifyOptions {
        // The page counts from pixel edges, the photo code from pixel centres.
        corners: Some(rectify.corners.map(|corner| corner.map(|side| side - 0.5))),
        corners_size_mm: Some([rectify.paper.width_mm, rectify.paper.height_mm]),
    }
}

/// `{outcome, photo: {width, height} | null, picture: {width, height, rgba} | null,
/// leads: [{lead, is_rhythm, start_s, sample_rate_hz, samples_mv, overlay}], wfdb: {header, signals} | null,
/// strip: {sampleRateHz, samplesMv, rPeaks} | null, windows: Float32Array[]}`; overlays are in pixels of `picture`.
pub(super) fn answer_to_js(answer: Answer) -> Result<JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    let outcome = answer
        .outcome
        .serialize(&serializer)
        .map_err(|e| exchange_failed("the outcome can't be handed over", e))?;
    let photo = answer.photo_px.map_or(JsValue::NULL, |[width, height]| {
        object(&[("width", width.into()), ("height", height.into())])
    });
    let recording = answer.printout.as_ref().and_then(|page| page.recording());
    let wfdb = recording.map_or(JsValue::NULL, |recording| {
        let files = write_wfdb(&recording, WFDB_NAME);
        object(&[
            ("header", files.header.into()),
            ("signals", Uint8Array::from(&files.signals[..]).into()),
        ])
    });
    let leads = Array::new();
    let picture = answer.printout.map_or(JsValue::NULL, |printout| {
        printout.leads.iter().map(lead_to_js).for_each(|lead| {
            leads.push(&lead);
        });
        let picture = &printout.page.sheet.picture;
        let rgba: Vec<u8> = picture
            .pixels()
            .flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255])
            .collect();
        object(&[
            ("width", picture.width().into()),
            ("height", picture.height().into()),
            ("rgba", Uint8ClampedArray::from(&rgba[..]).into()),
        ])
    });
    let strip = answer.strip.map_or(JsValue::NULL, |strip| {
        let peaks: Vec<u32> = strip.r_peaks.iter().map(|&peak| peak as u32).collect();
        object(&[
            ("sampleRateHz", strip.sample_rate_hz.into()),
            (
                "samplesMv",
                Float32Array::from(&strip.samples_mv[..]).into(),
            ),
            ("rPeaks", Uint32Array::from(&peaks[..]).into()),
        ])
    });
    let windows: Array = answer
        .windows
        .iter()
        .map(|window| Float32Array::from(&window[..]))
        .collect();
    Ok(object(&[
        ("outcome", outcome),
        ("photo", photo),
        ("picture", picture),
        ("leads", leads.into()),
        ("wfdb", wfdb),
        ("strip", strip),
        ("windows", windows.into()),
    ]))
}

/// An answer's `windows`, given back.
pub(super) fn windows_from_js(windows: &Array) -> Result<Vec<Vec<f32>>> {
    let window = |window: JsValue| {
        let window = window
            .dyn_into::<Float32Array>()
            .map_err(|_| exchange_failed("a window was handed over", "it is not a Float32Array"))?;
        Ok(window.to_vec())
    };
    windows.iter().map(window).collect()
}

fn lead_to_js(lead: &DigitisedLead) -> JsValue {
    let overlay: Vec<f32> = lead
        .overlay_mm
        .iter()
        .flat_map(|point| point.map(|mm| mm * SHEET_PIXELS_PER_MM))
        .collect();
    object(&[
        (
            "lead",
            lead.lead.map_or("unknown", |lead| lead.name()).into(),
        ),
        ("is_rhythm", lead.is_rhythm.into()),
        ("start_s", lead.start_s.into()),
        ("sample_rate_hz", lead.sample_rate_hz.into()),
        (
            "samples_mv",
            Float32Array::from(&lead.samples_mv[..]).into(),
        ),
        ("overlay", Float32Array::from(&overlay[..]).into()),
    ])
}

pub(super) fn error_to_js(error: &Error) -> JsValue {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let error = JsError {
        code: error.code(),
        message: error.to_string(),
        hint: error.hint(),
        causes: causes.map(ToString::to_string).collect(),
    };
    serde_wasm_bindgen::to_value(&error).unwrap_or_else(|_| JsValue::from_str(&error.message))
}

fn object(entries: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (key, value) in entries {
        // Setting a property of a fresh plain object cannot fail.
        let _ = Reflect::set(&object, &(*key).into(), value);
    }
    object.into()
}
