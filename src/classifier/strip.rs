//! Digital recordings: all leads together where there are many, else one of them.

use super::logits::{lead_logits, tracing_logits};
use super::stopwatch::Stopwatch;
use super::{Answer, Classifier, ClassifyOptions, Stage, Trace};
use crate::error::{Error, Result};
use crate::findings::{findings, scores};
use crate::formats::{self, NamedBytes, StripFile};
use crate::lead::Lead;
use crate::model::SignalClassifier;
use crate::outcome::{Issue, Kind, Measurements, Outcome, Reading};
use crate::recording::{LeadSignal, Recording};
use crate::signal::{
    PreparedLeads, detect_r_peaks, heart_rate, intervals, prepare_leads, prepare_strip,
};
use crate::weights::Loaded;

/// Longer than this, waves are not measured: a beat's shape may change meanwhile.
const MEASURED_SECS: f64 = 10.0;

/// A recording whose leads are read together.
struct Together<'a> {
    recording: &'a Recording,
    prepared: PreparedLeads,
    notes: Vec<Issue>,
}

impl Classifier {
    /// Reads all leads together where there are many and the person has not asked for one, else one lead.
    pub(super) async fn classify_strip(
        &self,
        files: &[NamedBytes<'_>],
        options: &ClassifyOptions,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Answer> {
        watch.begin(Stage::Decode);
        let StripFile { recording, notes } = formats::read_strip_file(files, &options.strip)?;
        if options.strip.lead.is_none()
            && let Some(tracing) = &self.tracing
        {
            watch.begin(Stage::Prepare);
            if let Some(prepared) = prepare_leads(&recording) {
                let together = Together {
                    recording: &recording,
                    prepared,
                    notes,
                };
                return self
                    .classify_together(tracing, together, options, watch)
                    .await;
            }
        }
        self.classify_lead(&recording, notes, options, watch).await
    }

    /// Many leads as one ECG; lead II, or the first, is the one that is shown.
    async fn classify_together(
        &self,
        model: &Loaded<SignalClassifier>,
        together: Together<'_>,
        options: &ClassifyOptions,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Answer> {
        let Together {
            recording,
            mut prepared,
            notes,
        } = together;
        let shown = choose_lead(recording, None)?;
        prepared.quality.issues.extend(notes);
        let strip = trace(recording, shown);
        let measurements = Measurements {
            heart_rate_bpm: heart_rate(&strip.r_peaks, recording.sample_rate_hz),
            ..Measurements::from(intervals::measure(&beginning(recording)))
        };
        watch.begin(Stage::Classify);
        let logits = tracing_logits(&model.net, &prepared.windows, &self.device).await?;
        let reading = Reading {
            kind: Kind::Recording,
            findings: findings(&logits, &model.manifest),
            scores: scores(&logits, &model.manifest),
            measurements,
            quality: prepared.quality,
            layout: None,
            lead: shown.lead.map(|lead| lead.name().to_owned()),
            provenance: self.provenance(&model.manifest, options),
            timings_ms: watch.finish(),
        };
        Ok(Answer {
            outcome: Outcome::Ok(Box::new(reading)),
            printout: None,
            photo_px: None,
            strip: Some(strip),
            windows: prepared.windows,
        })
    }

    /// One lead alone.
    pub(super) async fn classify_lead(
        &self,
        recording: &Recording,
        notes: Vec<Issue>,
        options: &ClassifyOptions,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Answer> {
        let model = self
            .lead
            .as_ref()
            .ok_or_else(|| Error::integrity("the lead student is not loaded"))?;
        let signal = choose_lead(recording, options.strip.lead)?;
        let lead = signal.lead.or(options.strip.lead);
        watch.begin(Stage::Prepare);
        let strip = trace(recording, signal);
        let rate = recording.sample_rate_hz;
        let mut prepared = match prepare_strip(&signal.samples_mv, rate, lead) {
            Ok(prepared) => prepared,
            Err(issues) => {
                return Ok(Answer {
                    strip: Some(strip),
                    ..Answer::rejected(issues)
                });
            }
        };
        let issues = &mut prepared.quality.issues;
        issues.extend(notes);
        issues.extend(lead_note(recording, lead, options.strip.lead));
        watch.begin(Stage::Classify);
        let logits = lead_logits(&model.net, &prepared.windows, lead, &self.device).await?;
        let reading = Reading {
            kind: Kind::Strip,
            findings: findings(&logits, &model.manifest),
            scores: scores(&logits, &model.manifest),
            measurements: Measurements {
                heart_rate_bpm: heart_rate(&strip.r_peaks, recording.sample_rate_hz),
                ..Measurements::default()
            },
            quality: prepared.quality,
            layout: None,
            lead: Some(lead.map_or("unknown", Lead::name).to_owned()),
            provenance: self.provenance(&model.manifest, options),
            timings_ms: watch.finish(),
        };
        Ok(Answer {
            outcome: Outcome::Ok(Box::new(reading)),
            printout: None,
            photo_px: None,
            strip: Some(strip),
            windows: Vec::new(),
        })
    }
}

/// What is shown of a lead.
fn trace(recording: &Recording, signal: &LeadSignal) -> Trace {
    Trace {
        sample_rate_hz: recording.sample_rate_hz,
        samples_mv: signal.samples_mv.clone(),
        r_peaks: detect_r_peaks(&signal.samples_mv, recording.sample_rate_hz),
    }
}

/// The first seconds of a recording.
fn beginning(recording: &Recording) -> Recording {
    let samples = (MEASURED_SECS * recording.sample_rate_hz) as usize;
    let mut beginning = recording.clone();
    for lead in &mut beginning.leads {
        lead.samples_mv.truncate(samples);
    }
    beginning
}

/// The lead to read: the one asked for, else II or I (the published ones), else the first.
fn choose_lead(recording: &Recording, wanted: Option<Lead>) -> Result<&LeadSignal> {
    let several = recording.leads.len() > 1;
    wanted
        .filter(|_| several)
        .into_iter()
        .chain([Lead::II, Lead::I])
        .find_map(|lead| recording.lead(lead))
        .or(recording.leads.first())
        .ok_or_else(|| Error::decode("the file holds no lead"))
}

/// Says which lead of several was read, as the others were not looked at.
fn lead_note(recording: &Recording, read: Option<Lead>, wanted: Option<Lead>) -> Option<Issue> {
    let count = recording.leads.len();
    if count < 2 {
        return None;
    }
    let lacked = wanted.filter(|_| wanted != read).map(Lead::name);
    let message = match (lacked, read.map(Lead::name)) {
        (Some(wanted), Some(read)) => {
            format!("The recording has no lead {wanted}; of its {count} leads {read} was read.")
        }
        (Some(wanted), None) => format!(
            "The recording has no lead {wanted}; of its {count} leads one without a name was read."
        ),
        (None, Some(read)) => {
            format!("Of the recording's {count} leads one was read: {read}.")
        }
        (None, None) => {
            format!("Of the recording's {count} leads one without a name was read.")
        }
    };
    Some(Issue::warn(
        "ONE_OF_SEVERAL_LEADS",
        message,
        "Choose another lead to have that one read. Printouts, and recordings of eight named leads or more, are read with all their leads.",
    ))
}
