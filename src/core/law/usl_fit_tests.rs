use super::*;
use crate::law::usl::tests::CISCO;

/// Fits σ and κ with λ given, such as the throughput of one worker alone.
fn fit_with_lambda(points: &[Point], lambda: f64) -> Result<UslFit, UslFitError> {
    Problem::new(points, Some(lambda), true)?.fit()
}

const CISCO_X: [f64; 32] = [
    955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.8, 7867.61, 8278.71, 8646.7,
    9047.84, 9426.55, 9645.37, 9897.24, 10097.6, 10240.5, 10532.39, 10798.52, 11151.43, 11518.63, 11806.0,
    12089.37, 12075.41, 12177.29, 12211.41, 12158.93, 12155.27, 12118.04, 12140.4, 12074.39,
];

fn cisco() -> Vec<Point> {
    CISCO_X.iter().enumerate().map(|(i, &x)| Point::new((i + 1) as f64, x)).collect()
}

pub(crate) fn raytracer() -> Vec<Point> {
    [1, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64]
        .iter()
        .zip([20, 78, 130, 170, 190, 200, 210, 230, 260, 280, 310])
        .map(|(&n, x)| Point::new(f64::from(n), f64::from(x)))
        .collect()
}

#[track_caller]
fn close(seen: f64, expected: f64, relative: f64) {
    assert!((seen / expected - 1.0).abs() < relative, "{seen} is not {expected}");
}

#[test]
fn the_published_sweep_gives_its_published_law() {
    let seen = fit(&cisco()).unwrap();
    close(seen.usl.lambda, CISCO.lambda, 1e-5);
    close(seen.usl.sigma, CISCO.sigma, 1e-5);
    close(seen.usl.kappa, CISCO.kappa, 1e-5);
    assert_eq!((seen.usl, seen.degrees_of_freedom), (seen.unbounded, 29));
    close(seen.usl.x_per_s(35.0), 12341.7, 1e-5);
    assert_eq!(seen.refusals, []);
    close(seen.usl.n_for_x(12201.0).unwrap(), 29.569, 2e-5);
    let peak = seen.intervals.peak_n.unwrap();
    assert!(peak.low > 31.0 && peak.contains(35.57) && peak.high < 41.0, "{peak:?}");
}

#[test]
fn the_published_sweep_with_one_worker_given_has_its_published_standard_errors() {
    let seen = fit_with_lambda(&cisco(), 955.16).unwrap();
    close(seen.usl.sigma, 0.0207164433, 1e-7);
    close(seen.usl.kappa, 8.612175e-4, 1e-7);
    close(seen.standard_errors.sigma, 1.322e-3, 5e-4);
    close(seen.standard_errors.kappa, 5.412e-5, 5e-4);
    assert_eq!((seen.usl.lambda, seen.standard_errors.lambda, seen.degrees_of_freedom), (955.16, 0.0, 30));
}

#[test]
fn a_sweep_without_a_peak_is_fitted_at_the_bound_and_refused() {
    let seen = fit(&raytracer()).unwrap();
    close(seen.usl.lambda, 21.848843, 1e-7);
    close(seen.usl.sigma, 0.057770781, 1e-7);
    close(seen.residual_squares, 697.238, 1e-6);
    assert_eq!(seen.usl.kappa, 0.0);
    assert!(seen.unbounded.kappa < 0.0);
    assert_eq!(seen.refusals, [FitRefusal::NoPeak { largest_n: 64.0 }]);
    assert_eq!(seen.refusals[0].to_string(), "no peak identifiable: κ may be 0");
    assert!(seen.refusals[0].advice().contains("N = 96 and 128"));
    assert_eq!(seen.intervals.peak_n, None);
}

#[test]
fn a_sweep_that_grows_faster_than_its_workers_reaches_both_bounds() {
    let points: Vec<Point> = (1..=10).map(|n| Point::new(f64::from(n), f64::from(n).powf(1.05))).collect();
    let seen = fit(&points).unwrap();
    assert_eq!((seen.usl.sigma, seen.usl.kappa), (0.0, 0.0));
    assert_eq!(seen.refusals, [FitRefusal::Superlinear, FitRefusal::NoPeak { largest_n: 10.0 }]);
}

#[test]
fn each_refusal_names_what_to_measure() {
    let exact = |usl: Usl, ns: &[f64]| {
        let noise = |i: usize| if i.is_multiple_of(2) { 1.0005 } else { 0.9995 };
        let points: Vec<Point> =
            ns.iter().enumerate().map(|(i, &n)| Point::new(n, usl.x_per_s(n) * noise(i))).collect();
        fit(&points).unwrap().refusals
    };
    assert_eq!(exact(CISCO, &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0]), []);
    let few = exact(CISCO, &[1.0, 4.0, 8.0, 16.0, 32.0]);
    assert_eq!(few, [FitRefusal::TooFewConcurrencies { concurrencies: 5 }]);
    assert!(few[0].advice().starts_with("measure at 1 or more further"));
    let narrow = exact(CISCO, &[10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0]);
    assert_eq!(narrow, [FitRefusal::NarrowRange { smallest_n: 10.0, largest_n: 70.0 }]);
    assert_eq!(narrow[0].advice(), "measure from N = 10 up to 80, or down from 70 to 8");
    let far = Usl { lambda: 1.0, sigma: 0.0, kappa: 1e-4 };
    let beyond = exact(far, &[1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 16.0, 20.0, 24.0, 28.0, 32.0, 36.0, 40.0]);
    assert!(
        matches!(beyond[..], [FitRefusal::PeakBeyondData { peak_n, .. }] if (80.0..130.0).contains(&peak_n)),
        "{beyond:?}"
    );
}

#[test]
fn what_cannot_be_fitted_says_why() {
    let point = |n, x| Point::new(n, x);
    let few = [point(1.0, 1.0), point(2.0, 1.9), point(4.0, 3.5)];
    assert_eq!(fit(&few), Err(UslFitError::TooFew { points: 3, concurrencies: 3 }));
    assert!(fit_with_lambda(&few, 1.0).is_ok());
    let twice = [point(1.0, 1.0), point(1.0, 1.1), point(2.0, 1.9), point(2.0, 2.0)];
    assert_eq!(fit(&twice), Err(UslFitError::TooFew { points: 4, concurrencies: 2 }));
    for bad in [point(0.0, 1.0), point(2.0, f64::NAN), point(2.0, 0.0), point(f64::INFINITY, 1.0)] {
        let seen = fit(&[few[0], few[1], bad, few[2]]);
        assert_eq!(seen, Err(UslFitError::NotAMeasurement { index: 2 }));
    }
}

/// A seeded system with a peak within reach, measured with 2 % noise at twelve concurrencies.
fn seeded(seed: u64) -> (Usl, Vec<Point>) {
    let between = |purpose, low: f64, high: f64| low * (high / low).powf(random::uniform(seed, &[purpose]));
    let peak_n = between(0, 20.0, 80.0);
    let sigma = between(1, 0.002, 0.2);
    let usl = Usl { lambda: between(2, 0.03, 1000.0), sigma, kappa: (1.0 - sigma) / peak_n.powi(2) };
    let points = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]
        .map(|n| {
            let noise = 1.0 + 0.02 * random::normal(seed, &[3, n]);
            Point::relative(n as f64, usl.x_per_s(n as f64) * noise)
        })
        .to_vec();
    (usl, points)
}

/// Shares of `systems` whose λ, σ, κ, N* and X* lie in their intervals, and the share with a peak interval.
fn coverage(systems: u64, intervals: impl Fn(u64, &[Point], &UslFit) -> Intervals) -> [f64; 6] {
    let mut covered = [0u32; 6];
    for seed in 0..systems {
        let (usl, points) = seeded(seed);
        let seen = intervals(seed, &points, &fit(&points).unwrap());
        let holds = [
            seen.lambda.contains(usl.lambda),
            seen.sigma.contains(usl.sigma),
            seen.kappa.contains(usl.kappa),
            seen.peak_n.is_none_or(|it| it.contains(usl.peak_n().unwrap())),
            seen.peak_x_per_s.is_none_or(|it| it.contains(usl.peak_x_per_s().unwrap())),
            seen.peak_n.is_some(),
        ];
        covered.iter_mut().zip(holds).for_each(|(count, holds)| *count += u32::from(holds));
    }
    covered.map(|count| f64::from(count) / systems as f64)
}

#[test]
fn known_systems_are_recovered_within_their_intervals() {
    let seen = coverage(1000, |_, _, fit| fit.intervals);
    assert!(seen[..5].iter().all(|share| (0.93..=0.97).contains(share)) && seen[5] > 0.95, "{seen:?}");
}

#[test]
fn known_systems_are_recovered_within_their_bootstrap_intervals() {
    let seen = coverage(100, |seed, points, fit| bootstrap(points, fit, 199, seed).unwrap());
    assert!(seen[..5].iter().all(|share| (0.88..=1.0).contains(share)), "{seen:?}");
}
