//! A residence time that was not measured but given: `lognormal(30s, cv=0.5)`, `exponential(30s)`, `fixed(30s)`, `25.2s`,
//! each of them also `at 700MB`.

use std::fmt;
use std::str::FromStr;

use super::fit::FittedModel;
use super::limitation::Limitation;
use planner_core::service::{CopyProfile, Noise, Profile};
use planner_core::units::human::bytes;
use planner_core::units::quantity::{Bytes, Span, WEEK};

const FORMS: &str = "write it as lognormal(30s, cv=0.5), exponential(30s), fixed(30s) or 25.2s, each also with a size: 25.2s at 700MB";

/// Residence times of copies, in proportion to their size and however many are in flight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Residence {
    /// Mean.
    pub mean: Span,
    /// How the times spread around it.
    pub spread: TimeSpread,
    /// Size of the copies that take so long; None for a typical one.
    pub size: Option<Bytes>,
}

/// How times spread around their mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TimeSpread {
    /// Lognormal.
    Lognormal {
        /// Coefficient of variation, above 0.
        cv: f64,
    },
    /// Exponential.
    Exponential,
    /// Not at all.
    Fixed,
    /// Nothing was said about it.
    Unknown,
}

impl Residence {
    /// The service that copies of the given size, or else of the `typical` one, take so long at, with nothing known about
    /// the uncertainty.
    #[must_use]
    pub fn model(&self, typical: Bytes) -> FittedModel {
        let size = self.size.unwrap_or(typical);
        let mut profile = Profile::default();
        let assumed_cv = profile.copy.noise_cv;
        let (noise_cv, noise) = match self.spread {
            TimeSpread::Lognormal { cv } => (cv, None),
            TimeSpread::Exponential => (0.0, Some(Noise::Exponential)),
            TimeSpread::Fixed => (0.0, None),
            TimeSpread::Unknown => (assumed_cv, None),
        };
        let (base_s, bandwidth_bytes_per_s) = match size.0 {
            0 => (self.mean.seconds(), CopyProfile::NO_LIMIT_BYTES_PER_S),
            bytes => (0.0, bytes as f64 / self.mean.seconds()),
        };
        profile.copy = CopyProfile {
            base_s,
            bandwidth_bytes_per_s,
            noise_cv,
            noise,
            sigma: 0.0,
            kappa: 0.0,
            aggregate_bandwidth_bytes_per_s: None,
        };
        let source = format!("residence time {} at {}", Self { size: None, ..*self }, bytes(size.0));
        let mut model = FittedModel::assumed(profile, source);
        model
            .doubts
            .extend((self.spread == TimeSpread::Unknown).then_some(Limitation::MeanOnly { cv: assumed_cv }));
        model
    }
}

impl FromStr for Residence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (text, size) = match text.split_once(" at ") {
            Some((time, size)) => (time.trim(), Some(size.trim().parse()?)),
            None => (text.trim(), None),
        };
        let Some((name, rest)) = text.split_once('(') else {
            return Ok(Self { mean: mean(text)?, spread: TimeSpread::Unknown, size });
        };
        let inside =
            rest.strip_suffix(')').ok_or_else(|| format!("`{text}` does not end with `)`; {FORMS}"))?;
        let (first, second) = match inside.split_once(',') {
            Some((first, second)) => (first, Some(second)),
            None => (inside, None),
        };
        let spread = match (name.trim(), second) {
            ("lognormal", Some(cv)) => TimeSpread::Lognormal { cv: coefficient_of_variation(cv)? },
            ("lognormal", None) => {
                return Err(format!("`{text}` has no cv (standard deviation over mean); {FORMS}"));
            }
            ("exponential", None) => TimeSpread::Exponential,
            ("fixed", None) => TimeSpread::Fixed,
            ("exponential" | "fixed", Some(_)) => {
                return Err(format!("`{text}` has more than a mean; {FORMS}"));
            }
            (other, _) => return Err(format!("`{other}` is not a distribution; {FORMS}")),
        };
        Ok(Self { mean: mean(first)?, spread, size })
    }
}

impl fmt::Display for Residence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mean_s = decimal_s(self.mean);
        match self.spread {
            TimeSpread::Lognormal { cv } => write!(f, "lognormal({mean_s}s, cv={cv})"),
            TimeSpread::Exponential => write!(f, "exponential({mean_s}s)"),
            TimeSpread::Fixed => write!(f, "fixed({mean_s}s)"),
            TimeSpread::Unknown => write!(f, "{mean_s}s"),
        }?;
        self.size.map_or(Ok(()), |size| write!(f, " at {size}"))
    }
}

/// Seconds with as many decimals as it takes.
fn decimal_s(span: Span) -> String {
    const NS_PER_S: u64 = 1_000_000_000;
    let digits = format!("{}.{:09}", span.ns() / NS_PER_S, span.ns() % NS_PER_S);
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A mean above zero, in units such as ms, s and m; seconds may have decimals.
fn mean(text: &str) -> Result<Span, String> {
    let text = text.trim();
    let decimal = text.strip_suffix('s').and_then(|number| number.parse::<f64>().ok());
    let span = match decimal {
        Some(seconds) if seconds.is_finite() && seconds >= 0.0 => {
            Span(planner_core::units::quantity::nanoseconds(seconds))
        }
        Some(_) => return Err(format!("`{text}` is not a length of time; {FORMS}")),
        None => text.parse::<Span>().map_err(|_| format!("`{text}` is not a length of time; {FORMS}"))?,
    };
    if span > WEEK {
        return Err(format!("`{text}` is longer than a week, and no copy is; {FORMS}"));
    }
    if span.ns() == 0 {
        return Err(format!("a mean of `{text}` is no time at all; give one above zero"));
    }
    Ok(span)
}

fn coefficient_of_variation(text: &str) -> Result<f64, String> {
    let number = text
        .trim()
        .strip_prefix("cv")
        .and_then(|rest| rest.trim_start().strip_prefix('='))
        .ok_or_else(|| format!("`{}` is not a cv; {FORMS}", text.trim()))?;
    let cv: f64 = number.trim().parse().map_err(|_| format!("`{}` is not a number", number.trim()))?;
    if !(cv > 0.0 && cv <= 100.0) {
        return Err(format!("a cv of {cv} is not between 0 and 100; fixed(…) is for times that do not vary"));
    }
    Ok(cv)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::BasisKind;
    use planner_core::account::Limits;
    use proptest::prelude::*;

    fn parsed(text: &str) -> Residence {
        text.parse().unwrap()
    }

    #[test]
    fn every_form_is_read() {
        let thirty = Span(30_000_000_000);
        let with = |spread| Residence { mean: thirty, spread, size: None };
        assert_eq!(parsed("lognormal(30s, cv=0.5)"), with(TimeSpread::Lognormal { cv: 0.5 }));
        assert_eq!(parsed(" lognormal( 30000ms , cv = 0.5 ) "), parsed("lognormal(30s,cv=.5)"));
        assert_eq!(parsed("exponential(30s)"), with(TimeSpread::Exponential));
        assert_eq!(parsed("fixed(30s)"), with(TimeSpread::Fixed));
        assert_eq!(
            parsed("25.2s"),
            Residence { mean: Span(25_200_000_000), spread: TimeSpread::Unknown, size: None }
        );
        assert_eq!(parsed("1m30s").mean, Span(90_000_000_000));
        let sized = Residence { size: Some(Bytes(700_000_000)), ..parsed("fixed(30s)") };
        assert_eq!(parsed("fixed(30s) at 700MB"), sized);
    }

    #[test]
    fn the_model_has_the_mean_at_its_size_and_the_spread_that_was_given() {
        for (text, cv, doubts) in [
            ("lognormal(30s, cv=0.5)", 0.5, 1),
            ("exponential(30s)", 1.0, 1),
            ("fixed(30s)", 0.0, 1),
            ("30s", 0.25, 2),
        ] {
            let model = parsed(text).model(Bytes(700_000_000));
            assert_eq!(model.profile.validate(Limits::built_in()), Ok(()));
            for (bytes, seconds) in [(0, 0.0), (700_000_000, 30.0), (7_000_000_000, 300.0)] {
                assert!((model.profile.copy.mean_s(bytes, 3000) - seconds).abs() < 1e-6, "{text}");
            }
            assert!((model.profile.copy.factor().cv() - cv).abs() < 1e-12, "{text}");
            assert_eq!((model.doubts.len(), model.basis.kind), (doubts, BasisKind::Assumed), "{text}");
        }
        assert_eq!(parsed("25.2s").model(Bytes(0)).doubts[1], Limitation::MeanOnly { cv: 0.25 });
    }

    #[test]
    fn what_cannot_be_is_told_with_the_forms_that_can() {
        for (text, told) in [
            ("", "not a length of time"),
            ("0s", "no time at all"),
            ("-3s", "not a length of time"),
            ("NaNs", "not a length of time"),
            ("infs", "not a length of time"),
            ("30", "not a length of time"),
            ("fixed(0s)", "no time at all"),
            ("lognormal(30s)", "has no cv"),
            ("lognormal(30s, 0.5)", "`0.5` is not a cv"),
            ("lognormal(30s, cv=x)", "`x` is not a number"),
            ("lognormal(30s, cv=0)", "not between 0 and 100"),
            ("lognormal(30s, cv=-1)", "not between 0 and 100"),
            ("lognormal(30s, cv=NaN)", "not between 0 and 100"),
            ("lognormal(30s, cv=0.5", "does not end with `)`"),
            ("exponential(30s, cv=1)", "more than a mean"),
            ("pareto(30s)", "`pareto` is not a distribution"),
            ("30s at", "not a length of time"),
            ("30s at noon", "noon"),
        ] {
            let error = text.parse::<Residence>().unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(ns in 1u64..=WEEK.ns(), cv in 0.001f64..50.0, which in 0usize..4, mb in 0u64..9) {
            let spread = [TimeSpread::Lognormal { cv }, TimeSpread::Exponential, TimeSpread::Fixed, TimeSpread::Unknown][which];
            let size = (mb > 0).then_some(Bytes(mb * 100_000_000));
            let residence = Residence { mean: Span(ns), spread, size };
            prop_assert_eq!(parsed(&residence.to_string()), residence);
        }

        #[test]
        fn no_text_is_trouble(text in "[a-z0-9(),.= -]{0,30}") {
            if let Ok(residence) = text.parse::<Residence>() {
                prop_assert_eq!(residence.model(Bytes(700_000_000)).profile.validate(Limits::built_in()), Ok(()));
            }
        }
    }
}
