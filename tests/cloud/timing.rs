//! Virtual time, refusals, and the gauge.

use std::time::Duration;

use tokio::time::Instant;

use crate::clients::{cloud, failure, inside, quiet, refused};

const MILLISECOND: Duration = Duration::from_millis(1);

fn about(taken: Duration, expected_s: f64) -> bool {
    taken.abs_diff(Duration::from_secs_f64(expected_s)) <= MILLISECOND
}

#[tokio::test(start_paused = true)]
async fn a_copy_takes_exactly_the_modelled_time() {
    let cloud = cloud(quiet());
    cloud.put_sparse("source", "data/a", 700_000_000);
    cloud.create_bucket("target");
    let s3 = inside(&cloud).s3();
    let start = Instant::now();
    let copied =
        s3.copy_object().bucket("target").key("run/a").copy_source("source/data/a").send().await.unwrap();
    assert!(about(start.elapsed(), 25.2), "{:?}", start.elapsed());

    let seeded = s3.head_object().bucket("source").key("data/a").send().await.unwrap();
    let copy = s3.head_object().bucket("target").key("run/a").send().await.unwrap();
    assert_eq!(copy.content_length(), Some(700_000_000));
    assert_eq!(copied.copy_object_result().unwrap().e_tag(), seeded.e_tag());
    assert_eq!(copy.e_tag(), seeded.e_tag());
    let aged_s = copy.last_modified().unwrap().secs() - seeded.last_modified().unwrap().secs();
    assert!((25..=26).contains(&aged_s), "modified {aged_s} s after the seed");
}

#[tokio::test(start_paused = true)]
async fn a_copy_becomes_visible_at_its_end() {
    let cloud = cloud(quiet());
    cloud.put_sparse("source", "a", 700_000_000);
    cloud.create_bucket("target");
    let s3 = inside(&cloud).s3();
    let copy = tokio::spawn(s3.copy_object().bucket("target").key("a").copy_source("source/a").send());
    tokio::time::sleep(Duration::from_secs(25)).await;
    let missing = s3.head_object().bucket("target").key("a").send().await;
    assert_eq!(failure(missing), refused(404, "NotFound"));
    copy.await.unwrap().unwrap();
    s3.head_object().bucket("target").key("a").send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_gauge_agrees_with_n_equals_x_r() {
    let cloud = cloud(quiet());
    cloud.put_sparse("source", "a", 28_000_000);
    cloud.create_bucket("target");
    let (s3, gauge) = (inside(&cloud).s3(), cloud.gauge());
    let before = gauge.read();
    let copies = (0..10).map(|number| {
        let copy = s3.copy_object().bucket("target").key(number.to_string()).copy_source("source/a");
        async move {
            let start = Instant::now();
            copy.send().await.unwrap();
            start.elapsed()
        }
    });
    let residence_ns: u128 = futures::future::join_all(copies).await.iter().map(Duration::as_nanos).sum();
    let after = gauge.read();
    assert_eq!((before.copies, after.copies), (0, 0));
    assert_eq!(after.copies_time_ns - before.copies_time_ns, residence_ns);
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_request_leaves_the_gauge_and_writes_nothing() {
    let cloud = cloud(quiet());
    cloud.put_sparse("source", "a", 700_000_000);
    cloud.create_bucket("target");
    let s3 = inside(&cloud).s3();
    let gauge = cloud.gauge();
    let copy = s3.copy_object().bucket("target").key("a").copy_source("source/a").send();
    let copy = tokio::spawn(copy);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(gauge.read().copies, 1);
    copy.abort();
    assert!(copy.await.unwrap_err().is_cancelled());
    assert_eq!(gauge.read().copies, 0);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!((9.9..10.1).contains(&(gauge.read().copies_time_ns as f64 / 1e9)));
    let missing = s3.head_object().bucket("target").key("a").send().await;
    assert_eq!(failure(missing), refused(404, "NotFound"));
}

#[tokio::test(start_paused = true)]
async fn a_prefix_over_its_rate_is_told_to_slow_down() {
    let mut profile = quiet();
    profile.request.prefix_rate_per_s = 3.0;
    let cloud = cloud(profile);
    cloud.put_sparse("source", "a", 1);
    cloud.create_bucket("target");
    let s3 = inside(&cloud).s3();
    let copies = (0..5).map(|number| {
        s3.copy_object().bucket("target").key(format!("run/{number}")).copy_source("source/a").send()
    });
    let results = futures::future::join_all(copies).await;
    let (copied, slowed): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((copied.len(), slowed.len()), (3, 2));
    for result in slowed {
        assert_eq!(failure(result), refused(503, "SlowDown"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_injected_internal_error_can_succeed_when_retried() {
    let mut profile = quiet();
    profile.request.error_rate = 0.5;
    let cloud = cloud(profile);
    cloud.create_bucket("target");
    let s3 = inside(&cloud).s3();
    let (mut errors, mut recovered) = (0, 0);
    for object in 0..40 {
        let key = object.to_string();
        cloud.put_sparse("source", &key, 1);
        let copy = || s3.copy_object().bucket("target").key(&key).copy_source(format!("source/{key}")).send();
        let first = copy().await;
        if first.is_err() {
            assert_eq!(failure(first), refused(500, "InternalError"));
            errors += 1;
            recovered += u32::from(copy().await.is_ok());
        }
    }
    assert!((8..=32).contains(&errors), "{errors} errors of 40");
    assert!(recovered > 0 && recovered < errors, "{recovered} of {errors} recovered");
}

#[tokio::test(start_paused = true)]
async fn draws_do_not_depend_on_the_concurrency() {
    let mut durations = Vec::new();
    for width in [1, 20] {
        let mut profile = quiet();
        profile.copy.noise_cv = 0.5;
        profile.copy.sigma = 0.0;
        profile.copy.kappa = 0.0;
        let cloud = cloud(profile);
        cloud.create_bucket("target");
        let s3 = inside(&cloud).s3();
        let copies = (0..20).map(|object| {
            let key = object.to_string();
            cloud.put_sparse("source", &key, 700_000_000);
            let copy = s3.copy_object().bucket("target").key(&key).copy_source(format!("source/{key}"));
            async move {
                let start = Instant::now();
                copy.send().await.unwrap();
                (object, start.elapsed())
            }
        });
        let copies = futures::stream::iter(copies.collect::<Vec<_>>());
        let mut taken: Vec<(u32, Duration)> =
            futures::StreamExt::collect(futures::StreamExt::buffer_unordered(copies, width)).await;
        taken.sort();
        durations.push(taken);
    }
    for ((object, alone), (same, together)) in durations[0].iter().zip(&durations[1]) {
        assert_eq!(object, same);
        assert!(alone.abs_diff(*together) <= MILLISECOND, "{object}: {alone:?} and {together:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_impossible_copy_takes_time_and_names_the_reason() {
    let cloud = cloud(quiet());
    cloud.create_bucket("target");
    cloud.put_sparse("source", "large", (5 << 30) + 1);
    cloud.put_sparse("source", "a", 1);
    let s3 = inside(&cloud).s3();
    let copy =
        |bucket: &str, source: &str| s3.copy_object().bucket(bucket).key("a").copy_source(source).send();
    let start = Instant::now();
    assert_eq!(failure(copy("target", "source/none").await), refused(404, "NoSuchKey"));
    assert!(about(start.elapsed(), 0.2), "{:?}", start.elapsed());
    assert_eq!(failure(copy("nowhere", "source/a").await), refused(404, "NoSuchBucket"));
    assert_eq!(failure(copy("target", "nowhere/a").await), refused(404, "NoSuchBucket"));
    assert_eq!(failure(copy("target", "source/large").await), refused(400, "InvalidRequest"));
    assert_eq!(failure(copy("source", "source/a").await), refused(400, "InvalidRequest"));
    let stale = s3.copy_object().bucket("target").key("a").copy_source("source/a");
    let stale = stale.copy_source_if_match("\"0123\"").send().await;
    assert_eq!(failure(stale), refused(412, "PreconditionFailed"));
}
