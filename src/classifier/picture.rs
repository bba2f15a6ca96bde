//! Pictures of printouts.

use super::logits::{image_logits, tracing_logits};
use super::stopwatch::Stopwatch;
use super::{Answer, Classifier, ClassifyOptions, Stage};
use crate::error::{Error, Result};
use crate::findings::{findings, scores};
use crate::outcome::{Kind, Measurements, Outcome, Reading};
use crate::photo::digitise::merged;
use crate::photo::{self, Printout, Step, layout_summary, read_printout, sure};
use crate::signal::intervals;

impl Classifier {
    /// Reads a picture. The tracing student answers where it is sure which lead stands where, the image student where not.
    pub(super) async fn classify_picture(
        &self,
        bytes: &[u8],
        options: &ClassifyOptions,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Answer> {
        let image = self
            .image
            .as_ref()
            .ok_or_else(|| Error::integrity("the image student is not loaded"))?;
        watch.begin(Stage::Decode);
        let photo = photo::decode(bytes)?;
        let photo_px = Some([photo.width(), photo.height()]);
        let announced = &mut |step| {
            watch.begin(match step {
                Step::Rectify => Stage::Rectify,
                Step::Digitise => Stage::Digitise,
            });
        };
        let printout = match read_printout(&photo, &options.printout, announced) {
            Ok(printout) => printout,
            Err(issues) => {
                return Ok(Answer {
                    photo_px,
                    ..Answer::rejected(issues)
                });
            }
        };
        drop(photo); // Tens of megabytes that the network's own memory can use.
        let measurements = measure(&printout);
        watch.begin(Stage::Classify);
        let (logits, manifest, windows) = match (&self.tracing, printout.tracing_window()) {
            (Some(tracing), Some(window)) => {
                let windows = vec![window];
                (
                    tracing_logits(&tracing.net, &windows, &self.device).await?,
                    &tracing.manifest,
                    windows,
                )
            }
            _ => {
                let ink = printout.canvas.pixels.clone();
                (
                    image_logits(&image.net, ink, &self.device).await?,
                    &image.manifest,
                    Vec::new(),
                )
            }
        };
        let reading = Reading {
            kind: Kind::Printout,
            findings: findings(&logits, manifest),
            scores: scores(&logits, manifest),
            measurements,
            quality: printout.quality.clone(),
            layout: Some(layout_summary(&printout, &options.printout.layout)),
            lead: None,
            provenance: self.provenance(manifest, options),
            timings_ms: watch.finish(),
        };
        Ok(Answer {
            outcome: Outcome::Ok(Box::new(reading)),
            printout: Some(Box::new(printout)),
            photo_px,
            strip: None,
            windows,
        })
    }
}

/// What can be measured on the digitised leads: nothing unless the paper speed is known.
pub fn measure(printout: &Printout) -> Measurements {
    let speed = sure(printout.layout.speed_mm_s);
    let Some(recording) = speed.and_then(|_| merged(&printout.leads)) else {
        return Measurements::default();
    };
    Measurements::from(intervals::measure(&recording))
}
