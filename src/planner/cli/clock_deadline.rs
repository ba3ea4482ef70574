//! When a job begins and when it has to be done, by the clock.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use super::exit::BadInput;
use planner_core::units::human::duration;
use planner_core::units::quantity::YEAR;
use planner_plan::plan_header::ClockDeadline;

const FORMS: &str =
    "write it as 06:00, '06:00 Europe/Berlin', '2026-12-01 06:00' or 2026-12-01T06:00:00+01:00";

/// A time by the clock, as it was written.
#[derive(Debug, Clone, PartialEq)]
enum WrittenTime {
    /// Any day.
    Time(Time, Option<TimeZone>),
    Date(DateTime, Option<TimeZone>),
    Moment(Timestamp),
}

impl WrittenTime {
    fn parse(text: &str) -> Result<Self, BadInput> {
        let wrong = || BadInput::new(format!("`{text}` is not a time"), FORMS);
        let text = text.trim();
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Ok(Self::Moment(moment));
        }
        if let Ok(zoned) = text.parse::<Zoned>() {
            return Ok(Self::Moment(zoned.timestamp()));
        }
        // A zone is the last word and begins with a letter, unlike a time after a date.
        let last = text.rsplit_once(' ').filter(|(_, word)| word.starts_with(|it: char| it.is_alphabetic()));
        let (text, zone) = match last {
            Some((text, name)) => {
                let unknown = |_| BadInput::new(format!("`{name}` is not a time zone"), FORMS);
                (text.trim(), Some(TimeZone::get(name).map_err(unknown)?))
            }
            None => (text, None),
        };
        match (text.contains('-'), text.parse::<DateTime>(), text.parse::<Time>()) {
            (true, Ok(date), _) => Ok(Self::Date(date, zone)),
            (false, _, Ok(time)) => Ok(Self::Time(time, zone)),
            _ => Err(wrong()),
        }
    }

    /// The moment, for a time without a date the first one after `from`. Without a zone it is that of `from`.
    fn after(&self, from: &Zoned) -> Result<Zoned, BadInput> {
        let impossible = |error: jiff::Error| BadInput::new(error.to_string(), FORMS);
        let zone = |zone: &Option<TimeZone>| zone.clone().unwrap_or_else(|| from.time_zone().clone());
        match self {
            Self::Moment(moment) => Ok(moment.to_zoned(from.time_zone().clone())),
            Self::Date(date, named) => date.to_zoned(zone(named)).map_err(impossible),
            Self::Time(time, named) => {
                let there = from.with_time_zone(zone(named));
                let today = there.date().to_datetime(*time).to_zoned(zone(named)).map_err(impossible)?;
                if today > there {
                    return Ok(today);
                }
                let tomorrow = there.date().checked_add(1.day()).map_err(impossible)?;
                tomorrow.to_datetime(*time).to_zoned(zone(named)).map_err(impossible)
            }
        }
    }
}

/// From a start, which is now unless it is said, to the time by which all has to be done.
///
/// # Errors
/// Where a text is no time, or the end is not after the start or more than a year after it.
pub(super) fn clock(by: &str, start: Option<&str>, now: &Zoned) -> Result<ClockDeadline, BadInput> {
    let start = start.map_or(Ok(now.clone()), |start| WrittenTime::parse(start)?.after(now))?;
    let due = WrittenTime::parse(by)?.after(&start)?;
    let length_s = due.timestamp().duration_since(start.timestamp()).as_secs_f64();
    if length_s <= 0.0 {
        let reason = format!("{due} is not after the start, {start}");
        return Err(BadInput::new(reason, "give a later --by, or an earlier --start"));
    }
    if length_s > YEAR.seconds() {
        let reason = format!("{due} is {} after the start, more than a year", duration(length_s));
        return Err(BadInput::new(reason, "give an earlier --by"));
    }
    Ok(ClockDeadline { start: start.to_string(), due: due.to_string(), length_s })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Zoned {
        "2026-11-27T22:30[Europe/Berlin]".parse().unwrap()
    }

    #[test]
    fn a_time_of_day_is_the_next_one() {
        let hours = |by: &str, start: Option<&str>| clock(by, start, &now()).unwrap().length_s / 3600.0;
        assert!((hours("23:00", None) - 0.5).abs() < 1e-9);
        assert!((hours("06:00", None) - 7.5).abs() < 1e-9, "over midnight");
        assert!((hours("06:00 UTC", None) - 8.5).abs() < 1e-9);
        assert!((hours("06:00", Some("05:00")) - 1.0).abs() < 1e-9);
        assert!((hours("2026-11-28 06:00", None) - 7.5).abs() < 1e-9);
        assert!((hours("2026-11-28T05:00:00Z", None) - 7.5).abs() < 1e-9);
        assert!((hours("2026-11-29T06:00 America/New_York", None) - 37.5).abs() < 1e-9);
    }

    /// On 29 March 2026 the clock in Berlin goes from 2 to 3 at once.
    #[test]
    fn a_night_with_a_change_of_the_clock_has_its_own_length() {
        let evening: Zoned = "2026-03-28T22:00[Europe/Berlin]".parse().unwrap();
        let clock = clock("06:00", None, &evening).unwrap();
        assert!((clock.length_s - 7.0 * 3600.0).abs() < 1e-9);
        assert_eq!(clock.due, "2026-03-29T06:00:00+02:00[Europe/Berlin]");
    }

    #[test]
    fn what_is_no_time_or_too_early_is_told() {
        let told = |by: &str, start: Option<&str>| clock(by, start, &now()).unwrap_err().to_string();
        assert!(told("soon", None).contains("`soon` is not a time"));
        assert!(told("06:00 Mars/Olympus", None).contains("`Mars/Olympus` is not a time zone"));
        assert!(told("2026-11-27 10:00", None).contains("is not after the start"));
        assert!(told("2028-01-01 10:00", None).contains("more than a year"));
        assert!(told("25:00", None).contains("is not a time"));
    }
}
