//! A built-in table of numbers with a user's own laid over it.

use toml::{Table, Value};

/// A table with the table in `text` laid over it.
///
/// # Errors
/// Where one of them is no TOML.
pub(super) fn overlaid(built_in: &str, text: &str) -> Result<Table, String> {
    let parse = |text: &str| text.parse::<Table>().map_err(|error| error.to_string());
    let mut whole = parse(built_in)?;
    lay_over(&mut whole, parse(text)?);
    Ok(whole)
}

/// Replaces what `own` gives, table by table; the rest stays.
pub(crate) fn lay_over(whole: &mut Table, own: Table) {
    for (key, value) in own {
        match (whole.get_mut(&key), value) {
            (Some(Value::Table(part)), Value::Table(own)) => lay_over(part, own),
            (_, value) => {
                whole.insert(key, value);
            }
        }
    }
}

/// Every number of a table by its dotted name; those of an array share the array's.
pub fn numbers(table: &Table) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    for (name, value) in table {
        collect(name.clone(), value, &mut found);
    }
    found
}

fn collect(name: String, value: &Value, found: &mut Vec<(String, f64)>) {
    match value {
        Value::Integer(number) => found.push((name, *number as f64)),
        Value::Float(number) => found.push((name, *number)),
        Value::Array(items) => items.iter().for_each(|item| collect(name.clone(), item, found)),
        Value::Table(fields) => {
            fields.iter().for_each(|(field, value)| collect(format!("{name}.{field}"), value, found));
        }
        Value::String(_) | Value::Boolean(_) | Value::Datetime(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_replaces_and_the_rest_stays() {
        let built_in = "a = 1\n[b]\nc = 2\nd = 3\n";
        let table = overlaid(built_in, "[b]\nc = 5\ne = [6, 7.5]\n").unwrap();
        assert_eq!(table, "a = 1\n[b]\nc = 5\nd = 3\ne = [6, 7.5]\n".parse().unwrap());
        let all = [("a", 1.0), ("b.c", 5.0), ("b.d", 3.0), ("b.e", 6.0), ("b.e", 7.5)];
        assert_eq!(numbers(&table), all.map(|(name, number)| (name.to_owned(), number)));
        assert!(overlaid(built_in, "a = ").is_err());
    }
}
