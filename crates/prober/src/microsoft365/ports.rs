//! The ports of a record.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use thiserror::Error;

/// Ports as the list writes them: `80,443`, `143, 587, 993, 995`, `50000-50059`, or none. In order and without overlap.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Ports(Vec<RangeInclusive<u16>>);

impl Ports {
    /// The most ports or ranges that one record may name.
    const MAX: usize = 256;

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a port is one of them.
    pub fn contains(&self, port: u16) -> bool {
        self.0.iter().any(|range| range.contains(&port))
    }

    /// The ranges, lowest first; a single port is a range of one.
    pub fn ranges(&self) -> &[RangeInclusive<u16>] {
        &self.0
    }

    /// These and others.
    pub fn with(&self, others: &Self) -> Self {
        Self::from_ranges(self.0.iter().chain(&others.0).cloned().collect())
    }

    fn from_ranges(mut ranges: Vec<RangeInclusive<u16>>) -> Self {
        ranges.sort_unstable_by_key(|range| *range.start());
        let mut merged: Vec<RangeInclusive<u16>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start() <= last.end() => *last = *last.start()..=*last.end().max(range.end()),
                _ => merged.push(range),
            }
        }
        Self(merged)
    }
}

impl From<u16> for Ports {
    fn from(port: u16) -> Self {
        Self(vec![port..=port])
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, range) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            match (range.start(), range.end()) {
                (start, end) if start == end => write!(f, "{comma}{start}")?,
                (start, end) => write!(f, "{comma}{start}-{end}")?,
            }
        }
        Ok(())
    }
}

/// A text that is no list of ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("ports are numbers from 1 to 65535 and ranges of them, with commas between")]
pub struct NoPorts;

impl FromStr for Ports {
    type Err = NoPorts;

    fn from_str(text: &str) -> Result<Self, NoPorts> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let ranges: Vec<_> = text.split(',').take(Self::MAX + 1).map(range).collect::<Result<_, _>>()?;
        if ranges.len() > Self::MAX { Err(NoPorts) } else { Ok(Self::from_ranges(ranges)) }
    }
}

fn range(text: &str) -> Result<RangeInclusive<u16>, NoPorts> {
    let (start, end) = text.split_once('-').unwrap_or((text, text));
    let (start, end) = (port(start)?, port(end)?);
    if start <= end { Ok(start..=end) } else { Err(NoPorts) }
}

fn port(text: &str) -> Result<u16, NoPorts> {
    let digits = text.trim();
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|port| is_number && *port > 0).ok_or(NoPorts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_they_really_occur() {
        for (text, shown) in [
            ("80,443", "80,443"),
            ("443,80", "80,443"),
            ("143, 587, 993, 995", "143,587,993,995"),
            ("3478,3479,3480,3481", "3478,3479,3480,3481"),
            ("50000-50059", "50000-50059"),
            (" 50040 - 50059 , 50000-50050,443,443 ", "443,50000-50059"),
            ("", ""),
            ("  ", ""),
        ] {
            assert_eq!(text.parse::<Ports>().map(|ports| ports.to_string()), Ok(shown.to_owned()), "{text:?}");
        }
        let ports: Ports = "25,50000-50059".parse().unwrap();
        assert!(ports.contains(25) && ports.contains(50_000) && ports.contains(50_059));
        assert_eq!(ports.with(&Ports::from(443)).with(&Ports::from(50_001)).to_string(), "25,443,50000-50059");
        assert!(!ports.contains(24) && !ports.contains(50_060) && Ports::default().is_empty());
    }

    #[test]
    fn what_is_no_list_of_ports() {
        let many = "1,".repeat(Ports::MAX) + "1";
        for wrong in ["0", "65536", "-1", "1-", "5-4", "80;443", "80,,443", "80,", "http", "+80", "1-2-3", &many] {
            assert_eq!(wrong.parse::<Ports>(), Err(NoPorts), "{}", wrong.get(..9).unwrap_or(wrong));
        }
    }
}
