//! Object sizes as the command line takes them: `700MB`, `600MB..800MB`, `lognormal(700MB, cv=0.5)`.

use std::str::FromStr;

use super::file::Size;
use crate::units::quantity::Bytes;

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some(inner) = text.strip_prefix("lognormal(").and_then(|rest| rest.strip_suffix(')')) {
            let wrong = || format!("`{text}` is not a size; write it as lognormal(700MB, cv=0.5)");
            let (mean, cv) = inner.split_once(',').ok_or_else(wrong)?;
            let cv = cv.trim().strip_prefix("cv=").ok_or_else(wrong)?.trim();
            let cv = cv.parse::<f64>().ok().filter(|cv| cv.is_finite() && *cv >= 0.0).ok_or_else(wrong)?;
            return Ok(Self::Lognormal { mean: mean.parse()?, cv });
        }
        match text.split_once("..") {
            None => Ok(Self::Fixed(text.parse()?)),
            Some((low, high)) => {
                let (low, high): (Bytes, Bytes) = (low.parse()?, high.parse()?);
                if low > high {
                    return Err(format!("`{text}` ends before it begins; write the smaller size first"));
                }
                Ok(Self::Uniform(low, high))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!("700MB".parse(), Ok(Size::Fixed(Bytes(700_000_000))));
        assert_eq!("600MB..800MB".parse(), Ok(Size::Uniform(Bytes(600_000_000), Bytes(800_000_000))));
        let lognormal = Size::Lognormal { mean: Bytes(700_000_000), cv: 0.5 };
        assert_eq!("lognormal(700MB, cv=0.5)".parse(), Ok(lognormal));
    }

    #[test]
    fn what_is_no_size_says_how_to_write_one() {
        for wrong in ["", "big", "800MB..600MB", "lognormal(700MB)", "lognormal(700MB, cv=-1)", "-3MB"] {
            let error = wrong.parse::<Size>().unwrap_err();
            assert!(error.contains("write"), "{wrong}: {error}");
        }
    }
}
