//! Which file imports which, within a crate.
//!
//! An import counts where the name is made, not where it passes through: what `pub use` hands on is followed to its
//! file. Tests do not count, nor does the tree of `mod` declarations.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use crate::source::{Named, paths_without_tests, test_files};

/// A module by its path from the crate's root.
type Module = Vec<String>;

/// The files of a crate, each with the files that it imports from.
pub(crate) struct Imports {
    modules: BTreeMap<Module, Vec<Named>>,
}

impl Imports {
    /// From the files of a crate, each as its path from the crate's folder and its text. Files of tests are left out.
    pub(crate) fn of(files: &[(String, String)]) -> Self {
        let beside = |path: &str, name: &str| match path.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{name}.rs"),
            None => format!("{name}.rs"),
        };
        let tests: BTreeSet<String> = files
            .iter()
            .flat_map(|(path, text)| test_files(text).into_iter().map(|name| beside(path, &name)))
            .collect();
        let kept = files.iter().filter(|(path, _)| !tests.contains(path));
        Self { modules: kept.map(|(path, text)| (module(path), paths_without_tests(text))).collect() }
    }

    /// The groups of files that import each other, each file by its module.
    pub(crate) fn file_cycles(&self) -> Vec<String> {
        let edges = self.edges();
        cycles(edges.iter().map(|(from, to)| (name(from), name(to))))
    }

    /// The groups of modules side by side that import each other, what is below them counted as theirs.
    pub(crate) fn module_cycles(&self) -> Vec<String> {
        let edges = self.edges();
        let apart = edges.iter().filter_map(|(from, to)| {
            let shared = from.iter().zip(to.iter()).take_while(|(from, to)| from == to).count();
            // Where one stands above the other, the file rule speaks.
            (shared < from.len().min(to.len())).then(|| (name(&from[..=shared]), name(&to[..=shared])))
        });
        cycles(apart)
    }

    fn edges(&self) -> BTreeSet<(&Module, &Module)> {
        let mut edges = BTreeSet::new();
        for (from, paths) in &self.modules {
            for path in paths {
                if let Some(to) = self.target(from, path).filter(|to| *to != from) {
                    edges.insert((from, to));
                }
            }
        }
        edges
    }

    /// The module where what a path names is made, if that is in this crate.
    fn target(&self, from: &Module, path: &Named) -> Option<&Module> {
        if let Some(import) = &path.import {
            let full = self.resolved(from, &path.segments)?;
            // A module by its name is a way to what is in it, which counts where it is used.
            let is_way = import.name != "*" && self.modules.contains_key(&full);
            return if is_way { None } else { self.follow(&full, 0) };
        }
        // A word alone is imported, or it stands in this file.
        let full = self.resolved(from, &path.segments);
        let full = full.filter(|full| path.segments.len() > 1 && full != from);
        let imported = || {
            let named = |import: &&Named| {
                import.import.as_ref().is_some_and(|import| Some(&import.name) == path.segments.first())
            };
            let import = self.modules[from].iter().find(named)?;
            let mut full = self.resolved(from, &import.segments)?;
            full.extend(path.segments[1..].iter().cloned());
            Some(full)
        };
        self.follow(&full.or_else(imported)?, 0)
    }

    /// A path from the crate's root, of one that says how it begins or begins with a module below this one.
    fn resolved(&self, from: &Module, segments: &[String]) -> Option<Module> {
        let child = || {
            let full: Module = from.iter().chain(segments).cloned().collect();
            self.modules.contains_key(&full[..=from.len()]).then_some(full)
        };
        absolute(from, segments).or_else(child)
    }

    /// The module in which a path from the crate's root ends, what it exports of others followed.
    fn follow(&self, path: &[String], depth: usize) -> Option<&Module> {
        const DEEPEST: usize = 16;
        let length = (0..=path.len()).rev().find(|&length| self.modules.contains_key(&path[..length]))?;
        let (module, paths) = self.modules.get_key_value(&path[..length])?;
        let Some(word) = path.get(length).filter(|_| depth < DEEPEST) else { return Some(module) };
        let exports =
            |named: &&Named| named.import.as_ref().is_some_and(|it| it.exported && it.name == *word);
        let Some(export) = paths.iter().find(exports) else { return Some(module) };
        let full = self.resolved(module, &export.segments);
        // Otherwise it is handed on from another crate.
        let Some(mut full) = full else { return Some(module) };
        full.extend(path[length + 1..].iter().cloned());
        self.follow(&full, depth + 1)
    }
}

/// A path from the crate's root, where it says how it begins.
fn absolute(from: &Module, segments: &[String]) -> Option<Module> {
    let ups = segments.iter().take_while(|segment| *segment == "super").count();
    match segments.first().map(String::as_str) {
        Some("crate") => Some(segments[1..].to_vec()),
        Some("self") => Some(from.iter().chain(&segments[1..]).cloned().collect()),
        Some("super") => {
            let above = &from[..from.len().checked_sub(ups)?];
            Some(above.iter().chain(&segments[ups..]).cloned().collect())
        }
        _ => None,
    }
}

/// The module that a file holds.
fn module(path: &str) -> Module {
    let path = path.strip_suffix(".rs").unwrap();
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

fn name(module: &[String]) -> String {
    if module.is_empty() { "the crate's root".to_owned() } else { module.join("::") }
}

fn cycles(edges: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let edges: Vec<(String, String)> = edges.collect();
    let graph: DiGraphMap<&str, ()> = edges.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    let groups = tarjan_scc(&graph).into_iter().filter(|group| group.len() > 1);
    let mut cycles: Vec<String> = groups
        .map(|mut group| {
            group.sort_unstable();
            group.join(" ↔ ")
        })
        .collect();
    cycles.sort_unstable();
    cycles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(files: &[(&str, &str)]) -> Imports {
        let files: Vec<(String, String)> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Imports::of(&files)
    }

    #[test]
    fn cycles_are_found_however_they_are_written() {
        for back in [
            "use crate::a::one::One;",
            "use super::super::a::one::One;",
            "use crate::a::One;",
            "use crate::a; fn f() -> a::One { a::One }",
            "fn f() { let _ = crate::a::one::One; }",
            "fn f() { assert!(super::super::a::One == 1); }",
            "use crate::a::{one::{One as Other}};",
            "use crate::Handed;",
        ] {
            let found = imports(&[
                ("lib.rs", "mod a; mod b; pub use a::One as Handed;"),
                ("a/mod.rs", "pub mod one; pub use one::One;"),
                ("a/one.rs", "use crate::b::two::Two; pub struct One;"),
                ("b/mod.rs", "pub mod two;"),
                ("b/two.rs", back),
            ]);
            assert_eq!(found.file_cycles(), ["a::one ↔ b::two"], "{back}");
            assert_eq!(found.module_cycles(), ["a ↔ b"], "{back}");
        }
    }

    #[test]
    fn what_is_no_cycle_is_none() {
        let found = imports(&[
            ("lib.rs", "mod a; mod b;"),
            ("a/mod.rs", "pub mod one; pub use one::One;"),
            (
                "a/one.rs",
                "use crate::b::two; /// See [`crate::a::One`].\n pub struct One; #[cfg(test)] mod tests { use crate::a::One; }",
            ),
            ("b/mod.rs", "pub mod two;"),
            (
                "b/two.rs",
                "#[cfg(test)] mod tests { use crate::a::One; } // use crate::a::One;\n const A: &str = \"crate::a::One\";",
            ),
        ]);
        assert_eq!((found.file_cycles(), found.module_cycles()), (vec![], vec![]));
    }

    #[test]
    fn a_parent_and_its_child_may_be_a_cycle() {
        let found = imports(&[
            ("lib.rs", "mod a;"),
            ("a/mod.rs", "mod one; pub struct Whole(one::Part);"),
            ("a/one.rs", "use super::Whole; pub(super) struct Part;"),
        ]);
        assert_eq!(found.file_cycles(), ["a ↔ a::one"]);
    }
}
