//! The line R = a + size/bandwidth through measured copies.

use super::observations::Observation;

/// Rounds of reweighting; the line settles in three or four.
const ROUNDS: usize = 8;

/// What is kept of the form R = a + c·size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineForm {
    /// All of it.
    Line,
    /// a = 0: sizes are too alike to tell a fixed time from a bandwidth.
    Proportional,
    /// c = 0: there are no bytes.
    Flat,
}

/// Mean seconds of a copy by its size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    /// Seconds whatever the size.
    pub base_s: f64,
    /// Seconds a byte.
    pub per_byte_s: f64,
}

impl Line {
    /// Mean seconds of a copy.
    pub(super) fn mean_s(&self, bytes: u64) -> f64 {
        self.base_s + self.per_byte_s * bytes as f64
    }

    /// The line whose relative residuals are smallest, neither part of it negative; on average they are exactly 0.
    ///
    /// Times scale: their spread grows with their mean. So the weights are 1/mean², and as the mean is what is sought
    /// they are made better round by round (quasi-likelihood; McCullagh and Nelder 1989, ch. 9).
    pub(super) fn fit(observations: &[Observation], form: LineForm) -> Self {
        let flat = Self { base_s: mean(observations, |it| it.seconds), per_byte_s: 0.0 };
        let proportional =
            || Self { base_s: 0.0, per_byte_s: mean(observations, |it| it.seconds / it.bytes as f64) };
        match form {
            LineForm::Flat => flat,
            LineForm::Proportional => proportional(),
            LineForm::Line => {
                let line = (0..ROUNDS).try_fold(flat, |line, _| line.better(observations));
                match line {
                    Some(line) if line.base_s < 0.0 => proportional(),
                    Some(line) if line.per_byte_s >= 0.0 => line,
                    _ => flat,
                }
            }
        }
    }

    /// Weighted least squares with weights by this line; None where all sizes are the same.
    fn better(&self, observations: &[Observation]) -> Option<Self> {
        let (weight, size_mean, seconds_mean) = self.centre(observations);
        let (mut squares, mut products) = (0.0, 0.0);
        for it in observations {
            let share = self.weight(it) / weight;
            let off = it.bytes as f64 - size_mean;
            squares += share * off * off;
            products += share * off * (it.seconds - seconds_mean);
        }
        let per_byte_s = products / squares;
        let line = Self { base_s: seconds_mean - per_byte_s * size_mean, per_byte_s };
        (squares > 0.0).then_some(line)
    }

    /// Sum of the weights, and the weighted means of sizes and seconds.
    fn centre(&self, observations: &[Observation]) -> (f64, f64, f64) {
        let mut sums = (0.0, 0.0, 0.0);
        for it in observations {
            let weight = self.weight(it);
            sums.0 += weight;
            sums.1 += weight * it.bytes as f64;
            sums.2 += weight * it.seconds;
        }
        (sums.0, sums.1 / sums.0, sums.2 / sums.0)
    }

    fn weight(&self, it: &Observation) -> f64 {
        let mean_s = self.mean_s(it.bytes);
        // A line that crosses 0 on its way must not give weights without bound.
        mean_s.abs().max(1e-3 * it.seconds).powi(-2)
    }
}

/// Standard error of the elasticity c·size/R at the mean: how many per cent longer one per cent more bytes take.
/// Infinite where sizes do not vary.
pub(super) fn elasticity_error(observations: &[Observation]) -> f64 {
    let count = observations.len() as f64;
    let size_mean = mean(observations, |it| it.bytes as f64);
    let size_cv = mean(observations, |it| (it.bytes as f64 / size_mean - 1.0).powi(2)).sqrt();
    let line = Line::fit(observations, LineForm::Line);
    let noise_cv = mean(observations, |it| (it.seconds / line.mean_s(it.bytes) - 1.0).powi(2)).sqrt();
    if size_cv > 0.0 && count > 2.0 { noise_cv / (size_cv * (count - 2.0).sqrt()) } else { f64::INFINITY }
}

fn mean(observations: &[Observation], value: impl Fn(&Observation) -> f64) -> f64 {
    observations.iter().map(value).sum::<f64>() / observations.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner_core::random;

    fn copies(count: u64, base_s: f64, per_byte_s: f64, cv: f64) -> Vec<Observation> {
        let copy = |job: u64| {
            let bytes = 1_000_000 + random::word(3, &[job]) % 1_000_000_000;
            let mean_s = base_s + per_byte_s * bytes as f64;
            Observation {
                job,
                level: 0,
                day: 0,
                started_ns: job,
                n: 1.0,
                bytes,
                seconds: random::lognormal(4, &[job], mean_s, cv),
            }
        };
        (0..count).map(copy).collect()
    }

    #[test]
    fn a_line_without_noise_is_found_exactly() {
        let line = Line::fit(&copies(50, 2.0, 4e-8, 0.0), LineForm::Line);
        assert!((line.base_s - 2.0).abs() < 1e-6 && (line.per_byte_s / 4e-8 - 1.0).abs() < 1e-6, "{line:?}");
    }

    #[test]
    fn a_noisy_line_is_found_and_its_relative_residuals_have_mean_1() {
        let copies = copies(4000, 2.0, 4e-8, 0.5);
        let line = Line::fit(&copies, LineForm::Line);
        assert!((line.base_s - 2.0).abs() < 0.15 && (line.per_byte_s / 4e-8 - 1.0).abs() < 0.04, "{line:?}");
        let factor = mean(&copies, |it| it.seconds / line.mean_s(it.bytes));
        assert!((factor - 1.0).abs() < 1e-6, "{factor}");
    }

    #[test]
    fn no_part_of_a_line_is_negative() {
        let rising = copies(300, 0.0, 4e-8, 0.3);
        let level = copies(300, 20.0, 0.0, 0.3);
        for copies in [rising, level] {
            let line = Line::fit(&copies, LineForm::Line);
            assert!(line.base_s >= 0.0 && line.per_byte_s >= 0.0, "{line:?}");
        }
    }

    #[test]
    fn the_elasticity_is_known_as_well_as_its_error_says() {
        let runs: Vec<f64> = (0..200u64)
            .map(|run| {
                let copies: Vec<Observation> = (0..100)
                    .map(|job| {
                        let bytes = 600_000_000 + random::word(run, &[1, job]) % 200_000_000;
                        let seconds = random::lognormal(run, &[2, job], 10.0 + bytes as f64 / 70e6, 0.1);
                        Observation { job, level: 0, day: 0, started_ns: job, n: 1.0, bytes, seconds }
                    })
                    .collect();
                let line = Line::fit(&copies, LineForm::Line);
                let off = line.per_byte_s * 700e6 / 20.0 - 0.5;
                off / elasticity_error(&copies)
            })
            .collect();
        let spread = (runs.iter().map(|off| off * off).sum::<f64>() / runs.len() as f64).sqrt();
        assert!((0.85..1.15).contains(&spread), "{spread}");
    }
}
