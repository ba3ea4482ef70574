//! The JSON schemas of the documents that programs read.

/// The kinds of documents, each with its schema.
pub const DOCUMENTS: [(&str, &str); 5] = [
    ("run", include_str!("schema/run.json")),
    ("plan", include_str!("schema/plan.json")),
    ("check", include_str!("schema/check.json")),
    ("audit", include_str!("schema/audit.json")),
    ("compare", include_str!("schema/compare.json")),
];
