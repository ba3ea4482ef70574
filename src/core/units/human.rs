//! Numbers as people read them, never in scientific notation.

/// What is shorter counts as no time at all.
const SHORTEST_S: f64 = 5e-7;
const MINUTE_S: f64 = 60.0;
const HOUR_S: f64 = 3600.0;
const DAY_S: f64 = 86_400.0;
const YEAR_S: f64 = 365.0 * DAY_S;

/// A length of time in seconds: `250 ms`, `25.2 s`, `12m 40s`, `1h 45m`, `3d 4h`, `10y`.
#[must_use]
pub fn duration(time_s: f64) -> String {
    let rounded_s = rounded(time_s, 3);
    if rounded_s < SHORTEST_S {
        "0 s".into()
    } else if rounded_s < 1e-3 {
        format!("{} µs", number(time_s * 1e6))
    } else if rounded_s < 1.0 {
        format!("{} ms", number(time_s * 1e3))
    } else if rounded_s < MINUTE_S {
        format!("{} s", number(time_s))
    } else if time_s.round() < HOUR_S {
        two_units(time_s, (MINUTE_S, "m"), (1.0, "s"))
    } else if (time_s / MINUTE_S).round() * MINUTE_S < DAY_S {
        two_units(time_s, (HOUR_S, "h"), (MINUTE_S, "m"))
    } else if (time_s / HOUR_S).round() * HOUR_S < YEAR_S {
        two_units(time_s, (DAY_S, "d"), (HOUR_S, "h"))
    } else {
        two_units(time_s, (YEAR_S, "y"), (DAY_S, "d"))
    }
}

/// A length of whole seconds: `30 s`, `5m`.
#[must_use]
pub fn length(length_s: u64) -> String {
    if length_s < 60 { format!("{length_s} s") } else { duration(length_s as f64) }
}

fn two_units(time_s: f64, (large_s, large): (f64, &str), (small_s, small): (f64, &str)) -> String {
    let in_small = (time_s / small_s).round();
    let per_large = (large_s / small_s).round();
    let (whole, rest) = ((in_small / per_large).floor(), in_small % per_large);
    let whole = grouped(whole, 0);
    if rest == 0.0 { format!("{whole}{large}") } else { format!("{whole}{large} {rest}{small}") }
}

/// Three significant digits; all digits before the point.
#[must_use]
pub fn number(value: f64) -> String {
    significant(value, 3)
}

/// Like [`number`] with as many significant digits as asked for.
#[must_use]
pub fn significant(value: f64, digits: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".into() } else { "–".into() };
    }
    let decimals = digits - 1 - magnitude(rounded(value, digits));
    grouped(value, decimals.clamp(0, 15) as usize)
}

/// Three significant digits; a small number as a power of ten, such as 9.23×10⁻⁹.
#[must_use]
pub fn power_of_ten(value: f64) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    if value == 0.0 || value.abs() >= 1e-3 || !value.is_finite() {
        return number(value);
    }
    let text = format!("{value:.2e}");
    let Some((mantissa, exponent)) = text.split_once("e-") else { return text };
    let exponent: String = exponent.bytes().map(|digit| DIGITS[usize::from(digit - b'0') % 10]).collect();
    format!("{mantissa}×10⁻{exponent}")
}

/// Like [`significant`], without the zeros at the end that say nothing.
#[must_use]
pub fn shortest(value: f64, digits: i32) -> String {
    let text = significant(value, digits);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Events per second; rare ones per hour, day or year.
#[must_use]
pub fn rate(per_s: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1.0, "s"), (HOUR_S, "h"), (DAY_S, "d"), (YEAR_S, "y")];
    let readable = |(unit_s, _): &&(f64, &str)| per_s == 0.0 || per_s * unit_s >= 0.01;
    let (unit_s, name) = UNITS.iter().find(readable).unwrap_or(&UNITS[3]);
    format!("{}/{name}", number(per_s * unit_s))
}

/// A size in decimal units: `175 GB`.
#[must_use]
pub fn bytes(size_bytes: u64) -> String {
    bytes_f64(size_bytes as f64)
}

/// Bytes per second in decimal units: `1.09 GB/s`.
#[must_use]
pub fn bytes_per_s(per_s: f64) -> String {
    format!("{}/s", bytes_f64(per_s))
}

fn bytes_f64(size_bytes: f64) -> String {
    const UNITS: [(f64, &str); 6] =
        [(1e18, "EB"), (1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let size_bytes = rounded(size_bytes, 3);
    match UNITS.iter().find(|(unit, _)| size_bytes >= *unit) {
        Some((unit, name)) => format!("{} {name}", shortest(size_bytes / unit, 3)),
        None => format!("{} B", shortest(size_bytes, 3)),
    }
}

/// A whole number with its thousands set apart.
#[must_use]
pub fn count(number: u64) -> String {
    set_apart(&number.to_string())
}

/// A count with its noun: `1 object`, `250 objects`.
#[must_use]
pub fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A share from 0 to 1 in per cent.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{} %", shortest(share * 100.0, 3))
}

/// US dollars, to the cent from ten cents on, to three digits below.
#[must_use]
pub fn usd(amount: f64) -> String {
    let decimals = if amount.abs() >= 0.1 || amount == 0.0 { 2 } else { 4 };
    format!("${}", grouped(amount, decimals))
}

/// A change as a share of what was, in per cent with its sign.
#[must_use]
pub fn signed_percent(share: f64) -> String {
    // Less than a tenth of a thousandth is rounding.
    let share = (share * 1e4).round() / 1e4;
    let sign = if share > 0.0 { "+" } else { "" };
    format!("{sign}{}", percent(share))
}

/// A number with so many decimals and its thousands set apart.
#[must_use]
pub fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let is_zero = text.bytes().all(|digit| digit == b'0' || digit == b'.');
    let sign = if value < 0.0 && !is_zero { "−" } else { "" };
    format!("{sign}{}{fraction}", set_apart(whole))
}

fn set_apart(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The exponent of the first significant digit.
fn magnitude(value: f64) -> i32 {
    value.abs().log10().floor() as i32
}

fn rounded(value: f64, digits: i32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let scale = 10f64.powi(digits - 1 - magnitude(value));
    (value * scale).round() / scale
}

/// A probability in per cent, rounded down: it is not stated higher than it is.
#[must_use]
pub fn probability(share: f64) -> String {
    // A hair of tolerance: 0.29 · 100 is 28.999….
    let hundredths = (share * 1e4 + 1e-6).floor();
    match hundredths as u64 {
        9999 if share > 0.9999 => "over 99.99 %".into(),
        0 if share > 0.0 => "below 0.01 %".into(),
        whole if whole.is_multiple_of(100) => format!("{} %", whole / 100),
        whole if whole.is_multiple_of(10) => format!("{:.1} %", hundredths / 100.0),
        _ => format!("{:.2} %", hundredths / 100.0),
    }
}

/// The same of one that is asked for or promised: with all its nines.
#[must_use]
pub fn promised(share: f64) -> String {
    let late = 1.0 - share;
    if !(1e-12..1e-4).contains(&late) {
        return probability(share);
    }
    let places = (-late.log10()).floor() as i32 - 1;
    let scale = 10f64.powi(places);
    let rounded_down = (share * 100.0 * scale + 1e-3).floor() / scale;
    format!("{rounded_down} %")
}

/// The text with a capital at its beginning.
#[must_use]
pub fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_has_all_its_nines_and_is_never_rounded_up() {
        for (share, text) in [
            (0.99, "99 %"),
            (0.9999, "99.99 %"),
            (0.999_99, "99.999 %"),
            (0.999_999, "99.9999 %"),
            (0.999_998_7, "99.9998 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(promised(share), text);
        }
    }

    #[test]
    fn coefficients_of_a_law_are_written_as_powers_of_ten() {
        assert_eq!(power_of_ten(9.228e-9), "9.23×10⁻⁹");
        assert_eq!(power_of_ten(1.044e-12), "1.04×10⁻¹²");
        assert_eq!((power_of_ten(0.0267), power_of_ten(0.0)), ("0.0267".into(), "0".into()));
    }

    #[test]
    fn durations_take_the_units_that_fit() {
        for (time_s, text) in [
            (0.0, "0 s"),
            (1e-9, "0 s"),
            (0.000_02, "20.0 µs"),
            (0.25, "250 ms"),
            (0.999_9, "1.00 s"),
            (25.2, "25.2 s"),
            (59.96, "1m"),
            (160.0, "2m 40s"),
            (3599.6, "1h"),
            (6300.0, "1h 45m"),
            (86_399.0, "1d"),
            (100_000.0, "1d 4h"),
            (315_360_000.0, "10y"),
            (3_000_000.0, "34d 17h"),
        ] {
            assert_eq!(duration(time_s), text);
        }
    }

    #[test]
    fn numbers_never_turn_scientific() {
        for (value, text) in [
            (0.0, "0"),
            (1.5625, "1.56"),
            (0.003_968, "0.00397"),
            (99.96, "100"),
            (45_000.4, "45,000"),
            (-0.034, "−0.0340"),
            (1e15, "1,000,000,000,000,000"),
            (1e-12, "0.00000000000100"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!(grouped(-0.001, 2), "0.00", "no negative zero");
        assert_eq!(shortest(1.5625, 5), "1.5625");
        assert_eq!(shortest(25.2, 5), "25.2");
        assert_eq!(shortest(2500.0, 3), "2,500");
    }

    #[test]
    fn sizes_rates_shares_and_counts() {
        assert_eq!(bytes(175_000_000_000), "175 GB");
        assert_eq!(bytes(999_999), "1 MB");
        assert_eq!(bytes(12), "12 B");
        assert_eq!(bytes_per_s(1.094e9), "1.09 GB/s");
        assert_eq!([1.5625, 0.0, 0.009, 3.2e-8].map(rate), ["1.56/s", "0/s", "32.4/h", "1.01/y"]);
        assert_eq!(percent(0.034), "3.4 %");
        assert_eq!(
            (counted(1, "object"), counted(45_000, "object")),
            ("1 object".into(), "45,000 objects".into())
        );
    }

    #[test]
    fn probabilities_keep_what_sets_them_apart() {
        for (share, text) in [
            (0.5, "50 %"),
            (0.95, "95 %"),
            (0.99, "99 %"),
            (0.9903, "99.03 %"),
            (0.99599, "99.59 %"),
            (0.999999, "over 99.99 %"),
            (0.000001, "below 0.01 %"),
            (0.29, "29 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(probability(share), text);
        }
        assert_eq!((usd(0.0225), usd(3.069), usd(0.0)), ("$0.0225".into(), "$3.07".into(), "$0.00".into()));
    }
}
