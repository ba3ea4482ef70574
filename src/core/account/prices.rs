//! What an account is charged.

use std::sync::LazyLock;

use super::overlay::{numbers, overlaid};
use super::table::Prices;

/// Bytes in the gigabyte that transfer is billed by.
pub const BYTES_PER_GB: f64 = 1e9;

/// Megabytes of a function's memory in the gigabyte that Lambda is billed by.
pub const MB_PER_GB: f64 = 1024.0;

impl Prices {
    /// The list that is built in.
    ///
    /// # Panics
    /// Never: a test reads the list.
    #[must_use]
    pub fn built_in() -> Self {
        static BUILT_IN: LazyLock<Prices> =
            LazyLock::new(|| Prices::parse("").expect("the built-in list is read by a test"));
        BUILT_IN.clone()
    }

    /// The built-in list with a user's own prices over it.
    ///
    /// # Errors
    /// Where the text is no price list, or a price is negative or no number.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table = overlaid(include_str!("prices.toml"), text)?;
        match numbers(&table).into_iter().find(|(_, usd)| !(usd.is_finite() && *usd >= 0.0)) {
            Some((field, usd)) => Err(format!("`{field}` is {usd}; give a price of zero or more")),
            None => table.try_into().map_err(|error: toml::de::Error| error.to_string()),
        }
    }

    /// What a plan uses of the list, in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self { s3, sns, sqs, lambda, .. } = self;
        format!(
            "S3 {} USD per 1,000 copies and {} per GB between regions; SNS {}, SQS {} and Lambda {} per million \
             requests, and {} per GB-s",
            s3.copy_usd_per_1000,
            s3.transfer_usd_per_gb_high,
            sns.publish_usd_per_million,
            sqs.request_usd_per_million,
            lambda.request_usd_per_million,
            lambda.x86_usd_per_gb_s
        )
    }

    /// Price of one byte copied, at worst.
    #[must_use]
    pub fn usd_per_byte_high(&self) -> f64 {
        self.s3.transfer_usd_per_gb_high / BYTES_PER_GB
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_some_prices_takes_the_others_from_the_built_in_one() {
        // What a list held before there were prices of Lambda.
        let own = "as_of = \"x\"\nregion = \"r\"\nsource = \"s\"\n[s3]\ncopy_usd_per_1000 = 0.01\nget_usd_per_1000 = 0.0\n\
                   transfer_usd_per_gb_low = 0.0\ntransfer_usd_per_gb_high = 0.1\n[sns]\npublish_usd_per_million = 1.0\n";
        let prices = Prices::parse(own).unwrap();
        assert_eq!((prices.region.as_str(), prices.s3.copy_usd_per_1000), ("r", 0.01));
        assert_eq!(prices.lambda, Prices::built_in().lambda);
        for (own, told) in [
            ("[s3]\ncopy_usd_per_1000 = -1\n", "`s3.copy_usd_per_1000` is -1"),
            ("[lambda]\narm_usd_per_gb_s = nan\n", "`lambda.arm_usd_per_gb_s` is NaN"),
            ("[s3]\ncopy = 1\n", "unknown field `copy`"),
        ] {
            let error = Prices::parse(own).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
}
