//! The law of critical values under one service.

/// The ladder of values of a table: its first step, by how much each is wider than the last, and the widest.
const STEP: f64 = 0.005;
const WIDER: f64 = 1.05;
const WIDEST: f64 = 0.05;
/// A hazard that is as good as none, and one that is as good as sure.
const NONE: f64 = 1e-10;
const SURE: f64 = 1e3;
/// Two values between which the logarithm of the hazard falls further are looked at more closely, until they are near.
const JUMP: f64 = 2.0;
const NEAR: f64 = 1e-4;
/// Nodes on either side of the mean over which a normal distribution is summed, and their distance.
const NODES: i32 = 6;
const NODE_SD: f64 = 0.75;
/// The work of a batch is never thought to be a smaller share of its mean.
const LEAST_WORK: f64 = 0.1;

/// A batch in closed form.
pub(crate) trait BatchLaw: Sync {
    /// −ln P(all jobs end by a time), where all together take as long as in the mean.
    fn hazard(&self, value: f64, time_s: f64) -> f64;

    /// Standard deviation of what all jobs take together, as a share of its mean: the value that is needed varies with
    /// it.
    fn work_cv(&self, value: f64) -> f64;

    /// A value below which no batch ends by a time.
    fn least(&self, time_s: f64) -> f64;

    /// Probability that no job is given up.
    fn all_done(&self) -> f64;

    /// Mean numbers of attempts that fail and of jobs that are given up.
    fn failures(&self) -> (f64, f64);
}

/// A law at one deadline.
#[derive(Debug)]
pub(crate) struct LawTable {
    /// Logarithms of ascending values and of their hazards.
    points: Vec<(f64, f64)>,
    work_cv: f64,
    pub all_done: f64,
}

/// What is done to work by chance, with a mean of 1.
pub(crate) fn work(work_cv: f64, z: f64) -> f64 {
    (1.0 + work_cv * z).max(LEAST_WORK)
}

/// E\[f(Z)\] for a standard normal Z.
pub(crate) fn normal_mean(f: impl Fn(f64) -> f64) -> f64 {
    let nodes = (-NODES..=NODES).map(|node| f64::from(node) * NODE_SD);
    let (sum, weights) = nodes.fold((0.0, 0.0), |(sum, weights), z| {
        let weight = (-z * z / 2.0).exp();
        (sum + weight * f(z), weights + weight)
    });
    sum / weights
}

impl LawTable {
    pub(crate) fn of(law: &impl BatchLaw, deadline_s: f64, most: f64) -> Self {
        let ln_hazard = |value: f64| law.hazard(value, deadline_s).max(NONE).ln();
        let (mut points, mut step) = (Vec::new(), STEP);
        let mut last: Option<(f64, f64)> = None;
        let mut value = law.least(deadline_s).clamp(most * 1e-9, most);
        loop {
            let now = (value, ln_hazard(value));
            if let Some(last) = last {
                refine(&ln_hazard, last, now, &mut points);
            }
            points.push(now);
            if value >= most || now.1 <= NONE.ln() {
                break;
            }
            last = Some(now);
            (value, step) = ((value * (1.0 + step)).min(most), (step * WIDER).min(WIDEST));
        }
        let sure = points.partition_point(|point| point.1 > SURE.ln()).saturating_sub(1);
        points.drain(..sure.min(points.len() - 1));
        let middle = points.partition_point(|point| point.1 > 0.0).min(points.len() - 1);
        Self {
            work_cv: law.work_cv(points[middle].0),
            points: points.into_iter().map(|(value, ln_hazard)| (value.ln(), ln_hazard)).collect(),
            all_done: law.all_done(),
        }
    }

    /// The smallest value in the table.
    pub(crate) fn least(&self) -> f64 {
        self.points[0].0.exp()
    }

    /// The smallest value with a hazard of no more than this; infinite where there is none.
    pub(crate) fn value(&self, hazard: f64, z: f64) -> f64 {
        let wanted = hazard.max(NONE).ln();
        let place = self.points.partition_point(|point| point.1 > wanted);
        let Some(&(high, ln_hazard)) = self.points.get(place) else { return f64::INFINITY };
        let ln = match place.checked_sub(1).map(|below| self.points[below]) {
            Some((low, larger)) => low + (high - low) * (larger - wanted) / (larger - ln_hazard),
            None => high,
        };
        ln.exp() * work(self.work_cv, z)
    }

    /// The work that a replication of this luck has, with a mean of 1.
    pub(crate) fn work(&self, z: f64) -> f64 {
        work(self.work_cv, z)
    }

    /// Probability that the batch ends by the deadline.
    pub(crate) fn probability(&self, value: f64) -> f64 {
        let largest = self.points.last().map_or(0.0, |point| point.0.exp());
        let in_time = |z| (-self.hazard((value / work(self.work_cv, z)).min(largest))).exp();
        // All that helps is there: more work does not change that.
        let at_most = (-self.hazard(value)).exp();
        self.all_done * if value >= largest { at_most } else { normal_mean(in_time) }
    }

    fn hazard(&self, value: f64) -> f64 {
        let ln = value.ln();
        let place = self.points.partition_point(|point| point.0 < ln);
        let Some(&(high, ln_hazard)) = self.points.get(place) else {
            return self.points.last().map_or(0.0, |point| point.1.exp());
        };
        let Some((low, larger)) = place.checked_sub(1).map(|below| self.points[below]) else {
            return if ln < high { SURE } else { ln_hazard.exp() };
        };
        let between = larger + (ln_hazard - larger) * (ln - low) / (high - low);
        if between <= NONE.ln() { 0.0 } else { between.exp() }
    }
}

/// Adds points between two where the hazard jumps.
fn refine(ln_hazard: &impl Fn(f64) -> f64, low: (f64, f64), high: (f64, f64), points: &mut Vec<(f64, f64)>) {
    let matters = high.1 < SURE.ln() && low.1 > NONE.ln();
    if matters && low.1 - high.1 > JUMP && high.0 / low.0 > 1.0 + NEAR {
        let value = low.0.midpoint(high.0);
        let middle = (value, ln_hazard(value));
        refine(ln_hazard, low, middle, points);
        points.push(middle);
        refine(ln_hazard, middle, high, points);
    }
}
