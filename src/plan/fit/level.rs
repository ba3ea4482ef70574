//! How well a sample of jobs knows their mean time.

use super::family::{Family, FamilyMember, SlowPart};
use planner_core::numeric::interval::student_t;
use planner_core::random::normal_at;

/// Skewness over √n up to which it is corrected for; beyond, the sample is too small to know its own skewness.
pub(super) const MOST_SKEW: f64 = 0.3;
/// Degrees of freedom from which on the expansion of Student's t is good enough.
const EXPANDED_FROM: f64 = 4.0;
/// No mean lies further below the measured one than this.
const LEAST: f64 = 0.2;

/// The mean time of jobs, as a multiple of what a fitted line says, with what is not known about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LevelMean {
    mean: f64,
    /// Standard error of the mean.
    error: f64,
    /// Skewness of single times over √n: as the sample shows it, and as the likeliest family does.
    skew: f64,
    likely_skew: f64,
    /// Degrees of freedom.
    freedom: f64,
}

impl LevelMean {
    /// Of jobs by how many times longer each took than the line says, worth `effective` independent ones.
    pub(super) fn of(jobs: &[f64], effective: f64) -> Self {
        let count = jobs.len() as f64;
        let mean = jobs.iter().sum::<f64>() / count;
        let moment = |power: i32| jobs.iter().map(|job| (job - mean).powi(power)).sum::<f64>() / count;
        let variance = moment(2) * count / (count - 1.0).max(1.0);
        let skewness = if variance > 0.0 { moment(3) / variance.powf(1.5) } else { 0.0 };
        Self {
            mean,
            error: (variance / effective).sqrt(),
            skew: skewness / effective.sqrt(),
            likely_skew: 0.0,
            freedom: (effective - 1.0).max(1.0),
        }
    }

    /// The same with the skewness of the law that describes the jobs best.
    pub(super) fn with_law_of(self, jobs: &[f64]) -> Self {
        let effective = self.freedom + 1.0;
        let likely_skew = if self.error > 0.0 { likely_skewness(jobs) / effective.sqrt() } else { 0.0 };
        Self { likely_skew, ..self }
    }

    /// The same for a day that was not measured, of times day by day, where one job is worth `independent` ones. What
    /// days differ by beyond the error of their means is found by moments (DerSimonian and Laird 1986, Controlled
    /// Clinical Trials 7:177), the degrees of freedom by Satterthwaite (1946, Biometrics Bulletin 2:110).
    pub(super) fn on_another_day(self, days: &[Vec<f64>], independent: f64) -> Self {
        let days = days.iter().filter(|day| day.len() > 1);
        let days: Vec<Self> = days.map(|day| Self::of(day, day.len() as f64 * independent)).collect();
        if days.len() < 2 {
            return self;
        }
        let count = days.len() as f64;
        let mean = days.iter().map(|day| day.mean).sum::<f64>() / count;
        let seen = days.iter().map(|day| (day.mean - mean).powi(2)).sum::<f64>() / (count - 1.0);
        let by_chance = days.iter().map(|day| day.error.powi(2)).sum::<f64>() / count;
        let between = (seen - by_chance).max(0.0) * (1.0 + 1.0 / count);
        let within = self.error * self.error;
        let error = (between + within).sqrt();
        let freedom = error.powi(4) / (between.powi(2) / (count - 1.0) + within.powi(2) / self.freedom);
        let share = if error > 0.0 { self.error / error } else { 1.0 };
        let [skew, likely_skew] = [self.skew, self.likely_skew].map(|skew| skew * share.powi(3));
        Self { error, freedom: if error > 0.0 { freedom } else { self.freedom }, skew, likely_skew, ..self }
    }

    /// The mean of the sample.
    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    /// Skewness of single times over √n. What a sample shows can be no more than its size allows, and few jobs seldom
    /// show the slowest, so that the law that the others follow may have more.
    pub(super) fn skew(&self) -> f64 {
        self.skew.max(self.likely_skew)
    }

    /// The mean that a share `u` of all means lies below that could have given this sample, by Hall's transformation of
    /// Student's t, which allows for skewness (1992, Journal of the Royal Statistical Society B 54:221).
    pub(super) fn at(&self, u: f64) -> f64 {
        let t = -student(u, self.freedom);
        let skew = self.skew.clamp(-MOST_SKEW, MOST_SKEW);
        let corrected =
            if skew.abs() < 1e-6 { t } else { 3.0 / skew * ((1.0 + skew * (t - skew / 6.0)).cbrt() - 1.0) };
        (self.mean - corrected * self.error).max(LEAST * self.mean)
    }
}

/// The skewness of the lognormal, gamma or Weibull law that describes jobs best.
fn likely_skewness(jobs: &[f64]) -> f64 {
    let mut sorted = jobs.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let all = SlowPart::of(&sorted, sorted.len());
    let mean = jobs.iter().sum::<f64>() / jobs.len() as f64;
    let squares = jobs.iter().map(|job| (job / mean - 1.0).powi(2)).sum::<f64>();
    let cv = (squares / jobs.len() as f64).sqrt();
    let fits = Family::ALL.map(|family| FamilyMember::fit(family, &all, cv));
    let likeliest = fits.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
    likeliest.map_or(0.0, |fit| fit.0.skewness())
}

/// Student's t that a share `u` lies below: from four degrees of freedom on by its expansion around the normal one
/// (Abramowitz and Stegun 26.7.5), within 1.2 %.
fn student(u: f64, freedom: f64) -> f64 {
    if freedom < EXPANDED_FROM {
        return student_t((2.0 * u - 1.0).abs(), freedom.max(1.0)).copysign(u - 0.5);
    }
    let z = normal_at(u);
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    z + first / freedom + second / (freedom * freedom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner_core::random;

    /// Share of samples whose limit for the mean, at `u`, is above the true mean.
    fn covered(u: f64, count: u64, time: impl Fn(u64, u64) -> f64) -> f64 {
        let holds = |seed: &u64| {
            let jobs: Vec<f64> = (0..count).map(|job| time(*seed, job)).collect();
            LevelMean::of(&jobs, count as f64).at(u) >= 1.0
        };
        (0..4000).filter(holds).count() as f64 / 4000.0
    }

    /// Within what is known to be possible: a sample of wide times does not know its own tail.
    #[test]
    fn limits_hold_as_often_as_they_say() {
        let lognormal = |cv| move |seed, job| random::lognormal(seed, &[job], 1.0, cv);
        for (cv, count, least) in [(0.2, 50, 0.985), (0.5, 250, 0.98), (1.0, 250, 0.975), (1.0, 50, 0.955)] {
            let seen = covered(0.99, count, lognormal(cv));
            assert!((least..=0.996).contains(&seen), "cv {cv}, {count} jobs: {seen}");
        }
        let seen = covered(0.99, 250, |seed, job| random::exponential(seed, &[job]));
        assert!((0.98..=0.996).contains(&seen), "exponential: {seen}");
        let seen = covered(0.9, 250, lognormal(0.5));
        assert!((0.885..=0.915).contains(&seen), "{seen}");
    }

    #[test]
    fn the_published_quantiles_of_t() {
        for (u, freedom, t) in [(0.99, 9.0, 2.821), (0.99, 49.0, 2.405), (0.9, 4.0, 1.533), (0.5, 9.0, 0.0)] {
            assert!(
                (student(u, freedom) - t).abs() < 0.012 * t + 1e-9,
                "{u} {freedom}: {}",
                student(u, freedom)
            );
        }
    }

    /// 50 jobs of a lognormal law with cv 1, whose skewness is 4, show a skewness of 2 or so.
    #[test]
    fn few_jobs_of_a_wide_law_are_known_to_be_too_few() {
        let told = |cv: f64, count: u64| {
            let jobs =
                |seed| (0..count).map(|job| random::lognormal(seed, &[job], 1.0, cv)).collect::<Vec<_>>();
            let is_told = |seed: &u64| {
                let jobs = jobs(*seed);
                LevelMean::of(&jobs, count as f64).with_law_of(&jobs).skew() > MOST_SKEW
            };
            (0..200).filter(is_told).count()
        };
        let seen = [(1.0, 50), (1.5, 250), (0.5, 250), (1.0, 1000)].map(|(cv, count)| told(cv, count));
        assert!(seen[0] > 150 && seen[1] > 150 && seen[2] == 0 && seen[3] < 10, "{seen:?} of 200");
    }

    /// Days that differ by more than their jobs explain: the limit is for another day, which no pooled mean is.
    #[test]
    fn the_limit_for_another_day_holds_as_often_as_it_says() {
        const JOBS: u64 = 100;
        let holds = |days: u64, between_cv: f64, is_pooled: bool| {
            let holds = |seed: &u64| {
                let level = |day: u64| random::lognormal(*seed, &[day], 1.0, between_cv);
                let job = |day: u64, job: u64| level(day) * random::lognormal(*seed, &[day, job], 1.0, 0.4);
                let times: Vec<Vec<f64>> =
                    (0..days).map(|day| (0..JOBS).map(|it| job(day, it)).collect()).collect();
                let all = times.concat();
                let pooled = LevelMean::of(&all, all.len() as f64);
                let limit = if is_pooled { pooled } else { pooled.on_another_day(&times, 1.0) };
                limit.at(0.99) >= level(days)
            };
            (0..2000).filter(holds).count() as f64 / 2000.0
        };
        // With few days chance may hide that they differ.
        for (days, between_cv, least) in [(3, 0.1, 0.93), (5, 0.1, 0.96), (10, 0.2, 0.97), (5, 0.0, 0.985)] {
            let seen = holds(days, between_cv, false);
            assert!((least..=0.999).contains(&seen), "{days} days that differ by {between_cv}: {seen}");
        }
        assert!(holds(5, 0.1, true) < 0.75, "which shows what is missing without");
        let same = vec![vec![1.0, 1.2, 0.8]];
        let level = LevelMean::of(&same[0], 3.0);
        assert_eq!(level.on_another_day(&same, 1.0), level, "one day says nothing of others");
    }

    #[test]
    fn times_that_do_not_vary_are_known() {
        let level = LevelMean::of(&[2.0; 9], 9.0);
        assert_eq!([0.01, 0.5, 0.99].map(|u| level.at(u)), [2.0; 3]);
    }
}
