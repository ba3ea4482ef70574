//! Rules about the source that the compiler does not check.
//!
//! The pure crates are given time, randomness and input as values, so they must not name a clock, a
//! file, the environment, the network or an async runtime. That they do without the shell's dependencies is
//! what their manifests say; the standard library is always in reach, hence this scan.

mod graph;
mod source;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use graph::Imports;

const PURE: [&str; 3] = ["core", "plan", "report"];

/// All crates, the lowest first.
const CRATES: [&str; 6] = ["core", "plan", "report", "aws", "consumer", "planner"];

/// What pure code must not name: consecutive segments of a path, a macro with its `!`.
const IMPURE: [&str; 22] = [
    "Instant",
    "SystemTime",
    "Timestamp::now",
    "Zoned::now",
    "thread::sleep",
    "std::fs",
    "std::env",
    "std::net",
    "std::os",
    "std::process",
    "io::stdin",
    "io::stdout",
    "io::stderr",
    "print!",
    "println!",
    "eprint!",
    "eprintln!",
    "dbg!",
    "tokio",
    "rand::rng",
    "SysRng",
    "async",
];

/// What no source file may contain, comments included.
const UNFINISHED: [&str; 6] = ["todo!", "unimplemented!", "TODO", "FIXME", "XXX", "[allow("];

const LINES_AT_MOST: usize = 450;

#[test]
fn the_source_keeps_its_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = rust_files(&root.join("src"));
    assert!(!files.is_empty(), "no source files under {}", root.display());
    let offences: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let text = fs::read_to_string(file).unwrap();
            offences(file.strip_prefix(root).unwrap().to_str().unwrap(), &text)
        })
        .collect();
    assert!(offences.is_empty(), "\n{}\n", offences.join("\n"));
}

#[test]
fn no_crate_module_or_file_imports_itself_through_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cycles = Vec::new();
    for folder in CRATES.map(|name| root.join("src").join(name)) {
        let files: Vec<(String, String)> = rust_files(&folder)
            .iter()
            .filter(|file| !file.ends_with("main.rs") && !file.starts_with(folder.join("tests")))
            .map(|file| {
                let path = file.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
                (path, fs::read_to_string(file).unwrap())
            })
            .collect();
        let imports = Imports::of(&files);
        let found = imports.file_cycles().into_iter().chain(imports.module_cycles());
        cycles.extend(found.map(|cycle| format!("{}: {cycle}", folder.display())));
    }
    assert!(cycles.is_empty(), "\n{}\n", cycles.join("\n"));
}

/// A type's name says which one it is, wherever it is read.
#[test]
fn no_two_types_share_a_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in ["src", "tests", "benches"].iter().flat_map(|folder| rust_files(&root.join(folder))) {
        for name in source::declared_types(&fs::read_to_string(&file).unwrap()) {
            files.entry(name).or_default().push(file.display().to_string());
        }
    }
    assert!(files.contains_key("ServiceModel"), "no types found under {}", root.display());
    let shared: Vec<_> = files.into_iter().filter(|(_, files)| files.len() > 1).collect();
    assert!(shared.is_empty(), "{shared:#?}");
}

/// Cargo refuses cycles of dependencies, except through those of tests, which would build a crate twice.
#[test]
fn a_crate_sees_only_those_above_it() {
    for (index, name) in CRATES.iter().enumerate() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = if *name == "planner" { folder.to_owned() } else { folder.join("src").join(name) };
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        for dependencies in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(table) = manifest.get(dependencies).and_then(toml::Value::as_table) else { continue };
            for below in &CRATES[index..] {
                let below = format!("planner-{below}");
                assert!(!table.contains_key(&below), "{name} has {below} among its {dependencies}");
            }
        }
    }
}

#[test]
fn planted_offences_are_found() {
    let text = "\
use std::{collections::BTreeMap, fs::File, time::{Duration, Instant}};
fn f() { let s = \"std::env // no\"; let q = '\"'; std::env::var(s); } // std::net is fine here
/* std::net */ fn g<'a>(x: &'a str) { ::std::net::lookup(x); println!(\"{}\", r#\"tokio \" \"#) }
fn h() { jiff::Timestamp::now(); Instantaneous::new(); environment::fs(); }
";
    let found = |path| offences(path, text);
    assert_eq!(
        found("src/core/load/retry.rs"),
        [
            "src/core/load/retry.rs:1: pure code names std::fs",
            "src/core/load/retry.rs:1: pure code names Instant",
            "src/core/load/retry.rs:2: pure code names std::env",
            "src/core/load/retry.rs:3: pure code names std::net",
            "src/core/load/retry.rs:3: pure code names println!",
            "src/core/load/retry.rs:4: pure code names Timestamp::now",
        ]
    );
    assert_eq!(found("src/planner/runs/folder.rs"), [""; 0], "the shell may name them");

    assert_eq!(
        offences("src/planner/cli/mod.rs", "// TODO\n#[allow(dead_code)]\nfn f() { todo!() }\n"),
        [
            "src/planner/cli/mod.rs:1: contains TODO",
            "src/planner/cli/mod.rs:2: contains [allow(",
            "src/planner/cli/mod.rs:3: contains todo!",
        ]
    );
    assert_eq!(
        offences("src/planner/cli/long.rs", &"\n".repeat(451)),
        ["src/planner/cli/long.rs:451: longer than 450 lines"]
    );
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The offences of one file, each as `file:line: what`.
fn offences(file: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let folder = file.trim_start_matches("src/").split('/').next().unwrap();
    if PURE.contains(&folder) {
        for named in source::words(text) {
            let path = format!("::{}::", named.segments.join("::"));
            for name in IMPURE.iter().filter(|name| path.contains(&format!("::{name}::"))) {
                found.push(format!("{file}:{}: pure code names {name}", named.line));
            }
        }
    }
    for (index, line) in text.lines().enumerate() {
        for mark in UNFINISHED.iter().filter(|mark| line.contains(**mark)) {
            found.push(format!("{file}:{}: contains {mark}", index + 1));
        }
    }
    let lines = text.lines().count();
    if lines > LINES_AT_MOST {
        found.push(format!("{file}:{lines}: longer than {LINES_AT_MOST} lines"));
    }
    found
}
