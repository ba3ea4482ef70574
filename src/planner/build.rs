//! Tells the program which commit it is built from, where that is known.

use std::process::Command;

fn main() {
    let version = env!("CARGO_PKG_VERSION");
    let commit = commit().map_or_else(String::new, |commit| format!(" ({commit})"));
    println!("cargo::rustc-env=PLANNER_VERSION={version}{commit}");
    println!("cargo::rerun-if-changed=src/planner/build.rs");
    // A packed crate has neither, and a file that is not there would run this at every build.
    let places = ["HEAD", "logs/HEAD"].into_iter().filter_map(|name| git(&["rev-parse", "--git-path", name]));
    for place in places.filter(|place| std::path::Path::new(place).exists()) {
        println!("cargo::rerun-if-changed={place}");
    }
}

/// The commit of this repository; None in a packed crate, also where that lies in some other repository.
fn commit() -> Option<String> {
    let is_own = git(&["rev-parse", "--show-prefix"])?.is_empty();
    git(&["rev-parse", "--short=12", "HEAD"]).filter(|_| is_own)
}

fn git(arguments: &[&str]) -> Option<String> {
    let output =
        Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
