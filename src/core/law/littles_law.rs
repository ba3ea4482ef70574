//! N = X·R as documents hold it.

use serde::{Deserialize, Serialize};

use super::in_flight_window::Window;
use crate::units::quantity::seconds;

/// N = X·R over one window, with what its edges explain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct LittlesLaw {
    /// Length of the window.
    pub window_s: f64,
    /// Time average of requests in flight.
    pub n: f64,
    /// Completions per second.
    pub x_per_s: f64,
    /// Mean residence time of the requests that completed.
    pub r_s: f64,
    /// X·R.
    pub xr: f64,
    /// N by the departure form.
    pub departure_form_n: f64,
    /// Sum of ages at the beginning.
    pub age_start_s: f64,
    /// Sum of ages at the end.
    pub age_end_s: f64,
    /// N − X·R.
    pub difference: f64,
    /// The part of the difference that the edges explain.
    pub edges: f64,
    /// Whether the departure form holds to the nanosecond.
    pub accounting_holds: bool,
}

impl From<&Window> for LittlesLaw {
    fn from(window: &Window) -> Self {
        Self {
            window_s: seconds(window.length_ns),
            n: window.n(),
            x_per_s: window.x_per_s(),
            r_s: window.r_s(),
            xr: window.xr(),
            departure_form_n: window.departure_form_n(),
            age_start_s: window.age_start_ns as f64 / 1e9,
            age_end_s: window.age_end_ns as f64 / 1e9,
            difference: window.difference(),
            edges: window.edges(),
            accounting_holds: window.accounting_holds(),
        }
    }
}
