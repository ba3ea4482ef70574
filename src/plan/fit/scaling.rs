//! What a run with several concurrencies says of how times grow with the number in flight.

use planner_core::law::usl::Usl;
use planner_core::law::usl_fit::within_range;
use planner_core::measure::analysis::points;
use planner_core::measure::document::RunDocument;
use planner_core::numeric::interval::CONFIDENCE;
use planner_core::numeric::interval::student_t;

/// Half of a 95 % interval of a normal distribution, in standard errors.
const INTERVAL_ERRORS: f64 = 1.96;

/// σ and κ of the scalability law with their standard errors.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Scaling {
    sigma: [f64; 2],
    kappa: [f64; 2],
}

impl Scaling {
    /// Of the steady parts of a run's levels; None where they do not determine a law. A peak that is not identified
    /// is no reason against one: it describes what was measured all the same.
    pub(super) fn of(document: &RunDocument) -> Option<Self> {
        let fit = within_range(&points(&document.levels))?;
        // A few levels know their own scatter badly, which makes Student's interval wider than the normal one.
        let wider = student_t(CONFIDENCE, f64::from(fit.degrees_of_freedom)) / INTERVAL_ERRORS;
        Some(Self {
            sigma: [fit.usl.sigma, wider * fit.standard_errors.sigma],
            kappa: [fit.usl.kappa, wider * fit.standard_errors.kappa],
        })
    }

    /// The law so many standard errors off. What a fit gives to one of σ and κ it takes from the other.
    pub(super) fn usl(&self, errors: f64) -> Usl {
        Usl {
            lambda: 1.0,
            sigma: (self.sigma[0] + errors * self.sigma[1]).max(0.0),
            kappa: (self.kappa[0] - errors * self.kappa[1]).max(0.0),
        }
    }
}
