//! A comparison as Markdown.

use std::fmt::Write;

use anyhow::{Context, Result};

use super::{Comparison, Figure, Row};

/// The lines that a document's table stands between.
const BEGIN: &str = "<!-- figures: begin -->";
const END: &str = "<!-- figures: end -->";

/// One table per input and task, one of AUC by label for the first task, one of costs.
pub fn markdown(comparison: &Comparison) -> String {
    let mut text = String::new();
    let Some(first) = comparison.rows.first() else {
        return text;
    };
    for (place, cell) in first.cells.iter().enumerate() {
        line(
            &mut text,
            &format!(
                "**{}, {}** (fold {})\n",
                cell.input, cell.task, comparison.fold
            ),
        );
        line(
            &mut text,
            "| | seeds | macro AUC | gain | macro F1 | gain | precision | recall |",
        );
        line(&mut text, "|---|---|---|---|---|---|---|---|");
        for (index, row) in comparison.rows.iter().enumerate() {
            let cell = &row.cells[place];
            let gain = |figure: &Figure| {
                if index == 0 {
                    "–".to_owned()
                } else {
                    gain(figure)
                }
            };
            line(
                &mut text,
                &format!(
                    "| {} | {} | {} | {} | {} | {} | {} | {} |",
                    row.name,
                    row.seeds,
                    value(&cell.auc),
                    gain(&cell.auc),
                    value(&cell.f1),
                    gain(&cell.f1),
                    short(cell.precision),
                    short(cell.recall)
                ),
            );
        }
        line(&mut text, "");
    }
    per_label(&mut text, &comparison.rows);
    line(&mut text, "| | epochs | parameters | minutes a run |");
    line(&mut text, "|---|---|---|---|");
    for row in &comparison.rows {
        let millions = row.parameters as f64 / 1e6;
        let cost = format!(
            "| {} | {} | {millions:.2} M | {:.0} |",
            row.name, row.epochs, row.minutes
        );
        line(&mut text, &cost);
    }
    text
}

/// Replaces what stands between the two marks of `document`.
pub fn insert(document: &str, table: &str) -> Result<String> {
    let (before, rest) = document
        .split_once(BEGIN)
        .with_context(|| format!("the document has no line {BEGIN}"))?;
    let (_, after) = rest
        .split_once(END)
        .with_context(|| format!("the document has no line {END}"))?;
    Ok(format!("{before}{BEGIN}\n\n{table}\n{END}{after}"))
}

/// AUC by label of the first task's inputs.
fn per_label(text: &mut String, rows: &[Row]) {
    let Some(task) = rows
        .first()
        .and_then(|row| row.cells.first())
        .map(|cell| &cell.task)
    else {
        return;
    };
    let keys: Vec<&String> = rows[0].cells[0].per_label.keys().collect();
    let names: Vec<&str> = keys.iter().map(|key| key.as_str()).collect();
    line(text, &format!("AUC by label, {task}\n"));
    line(text, &format!("| | | {} |", names.join(" | ")));
    line(text, &format!("|---|---|{}", "---|".repeat(keys.len())));
    for row in rows {
        for cell in row.cells.iter().filter(|cell| cell.task == *task) {
            let values: Vec<String> = keys
                .iter()
                .map(|key| {
                    cell.per_label
                        .get(*key)
                        .map_or("–".to_owned(), |auc| short(*auc))
                })
                .collect();
            line(
                text,
                &format!("| {} | {} | {} |", row.name, cell.input, values.join(" | ")),
            );
        }
    }
    line(text, "");
}

fn value(figure: &Figure) -> String {
    let spread = figure.seed_deviation.map_or(String::new(), |deviation| {
        format!(" ± {}", short(deviation))
    });
    let [low, high] = figure.interval;
    format!(
        "{}{spread} [{}, {}]",
        short(figure.mean),
        short(low),
        short(high)
    )
}

fn gain(figure: &Figure) -> String {
    let [low, high] = figure.gain_interval.map(signed);
    format!("{} [{low}, {high}]", signed(figure.gain))
}

/// Three digits without the leading zero.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    text.strip_prefix('0').map_or(text.clone(), str::to_owned)
}

/// With its sign even where it rounds to nothing: whether an interval holds zero depends on it.
fn signed(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "+" };
    format!("{sign}{}", short(value.abs()))
}

fn line(text: &mut String, content: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{content}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_signed() {
        let figure = Figure {
            mean: 0.8523,
            seed_deviation: Some(0.0021),
            interval: [0.84, 0.8649],
            gain: -0.0123,
            gain_interval: [-0.02, 0.004],
        };
        assert_eq!(value(&figure), ".852 ± .002 [.840, .865]");
        assert_eq!(gain(&figure), "−.012 [−.020, +.004]");
        assert_eq!(
            (signed(-0.0002), signed(0.0002)),
            ("−.000".to_owned(), "+.000".to_owned())
        );
        assert_eq!(short(1.0), "1.000");
    }

    #[test]
    fn a_table_replaces_the_one_before_and_nothing_else() {
        let document = format!("# Title\n\n{BEGIN}\nold\n{END}\n\nAfter.\n");
        let once = insert(&document, "| new |\n").expect("both marks");
        assert!(once.contains("| new |") && !once.contains("old"));
        assert!(once.starts_with("# Title\n") && once.ends_with("\n\nAfter.\n"));
        assert_eq!(insert(&once, "| new |\n").expect("both marks"), once);
        assert!(insert("no marks", "").is_err());
    }
}
