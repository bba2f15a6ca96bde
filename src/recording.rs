//! A recorded ECG in memory: what every reader produces and every signal step takes.

use crate::lead::Lead;

/// Signals that share one clock. All leads have the same number of samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Samples per second.
    pub sample_rate_hz: f64,
    /// The leads, in the file's order.
    pub leads: Vec<LeadSignal>,
}

/// One lead of a [`Recording`].
#[derive(Clone, Debug, PartialEq)]
pub struct LeadSignal {
    /// Which lead this is, where the file says so.
    pub lead: Option<Lead>,
    /// Potential in millivolts.
    pub samples_mv: Vec<f32>,
}

impl Recording {
    /// Length in seconds (0 for a recording without leads).
    pub fn duration_secs(&self) -> f64 {
        self.leads.first().map_or(0.0, |lead| {
            lead.samples_mv.len() as f64 / self.sample_rate_hz
        })
    }

    /// The signal of `lead`, if recorded.
    pub fn lead(&self, lead: Lead) -> Option<&LeadSignal> {
        self.leads.iter().find(|signal| signal.lead == Some(lead))
    }
}
