//! Versions of a list.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use time::{Date, Month};

/// Which state of a list: ten digits, the date in the first eight (`YYYYMMDDNN`). The order is that of publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(u64);

impl Version {
    /// Before the first: the changes since then are all of them.
    pub const EVERYTHING: Self = Self(0);

    /// The day in its digits, where they are one.
    pub fn date(self) -> Option<Date> {
        date(self.0 / 100)
    }
}

/// The day of eight digits, `YYYYMMDD`.
pub(super) fn date(digits: u64) -> Option<Date> {
    let year = i32::try_from(digits / 10_000).ok()?;
    let month = Month::try_from(u8::try_from(digits / 100 % 100).ok()?).ok()?;
    Date::from_calendar_date(year, month, u8::try_from(digits % 100).ok()?).ok()
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}", self.0)
    }
}

/// A text that is no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a version has ten digits, YYYYMMDDNN")]
pub struct NoVersion;

impl FromStr for Version {
    type Err = NoVersion;

    fn from_str(digits: &str) -> Result<Self, NoVersion> {
        let are_ten = digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| are_ten).map(Self).ok_or(NoVersion)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn ten_digits_in_their_order() {
        let older: Version = "2018062000".parse().unwrap();
        let newer: Version = "2018063000".parse().unwrap();
        assert!(Version::EVERYTHING < older && older < newer);
        assert_eq!(newer.to_string(), "2018063000");
        assert_eq!(newer.date(), Some(date!(2018 - 06 - 30)));
        assert_eq!(Version::EVERYTHING.to_string().parse(), Ok(Version::EVERYTHING));
        assert_eq!("2025139900".parse::<Version>().unwrap().date(), None);
        assert_eq!(Version::EVERYTHING.date(), None);
    }

    #[test]
    fn nothing_else_is_one() {
        for wrong in ["", "201806300", "20180630000", "+201806300", "2018-06-30", "２０１８０６３０００", " 018063000"]
        {
            assert_eq!(wrong.parse::<Version>(), Err(NoVersion), "{wrong}");
        }
    }
}
