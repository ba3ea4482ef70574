//! What the README shows is what the program prints.

#[test]
fn the_readme_is_true() {
    let reports = tempfile::tempdir().unwrap();
    let cases = trycmd::TestCases::new();
    cases.env("PLANNER_OUT", reports.path().to_string_lossy()).case("README.md");
}
