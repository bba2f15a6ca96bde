//! The time that each step of a reading takes.

use std::collections::BTreeMap;

use super::Stage;

/// Announces stages and measures them.
pub(super) struct Stopwatch<'a> {
    clock_ms: fn() -> f64,
    progress: &'a mut dyn FnMut(Stage),
    running: Option<(Stage, f64)>,
    timings_ms: BTreeMap<String, f64>,
}

impl<'a> Stopwatch<'a> {
    pub(super) fn new(clock_ms: fn() -> f64, progress: &'a mut dyn FnMut(Stage)) -> Self {
        Self {
            clock_ms,
            progress,
            running: None,
            timings_ms: BTreeMap::new(),
        }
    }

    pub(super) fn begin(&mut self, stage: Stage) {
        self.end();
        (self.progress)(stage);
        self.running = Some((stage, (self.clock_ms)()));
    }

    fn end(&mut self) {
        if let Some((stage, started)) = self.running.take() {
            self.timings_ms
                .insert(stage.name().to_owned(), (self.clock_ms)() - started);
        }
    }

    pub(super) fn finish(&mut self) -> BTreeMap<String, f64> {
        self.end();
        std::mem::take(&mut self.timings_ms)
    }
}
