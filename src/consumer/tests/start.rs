//! The function as a program, which is what is deployed.

use std::process::Command;

#[test]
fn a_function_without_its_places_says_which_variable_to_set() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_copy_consumer"));
    let output = command.env_clear().output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("ALLOWED_SOURCE"), "{text}");
}
