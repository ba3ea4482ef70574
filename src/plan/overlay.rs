//! A built-in table of numbers with a user's own laid over it.

use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// The numbers of `built_in`, those that `text` gives replaced.
///
/// # Errors
/// Where `text` is no TOML, or names what the built-in table does not have.
pub(super) fn overlaid<T: DeserializeOwned>(built_in: &str, text: &str) -> Result<T, String> {
    let mut whole: Table = built_in.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let own: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    lay_over(&mut whole, own);
    whole.try_into().map_err(|error: toml::de::Error| error.to_string())
}

fn lay_over(whole: &mut Table, own: Table) {
    for (key, value) in own {
        match (whole.get_mut(&key), value) {
            (Some(Value::Table(part)), Value::Table(own)) => lay_over(part, own),
            (_, value) => {
                whole.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_replaces_and_the_rest_stays() {
        let built_in = "a = 1\n[b]\nc = 2\nd = 3\n";
        let table: Table = overlaid(built_in, "[b]\nc = 5\ne = 6\n").unwrap();
        assert_eq!(table, "a = 1\n[b]\nc = 5\nd = 3\ne = 6\n".parse().unwrap());
        assert!(overlaid::<Table>(built_in, "a = ").is_err());
    }
}
