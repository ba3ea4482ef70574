//! What a run with several concurrencies says of how times grow with the number in flight.

use planner_core::law::throughput_cap::Cap;
use planner_core::law::usl_fit::{Point, fit, within_range};
use planner_core::measure::analysis::points;
use planner_core::measure::document::RunDocument;
use planner_core::numeric::interval::CONFIDENCE;
use planner_core::numeric::interval::student_t;

/// Half of a 95 % interval of a normal distribution, in standard errors.
const INTERVAL_ERRORS: f64 = 1.96;

/// σ and κ of the scalability law, or where throughput meets a limit, with their standard errors.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Scaling {
    sigma: [f64; 2],
    kappa: [f64; 2],
    /// The concurrency from which on throughput stays the same.
    knee_n: Option<[f64; 2]>,
}

/// How times grow with the number in flight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Contention {
    pub sigma: f64,
    pub kappa: f64,
    pub knee_n: Option<f64>,
}

impl Scaling {
    /// Of the steady parts of a run's levels; None where they do not determine a law. A peak that is not identified
    /// is no reason against one: it describes what was measured all the same.
    pub(super) fn of(document: &RunDocument) -> Option<Self> {
        let points = points(&document.levels);
        let Some(fit) = within_range(&points) else { return Self::limited(&points) };
        // A few levels know their own scatter badly, which makes Student's interval wider than the normal one.
        let wider = student_t(CONFIDENCE, f64::from(fit.degrees_of_freedom)) / INTERVAL_ERRORS;
        Some(Self {
            sigma: [fit.usl.sigma, wider * fit.standard_errors.sigma],
            kappa: [fit.usl.kappa, wider * fit.standard_errors.kappa],
            knee_n: None,
        })
    }

    /// Of a sweep that a limit explains far better than the law does.
    fn limited(points: &[Point]) -> Option<Self> {
        let cap = Cap::instead_of(&fit(points).ok()?.usl, points)?;
        let above: Vec<f64> = points
            .iter()
            .filter(|point| point.n > cap.knee_n())
            .map(|point| point.x_per_s / cap.cap_per_s - 1.0)
            .collect();
        let squares = above.iter().map(|off| off * off).sum::<f64>();
        let error = cap.knee_n() * (squares / (above.len() as f64 - 1.0).max(1.0)).sqrt();
        Some(Self { knee_n: Some([cap.knee_n(), error]), ..Self::default() })
    }

    /// The law so many standard errors off. What a fit gives to one of σ and κ it takes from the other.
    pub(super) fn contention(&self, errors: f64) -> Contention {
        Contention {
            sigma: (self.sigma[0] + errors * self.sigma[1]).max(0.0),
            kappa: (self.kappa[0] - errors * self.kappa[1]).max(0.0),
            knee_n: self.knee_n.map(|[knee_n, error]| (knee_n - errors * error).max(1.0)),
        }
    }
}

impl Contention {
    /// How many times longer a copy takes with `n` in flight than alone.
    pub(super) fn slowdown(&self, n: f64) -> f64 {
        let shared = self.knee_n.map_or(1.0, |knee_n| n / knee_n);
        (1.0 + self.sigma * (n - 1.0) + self.kappa * n * (n - 1.0)).max(shared)
    }
}
