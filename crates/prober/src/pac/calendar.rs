//! What PAC files ask about the calendar: `weekdayRange`, `dateRange`, `timeRange`, as the original definition and the
//! browsers' common library have them.

use time::{Month, OffsetDateTime, UtcOffset, Weekday};

/// An argument of these functions, as the script gave it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Argument {
    /// A number, or a text that begins with one.
    Number(i64),
    /// Any other text: a name, or `GMT`.
    Word(String),
}

impl Argument {
    /// Reads a text as the browsers do: what begins with a number is one.
    pub(super) fn of_text(text: &str) -> Self {
        let digits = text.trim_start().split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        digits.parse().map_or_else(|_| Self::Word(text.to_owned()), Self::Number)
    }
}

/// The arguments without a final `GMT`, and the time that they are about: the site's, or UTC.
fn in_zone(arguments: &[Argument], now: OffsetDateTime) -> (&[Argument], OffsetDateTime) {
    match arguments.split_last() {
        Some((Argument::Word(word), rest)) if word == "GMT" => (rest, now.to_offset(UtcOffset::UTC)),
        _ => (arguments, now),
    }
}

/// Whether a value lies between two others, both included; a range that ends before it begins goes over the turn.
fn within<T: PartialOrd>(value: &T, from: &T, to: &T) -> bool {
    if from <= to { from <= value && value <= to } else { from <= value || value <= to }
}

/// `weekdayRange(day[, day][, "GMT"])`.
pub(super) fn weekday_range(arguments: &[Argument], now: OffsetDateTime) -> bool {
    let (days, now) = in_zone(arguments, now);
    let (Some(from), Some(to)) = (days.first().and_then(weekday), days.get(1).or(days.first()).and_then(weekday))
    else {
        return false;
    };
    within(&now.weekday().number_days_from_sunday(), &from, &to)
}

fn weekday(argument: &Argument) -> Option<u8> {
    let day = match argument {
        Argument::Word(word) => match word.as_str() {
            "SUN" => Weekday::Sunday,
            "MON" => Weekday::Monday,
            "TUE" => Weekday::Tuesday,
            "WED" => Weekday::Wednesday,
            "THU" => Weekday::Thursday,
            "FRI" => Weekday::Friday,
            "SAT" => Weekday::Saturday,
            _ => return None,
        },
        Argument::Number(_) => return None,
    };
    Some(day.number_days_from_sunday())
}

/// A date as far as it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct PartialDate {
    year: Option<i64>,
    month: Option<u8>,
    day: Option<i64>,
}

impl PartialDate {
    /// Reads the parts of a date in any order; a number under 32 is a day, any other a year. `None` for what is no part.
    fn of(arguments: &[Argument]) -> Option<Self> {
        let mut date = Self::default();
        for argument in arguments {
            match argument {
                Argument::Number(day @ ..32) => date.day = Some(*day),
                Argument::Number(year) => date.year = Some(*year),
                Argument::Word(word) => date.month = Some(month(word)?),
            }
        }
        Some(date)
    }

    /// A moment, as far as this date is given.
    fn same_parts(self, now: OffsetDateTime) -> Self {
        Self {
            year: self.year.map(|_| i64::from(now.year())),
            month: self.month.map(|_| u8::from(now.month())),
            day: self.day.map(|_| i64::from(now.day())),
        }
    }

    fn given(self) -> (bool, bool, bool) {
        (self.year.is_some(), self.month.is_some(), self.day.is_some())
    }
}

fn month(word: &str) -> Option<u8> {
    let month = match word {
        "JAN" => Month::January,
        "FEB" => Month::February,
        "MAR" => Month::March,
        "APR" => Month::April,
        "MAY" => Month::May,
        "JUN" => Month::June,
        "JUL" => Month::July,
        "AUG" => Month::August,
        "SEP" => Month::September,
        "OCT" => Month::October,
        "NOV" => Month::November,
        "DEC" => Month::December,
        _ => return None,
    };
    Some(month.into())
}

/// `dateRange(…[, "GMT"])`: a day, a month or a year, or two dates of the same parts.
///
/// Of two dates of different parts, such as `(3, "MAR")`, nobody knows what they mean; browsers say yes to them.
pub(super) fn date_range(arguments: &[Argument], now: OffsetDateTime) -> bool {
    let (parts, now) = in_zone(arguments, now);
    if parts.is_empty() {
        return false;
    }
    let (first, second) = if parts.len() == 1 { (parts, parts) } else { parts.split_at(parts.len() / 2) };
    match (PartialDate::of(first), PartialDate::of(second)) {
        (Some(from), Some(to)) if from.given() == to.given() => within(&from.same_parts(now), &from, &to),
        (Some(_), Some(_)) => true,
        _ => false,
    }
}

/// `timeRange(…[, "GMT"])`: an hour, two hours (the last one to its end), or two times to the minute or the second.
/// `None` for another number of arguments, which browsers answer with an exception.
pub(super) fn time_range(arguments: &[Argument], now: OffsetDateTime) -> Option<bool> {
    let (parts, now) = in_zone(arguments, now);
    let parts = parts.iter().map(|part| if let Argument::Number(n) = part { Some(*n) } else { None });
    let Some(parts) = parts.collect::<Option<Vec<_>>>() else { return Some(false) };
    let (hour, minute, second) = now.to_hms();
    let now = (i64::from(hour), i64::from(minute), i64::from(second));
    Some(match *parts.as_slice() {
        [] => false,
        [hour] => now.0 == hour,
        [from, to] => from <= now.0 && now.0 <= to,
        [from, from_minute, to, to_minute] => within(&now, &(from, from_minute, 0), &(to, to_minute, 59)),
        [from, from_minute, from_second, to, to_minute, to_second] => {
            within(&now, &(from, from_minute, from_second), &(to, to_minute, to_second))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// Arguments between commas, as a script would give them.
    fn arguments(text: &str) -> Vec<Argument> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Argument::of_text).collect()
    }

    /// A Tuesday; in UTC still the Monday before.
    const TUESDAY: OffsetDateTime = datetime!(2009-03-03 00:34:14 +02:00);

    #[test]
    fn days_of_the_week() {
        for (text, expected) in [
            ("MON, FRI", true),
            ("TUE, FRI", true),
            ("TUE, TUE", true),
            ("SAT, WED", true),
            ("TUE", true),
            ("WED, FRI", false),
            ("SUN, MON", false),
            ("SAT", false),
            ("FRI, MON", false),
            ("MON, GMT", true),
            ("TUE, GMT", false),
            ("FRI, MON, GMT", true),
            ("", false),
            ("GMT", false),
            ("tue", false),
            ("TUE, never", false),
            ("2", false),
        ] {
            assert_eq!(weekday_range(&arguments(text), TUESDAY), expected, "{text}");
        }
    }

    #[test]
    fn dates() {
        for (text, expected) in [
            ("3", true),
            ("1", false),
            ("2, GMT", true),
            ("3, GMT", false),
            ("1, 4", true),
            ("4, 20", false),
            ("25, 5", true),
            ("MAR", true),
            ("APR", false),
            ("2009", true),
            ("2010", false),
            ("2008, 2009", true),
            ("JAN, MAR", true),
            ("JAN, FEB", false),
            ("SEP, APR", true),
            ("SEP, FEB", false),
            ("MAY, SEP", false),
            ("1, JAN, 3, MAR", true),
            ("3, MAR, 4, SEP", true),
            ("4, MAR, 4, SEP", false),
            ("4, SEP, 3, APR", true),
            ("4, SEP, 3, FEB", false),
            ("FEB, 2009, MAR, 2009", true),
            ("FEB, 2008, FEB, 2009", false),
            ("1, JAN, 2009, 3, MAR, 2009", true),
            ("3, JAN, 2009, 4, FEB, 2010", true),
            ("4, MAR, 2009, 4, SEP, 2009", false),
            ("2, MAR", true),
            ("3, FEB, 2009", true),
            ("march", false),
            ("", false),
            ("GMT", false),
        ] {
            assert_eq!(date_range(&arguments(text), TUESDAY), expected, "{text}");
        }
    }

    #[test]
    fn times() {
        let now = datetime!(2009-03-03 03:34:14 +02:00);
        for (text, expected) in [
            ("3", Some(true)),
            ("2", Some(false)),
            ("1, GMT", Some(true)),
            ("2, 3", Some(true)),
            ("3, 5", Some(true)),
            ("1, 2", Some(false)),
            ("11, 12", Some(false)),
            ("1, 0, 3, 34", Some(true)),
            ("3, 35, 1, 0", Some(false)),
            ("3, 34, 1, 0", Some(true)),
            ("22, 0, 6, 0", Some(true)),
            ("1, 0, 3, 0", Some(false)),
            ("1, 30, 1, 40, GMT", Some(true)),
            ("1, 0, 0, 3, 34, 14", Some(true)),
            ("1, 0, 0, 3, 34, 0", Some(false)),
            ("3, 34, 0, 5, 0, 0", Some(true)),
            ("11, 0, 0, 16, 0, 0", Some(false)),
            ("noon", Some(false)),
            ("1, 2, 3", None),
            ("", Some(false)),
        ] {
            assert_eq!(time_range(&arguments(text), now), expected, "{text}");
        }
    }
}
