//! The help: its examples run, every command has a page, and names that are misspelt are recognised.

use std::path::Path;
use std::process::Command;

use crate::planner::{planner, run};

fn printed(arguments: &[&str]) -> String {
    let mut command = planner();
    command.args(arguments);
    run(command).with_code(0).stdout
}

/// The commands that the program lists.
fn commands() -> Vec<String> {
    let help = printed(&["--help"]);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    let names: Vec<String> = names.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect();
    assert!(names.len() >= 14, "{help}");
    names.into_iter().filter(|name| name != "help").collect()
}

/// The examples of a command's help, none so wide that a terminal breaks it; lines that go on are put together.
fn examples(name: &str) -> Vec<String> {
    let help = printed(&[name, "--help"]);
    let (_, examples) = help.split_once("Examples:\n").unwrap_or_else(|| panic!("{name} has no examples"));
    assert!(examples.lines().all(|line| line.chars().count() < 79), "{examples}");
    let examples = examples.replace("\\\n", " ");
    examples
        .lines()
        .filter(|line| line.starts_with("  planner "))
        .map(|line| line.trim().to_owned())
        .collect()
}

/// A place that has what the examples name.
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::os::unix::fs::symlink(root.join("scenarios"), place.path().join("scenarios")).unwrap();
    let mut copy = Command::new("cp");
    std::fs::create_dir(place.path().join("reports")).unwrap();
    copy.arg("-r").arg(root.join("reports/examples")).arg(place.path().join("reports"));
    assert!(copy.status().unwrap().success());
    place
}

#[test]
fn every_example_in_the_help_runs() {
    let place = place();
    let program = Path::new(env!("CARGO_BIN_EXE_planner")).parent().unwrap();
    for name in commands() {
        let examples = examples(&name);
        assert!(!examples.is_empty(), "{name}");
        for example in examples {
            // What needs an account, an endpoint or a server that goes on is understood, and no more.
            let is_offline =
                !["123456789012", "s3://", "planner cloud"].iter().any(|it| example.contains(it));
            let line = if is_offline { example } else { format!("{example} --help") };
            let mut shell = Command::new("bash");
            shell.env_clear().env("HOME", "/nonexistent").current_dir(place.path());
            shell.args(["-c", &format!("PATH={}:$PATH; {line}", program.display())]);
            run(shell).with_code(0);
        }
    }
    assert!(place.path().join("reports/baselines/main.json").exists());
}

#[test]
fn every_command_has_a_man_page_with_its_examples() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("man1");
    printed(&["man", "--out", out.to_str().unwrap()]);
    for name in commands() {
        let page = std::fs::read_to_string(out.join(format!("planner-{name}.1"))).unwrap();
        assert!(page.contains(&format!(".TH planner-{name} 1")) && page.contains("Examples:"), "{page}");
        let first = examples(&name)[0].replace('-', "\\-");
        assert!(page.contains(first.split("  ").next().unwrap()), "{name}: {page}");
    }
    assert!(std::fs::read_to_string(out.join("planner.1")).unwrap().contains("130 interrupted"));
}

#[test]
fn the_version_names_the_commit() {
    let git = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output().unwrap();
    let commit = String::from_utf8(git.stdout).unwrap();
    let known = if commit.is_empty() { String::new() } else { format!(" ({})", commit.trim()) };
    for name in ["--version", "-V"] {
        assert_eq!(printed(&[name]), format!("planner {}{known}\n", env!("CARGO_PKG_VERSION")));
    }
}
