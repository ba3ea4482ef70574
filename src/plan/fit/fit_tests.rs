use rayon::prelude::*;

use super::family::{Family, FamilyMember};
use super::*;
use planner_core::account::Limits;
use planner_core::law::littles_law::LittlesLaw;
use planner_core::load::attempt::{Attempt, AttemptOutcome, JobEnd, RequestKind, Start};
use planner_core::measure::analysis::points;
use planner_core::measure::document::SCHEMA;
use planner_core::measure::level::LevelSummary;
use planner_core::measure::recorder::Recorder;
use planner_core::measure::scaling::scaling;
use planner_core::measure::steady::{MeanEstimate, Steady, SteadyRule, too_short};
use planner_core::random;
use planner_core::service::CopyProfile;
use planner_core::service::{CopyRequest, Factor, Noise, ServiceModel, ServiceRequest};
use planner_core::units::quantity::nanoseconds;

/// A run of levels with so many workers.
fn document(workers: &[u32]) -> RunDocument {
    let document = serde_json::json!({
        "schema": SCHEMA, "run": "r", "name": "n", "started_at": "2026-11-23T00:00:00Z", "version": "",
        "command": [], "target": { "kind": "embedded" }, "rehearsal": true, "virtual_time": true, "seed": 1,
        "complete": true, "machine": "", "levels": [],
        "scenario": {
            "name": "n", "operation": "copy", "objects": {}, "arrivals": { "kind": "closed", "workers": 1 },
        },
    });
    let mut document: RunDocument = serde_json::from_value(document).unwrap();
    for &workers in workers {
        let mut level = Recorder::new(0, 0).summary();
        level.concurrency = Some(workers);
        level.in_flight_mean = f64::from(workers);
        document.levels.push(level);
    }
    document
}

fn attempt(
    level: u32,
    job: u64,
    bytes: u64,
    started_s: f64,
    lasted_s: f64,
    outcome: AttemptOutcome,
) -> Attempt {
    let started_ns = nanoseconds(started_s);
    let start = Start {
        job,
        object: job,
        request: RequestKind::Copy,
        attempt: 1,
        worker: None,
        job_intended_ns: started_ns,
        intended_ns: started_ns,
        bytes,
        items: 1,
    };
    let job_end = (outcome == AttemptOutcome::Ok).then_some(JobEnd::Done);
    let ended_ns = started_ns + nanoseconds(lasted_s);
    Attempt { level, start, started_ns, ended_ns, outcome, code: None, job_end }
}

/// Copies by a profile with a constant number in flight, one level for each number.
fn measured(profile: &Profile, workers: &[u32], jobs: u64, sizes: [u64; 2]) -> Observations {
    let document = document(workers);
    let mut observations = Observations::of(&document);
    let factor = profile.copy.factor();
    for (level, &n) in (0..).zip(workers) {
        for job in 0..jobs {
            let word = random::word(11, &[u64::from(level), job]);
            let bytes = sizes[0] + word % (sizes[1] - sizes[0] + 1);
            let lasted_s =
                profile.copy.mean_s(bytes, u64::from(n)) * factor.draw(12, &[u64::from(level), job]);
            observations.add(&attempt(level, job, bytes, job as f64, lasted_s, AttemptOutcome::Ok));
        }
    }
    observations
}

fn noisy(noise: Option<Noise>, cv: f64) -> Profile {
    let mut profile = Profile::default();
    (profile.copy.base_s, profile.copy.sigma, profile.copy.kappa) = (2.0, 0.0, 0.0);
    (profile.copy.noise_cv, profile.copy.noise) = (cv, noise);
    profile
}

const WIDE: [u64; 2] = [50_000_000, 1_000_000_000];

#[test]
fn a_known_profile_is_found_again_and_survives_a_file() {
    for truth in [noisy(None, 0.3), noisy(Some(Noise::Exponential), 0.0)] {
        let observations = measured(&truth, &[40], 3000, WIDE);
        let model = fit(&document(&[40]), &observations, 1).unwrap();
        let text = toml::to_string(&model.profile).unwrap();
        let read: Profile = toml::from_str(&text).unwrap();
        assert_eq!(read, model.profile);
        assert_eq!(read.validate(Limits::built_in()), Ok(()));
        assert!((read.copy.base_s - 2.0).abs() < 0.6, "{}", read.copy.base_s);
        assert!((read.copy.bandwidth_bytes_per_s / 28e6 - 1.0).abs() < 0.06);
        let (factor, true_factor) = (read.copy.factor(), truth.copy.factor());
        for (u, tolerance) in [(0.1, 0.1), (0.5, 0.05), (0.9, 0.05), (0.99, 0.08), (0.99999, 0.12)] {
            let ratio = factor.at(u) / true_factor.at(u);
            assert!((ratio - 1.0).abs() < tolerance, "at {u}: {ratio} of {:?}", truth.copy.noise);
        }
        let kinds: Vec<_> = model.doubts.iter().map(std::mem::discriminant).collect();
        let no_scaling = Limitation::NoScaling { n: 40.0, refused: None };
        assert_eq!(kinds, [&Limitation::Rehearsal, &no_scaling].map(std::mem::discriminant));
    }
}

#[test]
fn the_embedded_service_behaves_as_the_one_that_was_measured() {
    let truth = noisy(None, 0.5);
    let fitted = fit(&document(&[40]), &measured(&truth, &[40], 2000, WIDE), 1).unwrap().profile;
    let times = |profile: Profile| {
        let mut service = ServiceModel::new(profile, 5);
        let mut times: Vec<u64> = (0..4000)
            .map(|object| {
                let source = format!("s/{object}");
                let (bytes, destination) = (400_000_000, "t/x");
                let copy = CopyRequest { source: &source, destination, bytes, part_number: None, ordinal: 0 };
                let now_ns = object * 1_000_000_000;
                let admission = service.admit(now_ns, &ServiceRequest::Copy(copy));
                let duration_ns = admission.duration_ns;
                service.finish(now_ns, admission);
                duration_ns
            })
            .collect();
        times.sort_unstable();
        times
    };
    let (before, after) = (times(truth), times(fitted));
    for place in [400, 2000, 3600, 3960] {
        let ratio = after[place] as f64 / before[place] as f64;
        assert!((ratio - 1.0).abs() < 0.08, "{place}: {ratio}");
    }
}

#[test]
fn the_same_run_and_seed_give_the_same_model() {
    let observations = measured(&noisy(None, 0.4), &[10], 60, WIDE);
    let fitted = |seed| fit(&document(&[10]), &observations, seed).unwrap();
    assert_eq!(fitted(1), fitted(1));
    assert_eq!(fitted(1).profile, fitted(2).profile);
    assert_ne!(fitted(1).resampled, fitted(2).resampled);
    assert!(fitted(1).resampled.iter().all(|profile| profile.validate(Limits::built_in()).is_ok()));
}

/// A level that was steady all the time, at what a profile gives with so many workers.
fn steady_level(level: &mut LevelSummary, copy: &CopyProfile) {
    const WINDOW_S: f64 = 1e4;
    let n = level.in_flight_mean;
    let r_s = copy.mean_s(700_000_000, n as u64);
    let littles_law = LittlesLaw {
        difference: 0.0,
        edges: 0.0,
        accounting_holds: true,
        window_s: WINDOW_S,
        n,
        x_per_s: n / r_s,
        r_s,
        xr: n,
        departure_form_n: n,
        age_start_s: 0.0,
        age_end_s: 0.0,
    };
    let known = MeanEstimate { mean: n / r_s, low: None, high: None };
    level.steady = Some(Steady {
        start_s: 0.0,
        end_s: WINDOW_S,
        rule: SteadyRule::Workers,
        converged: true,
        littles_law,
        throughput_per_s: known,
        residence_s: MeanEstimate { mean: r_s, ..known },
        effective_s: WINDOW_S,
        batches_independent: true,
        independent: too_short(r_s).map(|why| format!("{why:?}")),
    });
}

/// The model of a sweep over so many workers, each level steady from its first second on and faster before.
fn swept(truth: &Profile, workers: &[u32]) -> FittedModel {
    let mut document = document(workers);
    document.levels.iter_mut().for_each(|level| steady_level(level, &truth.copy));
    document.levels.iter_mut().filter_map(|level| level.steady.as_mut()).for_each(|it| it.start_s = 1.0);
    document.usl = scaling(&points(&document.levels));
    let mut observations = Observations::of(&document);
    for (level, &n) in (0..).zip(workers) {
        for job in 0..200 {
            let seconds = truth.copy.mean_s(700_000_000, u64::from(n));
            let lasted_s = seconds * truth.copy.factor().draw(3, &[u64::from(level), job]);
            let (begun_s, lasted_s) = if job < 100 { (0.0, lasted_s / 2.0) } else { (1.0, lasted_s) };
            observations.add(&attempt(level, job, 700_000_000, begun_s, lasted_s, AttemptOutcome::Ok));
        }
    }
    fit(&document, &observations, 1).unwrap()
}

#[test]
fn contention_is_taken_from_a_sweep_that_shows_it_and_only_from_its_steady_parts() {
    let workers = [1, 4, 16, 64, 128, 256];
    let mut truth = noisy(None, 0.2);
    for (sigma, kappa) in [(0.01, 1e-5), (0.01, 0.0), (1e-3, 1e-8)] {
        (truth.copy.sigma, truth.copy.kappa) = (sigma, kappa);
        let model = swept(&truth, &workers);
        let copy = &model.profile.copy;
        assert!((copy.slowdown(256) / truth.copy.slowdown(256) - 1.0).abs() < 0.02, "{copy:?}");
        assert!((copy.mean_s(700_000_000, 1) / 27.0 - 1.0).abs() < 0.03, "{}", copy.mean_s(700_000_000, 1));
        assert_eq!((model.basis.jobs, model.basis.measured_n_max), (1200, Some(256.0)));
        assert!(
            !model.doubts.iter().any(|doubt| matches!(doubt, Limitation::NoScaling { .. })),
            "{sigma} {kappa}"
        );
    }
}

#[test]
fn a_limit_of_throughput_is_one_and_no_peak() {
    let mut truth = noisy(None, 0.2);
    truth.copy.aggregate_bandwidth_bytes_per_s = Some(32.0 * 700e6 / 27.0);
    let copy = swept(&truth, &[1, 4, 8, 16, 64, 128, 256]).profile.copy;
    assert_eq!((copy.sigma, copy.kappa), (0.0, 0.0));
    for n in [1, 16, 64, 256, 2000] {
        let ratio = copy.mean_s(700_000_000, n) / truth.copy.mean_s(700_000_000, n);
        assert!((ratio - 1.0).abs() < 0.04, "{ratio} with {n} in flight");
    }
}

#[test]
fn few_concurrencies_show_no_contention_and_the_largest_speaks_for_all() {
    let mut truth = noisy(None, 0.2);
    (truth.copy.sigma, truth.copy.kappa) = (0.01, 1e-5);
    let model = swept(&truth, &[1, 16, 256]);
    assert_eq!((model.profile.copy.sigma, model.basis.jobs), (0.0, 200));
    let doubt = model.doubts.iter().find(|doubt| matches!(doubt, Limitation::NoScaling { .. })).unwrap();
    let Limitation::NoScaling { refused: Some(reason), .. } = doubt else { panic!("{doubt:?}") };
    assert!(reason.contains("3 measurements at 3 concurrencies"), "{reason}");
}

#[test]
fn refusals_and_parts_are_counted_and_parts_of_a_job_stay_together() {
    let document = document(&[10]);
    let mut observations = Observations::of(&document);
    for job in 0..40u64 {
        for part in 1..=3 {
            let mut copy = attempt(0, job, 1_000_000, 0.0, 1.0 + job as f64 / 10.0, AttemptOutcome::Ok);
            copy.start.request = RequestKind::CopyPart(part);
            copy.job_end = (part == 3).then_some(JobEnd::Done);
            observations.add(&copy);
        }
        observations.add(&attempt(0, job, 1_000_000, 0.0, 0.1, AttemptOutcome::Throttled));
        observations.add(&attempt(0, job, 1_000_000, 0.0, 0.3, AttemptOutcome::ServerError));
    }
    let model = fit(&document, &observations, 1).unwrap();
    assert_eq!((model.basis.jobs, model.basis.attempts), (40, 200));
    assert_eq!(model.profile.request.error_rate, 0.25);
    assert!((model.profile.request.refusal_s - 0.2).abs() < 1e-9);
    assert!(model.doubts.contains(&Limitation::Throttled { share: 0.2 }));
    let sizes = Limitation::SizesTooAlike { smallest_bytes: 1_000_000, largest_bytes: 1_000_000 };
    assert!(model.doubts.contains(&sizes), "{:?}", model.doubts);
    // The mean of 40 jobs is as uncertain as 40 values are, not as 120.
    let means: Vec<f64> = model.resampled.iter().map(|profile| profile.copy.mean_s(1_000_000, 1)).collect();
    let mean = means.iter().sum::<f64>() / means.len() as f64;
    let spread = (means.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / means.len() as f64).sqrt();
    let expected = 40f64.sqrt() * 0.1 / 12f64.sqrt();
    assert!((spread / expected - 1.0).abs() < 0.2, "{spread} is not {expected}");
}

#[test]
fn what_began_too_late_to_be_seen_to_its_end_is_left_out() {
    let mut document = document(&[10]);
    document.complete = false;
    document.levels[0].jobs = 1010;
    document.levels[0].jobs_done = 1000;
    let mut observations = Observations::of(&document);
    // Cut off at 100 s: a copy is seen only when it ended before.
    for job in 0..2000u64 {
        let (started_s, lasted_s) = (job as f64 / 20.0, 5.0 + 40.0 * random::uniform(1, &[job]));
        if started_s + lasted_s < 100.0 {
            observations.add(&attempt(0, job, 0, started_s, lasted_s, AttemptOutcome::Ok));
        }
    }
    let model = fit(&document, &observations, 1).unwrap();
    let mean_s = model.profile.copy.mean_s(0, 1);
    assert!((mean_s / 25.0 - 1.0).abs() < 0.04, "{mean_s}");
    assert!(model.doubts.contains(&Limitation::CutOff { unfinished: 10 }));
}

#[test]
fn too_little_is_refused_and_little_is_said_to_be() {
    let few = |jobs| fit(&document(&[4]), &measured(&noisy(None, 0.3), &[4], jobs, WIDE), 1);
    assert_eq!(few(0), Err(ModelFitError::NoCopies));
    assert_eq!(few(1), Err(ModelFitError::TooFew { jobs: 1 }));
    for jobs in [2, 3, 29] {
        let model = few(jobs).unwrap();
        assert!(model.doubts.contains(&Limitation::SmallSample { jobs }));
        let all = model.resampled.iter().chain([&model.profile]);
        assert!(all.clone().all(|profile| profile.validate(Limits::built_in()).is_ok()), "{jobs} jobs");
    }
    assert!(!few(30).unwrap().doubts.contains(&Limitation::SmallSample { jobs: 30 }));
}

#[test]
fn times_without_noise_and_times_of_zero_are_no_trouble() {
    let flat = fit(&document(&[4]), &measured(&noisy(None, 0.0), &[4], 50, WIDE), 1).unwrap().profile;
    assert_eq!((flat.copy.noise.clone(), flat.copy.noise_cv), (None, 0.0));
    let mut observations = Observations::of(&document(&[4]));
    (0..50).for_each(|job| observations.add(&attempt(0, job, job % 2, 0.0, 0.0, AttemptOutcome::Ok)));
    let model = fit(&document(&[4]), &observations, 1).unwrap();
    assert_eq!(model.profile.validate(Limits::built_in()), Ok(()));
}

#[test]
fn a_long_run_is_thinned_by_whole_jobs_whatever_their_order() {
    let document = document(&[4]);
    let sample = |jobs: &mut dyn Iterator<Item = u64>| {
        let mut observations = Observations::of(&document);
        jobs.for_each(|job| observations.add(&attempt(0, job, 1, 0.0, 1.0 + job as f64, AttemptOutcome::Ok)));
        (observations.jobs, observations.copies(false))
    };
    let (jobs, forwards) = sample(&mut (0..30_000));
    assert_eq!(jobs, 30_000);
    assert!((5_000..=10_000).contains(&forwards.len()), "{}", forwards.len());
    assert_eq!(forwards, sample(&mut (0..30_000).rev()).1);
}

/// The largest of 45,000 times as fits to 250 see it, over 60 systems of five kinds; the limit is the largest of 20
/// refits, so about 95 %. One kind hides its slow part so well that fewer than that hold.
#[test]
fn upper_limits_hold_the_largest_of_45_000_as_often_as_they_say() {
    const P: f64 = 1.0 - 0.5 / 45_000.0;
    let systems: Vec<(u64, TestMixture)> =
        (0..4u64).flat_map(|round| systems().into_iter().map(move |it| (round, it))).collect();
    let limits: Vec<(f64, f64)> = systems
        .par_iter()
        .enumerate()
        .map(|(index, (_, system))| {
            let seed = index as u64;
            let copies: Vec<Observation> = (0..250)
                .map(|job| Observation {
                    job,
                    level: 0,
                    day: 0,
                    started_ns: job,
                    n: 1.0,
                    bytes: 0,
                    seconds: system.draw(seed, job),
                })
                .collect();
            let sample = CopySample::new(&copies, LineForm::Flat, Scaling::default());
            let largest = |profile: CopyProfile| profile.base_s * profile.factor().at(P);
            let mut resampled: Vec<f64> = sample.resampled(20, seed).into_iter().map(largest).collect();
            resampled.sort_by(f64::total_cmp);
            let truth = system.exceeded_with(1.0 - P);
            (resampled[19] / truth, largest(sample.central().0) / truth)
        })
        .collect();
    let held = limits.iter().filter(|(upper, _)| *upper >= 1.0).count();
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let upper = median(limits.iter().map(|limit| limit.0).collect());
    let point = median(limits.iter().map(|limit| limit.1).collect());
    let shown =
        format!("{held} of {} held; median limit {upper:.2}, median estimate {point:.2}", limits.len());
    assert!(held * 100 >= 80 * limits.len(), "{shown}");
    assert!((0.8..1.2).contains(&point) && upper < 2.0, "{shown}");
}

/// Shares, means and factors whose mixture has about mean 1.
struct TestMixture(Vec<(f64, f64, Factor)>);

impl TestMixture {
    fn draw(&self, seed: u64, number: u64) -> f64 {
        let mut left = random::uniform(seed, &[number, 1]);
        let part = self.0.iter().find(|part| {
            left -= part.0;
            left < 0.0
        });
        let (_, mean, factor) = part.unwrap_or(&self.0[0]);
        mean * factor.draw(seed, &[number, 2])
    }

    /// The value that a share `above` exceeds, by bisection.
    fn exceeded_with(&self, above: f64) -> f64 {
        let larger =
            |x: f64| self.0.iter().map(move |(share, mean, factor)| share * (1.0 - factor.cdf(x / mean)));
        let (mut low, mut high) = (0.0, 1e3);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if larger(middle).sum::<f64>() > above { low = middle } else { high = middle }
        }
        high
    }
}

/// Lognormal, gamma, Weibull, two modes, and one request in twenty that goes a slower way.
fn systems() -> Vec<TestMixture> {
    let of_cv = |cv: f64| {
        let lognormal = |cv| Factor::lognormal(cv);
        let slow = 1.0 + 2.0 * cv;
        let scale = 0.95 + 0.05 * slow;
        [
            vec![(1.0, 1.0, lognormal(cv))],
            vec![(1.0, 1.0, of_family(Family::Gamma, cv))],
            vec![(1.0, 1.0, of_family(Family::Weibull, cv))],
            vec![(0.7, 1.0 - 0.6 * cv, lognormal(cv / 2.0)), (0.3, 1.0 + 1.4 * cv, lognormal(cv / 2.0))],
            vec![(0.95, 1.0 / scale, lognormal(0.7 * cv)), (0.05, slow / scale, lognormal(cv))],
        ]
    };
    [0.1, 0.5, 1.0].into_iter().flat_map(of_cv).map(TestMixture).collect()
}

fn of_family(family: Family, cv: f64) -> Factor {
    let tail = FamilyMember::member(family, family.with_cv(cv));
    let body = (0..=400).map(|i| tail.exceeded_by(1.0 - 0.9 * f64::from(i).max(1e-3) / 400.0)).collect();
    let halved = (1..40).map(|halvings| tail.exceeded_by(0.1 * 0.5f64.powi(halvings))).collect();
    Factor::Tailed(planner_core::service::Tailed { above: 0.9, body, tail: halved }.with_mean_1().into())
}

#[test]
fn days_that_differ_make_another_day_less_known() {
    let limit = |days: &[u32]| {
        let levels = [20; 5];
        let mut observations = Observations::of(&document(&levels)).on_days(days);
        for level in 0..5 {
            for job in 0..100 {
                let seed = &[u64::from(level), job];
                let took_s = (1.0 + 0.1 * f64::from(level)) * random::lognormal(3, seed, 10.0, 0.2);
                observations.add(&attempt(level, job, 1_000_000, job as f64, took_s, AttemptOutcome::Ok));
            }
        }
        let model = fit(&document(&levels), &observations, 1).unwrap();
        let mut means: Vec<f64> = model.resampled.iter().map(|it| it.copy.mean_s(1_000_000, 1)).collect();
        means.sort_by(f64::total_cmp);
        (model.findings.unwrap().days, means[means.len() - 5])
    };
    let (one, several) = (limit(&[0; 5]), limit(&[0, 1, 2, 3, 4]));
    assert_eq!((one.0, several.0), (1, 5));
    // The level of a sixth day: 12 s, with a standard error of 1.58·√1.2 s and four degrees of freedom.
    assert!(one.1 < 12.8 && (15.0..19.0).contains(&several.1), "{one:?} {several:?}");
}
