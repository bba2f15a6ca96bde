//! The browser's door: the only code that knows wasm-bindgen.
//!
//! Objects cross as plain JavaScript values (`serde-wasm-bindgen`); an [`Error`] crosses as
//! `{code, message, hint}` with its chain of causes in `message`'s companion `causes`.

mod device;
mod exchange;
mod inspect;

use js_sys::{Array, Function};
use wasm_bindgen::prelude::*;

use crate::classifier::Classifier;
use crate::error::Error;
use crate::formats::NamedBytes;
use exchange::{answer_to_js, error_to_js, options_from_js};

/// Version of this program.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// `printout` for pictures of any format, `strip` for everything else, told from a file's first bytes.
#[wasm_bindgen(js_name = kindOf)]
pub fn kind_of(bytes: &[u8]) -> String {
    inspect::kind_of(bytes).to_owned()
}

/// What `[{name, bytes}]` holds, without classifying it: `{kind: 'printout', format, widthPx, heightPx}` or
/// `{kind: 'strip', format, sampleRateHz, durationS, leads, issues}`, the first two figures `null` where the
/// file doesn't say its rate.
#[wasm_bindgen(js_name = inspect)]
pub fn inspect_files(files: Array, options: JsValue) -> Result<JsValue, JsValue> {
    let inspected = || {
        let files = exchange::files_from_js(&files)?;
        let options = options_from_js(options)?;
        let inspection = inspect::inspect(&named(&files), &options.strip)?;
        let serializer = serde_wasm_bindgen::Serializer::json_compatible();
        serde::Serialize::serialize(&inspection, &serializer)
            .map_err(|e| exchange_failed("what the file holds can't be handed over", e))
    };
    inspected().map_err(|error| error_to_js(&error))
}

/// The classifier as JavaScript sees it.
#[wasm_bindgen]
pub struct Engine {
    classifier: Classifier,
}

#[wasm_bindgen]
impl Engine {
    /// An engine on `cpu` or `webgpu`, without models.
    pub async fn create(device: String) -> Result<Engine, JsValue> {
        console_error_panic_hook::set_once();
        let (device, name) = device::open(&device)
            .await
            .map_err(|error| error_to_js(&error))?;
        Ok(Self {
            classifier: Classifier::new(device, name, now_ms),
        })
    }

    /// Adds a model: manifest text and record bytes. Returns its name.
    #[wasm_bindgen(js_name = loadModel)]
    pub fn load_model(&mut self, manifest: &str, record: Vec<u8>) -> Result<String, JsValue> {
        self.classifier
            .load(manifest, record)
            .map_err(|error| error_to_js(&error))
    }

    /// Largest deviation of the model's golden logits on this device.
    #[wasm_bindgen(js_name = selfTest)]
    pub async fn self_test(&self, name: String) -> Result<f32, JsValue> {
        self.classifier
            .self_test(&name)
            .await
            .map_err(|error| error_to_js(&error))
    }

    /// Classifies `[{name, bytes}]`; `progress(stage)` is called before each stage.
    pub async fn classify(
        &self,
        files: Array,
        options: JsValue,
        progress: Function,
    ) -> Result<JsValue, JsValue> {
        let files = exchange::files_from_js(&files).map_err(|error| error_to_js(&error))?;
        let options = options_from_js(options).map_err(|error| error_to_js(&error))?;
        let mut announce = |stage: crate::classifier::Stage| {
            // A page that throws in its own progress callback must not stop the reading.
            let _ = progress.call1(&JsValue::NULL, &stage.name().into());
        };
        let answer = self
            .classifier
            .classify(&named(&files), &options, &mut announce)
            .await;
        answer
            .and_then(answer_to_js)
            .map_err(|error| error_to_js(&error))
    }

    /// What each lead said, from an answer's `windows`: `{leads, labels: {KEY: {probability, without: number[]}}}`.
    pub async fn explain(&self, windows: Array) -> Result<JsValue, JsValue> {
        let explained = async {
            let windows = exchange::windows_from_js(&windows)?;
            let explanation = self.classifier.explain(&windows).await?;
            let serializer = serde_wasm_bindgen::Serializer::json_compatible();
            serde::Serialize::serialize(&explanation, &serializer)
                .map_err(|e| exchange_failed("the explanation can't be handed over", e))
        };
        explained.await.map_err(|error| error_to_js(&error))
    }
}

fn named(files: &[(String, Vec<u8>)]) -> Vec<NamedBytes<'_>> {
    files
        .iter()
        .map(|(name, bytes)| NamedBytes {
            name: name.as_str(),
            bytes: bytes.as_slice(),
        })
        .collect()
}

/// Milliseconds of `performance.now()`, of a page or of a worker.
fn now_ms() -> f64 {
    js_sys::Reflect::get(&js_sys::global(), &"performance".into())
        .ok()
        .and_then(|performance| performance.dyn_into::<web_sys::Performance>().ok())
        .map_or(0.0, |performance| performance.now())
}

/// Wraps a conversion failure between Rust and JavaScript.
fn exchange_failed(what: &str, cause: impl std::fmt::Display) -> Error {
    Error::decode(format!("{what}: {cause}"))
}
