//! Pictures of printouts.

use super::logits::{image_logits, tracing_logits};
use super::stopwatch::Stopwatch;
use super::{Answer, Classifier, ClassifyOptions, Stage};
use crate::error::{Error, Result};
use crate::findings::{findings, scores};
use crate::outcome::{Interval, Issue, Kind, Measurements, Outcome, Quality, Reading};
use crate::photo::digitise::{JoinedRows, merged};
use crate::photo::{self, Printout, Step, layout_summary, read_printout, sure};
use crate::recording::Recording;
use crate::signal::intervals;

/// With more of a strip's curve lost than this, it is not judged.
const MOST_BRIDGED: f64 = 0.1;
/// Times that the upper end of a heart rate's range may be the lower.
const MOST_SPREAD: f64 = 1.5;

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
        if let Some(rows) = printout.one_lead() {
            return self
                .classify_rows(rows, printout, photo_px, options, watch)
                .await;
        }
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

    /// A page that shows one lead in several rows, as a strip.
    async fn classify_rows(
        &self,
        rows: JoinedRows,
        printout: Printout,
        photo_px: Option<[u32; 2]>,
        options: &ClassifyOptions,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Answer> {
        if rows.bridged > MOST_BRIDGED {
            return Ok(Answer {
                photo_px,
                ..Answer::rejected(vec![Issue::reject(
                    "LOST_TRACE",
                    "The curve could not be followed through the whole page.",
                    "Take the picture again, sharper and in more even light, or choose the recording itself.",
                )])
            });
        }
        let recording = Recording::from(rows);
        let mut notes = printout.quality.issues.clone();
        if options.printout.layout.name.is_none() {
            notes.push(Issue::warn(
                "ONE_LEAD",
                "The page seems to show one lead, row after row, as watches print it. It was read as that.",
                "If the rows are different leads recorded together, choose their layout.",
            ));
        }
        let answer = self
            .classify_lead(&recording, notes, options, watch)
            .await?;
        let Outcome::Ok(mut reading) = answer.outcome else {
            return Ok(Answer {
                photo_px,
                strip: None,
                ..answer
            });
        };
        reading.quality = Quality {
            score: reading.quality.score.min(printout.quality.score),
            pixels_per_mm: printout.quality.pixels_per_mm,
            ..reading.quality
        };
        if sure(printout.layout.speed_mm_s).is_none() {
            reading.measurements = Measurements::default();
        }
        reading.layout = Some(layout_summary(&printout, &options.printout.layout));
        Ok(Answer {
            outcome: Outcome::Ok(reading),
            printout: Some(Box::new(printout)),
            photo_px,
            strip: None, // The picture shows it.
            windows: Vec::new(),
        })
    }
}

/// What can be measured on the digitised leads: nothing unless the paper speed is known and the page to scale, nor where the rate may be half as
/// fast again, because then what was taken for beats may be none.
pub fn measure(printout: &Printout) -> Measurements {
    let speed = sure(printout.layout.speed_mm_s);
    let Some(recording) = speed
        .filter(|_| printout.is_to_scale())
        .and_then(|_| merged(&printout.leads))
    else {
        return Measurements::default();
    };
    let measured = Measurements::from(intervals::measure(&recording));
    match &measured.heart_rate_bpm {
        Some(rate) if !is_known(rate) => Measurements::default(),
        _ => measured,
    }
}

/// Whether a rate is known well enough to be said. In a close-up of few beats T waves may count as beats.
fn is_known(rate: &Interval) -> bool {
    rate.high <= MOST_SPREAD * rate.low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_that_may_be_half_as_fast_again_is_not_said() {
        let rate = |low, high| Interval {
            value: 75.0,
            low,
            high,
        };
        assert!(is_known(&rate(72.0, 79.0)) && is_known(&rate(70.0, 105.0)));
        assert!(!is_known(&rate(70.0, 106.0)) && !is_known(&rate(118.0, 256.0)));
    }
}
