//! `evaluate --photos`: how well pictures of printed records are read, against the records themselves.

mod fidelity;

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use image::{ImageFormat, RgbImage};
use inkbeat::classifier::{Answer, Classifier, ClassifyOptions, measure};
use inkbeat::formats::NamedBytes;
use inkbeat::outcome::{Issue, Outcome, Severity};
use inkbeat::photo::layout::LayoutHints;
use inkbeat::photo::{self, Printout, PrintoutOptions, SheetMap, layout_summary, read_printout};
use inkbeat::recording::Recording;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::camera::PhotoTruth;
use crate::camera::shoot_set::ShotRecord;
use crate::data::Source;
use crate::metrics::signal_to_noise::{Powers, decibels};
use crate::render::{PageStyle, PageTruth, lead_boxes, render_page};
use fidelity::{heart_rate_error_bpm, lead_powers, rectification_error_mm};

/// Resolution of the clean page that findings are compared with.
const CLEAN_PIXELS_PER_MM: f32 = 6.0;
/// A page counts as straight below this.
const STRAIGHT_MM: f64 = 0.5;

/// A row of the list: `file` (relative to the list), `ecg_id`, and for drawn pictures `truth`.
#[derive(Deserialize)]
struct Row {
    file: PathBuf,
    ecg_id: u32,
    #[serde(default)]
    truth: Option<PathBuf>,
}

/// What is known of a drawn picture.
struct Truth {
    page: PageTruth,
    /// Where the page is in the picture; a clean page is the picture.
    photo: Option<PhotoTruth>,
}

/// What became of one photo.
#[derive(Debug, Default, Serialize)]
pub struct PhotoReport {
    /// As listed.
    pub file: String,
    /// The record that was printed.
    pub ecg_id: u32,
    /// Codes of the reasons for refusing it; empty if it was answered.
    pub refused: Vec<String>,
    /// Codes of warnings.
    pub warnings: Vec<String>,
    /// Layout as read.
    pub layout: String,
    /// Leads of the long strips as read.
    pub rhythm_leads: Vec<String>,
    /// Signal over noise of the page in dB.
    pub snr_db: Option<f64>,
    /// The same of every printed lead (`II rhythm` for the long strip).
    pub lead_snr_db: BTreeMap<String, Option<f64>>,
    /// Root mean square distance from the true geometry after one shift, for simulated photos.
    pub rectification_mm: Option<f64>,
    /// Read minus true heart rate.
    pub heart_rate_error_bpm: Option<f64>,
    /// First finding on the photo and on the clean page (`–` for none), if they were compared.
    pub top_findings: Option<[String; 2]>,
    /// Mean absolute difference of the probabilities of photo and clean page.
    pub mean_probability_difference: Option<f64>,
    /// Milliseconds of every stage.
    pub timings_ms: BTreeMap<String, f64>,
    #[serde(skip)]
    powers: Option<Powers>,
}

/// All photos together.
#[derive(Debug, Serialize)]
pub struct PhotosSummary {
    /// Photos listed.
    pub photos: usize,
    /// Photos that were answered.
    pub answered: usize,
    /// Photos that were refused, by the code of each reason; a photo may have several.
    pub refused: BTreeMap<String, usize>,
    /// Mean of the photos' linear ratios, in dB.
    pub pooled_snr_db: Option<f64>,
    /// Median of the photos' ratios.
    pub median_snr_db: Option<f64>,
    /// Mean of the photos' decibels.
    pub mean_snr_db: Option<f64>,
    /// Share of all photos with known geometry that are straight within half a millimetre.
    pub straight_share: Option<f64>,
    /// Photos whose heart rate is within 3 beats a minute.
    pub heart_rate_within_3: usize,
    /// Photos whose first finding is that of the clean page, if findings were compared.
    pub same_top_finding: Option<usize>,
    /// Mean over the photos.
    pub mean_probability_difference: Option<f64>,
}

/// Reads every photo of the list at `csv` and compares it with its record. Without a `classifier`
/// only geometry and signals are compared, by all cores.
pub fn evaluate_photos(
    csv: &Path,
    source: &Source,
    classifier: Option<&Classifier>,
) -> Result<Vec<PhotoReport>> {
    let folder = csv.parent().unwrap_or(Path::new("."));
    let rows = read_list(csv)?;
    let ids: Vec<u32> = rows.iter().map(|row| row.ecg_id).collect();
    let set = source.load_ids(&ids)?;
    let report_of = |row: &Row| {
        let record = set
            .records()
            .iter()
            .find(|record| record.ecg_id == row.ecg_id);
        let recording = record.context("a listed record vanished")?.recording();
        let report = photo_report(row, folder, &recording, classifier)
            .with_context(|| format!("photo {}", row.file.display()))?;
        println!("{}", photo_line(&report));
        Ok(report)
    };
    if classifier.is_some() {
        rows.iter().map(report_of).collect()
    } else {
        rows.par_iter().map(report_of).collect()
    }
}

/// The drawn photos of the list at `csv`, each with the file of its truth.
pub(crate) fn listed_photos(csv: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let folder = csv.parent().unwrap_or(Path::new("."));
    let with_truth = |row: Row| {
        let truth = row.truth.as_ref().context("a photo without its truth")?;
        Ok((folder.join(&row.file), folder.join(truth)))
    };
    read_list(csv)?.into_iter().map(with_truth).collect()
}

/// How far off `map` is in a drawn photo, by its truth; on clean pages, which lie straight, 0.
pub(crate) fn true_error_mm(truth: &Path, map: &SheetMap) -> Result<f64> {
    let truth = read_truth(truth)?;
    let error_mm = |photo| rectification_error_mm(&photo, &truth.page.leads, map);
    Ok(truth.photo.map_or(0.0, error_mm))
}

fn read_list(csv: &Path) -> Result<Vec<Row>> {
    let rows: Vec<Row> = csv::Reader::from_path(csv)
        .and_then(|mut reader| reader.deserialize().collect())
        .with_context(|| format!("cannot read the list {}", csv.display()))?;
    ensure!(!rows.is_empty(), "{} lists no photo", csv.display());
    Ok(rows)
}

/// The figures over all photos.
pub fn summarise(reports: &[PhotoReport]) -> PhotosSummary {
    let ratios: Vec<f64> = reports
        .iter()
        .filter_map(|report| report.powers?.ratio())
        .collect();
    let decibel: Vec<f64> = ratios.iter().copied().map(decibels).collect();
    let geometry: Vec<&PhotoReport> = reports
        .iter()
        .filter(|report| report.knows_geometry())
        .collect();
    let straight = geometry
        .iter()
        .filter(|report| report.rectification_mm.is_some_and(|mm| mm < STRAIGHT_MM))
        .count();
    let differences: Vec<f64> = reports
        .iter()
        .filter_map(|report| report.mean_probability_difference)
        .collect();
    PhotosSummary {
        photos: reports.len(),
        answered: reports
            .iter()
            .filter(|report| report.refused.is_empty())
            .count(),
        refused: refused_by_code(reports),
        pooled_snr_db: mean(&ratios).map(decibels),
        median_snr_db: median(&decibel),
        mean_snr_db: mean(&decibel),
        straight_share: (!geometry.is_empty()).then(|| straight as f64 / geometry.len() as f64),
        heart_rate_within_3: reports
            .iter()
            .filter(|report| {
                report
                    .heart_rate_error_bpm
                    .is_some_and(|error| error.abs() <= 3.0)
            })
            .count(),
        same_top_finding: same_top_finding(reports),
        mean_probability_difference: mean(&differences),
    }
}

/// Photos that were answered like their clean page; `None` if no photo's findings were compared.
fn same_top_finding(reports: &[PhotoReport]) -> Option<usize> {
    let compared = reports.iter().any(|report| report.top_findings.is_some());
    let same = |report: &&PhotoReport| {
        let alike = |[photo, clean]: &[String; 2]| photo == clean;
        report.refused.is_empty() && report.top_findings.as_ref().is_some_and(alike)
    };
    compared.then(|| reports.iter().filter(same).count())
}

fn refused_by_code(reports: &[PhotoReport]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for code in reports.iter().flat_map(|report| &report.refused) {
        *counts.entry(code.clone()).or_insert(0) += 1;
    }
    counts
}

/// Prints the summary for people.
pub fn print_summary(summary: &PhotosSummary) {
    let PhotosSummary {
        photos, answered, ..
    } = summary;
    let db = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2} dB"));
    println!("answered {answered} of {photos}");
    println!(
        "SNR: pooled {}, median {}, mean {}",
        db(summary.pooled_snr_db),
        db(summary.median_snr_db),
        db(summary.mean_snr_db)
    );
    if let Some(share) = summary.straight_share {
        println!("straight within {STRAIGHT_MM} mm: {:.1} %", 100.0 * share);
    }
    println!(
        "heart rate within 3 beats a minute: {} of {answered}",
        summary.heart_rate_within_3
    );
    if let Some(line) = findings_line(summary) {
        println!("{line}");
    }
    for (code, count) in &summary.refused {
        println!("refused for {code}: {count}");
    }
}

/// What is said of findings, if they were compared.
fn findings_line(summary: &PhotosSummary) -> Option<String> {
    let same = summary.same_top_finding?;
    let difference = summary
        .mean_probability_difference
        .map_or("–".to_owned(), |difference| format!("{difference:.4}"));
    Some(format!(
        "same first finding as the clean page: {same} of {}; mean |Δp| {difference}",
        summary.answered
    ))
}

impl PhotoReport {
    /// A refused photo counts as not straight where its geometry is known.
    fn knows_geometry(&self) -> bool {
        self.rectification_mm.is_some()
    }
}

fn photo_report(
    row: &Row,
    folder: &Path,
    recording: &Recording,
    classifier: Option<&Classifier>,
) -> Result<PhotoReport> {
    let path = folder.join(&row.file);
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let truth = row
        .truth
        .as_ref()
        .map(|truth| read_truth(&folder.join(truth)))
        .transpose()?;
    let mut report = PhotoReport {
        file: row.file.display().to_string(),
        ecg_id: row.ecg_id,
        // What is refused is not straight.
        rectification_mm: truth
            .as_ref()
            .and_then(|truth| truth.photo.as_ref())
            .map(|_| f64::INFINITY),
        ..PhotoReport::default()
    };
    let printout = match classifier {
        Some(classifier) => {
            let answer = classify(classifier, &bytes)?;
            let clean_page = render_page(recording, &PageStyle::standard(), CLEAN_PIXELS_PER_MM);
            let clean = classify(classifier, &bmp(&clean_page.image)?)?;
            report.compare_findings(&answer.outcome, &clean.outcome);
            match answer.outcome {
                Outcome::Ok(reading) => {
                    report.timings_ms = reading.timings_ms;
                    answer.printout.map(|printout| *printout)
                }
                Outcome::Rejected { issues } => {
                    report.refuse(&issues);
                    None
                }
            }
        }
        None => {
            let photo = photo::decode(&bytes)?;
            match read_printout(&photo, &PrintoutOptions::default(), &mut |_| {}) {
                Ok(printout) => Some(printout),
                Err(issues) => {
                    report.refuse(&issues);
                    None
                }
            }
        }
    };
    if let Some(printout) = printout {
        report.compare_signals(&printout, recording, truth.as_ref());
    }
    Ok(report)
}

/// Reads what is known of a drawn picture: the truth of a photo, or that of a clean page alone.
fn read_truth(path: &Path) -> Result<Truth> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let value: serde_json::Value = serde_json::from_str(&text)?;
    Ok(if value.get("photo").is_some() {
        let ShotRecord { page, photo, .. } = serde_json::from_value(value)?;
        Truth {
            page,
            photo: Some(photo),
        }
    } else {
        Truth {
            page: serde_json::from_value(value)?,
            photo: None,
        }
    })
}

impl PhotoReport {
    fn refuse(&mut self, issues: &[Issue]) {
        self.refused = issues
            .iter()
            .filter(|issue| issue.severity == Severity::Reject)
            .map(|issue| issue.code.clone())
            .collect();
    }

    fn compare_findings(&mut self, photo: &Outcome, clean: &Outcome) {
        self.top_findings = Some([top_finding(photo), top_finding(clean)]);
        self.mean_probability_difference = probability_difference(photo, clean);
    }

    fn compare_signals(
        &mut self,
        printout: &Printout,
        recording: &Recording,
        truth: Option<&Truth>,
    ) {
        let layout = layout_summary(printout, &LayoutHints::default());
        self.layout = layout.name;
        self.rhythm_leads = layout.rhythm_leads;
        self.warnings = printout
            .quality
            .issues
            .iter()
            .map(|issue| issue.code.clone())
            .collect();
        self.heart_rate_error_bpm = measure(printout)
            .heart_rate_bpm
            .and_then(|rate| heart_rate_error_bpm(rate.value, recording));
        let boxes = truth.map_or_else(
            || lead_boxes(&PageStyle::standard()),
            |truth| truth.page.leads.clone(),
        );
        let powers = lead_powers(&boxes, recording, printout);
        self.powers = Some(Powers::sum(powers.values().copied()));
        self.snr_db = self.powers.and_then(Powers::ratio).map(decibels);
        self.lead_snr_db = powers
            .into_iter()
            .map(|(name, powers)| (name, powers.ratio().map(decibels)))
            .collect();
        if let Some(photo) = truth.and_then(|truth| truth.photo.as_ref()) {
            self.rectification_mm = Some(rectification_error_mm(photo, &boxes, &printout.page.map));
        }
    }
}

fn classify(classifier: &Classifier, bytes: &[u8]) -> Result<Answer> {
    let files = [NamedBytes {
        name: "photo",
        bytes,
    }];
    let options = ClassifyOptions::default();
    Ok(pollster::block_on(classifier.classify(
        &files,
        &options,
        &mut |_| {},
    ))?)
}

fn bmp(picture: &RgbImage) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Bmp)?;
    Ok(bytes.into_inner())
}

fn top_finding(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Ok(reading) => reading
            .findings
            .first()
            .map_or("–".to_owned(), |finding| finding.code.clone()),
        Outcome::Rejected { .. } => "refused".to_owned(),
    }
}

fn probability_difference(photo: &Outcome, clean: &Outcome) -> Option<f64> {
    let (Outcome::Ok(photo), Outcome::Ok(clean)) = (photo, clean) else {
        return None;
    };
    let differences: Vec<f64> = photo
        .scores
        .iter()
        .filter_map(|(key, p)| Some(f64::from((p - clean.scores.get(key)?).abs())))
        .collect();
    mean(&differences)
}

/// One photo's line for people.
fn photo_line(report: &PhotoReport) -> String {
    if !report.refused.is_empty() {
        return format!("{}  refused: {}", report.file, report.refused.join(", "));
    }
    let figure = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
    let findings = report.top_findings.as_ref().map(|[photo, clean]| {
        let difference = figure(report.mean_probability_difference);
        format!("  {photo} / {clean}  |Δp| {difference}")
    });
    format!(
        "{}  {} ({})  SNR {} dB  geometry {} mm  heart rate {} off{}  {}",
        report.file,
        report.layout,
        report.rhythm_leads.join(" "),
        figure(report.snr_db),
        figure(report.rectification_mm),
        figure(report.heart_rate_error_bpm),
        findings.unwrap_or_default(),
        report.warnings.join(" "),
    )
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // In a test, unwrapping is the assertion.

    use super::*;

    fn refused(codes: &[&str]) -> PhotoReport {
        PhotoReport {
            refused: codes.iter().map(|&code| code.to_owned()).collect(),
            ..PhotoReport::default()
        }
    }

    fn compared(photo: &str, clean: &str, difference: f64) -> PhotoReport {
        PhotoReport {
            top_findings: Some([photo, clean].map(str::to_owned)),
            mean_probability_difference: Some(difference),
            ..PhotoReport::default()
        }
    }

    #[test]
    fn nothing_is_said_of_findings_that_were_not_compared() {
        let reports = [PhotoReport::default(), refused(&["NO_GRID"])];
        let summary = summarise(&reports);
        assert_eq!(summary.answered, 1);
        assert_eq!(summary.same_top_finding, None);
        assert_eq!(findings_line(&summary), None);
        let json = serde_json::to_value(&summary).unwrap();
        assert!(json["same_top_finding"].is_null());
        assert!(json["mean_probability_difference"].is_null());
        let line = photo_line(&reports[0]);
        assert!(line.contains("SNR") && !line.contains("Δp"), "{line}");
    }

    #[test]
    fn findings_are_counted_where_they_were_compared() {
        let mut turned_away = compared("refused", "refused", 0.0);
        turned_away.refused = vec!["NO_GRID".to_owned()];
        turned_away.mean_probability_difference = None;
        let reports = [
            compared("NORM", "NORM", 0.1),
            compared("–", "IMI", 0.3),
            turned_away,
        ];
        let summary = summarise(&reports);
        assert_eq!(summary.same_top_finding, Some(1));
        let line = findings_line(&summary).unwrap();
        assert!(line.ends_with("1 of 2; mean |Δp| 0.2000"), "{line}");
        assert!(photo_line(&reports[1]).contains("– / IMI  |Δp| 0.30"));
    }

    #[test]
    fn refusals_are_counted_by_their_reasons() {
        let reports = [
            refused(&["NO_GRID"]),
            refused(&["BLURRED", "NO_GRID"]),
            PhotoReport::default(),
        ];
        let expected = [("BLURRED".to_owned(), 1), ("NO_GRID".to_owned(), 2)];
        assert_eq!(summarise(&reports).refused, BTreeMap::from(expected));
    }
}
