//! Numbers of things as people write them: `45000`, `45,000`, `45k`, `1.5M`, and ranges such as `40000..50000`.

use std::str::FromStr;

/// A number of things.
///
/// # Errors
/// Where the text is none.
pub fn parse_count(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is not a whole number; write it as 45000, 45,000 or 45k");
    let trimmed = text.trim();
    let (number, scale) = match trimmed.char_indices().last().ok_or_else(wrong)? {
        (end, 'k' | 'K') => (&trimmed[..end], 1e3),
        (end, 'm' | 'M') => (&trimmed[..end], 1e6),
        _ => (trimmed, 1.0),
    };
    let digits = without_separators(number.trim_end()).ok_or_else(wrong)?;
    if scale == 1.0 {
        return digits.parse().map_err(|_| wrong());
    }
    let count = digits.parse::<f64>().map_err(|_| wrong())? * scale;
    // Up to here every whole number is a floating-point one.
    let is_whole = (count.round() - count).abs() < 1e-6 && (0.0..9e15).contains(&count);
    if is_whole { Ok(count.round() as u64) } else { Err(wrong()) }
}

/// Digits without the commas or low lines between groups of three; None where they stand elsewhere.
fn without_separators(number: &str) -> Option<String> {
    let (whole, decimals) = number.split_once('.').map_or((number, None), |(a, b)| (a, Some(b)));
    let groups: Vec<&str> = whole.split([',', '_']).collect();
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (first, rest) = groups.split_first()?;
    let is_grouped = rest.is_empty() || first.len() <= 3;
    let is_number = is_digits(first) && is_grouped && rest.iter().all(|it| it.len() == 3 && is_digits(it));
    let decimals = decimals.map_or(Some(String::new()), |it| is_digits(it).then(|| format!(".{it}")))?;
    is_number.then(|| groups.concat() + &decimals)
}

/// A number of things, or any number between two, each as likely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountRange {
    /// The fewest.
    pub least: u64,
    /// The most.
    pub most: u64,
}

impl FromStr for CountRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((least, most)) = text.split_once("..") else {
            let count = parse_count(text)?;
            return Ok(Self { least: count, most: count });
        };
        let (least, most) = (parse_count(least)?, parse_count(most.trim_start_matches('='))?);
        if least > most {
            return Err(format!("`{text}` ends before it begins; write it as 40000..50000"));
        }
        Ok(Self { least, most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_as_people_write_them() {
        for text in ["45000", "45,000", "45_000", "45k", "45K", " 45 k", "0.045M", "45.0k"] {
            assert_eq!(parse_count(text), Ok(45_000), "{text}");
        }
        assert_eq!(parse_count("1,234,567"), Ok(1_234_567));
        for text in
            ["", "k", "4,5000", "45,00", ",450", "4.5", "1.2345k", "-3", "45kk", "1e3", "4500,000", "45%"]
        {
            assert!(parse_count(text).unwrap_err().contains("45k"), "{text}");
        }
    }

    #[test]
    fn a_range_has_two_ends() {
        assert_eq!("40k..50,000".parse(), Ok(CountRange { least: 40_000, most: 50_000 }));
        assert_eq!("45k".parse(), Ok(CountRange { least: 45_000, most: 45_000 }));
        assert!("50..40".parse::<CountRange>().unwrap_err().contains("before it begins"));
        assert!("..40".parse::<CountRange>().is_err() && "1..".parse::<CountRange>().is_err());
    }
}
