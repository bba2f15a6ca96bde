//! The words around a tracing: invented, and never the diagnosis, which a student could read off.

use rand::{Rng, RngExt};

use super::chance::{pick, uniform};
use super::style::PageStyle;

/// A line of text on the page.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Caption {
    pub text: String,
    /// Where its baseline starts.
    pub origin_mm: [f32; 2],
    pub cap_height_mm: f32,
}

/// Makes up one line of text.
type Writer<R> = fn(&mut R) -> String;

/// Header and footer for `style`, whose measurements are drawn without regard to the recording.
pub fn captions<R: Rng + ?Sized>(rng: &mut R, style: &PageStyle) -> Vec<Caption> {
    let mut lines = Vec::new();
    let cap_height_mm = uniform(rng, 1.8, 3.0);
    if rng.random_bool(0.8) {
        let columns: [&[Writer<R>]; 3] = [
            &[patient_number, age_and_sex, date],
            &[ventricular_rate, pr_interval, qrs_duration, qt_interval],
            &[department, technician, axes],
        ];
        for (k, column) in columns.iter().enumerate() {
            if rng.random_bool(0.3) {
                continue;
            }
            let x_mm = style.left_mm + k as f32 * style.page_mm[0] / 3.0 + uniform(rng, 0.0, 8.0);
            let mut y_mm = uniform(rng, 5.0, 9.0);
            for line in *column {
                // Text stays clear of the first row's traces.
                if y_mm < style.top_mm - 8.0 {
                    let text = line(rng);
                    lines.push(Caption {
                        text,
                        origin_mm: [x_mm, y_mm],
                        cap_height_mm,
                    });
                }
                y_mm += cap_height_mm * 1.7;
            }
        }
    }
    if rng.random_bool(0.8) {
        let last_mm = style.top_mm + (style.layout.rows() - 1) as f32 * style.row_pitch_mm;
        let y_mm = uniform(rng, last_mm + 12.0, last_mm + 30.0).min(style.page_mm[1] - 2.0);
        let band = pick(
            rng,
            &[
                ("0.05-150Hz", 1.0),
                ("0.67~25Hz", 1.0),
                ("0.5-40Hz AC50", 1.0),
            ],
        );
        let settings = format!(
            "{}mm/s  {}mm/mV  {band}",
            style.speed_mm_s, style.gain_mm_mv
        );
        let x_mm = style.left_mm + uniform(rng, 0.0, 60.0);
        lines.push(Caption {
            text: settings,
            origin_mm: [x_mm, y_mm],
            cap_height_mm,
        });
        if rng.random_bool(0.5) {
            let text = date(rng);
            lines.push(Caption {
                text,
                origin_mm: [x_mm + 120.0, y_mm],
                cap_height_mm,
            });
        }
    }
    lines
}

fn patient_number<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!("ID: {:06}", rng.random_range(0..1_000_000))
}

fn age_and_sex<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!(
        "{} Years  {}",
        rng.random_range(18..95),
        pick(rng, &[("Male", 1.0), ("Female", 1.0)])
    )
}

fn date<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!(
        "{}-{:02}-{:02} {:02}:{:02}",
        rng.random_range(1995..2026),
        rng.random_range(1..13),
        rng.random_range(1..29),
        rng.random_range(0..24),
        rng.random_range(0..60)
    )
}

fn ventricular_rate<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!("Vent rate  {} bpm", rng.random_range(45..140))
}

fn pr_interval<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!("PR int  {} ms", rng.random_range(110..240))
}

fn qrs_duration<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!("QRS dur  {} ms", rng.random_range(74..160))
}

fn qt_interval<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!(
        "QT/QTc  {}/{} ms",
        rng.random_range(320..480),
        rng.random_range(370..500)
    )
}

fn axes<R: Rng + ?Sized>(rng: &mut R) -> String {
    format!("P-R-T axes  {} {} {}", angle(rng), angle(rng), angle(rng))
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

#[cfg(test)]
mod tests {
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
    fn captions_state_the_true_speed_and_stay_on_the_page() {
        let style = PageStyle {
            speed_mm_s: 50.0,
            ..PageStyle::standard()
        };
        let mut stated = 0;
        for seed in 0..100 {
            for caption in captions(&mut ChaCha8Rng::seed_from_u64(seed), &style) {
                let [x, y] = caption.origin_mm;
                assert!(x > 0.0 && x < style.page_mm[0] && y > 0.0 && y < style.page_mm[1]);
                stated += usize::from(caption.text.contains("50mm/s"));
                assert!(!caption.text.contains("25mm/s"));
            }
        }
        assert!(stated > 50);
    }
}
