//! Whatever happens to a configuration on its way, reading it ends, and with a plan or with faults.

use std::fmt::Write;
use std::time::{Duration, Instant};

use prober::config::{BUILT_IN, MAX_BYTES, parse};

use crate::world::{World, every};

fn read(text: &str) {
    if let Err(faults) = parse(text, "broken.yaml", &World::of(text)) {
        assert!(faults.count() > 0, "no plan and no fault: {text}");
        let lines = text.lines().count() + 1;
        for fault in faults.iter() {
            assert!((1..=lines).contains(&fault.line) && fault.column > 0, "{fault} lies outside of the text");
        }
    }
}

/// The parts of the shipped file and of the richest fixture that mean something.
fn texts() -> Vec<String> {
    let (_, contract) = every("good").into_iter().find(|(name, _)| name == "contract").unwrap();
    let without_comments = |text: &str| {
        text.lines().filter(|line| !line.trim_start().starts_with('#')).fold(String::new(), |mut kept, line| {
            writeln!(kept, "{line}").unwrap();
            kept
        })
    };
    vec![without_comments(BUILT_IN), contract]
}

#[test]
fn cut_short_anywhere() {
    for text in texts() {
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            read(&text[..end]);
        }
    }
}

#[test]
fn a_byte_replaced_anywhere() {
    let replacements = [
        '{', '}', '[', ']', ':', ',', '-', '"', '\'', '&', '*', '!', '|', '>', '%', '@', '$', '\t', '\n', '\u{0}', 'ü',
    ];
    for text in texts() {
        for (index, (start, old)) in text.char_indices().enumerate() {
            let new = replacements[index % replacements.len()];
            read(&format!("{}{new}{}", &text[..start], &text[start + old.len_utf8()..]));
        }
    }
}

#[test]
fn a_line_left_out_or_repeated_or_indented() {
    for text in texts() {
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let (before, after) = (lines[..index].join("\n"), lines[index + 1..].join("\n"));
            read(&format!("{before}\n{after}"));
            read(&format!("{before}\n{line}\n{line}\n{after}"));
            read(&format!("{before}\n {line}\n{after}"));
            read(&format!("{before}\n\t{line}\n{after}"));
        }
    }
}

#[test]
fn too_large_is_said_before_it_is_read() {
    let text = format!("{}{}", BUILT_IN, "#".repeat(MAX_BYTES));
    let faults = parse(&text, "large.yaml", &World::default()).unwrap_err();
    assert_eq!(faults.to_string(), "large.yaml:1:1: the file is over the limit of 1048576 bytes");
}

#[test]
fn text_made_to_be_slow_is_not() {
    let full = MAX_BYTES - 100;
    let patterns = [
        "[",
        "{",
        "- ",
        "? ",
        "a: ",
        "&a ",
        "*a ",
        "!",
        "\"",
        "'",
        "|\n",
        "\n",
        " ",
        "#",
        "a,",
        "a\n",
        "- a\n",
        "${",
        "%",
        "\u{feff}",
        "- - - a\n",
        "{a: [",
        "x: [&a a, *a]\n",
    ];
    for pattern in patterns {
        let text = pattern.repeat(full / pattern.len());
        let started = Instant::now();
        read(&text);
        let listed = format!("endpoints:\n{text}");
        read(&listed);
        assert!(started.elapsed() < Duration::from_secs(20), "{pattern:?} took {:?}", started.elapsed());
    }
}
