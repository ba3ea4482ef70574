//! Rules about the source that the compiler does not check.
//!
//! The pure crates are given time, randomness and input as values, so they must not name a clock, a
//! file, the environment, the network or an async runtime. That they do without the shell's dependencies is
//! what their manifests say; the standard library is always in reach, hence this scan.

use std::fs;
use std::path::{Path, PathBuf};

const PURE: [&str; 3] = ["core", "plan", "report"];

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
        for (line, path) in paths(&without_comments_and_text(text)) {
            let path = format!("::{path}::");
            for name in IMPURE.iter().filter(|name| path.contains(&format!("::{name}::"))) {
                found.push(format!("{file}:{line}: pure code names {name}"));
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

/// The source with comments and the text of literals blanked, line breaks kept.
fn without_comments_and_text(source: &str) -> String {
    let mut rest = source;
    let mut code = String::new();
    while let Some(first) = rest.chars().next() {
        let length = blank_length(rest, code.chars().last());
        if length == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    code
}

/// How many bytes the comment or literal takes that `rest` starts with; 0 when it starts with neither.
fn blank_length(rest: &str, before: Option<char>) -> usize {
    let until =
        |skip: usize, end: &str| rest[skip..].find(end).map_or(rest.len(), |at| skip + at + end.len());
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return until(2, "*/");
    }
    if rest.starts_with('"') {
        return quoted_length(rest, '"');
    }
    let raw = rest.strip_prefix('r').map(|tail| (tail.len() - tail.trim_start_matches('#').len(), tail));
    if let Some((hashes, tail)) = raw
        && tail[hashes..].starts_with('"')
        && !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    {
        return until(hashes + 2, &format!("\"{}", "#".repeat(hashes)));
    }
    // A quote that is not closed after one character, or after an escape, starts a lifetime.
    let character = rest.strip_prefix('\'').and_then(|tail| tail.chars().next());
    match character {
        Some('\\') => quoted_length(rest, '\''),
        Some(c) if rest[1 + c.len_utf8()..].starts_with('\'') => c.len_utf8() + 2,
        _ => 0,
    }
}

fn quoted_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

/// Every path in the code with its line, the groups of `use` written out: `a::{b, c::d}` gives `a::b`
/// and `a::c::d`.
fn paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut groups: Vec<String> = Vec::new();
    let mut path = String::new();
    let mut line = 1;
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let taken = if word > 0 {
            if !path.is_empty() && !path.ends_with("::") {
                path.clear();
            }
            path.push_str(&rest[..word]);
            let is_macro = rest[word..].starts_with('!');
            if is_macro {
                path.push('!');
            }
            if !rest[word..].starts_with("::") {
                found.push((line, path.clone()));
            }
            word + usize::from(is_macro)
        } else if rest.starts_with("::") {
            path.push_str("::");
            2
        } else {
            match first {
                '{' => {
                    groups.push(std::mem::take(&mut path));
                    path.push_str(groups.last().filter(|group| group.ends_with("::")).map_or("", |g| g));
                }
                '}' => {
                    groups.pop();
                    path.clear();
                }
                ',' => {
                    path = groups.last().filter(|group| group.ends_with("::")).cloned().unwrap_or_default();
                }
                '\n' => line += 1,
                c if c.is_whitespace() => {}
                _ => path.clear(),
            }
            first.len_utf8()
        };
        rest = &rest[taken..];
    }
    found
}
