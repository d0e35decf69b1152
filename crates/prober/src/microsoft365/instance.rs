//! Which of Microsoft's clouds.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// One of the clouds that have a list of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Instance {
    /// The public cloud, which GCC shares.
    #[default]
    Worldwide,
    /// Operated by 21Vianet.
    China,
    /// The cloud of the U.S. Department of Defense.
    USGovDoD,
    /// GCC High.
    USGovGCCHigh,
}

impl Instance {
    /// Every instance.
    pub const ALL: [Self; 4] = [Self::Worldwide, Self::China, Self::USGovDoD, Self::USGovGCCHigh];

    /// The name as it stands in the service's addresses and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Worldwide => "Worldwide",
            Self::China => "China",
            Self::USGovDoD => "USGovDoD",
            Self::USGovGCCHigh => "USGovGCCHigh",
        }
    }

    /// The name as configurations and command lines write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Worldwide => "worldwide",
            Self::China => "china",
            Self::USGovDoD => "usgovdod",
            Self::USGovGCCHigh => "usgovgcchigh",
        }
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that no instance has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an instance is worldwide, china, usgovdod or usgovgcchigh")]
pub struct UnknownInstance;

impl FromStr for Instance {
    type Err = UnknownInstance;

    /// Reads a name in any case.
    fn from_str(name: &str) -> Result<Self, UnknownInstance> {
        Self::ALL.into_iter().find(|one| one.key().eq_ignore_ascii_case(name)).ok_or(UnknownInstance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case_and_only_whole() {
        for one in Instance::ALL {
            assert_eq!(one.as_str().parse(), Ok(one));
            assert_eq!(one.key().parse(), Ok(one));
            assert_eq!(one.key().to_uppercase().parse(), Ok(one));
        }
        for wrong in ["", "world", "germany", " china", "worldwide/"] {
            assert_eq!(wrong.parse::<Instance>(), Err(UnknownInstance), "{wrong}");
        }
        for one in Instance::ALL {
            assert!(UnknownInstance.to_string().contains(one.key()));
        }
    }
}
