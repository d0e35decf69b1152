//! What a record is for, and how it wants to be treated on the way.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::text::Clean;

/// Which service a record belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ServiceArea {
    /// Needed by all of them: sign-in, licences, the clients themselves.
    Common,
    /// Exchange Online.
    Exchange,
    /// SharePoint Online and OneDrive.
    SharePoint,
    /// Teams, and Skype for Business before it.
    Skype,
    /// Intune: "Microsoft Endpoint Manager". In the list since 2025, in the documentation not.
    Mem,
    /// Another, as the list calls it.
    Other(Clean),
}

impl ServiceArea {
    /// The longest name of another area that is kept, in characters.
    const MAX_NAME: usize = 64;
    /// Those that are known.
    pub const KNOWN: [Self; 5] = [Self::Common, Self::Exchange, Self::SharePoint, Self::Skype, Self::Mem];

    /// Takes a name in any case; what nobody can see in it says nothing.
    pub fn new(name: &str) -> Self {
        let name = Clean::bounded(name, Self::MAX_NAME);
        let known = Self::KNOWN.into_iter().find(|area| area.as_str().eq_ignore_ascii_case(name.as_str()));
        known.unwrap_or(Self::Other(name))
    }

    /// Whether two are the same area. Those that are not known are kept as they were written.
    pub fn is_same(&self, other: &Self) -> bool {
        self.as_str().eq_ignore_ascii_case(other.as_str())
    }

    /// The name as the list writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Common => "Common",
            Self::Exchange => "Exchange",
            Self::SharePoint => "SharePoint",
            Self::Skype => "Skype",
            Self::Mem => "MEM",
            Self::Other(name) => name.as_str(),
        }
    }
}

impl fmt::Display for ServiceArea {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How Microsoft wants the traffic of a record to be treated. The best comes first: where records of several categories
/// name a host, the first rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// Most of the bandwidth and least patience: straight out, never inspected, never through a proxy that asks who it is.
    Optimize,
    /// Needed, less sensitive; no inspection either.
    Allow,
    /// As any other traffic to the internet.
    Default,
}

impl Category {
    /// Every category, best first.
    pub const ALL: [Self; 3] = [Self::Optimize, Self::Allow, Self::Default];

    /// The name as the list writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Optimize => "Optimize",
            Self::Allow => "Allow",
            Self::Default => "Default",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that no category has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a category is optimize, allow or default")]
pub struct UnknownCategory;

impl FromStr for Category {
    type Err = UnknownCategory;

    /// Reads a name in any case.
    fn from_str(name: &str) -> Result<Self, UnknownCategory> {
        Self::ALL.into_iter().find(|one| one.as_str().eq_ignore_ascii_case(name)).ok_or(UnknownCategory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_known_in_any_case_and_others_are_kept() {
        for area in ServiceArea::KNOWN {
            assert_eq!(ServiceArea::new(&area.as_str().to_lowercase()), area);
            assert_eq!(ServiceArea::new(&format!("\u{feff}{area}\u{200b} ")), area);
        }
        assert_eq!(ServiceArea::new("Viva").as_str(), "Viva");
        let long = ServiceArea::new(&format!("\u{1b}[2J{}", "x".repeat(10_000)));
        assert!(long.as_str().starts_with("[2Jx") && long.as_str().chars().count() == ServiceArea::MAX_NAME);
    }

    #[test]
    fn the_best_category_comes_first() {
        assert!(Category::Optimize < Category::Allow && Category::Allow < Category::Default);
        for category in Category::ALL {
            assert_eq!(category.as_str().to_lowercase().parse(), Ok(category));
        }
        assert_eq!("Optimise".parse::<Category>(), Err(UnknownCategory));
    }
}
