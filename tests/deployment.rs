//! The template and its Terraform form agree with each other and with the names that the program uses.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use planner_core::fan_out::names::DeploymentNames;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/deploy").join(name)).unwrap()
}

/// Names that a line of a section begins with, at this depth.
fn names<'a>(text: &'a str, from: &str, to: &str, indent: &str, mark: char) -> BTreeSet<&'a str> {
    let (_, rest) = text.split_once(from).unwrap();
    let (section, _) = rest.split_once(to).unwrap();
    let own = section.lines().filter_map(|line| line.strip_prefix(indent)?.split_once(mark));
    own.map(|(name, _)| name.trim_end()).filter(|name| name.chars().all(char::is_alphanumeric)).collect()
}

/// `PartSize` as `part_size`.
fn snake(name: &str) -> String {
    let parts = name.char_indices().map(|(at, c)| match c {
        'A'..='Z' if at > 0 => format!("_{}", c.to_ascii_lowercase()),
        c => c.to_ascii_lowercase().to_string(),
    });
    parts.collect()
}

#[test]
fn terraform_hands_every_parameter_on() {
    let (template, main, variables) =
        (read("template.yaml"), read("terraform/main.tf"), read("terraform/variables.tf"));
    let parameters = names(&template, "\nParameters:\n", "\nConditions:\n", "  ", ':');
    assert!(parameters.len() > 20, "{parameters:?}");
    assert_eq!(names(&main, "parameters = {\n", "  }\n", "    ", '='), parameters);
    for parameter in parameters.iter().filter(|name| **name != "CodeKey") {
        let declared = format!("variable \"{}\" {{", snake(parameter));
        assert!(variables.contains(&declared), "{declared}");
    }
    for recommended in ["Shape", "ReservedConcurrency", "PublishRate", "PublisherThreads", "PartSize"] {
        assert!(parameters.contains(recommended), "{recommended}");
    }
}

#[test]
fn the_template_uses_the_names_that_the_program_knows() {
    let template = read("template.yaml");
    let DeploymentNames { topic, queue, dead_letters, function, log_group } =
        DeploymentNames::of("${AWS::StackName}");
    for line in [
        format!("TopicName: !Sub \"{topic}\""),
        format!("QueueName: !Sub \"{queue}\""),
        format!("QueueName: !Sub \"{dead_letters}\""),
        format!("FunctionName: !Sub \"{function}\""),
        format!("LogGroupName: !Sub \"{log_group}\""),
    ] {
        assert!(template.contains(&line), "{line}");
    }
}
