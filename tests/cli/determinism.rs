//! The same seed gives the same virtual run, byte for byte.

use std::path::Path;

use crate::planner::{measure, run, shipped};
use crate::run_folder::RunFolder;

fn measured(name: &str, out: &Path, options: &[&str]) -> RunFolder {
    let mut command = measure(&shipped(name), out);
    command.args(options);
    run(command).with_code(0);
    RunFolder::only(out)
}

#[test]
fn a_seed_settles_a_run_and_another_seed_changes_it() {
    for (name, options) in [
        ("daily", vec![]),
        ("thread-pool", vec![]),
        ("publish", vec![]),
        ("ramp", vec!["--duration", "30s"]),
        ("sweep", vec!["--duration", "2s"]),
    ] {
        let out = tempfile::tempdir().unwrap();
        let with = |folder: &str, seed| {
            let options: Vec<&str> = options.iter().copied().chain(["--seed", seed]).collect();
            measured(name, &out.path().join(folder), &options)
        };
        let (first, again, other) = (with("first", "7"), with("again", "7"), with("other", "8"));
        for file in ["attempts.csv", "series.csv"] {
            assert!(first.bytes(file) == again.bytes(file), "{name}: {file} differs with the same seed");
            assert!(first.bytes(file) != other.bytes(file), "{name}: {file} is the same with another seed");
        }
        assert_eq!(first.document()["levels"], again.document()["levels"], "{name}");
        assert_eq!(times(&first), times(&again), "{name}");
        assert_eq!(first.document()["seed"], 7);
    }
}

/// The histogram log without its header, which says when the run was.
fn times(run: &RunFolder) -> Vec<String> {
    run.text("latency.hlog").lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}
