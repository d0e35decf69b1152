//! The runbook: for every cause what it means, how it is known, what to check, and what to send to whom.
//!
//! Its text is data, in files beside this one that are compiled in. They are read once, when the first page is asked
//! for; that every cause has its entry and no entry lacks anything is held by tests.

mod article;
mod blank;
mod prose;

use std::sync::LazyLock;

use prober::cause::Cause;
use serde::Deserialize;

pub(crate) use self::article::Section;
pub(crate) use self::blank::Blank;
pub(crate) use self::prose::{Command, Prose, Span};

/// The files with entries, in the order of the way.
const ENTRIES: [&str; 9] = [
    include_str!("runbook/route.yaml"),
    include_str!("runbook/resolve.yaml"),
    include_str!("runbook/connect.yaml"),
    include_str!("runbook/proxy.yaml"),
    include_str!("runbook/tls.yaml"),
    include_str!("runbook/certificate.yaml"),
    include_str!("runbook/http.yaml"),
    include_str!("runbook/content.yaml"),
    include_str!("runbook/monitor.yaml"),
];

/// All of it, as read.
#[derive(Debug)]
pub(crate) struct Runbook {
    /// One for each cause, in the order of the files.
    pub(crate) entries: Vec<Entry>,
    /// What else may stop activation.
    pub(crate) network_is_fine: NetworkIsFine,
}

/// What is to be known of a cause.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// Which cause.
    pub(crate) cause: Cause,
    /// What it means, for somebody who has just been woken.
    pub(crate) means: Prose,
    /// What was observed.
    pub(crate) knows: Prose,
    /// What to look at, in order.
    pub(crate) check: Vec<Step>,
    /// What to send to those who have to act, with blanks.
    pub(crate) send: Prose,
    /// Where it belongs in Microsoft's article.
    pub(crate) article: Place,
}

/// One thing to look at.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// What, and what for.
    pub(crate) say: Prose,
    /// Commands for PowerShell.
    pub(crate) windows: Option<Command>,
    /// Commands for a Unix shell, on the monitor or the machine that the step names.
    pub(crate) shell: Option<Command>,
    /// How to read what comes.
    pub(crate) tells: Option<Prose>,
}

/// A section of the article, and what it has to do with the cause.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    /// Which section.
    pub(crate) section: Section,
    /// What it has to do with the cause.
    pub(crate) why: Prose,
}

/// What may stop activation where the network is fine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NetworkIsFine {
    /// What the page is about.
    pub(crate) lead: Prose,
    /// What to look at before anything else.
    pub(crate) first: Vec<Step>,
    /// The sections of the article, grouped by where they look.
    pub(crate) groups: Vec<Group>,
}

/// Topics that look at the same thing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    /// A heading.
    pub(crate) title: String,
    /// The topics.
    pub(crate) topics: Vec<Topic>,
}

/// A section of the article in our words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Topic {
    /// Which section.
    pub(crate) section: Section,
    /// A heading.
    pub(crate) title: String,
    /// What it is about and what to do.
    pub(crate) text: Prose,
    /// What to look at and do, in order.
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
    /// Further reading.
    #[serde(default)]
    pub(crate) links: Vec<Link>,
}

/// A page elsewhere.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    /// What it is called.
    pub(crate) text: String,
    /// Where it is.
    pub(crate) to: String,
}

impl Runbook {
    /// The runbook, read on first use.
    ///
    /// # Errors
    /// Where the compiled-in text is not of its form, which the tests rule out.
    pub(crate) fn get() -> Result<&'static Self, &'static serde_yaml::Error> {
        static RUNBOOK: LazyLock<Result<Runbook, serde_yaml::Error>> = LazyLock::new(Runbook::read);
        RUNBOOK.as_ref()
    }

    /// What is to be known of a cause.
    pub(crate) fn entry(&self, cause: Cause) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.cause == cause)
    }

    fn read() -> Result<Self, serde_yaml::Error> {
        let mut entries = Vec::with_capacity(Cause::ALL.len());
        for text in ENTRIES {
            entries.extend(serde_yaml::from_str::<Vec<Entry>>(text)?);
        }
        Ok(Self { entries, network_is_fine: serde_yaml::from_str(include_str!("runbook/network_is_fine.yaml"))? })
    }
}

impl Entry {
    /// The entry with blanks filled in, as far as they are known: in what people read, and in commands.
    pub(crate) fn filled(
        &self,
        prose: &dyn Fn(Blank) -> Option<String>,
        command: &dyn Fn(Blank) -> Option<String>,
    ) -> Self {
        let step = |step: &Step| Step {
            say: step.say.filled(prose),
            windows: step.windows.as_ref().map(|one| one.filled(command)),
            shell: step.shell.as_ref().map(|one| one.filled(command)),
            tells: step.tells.as_ref().map(|one| one.filled(prose)),
        };
        Self { check: self.check.iter().map(step).collect(), send: self.send.filled(prose), ..self.clone() }
    }

    /// The blanks in what is to be sent and in the commands, each once, in the order of [`Blank::ALL`].
    pub(crate) fn blanks(&self) -> Vec<Blank> {
        let commands =
            self.check.iter().flat_map(|step| step.windows.iter().chain(&step.shell)).flat_map(Command::spans);
        let prose = self.check.iter().flat_map(|step| step.say.spans()).chain(self.send.spans());
        let used: Vec<Blank> = commands.chain(prose).filter_map(Span::blank).collect();
        Blank::ALL.iter().copied().filter(|blank| used.contains(blank)).collect()
    }
}

#[cfg(test)]
mod tests;
