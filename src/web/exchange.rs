//! Values that cross between Rust and JavaScript.

use js_sys::{Array, Float32Array, Object, Reflect, Uint8Array, Uint8ClampedArray};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::exchange_failed;
use crate::classifier::{Answer, ClassifyOptions};
use crate::error::{Error, Result};
use crate::formats::{StripHints, Unit};
use crate::lead::Lead;
use crate::photo::RectifyOptions;

/// The options object of `classify`, all parts optional.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct JsOptions {
    lead: Option<String>,
    sample_rate_hz: Option<f64>,
    unit: Option<String>,
    fallback_reason: Option<String>,
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
        Some(_) => return Err(Error::decode("the unit is neither mV nor µV")),
    };
    Ok(ClassifyOptions {
        strip: StripHints {
            sample_rate_hz: options.sample_rate_hz,
            unit,
            lead: options.lead.as_deref().and_then(Lead::parse),
        },
        rectify: RectifyOptions::default(),
        fallback_reason: options.fallback_reason,
    })
}

/// `{outcome, picture: {width, height, rgba} | null, strip: {sampleRateHz, samplesMv} | null}`
pub(super) fn answer_to_js(answer: Answer) -> Result<JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    let outcome = answer
        .outcome
        .serialize(&serializer)
        .map_err(|e| exchange_failed("the outcome can't be handed over", e))?;
    let picture = answer.picture.map_or(JsValue::NULL, |picture| {
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
        object(&[
            ("sampleRateHz", strip.sample_rate_hz.into()),
            (
                "samplesMv",
                Float32Array::from(&strip.samples_mv[..]).into(),
            ),
        ])
    });
    Ok(object(&[
        ("outcome", outcome),
        ("picture", picture),
        ("strip", strip),
    ]))
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
