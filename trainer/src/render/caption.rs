//! The words around a tracing: invented, and never the diagnosis, which a student could read off.

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use super::chance::{pick, uniform};
use super::style::PageStyle;

/// A line of text on the page, in the page's typeface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Caption {
    pub text: String,
    /// Where its baseline starts.
    pub origin_mm: [f32; 2],
    pub cap_height_mm: f32,
}

/// A straight line in the colour of the text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Rule {
    pub from_mm: [f32; 2],
    pub to_mm: [f32; 2],
    pub width_mm: f32,
}

impl Caption {
    /// `text` from `origin_mm` on.
    pub fn new(text: impl Into<String>, origin_mm: [f32; 2], cap_height_mm: f32) -> Self {
        Self {
            text: text.into(),
            origin_mm,
            cap_height_mm,
        }
    }
}

/// How makers write speed, gain and pass band at the foot of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Footing {
    /// `25mm/s  10mm/mV  0.05-150Hz`
    Plain,
    /// `0.05~150Hz 25mm/s 10mm/mV`
    BandFirst,
    /// `25 mm/sec   Limb: 10 mm/mV   Chest: 10 mm/mV   F 0.05-150 Hz`
    PerLimb,
    /// `25 mm/s, 10 mm/mV   LP 150 Hz`
    LowPassOnly,
}

/// One line with the page's true speed, gain and pass band. What was not filtered is not named.
pub fn settings(style: &PageStyle, footing: Footing) -> String {
    let (speed, gain) = (style.speed_mm_s, style.gain_mm_mv);
    let chest = style.chest_gain_mm_mv.unwrap_or(gain);
    let gains = if chest == gain {
        format!("{gain}")
    } else {
        format!("{gain}/{chest}")
    };
    let band = |dash: &str, space: &str| {
        let filter = style.filter;
        match (filter.high_pass_hz, filter.low_pass_hz) {
            (Some(low), Some(high)) => format!("{low}{dash}{high}{space}Hz"),
            (None, Some(high)) => format!("{high}{space}Hz"),
            (Some(low), None) => format!("{low}{space}Hz"),
            (None, None) => String::new(),
        }
    };
    let line = match footing {
        Footing::Plain => format!("{speed}mm/s  {gains}mm/mV  {}", band("-", "")),
        Footing::BandFirst => format!("{} {speed}mm/s {gains}mm/mV", band("~", "")),
        Footing::PerLimb => format!(
            "{speed} mm/sec   Limb: {gain} mm/mV   Chest: {chest} mm/mV   {}",
            band("-", " ")
        ),
        Footing::LowPassOnly => {
            let low_pass = style.filter.low_pass_hz;
            let edge = low_pass.map_or(String::new(), |hz| format!("LP {hz} Hz"));
            format!("{speed} mm/s, {gains} mm/mV   {edge}")
        }
    };
    line.trim().to_owned()
}

/// Makes up one line of text.
type Writer<R> = fn(&mut R) -> String;

/// Header and footer for `style`, whose measurements are drawn without regard to the recording.
pub fn captions<R: Rng + ?Sized>(rng: &mut R, style: &PageStyle) -> Vec<Caption> {
    let mut lines = Vec::new();
    let cap_mm = uniform(rng, 1.6, 2.8);
    if rng.random_bool(0.8) {
        header(rng, style, cap_mm, &mut lines);
    }
    if rng.random_bool(0.8) {
        let last_mm = style.row_baseline_mm(style.layout.rows().saturating_sub(1));
        let y_mm = uniform(rng, last_mm + 8.0, last_mm + 30.0).min(style.page_mm[1] - 2.0);
        let x_mm = style.left_mm + uniform(rng, 0.0, 0.2 * style.page_mm[0]);
        let footing = pick(
            rng,
            &[
                (Footing::Plain, 0.4),
                (Footing::BandFirst, 0.25),
                (Footing::PerLimb, 0.2),
                (Footing::LowPassOnly, 0.15),
            ],
        );
        lines.push(Caption::new(settings(style, footing), [x_mm, y_mm], cap_mm));
        if rng.random_bool(0.5) {
            let at_mm = [x_mm + 0.45 * style.page_mm[0], y_mm];
            lines.push(Caption::new(device(rng), at_mm, cap_mm));
        }
        if rng.random_bool(0.4) {
            let at_mm = [x_mm + 0.62 * style.page_mm[0], y_mm];
            lines.push(Caption::new(date(rng), at_mm, cap_mm));
        }
    }
    lines
}

/// Up to three columns of lines, as far as there is room above the first row's traces.
fn header<R: Rng + ?Sized>(rng: &mut R, style: &PageStyle, cap_mm: f32, lines: &mut Vec<Caption>) {
    let columns: [&[Writer<R>]; 4] = [
        &[patient_number, age_and_sex, date, height_and_weight],
        &[
            ventricular_rate,
            pr_interval,
            qrs_duration,
            qt_interval,
            axes,
        ],
        &[department, technician, referrer],
        &[hospital, date],
    ];
    let wanted = rng.random_range(2..5);
    let spacing = uniform(rng, 1.5, 2.0);
    for (k, column) in columns.iter().take(wanted).enumerate() {
        if rng.random_bool(0.25) {
            continue;
        }
        let x_mm =
            style.left_mm + k as f32 * style.page_mm[0] / wanted as f32 + uniform(rng, 0.0, 8.0);
        let mut y_mm = uniform(rng, 5.0, 9.0);
        for line in *column {
            if y_mm < style.top_mm - 8.0 {
                lines.push(Caption::new(line(rng), [x_mm, y_mm], cap_mm));
            }
            y_mm += cap_mm * spacing;
        }
    }
    if rng.random_bool(0.1) {
        let title = pick(
            rng,
            &[("ECG REPORT", 1.0), ("ECG", 1.0), ("12 LEAD ECG", 1.0)],
        );
        let at_mm = [0.42 * style.page_mm[0], 4.0 + 1.6 * cap_mm];
        lines.push(Caption::new(title, at_mm, 1.6 * cap_mm));
    }
}

fn patient_number<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!("ID: {:06}", rng.random_range(0..1_000_000))
}

fn age_and_sex<R: Rng + ?Sized>(rng: &mut R) -> String {
    let sex = pick(
        rng,
        &[("Male", 1.0), ("Female", 1.0), ("M", 0.3), ("F", 0.3)],
    );
    format!("{} Years  {sex}", rng.random_range(18..95))
}

fn height_and_weight<R: Rng + ?Sized>(rng: &mut R) -> String {
    let (height, weight) = (rng.random_range(148..198), rng.random_range(45..120));
    format!("Height: {height} cm  Weight: {weight} kg")
}

fn date<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!(
        "{}-{:02}-{:02} {:02}:{:02}:{:02}",
        rng.random_range(1995..2026),
        rng.random_range(1..13),
        rng.random_range(1..29),
        rng.random_range(0..24),
        rng.random_range(0..60),
        rng.random_range(0..60)
    )
}

fn ventricular_rate<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!("Vent. rate    {} BPM", rng.random_range(45..140))
}

fn pr_interval<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!("PR interval   {} ms", rng.random_range(110..240))
}

fn qrs_duration<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!("QRS duration  {} ms", rng.random_range(74..160))
}

fn qt_interval<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!(
        "QT/QTc        {}/{} ms",
        rng.random_range(320..480),
        rng.random_range(370..500)
    )
}

fn axes<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!("P-R-T axes    {} {} {}", angle(rng), angle(rng), angle(rng))
}

fn angle<R: Rng + ?Sized>(rng: &mut R) -> i32 {
    rng.random_range(-60..110)
}

fn department<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!(
        "Dept: {}   Room: {}",
        rng.random_range(1..40),
        rng.random_range(1..400)
    )
}

fn technician<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!("Technician: {}", rng.random_range(10..99))
}

fn referrer<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!("Referred by: {}", rng.random_range(100..999))
}

fn hospital<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!(
        "Ward {}  Bed {}",
        rng.random_range(1..30),
        rng.random_range(1..9)
    )
}

fn device<R: Rng + ?Sized>(rng: &mut R) -> String {
    let (version, unit) = (rng.random_range(1..9), rng.random_range(100..999));
    format!("V{version}.{}  SN{unit}", rng.random_range(0..10))
}

#[cfg(test)]
mod tests {
    use super::super::filter::SignalFilter;
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn no_caption_names_a_finding() {
        let telling = [
            "rhythm", "infarct", "block", "fibrill", "normal", "tachy", "brady", "hyper",
        ];
        for seed in 0..200 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            for caption in captions(&mut rng, &PageStyle::standard()) {
                let text = caption.text.to_ascii_lowercase();
                assert!(telling.iter().all(|word| !text.contains(word)), "{text}");
            }
        }
    }

    #[test]
    fn captions_state_the_true_settings_and_stay_on_the_page() {
        let style = PageStyle {
            speed_mm_s: 50.0,
            chest_gain_mm_mv: Some(5.0),
            filter: SignalFilter::band(0.5, 40.0),
            ..PageStyle::standard()
        };
        let mut stated = 0;
        for seed in 0..100 {
            for caption in captions(&mut ChaCha8Rng::seed_from_u64(seed), &style) {
                let [x, y] = caption.origin_mm;
                assert!(x > 0.0 && x < style.page_mm[0] && y > 0.0 && y < style.page_mm[1]);
                if caption.text.contains("mm/mV") {
                    stated += 1;
                    assert!(caption.text.contains("50") && caption.text.contains("40"));
                    assert!(!caption.text.contains("25") && !caption.text.contains("150"));
                }
            }
        }
        assert!(stated > 50);
    }

    #[test]
    fn settings_name_speed_gains_and_only_what_was_filtered() {
        let mut style = PageStyle {
            filter: SignalFilter::band(0.05, 150.0),
            ..PageStyle::standard()
        };
        assert_eq!(
            settings(&style, Footing::Plain),
            "25mm/s  10mm/mV  0.05-150Hz"
        );
        style.filter = SignalFilter::NONE;
        style.chest_gain_mm_mv = Some(5.0);
        style.speed_mm_s = 12.5;
        assert_eq!(settings(&style, Footing::BandFirst), "12.5mm/s 10/5mm/mV");
        assert_eq!(
            settings(&style, Footing::PerLimb),
            "12.5 mm/sec   Limb: 10 mm/mV   Chest: 5 mm/mV"
        );
    }
}
