//! What is wrong with a configuration, and where.

use std::fmt;

/// One thing that is wrong. `Display` is one line:
/// `endpoints.yaml:12:5: endpoints[3].intervall: unknown key; did you mean "interval"?`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The path of the key, such as `endpoints[3].expect.status`; empty for the document as a whole.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What would be right, where that is known.
    pub help: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

/// Everything that is wrong with a configuration, in the order of the text; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    listed: Vec<Fault>,
    omitted: usize,
}

impl Faults {
    /// The most faults that are listed one by one.
    pub const MAX_LISTED: usize = 100;

    pub(super) fn new(mut listed: Vec<Fault>, omitted: usize) -> Self {
        listed.sort_by_key(|fault| (fault.line, fault.column));
        Self { listed, omitted }
    }

    /// The faults, up to [`MAX_LISTED`](Self::MAX_LISTED).
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.listed.iter()
    }

    /// How many there are, those included that are not listed.
    pub fn count(&self) -> usize {
        self.listed.len().saturating_add(self.omitted)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.listed.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            fault.fmt(f)?;
        }
        match self.omitted {
            0 => Ok(()),
            more => write!(f, "\n… and {more} more"),
        }
    }
}

impl std::error::Error for Faults {}
