//! The faults as words of a command line: `reset-after-hello`, `status:503`.

mod table;

use super::{Fault, ProxyFault, SocksFault};
pub use table::WORDS;

/// What a word stands for.
#[derive(Debug, Clone, Copy)]
enum Make {
    Plain(fn() -> Fault),
    With(fn(&str) -> Result<Fault, String>),
    Proxy(fn() -> ProxyFault),
    ProxyWith(fn(&str) -> Result<ProxyFault, String>),
    Socks(fn() -> SocksFault),
    SocksWith(fn(&str) -> Result<SocksFault, String>),
}

/// Who can have a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A host.
    Host,
    /// The HTTP proxy.
    Proxy,
    /// The SOCKS server.
    Socks,
}

impl Subject {
    /// Its name in commands and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Proxy => "proxy",
            Self::Socks => "socks",
        }
    }
}

/// One word that names a fault.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// The word itself.
    pub word: &'static str,
    /// What follows it after a colon, if anything does.
    pub argument: Option<&'static str>,
    /// What it does, in a few words.
    pub about: &'static str,
    make: Make,
}

impl Word {
    /// Whose fault it is.
    pub fn subject(&self) -> Subject {
        match self.make {
            Make::Plain(_) | Make::With(_) => Subject::Host,
            Make::Proxy(_) | Make::ProxyWith(_) => Subject::Proxy,
            Make::Socks(_) | Make::SocksWith(_) => Subject::Socks,
        }
    }
}

/// The text names no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFault {
    /// No such word.
    #[error("there is no {} fault `{word}`", of.as_str())]
    Unknown {
        /// What was asked for.
        word: String,
        /// Of whom.
        of: Subject,
    },
    /// The word needs an argument.
    #[error("`{word}` needs an argument, as in `{word}:{argument}`")]
    ArgumentMissing {
        /// The word.
        word: &'static str,
        /// What is missing.
        argument: &'static str,
    },
    /// The word takes no argument.
    #[error("`{word}` takes no argument")]
    ArgumentLeftOver {
        /// The word.
        word: &'static str,
    },
    /// The argument makes no sense.
    #[error("`{word}`: {reason}")]
    Argument {
        /// The word.
        word: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl std::str::FromStr for Fault {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<Self, BadFault> {
        let (word, argument) = find(text, Subject::Host)?;
        match (word.make, argument) {
            (Make::Plain(make), None) => Ok(make()),
            (Make::With(make), Some(argument)) => {
                make(argument).map_err(|reason| BadFault::Argument { word: word.word, reason })
            }
            _ => Err(wrong_argument(word)),
        }
    }
}

impl std::str::FromStr for ProxyFault {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<Self, BadFault> {
        let (word, argument) = find(text, Subject::Proxy)?;
        match (word.make, argument) {
            (Make::Proxy(make), None) => Ok(make()),
            (Make::ProxyWith(make), Some(argument)) => {
                make(argument).map_err(|reason| BadFault::Argument { word: word.word, reason })
            }
            _ => Err(wrong_argument(word)),
        }
    }
}

impl std::str::FromStr for SocksFault {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<Self, BadFault> {
        let (word, argument) = find(text, Subject::Socks)?;
        match (word.make, argument) {
            (Make::Socks(make), None) => Ok(make()),
            (Make::SocksWith(make), Some(argument)) => {
                make(argument).map_err(|reason| BadFault::Argument { word: word.word, reason })
            }
            _ => Err(wrong_argument(word)),
        }
    }
}

fn find(text: &str, of: Subject) -> Result<(&'static Word, Option<&str>), BadFault> {
    let (name, argument) = match text.split_once(':') {
        Some((name, argument)) => (name, Some(argument)),
        None => (text, None),
    };
    WORDS
        .iter()
        .find(|word| word.word == name && word.subject() == of)
        .map(|word| (word, argument))
        .ok_or_else(|| BadFault::Unknown { word: name.to_owned(), of })
}

fn wrong_argument(word: &'static Word) -> BadFault {
    match word.argument {
        Some(argument) => BadFault::ArgumentMissing { word: word.word, argument },
        None => BadFault::ArgumentLeftOver { word: word.word },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_parses_with_its_own_example() {
        for word in WORDS {
            let text = match word.argument {
                Some(argument) => format!("{}:{argument}", word.word),
                None => word.word.to_owned(),
            };
            let parsed = match word.subject() {
                Subject::Host => text.parse::<Fault>().map(drop),
                Subject::Proxy => text.parse::<ProxyFault>().map(drop),
                Subject::Socks => text.parse::<SocksFault>().map(drop),
            };
            assert_eq!(parsed, Ok(()), "{text}");
        }
    }

    #[test]
    fn words_of_a_kind_are_distinct() {
        let mut keys: Vec<_> = WORDS.iter().map(|word| (word.subject(), word.word)).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), WORDS.len());
    }

    #[test]
    fn mistakes_are_told_apart() {
        let error = |text: &str| text.parse::<Fault>().unwrap_err().to_string();
        assert_eq!(error("squid-denied"), "there is no host fault `squid-denied`");
        assert_eq!(error("status"), "`status` needs an argument, as in `status:503`");
        assert_eq!(error("refuse:now"), "`refuse` takes no argument");
        assert_eq!(error("status:103"), "`status`: 103 is no final status (200 to 999)");
        assert_eq!(error("addresses:nowhere"), "`addresses`: nowhere: invalid IP address syntax");
    }
}
