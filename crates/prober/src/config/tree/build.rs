//! Building the tree from the parser's events, within bounds.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::frame::Frame;
use super::{Node, Place, Scalar, Value, join};
use crate::config::MAX_BYTES;
use crate::config::reading::{Reading, quoted};
use crate::config::substitute::{Problem, expand};
use crate::text::Clean;

/// The deepest nesting of lists and maps.
const MAX_DEPTH: usize = 64;
/// The most values, those included that aliases repeat.
const MAX_NODES: usize = 100_000;

/// Builds the tree; `None` where the text is no YAML that could be read further. What is wrong is noted either way.
pub(in crate::config) fn build(text: &str, reading: &Reading<'_>) -> Option<Node> {
    if text.len() > MAX_BYTES {
        reading.fault(Place::START, "", format!("the file is over the limit of {MAX_BYTES} bytes"), None);
        return None;
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = &*ended(text);
    let mut builder = Builder {
        reading,
        frames: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        nodes: 0,
        substituted: 0,
        documents: 0,
    };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => builder.event(event, span)?,
            Err(error) => {
                let marker = error.marker();
                let place = Place { line: marker.line(), column: marker.col() + 1 };
                let message = format!("this is no YAML: {}", Clean::new(error.info()));
                reading.fault(place, &builder.path(), message, help_with_yaml(text, place));
                return None;
            }
        }
    }
    if builder.root.is_none() {
        reading.fault(Place::START, "", "the file is empty".to_owned(), None);
    }
    builder.root
}

/// The text with an end of its last line, where that has nothing but blanks: without one, the parser takes it for an empty
/// line that a block scalar ends with, which counts as none (YAML 1.2, section 8.1.1.2).
fn ended(text: &str) -> Cow<'_, str> {
    let last = text.rsplit(['\n', '\r']).next().unwrap_or_default();
    let is_blank = !last.is_empty() && last.chars().all(|character| character == ' ');
    if is_blank { Cow::Owned(format!("{text}\n")) } else { Cow::Borrowed(text) }
}

struct Builder<'r, 'a> {
    reading: &'r Reading<'a>,
    /// The lists and maps that are open, outermost first.
    frames: Vec<Frame>,
    /// Finished values with an anchor, for their aliases.
    anchors: HashMap<usize, Node>,
    root: Option<Node>,
    nodes: usize,
    /// Bytes that substitution has made.
    substituted: usize,
    documents: usize,
}

impl Builder<'_, '_> {
    /// Takes one event; `None` ends the reading.
    fn event(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        let place = Place { line: span.start.line(), column: span.start.col() + 1 };
        match event {
            Event::DocumentStart(_) => self.document(place),
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), place);
                self.scalar(&text, style, anchor, place)
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_tag(tag.is_some(), place);
                self.open(Frame::list(place, anchor), place)
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_tag(tag.is_some(), place);
                self.open(Frame::map(place, anchor), place)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let frame = self.frames.pop()?;
                let anchor = frame.anchor;
                self.attach(frame.finish(), anchor)
            }
            Event::Alias(anchor) => self.alias(anchor, place),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Some(()),
        }
    }

    fn document(&mut self, place: Place) -> Option<()> {
        self.documents += 1;
        if self.documents > 1 {
            return self.give_up(place, "a second document begins here; a configuration is one document");
        }
        Some(())
    }

    fn refuse_tag(&self, tagged: bool, place: Place) {
        if tagged {
            self.fault(place, "YAML tags (!…) are not supported", None);
        }
    }

    fn open(&mut self, frame: Frame, place: Place) -> Option<()> {
        if self.frames.len() == MAX_DEPTH {
            return self.give_up(place, &format!("nested deeper than {MAX_DEPTH} levels"));
        }
        self.frames.push(frame);
        Some(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, place: Place) -> Option<()> {
        if self.frames.last().is_some_and(Frame::expects_key) {
            return self.key(text, style, place);
        }
        let value = self.complete(text, style, place);
        self.attach(Node { place, value }, anchor)
    }

    fn key(&mut self, key: &str, style: ScalarStyle, place: Place) -> Option<()> {
        let path = join(&self.path(), key);
        let frame = self.frames.last_mut()?;
        if key == "<<" && style == ScalarStyle::Plain {
            frame.skip_value();
            self.reading.fault(place, &path, "merge keys are not supported".to_owned(), None);
        } else if let Err(line) = frame.key(Arc::from(key), place) {
            self.reading.fault(place, &path, format!("the key is on line {line} already"), None);
        }
        Some(())
    }

    /// A scalar with everything from the environment in place.
    fn complete(&mut self, text: &str, style: ScalarStyle, place: Place) -> Value {
        let plain = style == ScalarStyle::Plain;
        let written: Arc<str> = Arc::from(text);
        if !self.reading.substitutes || !text.contains("${") {
            return Value::Scalar(Scalar { text: Arc::clone(&written), written, plain });
        }
        match expand(text, self.reading.sources, MAX_BYTES.saturating_sub(self.substituted)) {
            Ok(text) => {
                self.substituted += text.len();
                Value::Scalar(Scalar { text: Arc::from(text), written, plain })
            }
            Err(problem) => {
                let (message, help) = explain(&problem);
                self.fault(place, &message, help);
                Value::Faulty
            }
        }
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Option<()> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            return self.give_up(place, "this alias names no value that is complete here");
        };
        if self.frames.len() + node.height() > MAX_DEPTH {
            return self.give_up(place, &format!("nested deeper than {MAX_DEPTH} levels"));
        }
        self.nodes += node.count();
        self.attach(node, 0)
    }

    fn attach(&mut self, node: Node, anchor: usize) -> Option<()> {
        // What an anchor keeps counts too: repeating values must not multiply memory.
        self.nodes += if anchor == 0 { 1 } else { 1 + node.count() };
        if self.nodes > MAX_NODES {
            return self.give_up(node.place, &format!("more than {MAX_NODES} values"));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        if self.frames.last().is_some_and(Frame::expects_key) {
            self.fault(node.place, "a key must be a plain text", None);
        }
        match self.frames.last_mut() {
            Some(frame) if frame.expects_key() => frame.skip_value(),
            Some(frame) => frame.value(node),
            None => self.root = Some(node),
        }
        Some(())
    }

    fn fault(&self, place: Place, message: &str, help: Option<String>) {
        self.reading.fault(place, &self.path(), message.to_owned(), help);
    }

    fn give_up(&self, place: Place, message: &str) -> Option<()> {
        self.fault(place, message, None);
        None
    }

    /// The key path of what is being read.
    fn path(&self) -> String {
        self.frames.iter().fold(String::new(), |path, frame| frame.next_path(&path))
    }
}

/// What YAML makes of `${NAME}` between braces surprises most people once.
fn help_with_yaml(text: &str, place: Place) -> Option<String> {
    let line = text.lines().nth(place.line.saturating_sub(1))?;
    line.contains("${").then(|| "within { } and [ ], values with ${…} need quotes".to_owned())
}

fn explain(problem: &Problem) -> (String, Option<String>) {
    match problem {
        Problem::Unset(name) => (
            format!("the environment variable {} is not set", quoted(name)),
            Some(format!("set it, or give a default: ${{{}:-default}}", Clean::bounded(name, 60))),
        ),
        Problem::Unclosed => {
            ("\"${\" has no closing \"}\"".to_owned(), Some("write $${ for the characters ${".to_owned()))
        }
        Problem::BadName => (
            "\"${…}\" holds no name of an environment variable".to_owned(),
            Some("write ${NAME}, ${NAME:-default}, or $${ for the characters ${".to_owned()),
        ),
        Problem::TooLong => (format!("substitution makes more than {MAX_BYTES} bytes"), None),
    }
}
