//! Mutations that know DER: an octet more deep inside would make every length around it wrong, and nothing but the
//! outermost header would ever be tried. An element is changed, and those around it are written anew.

use std::ops::Range;

/// The engine's own mutation of so many octets within a buffer; gives how many they are then.
type Engine = fn(&mut [u8], usize, usize) -> usize;

/// An element within octets.
#[derive(Debug, Clone)]
struct Element {
    /// Where it starts; its tag is one octet.
    start: usize,
    content: Range<usize>,
}

/// Mutates `data[..size]` within the bounds of `data`, and gives the new size.
pub fn mutate(data: &mut [u8], size: usize, seed: u32, engine: Engine) -> usize {
    let mut random = Random(u64::from(seed) | 1 << 32);
    let max = data.len();
    let path = data.get(..size).map(|octets| choose(octets, &mut random)).unwrap_or_default();
    // Now and then as if this were not here: lengths that lie are worth a try too.
    let (Some(target), false) = (path.last(), random.below(4) == 0) else { return engine(data, size, max) };
    let mutated = change(&data[..size], target, &mut random, engine);
    let whole = write_around(&data[..size], &path, mutated);
    if whole.len() > max {
        return engine(data, size, max);
    }
    data[..whole.len()].copy_from_slice(&whole);
    whole.len()
}

/// A way to some element, outermost first.
fn choose(octets: &[u8], random: &mut Random) -> Vec<Element> {
    let mut path = Vec::new();
    let mut within = 0..octets.len();
    while path.len() < 32 {
        let children = children(octets, within.clone());
        let Some(child) = random.one_of(&children) else { break };
        let is_primitive = octets[child.start] & 0x20 == 0;
        within = child.content.clone();
        if is_primitive {
            // Strings of octets and bits hold more DER at times, the latter after an octet of their own.
            let skipped = usize::from(octets[child.start] == 0x03).min(within.len());
            within.start += skipped;
        }
        path.push(child.clone());
        if random.below(5) == 0 {
            break;
        }
    }
    path
}

/// The elements that fill a range; none unless they do.
fn children(octets: &[u8], range: Range<usize>) -> Vec<Element> {
    let (mut found, mut at) = (Vec::new(), range.start);
    while at < range.end {
        match element(octets, at, range.end) {
            Some(element) => {
                at = element.content.end;
                found.push(element);
            }
            // What follows a whole body bothers nobody.
            None if range == (0..octets.len()) => break,
            None => return Vec::new(),
        }
    }
    found
}

fn element(octets: &[u8], start: usize, end: usize) -> Option<Element> {
    let short = usize::from(*octets.get(start + 1)?);
    let (length, from) = match short {
        0..=0x7f => (short, start + 2),
        0x81..=0x84 => {
            let from = start + 2 + (short & 0xf);
            (octets.get(start + 2..from)?.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), from)
        }
        _ => return None,
    };
    let content = from..from.checked_add(length)?;
    (content.end <= end).then_some(Element { start, content })
}

/// What stands in the place of an element: tag, length and content, or nothing, or several.
fn change(octets: &[u8], element: &Element, random: &mut Random, engine: Engine) -> Vec<u8> {
    let whole = &octets[element.start..element.content.end];
    let (tag, content) = (octets[element.start], &octets[element.content.clone()]);
    match random.below(10) {
        0 => Vec::new(),
        1 => whole.repeat(2),
        2 => whole.repeat(2 + random.below(60)),
        3 => write(random.below(256) as u8, content),
        4 => write(tag ^ [0x20, 0x80, 0x04, 0x01][random.below(4)], content),
        // Another element of the same body, instead or before.
        kind @ (5 | 6) => {
            let other = choose(octets, random);
            let other = other.last().map_or(&[][..], |other| &octets[other.start..other.content.end]);
            if kind == 5 { other.to_vec() } else { [other, whole].concat() }
        }
        _ => {
            let mut buffer = content.to_vec();
            buffer.resize(content.len() + 64, 0);
            let max = buffer.len();
            let size = engine(&mut buffer, content.len(), max);
            write(tag, &buffer[..size.min(max)])
        }
    }
}

/// Writes everything around a new element anew.
fn write_around(octets: &[u8], path: &[Element], mut inner: Vec<u8>) -> Vec<u8> {
    let mut replaced = path.last().map_or(0..0, |last| last.start..last.content.end);
    for around in path.iter().rev().skip(1) {
        let content = around.content.clone();
        inner = [&octets[content.start..replaced.start], &inner, &octets[replaced.end..content.end]].concat();
        inner = write(octets[around.start], &inner);
        replaced = around.start..content.end;
    }
    [&octets[..replaced.start], &inner, &octets[replaced.end..]].concat()
}

fn write(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let octets = length.to_be_bytes();
    let header = match length {
        0..=0x7f => vec![tag, length as u8],
        _ => {
            let length = &octets[octets.iter().position(|octet| *octet != 0).unwrap_or(0)..];
            [&[tag, 0x80 | length.len() as u8], length].concat()
        }
    };
    [&header, content].concat()
}

/// SplitMix64: what a seed gives is the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((value ^ (value >> 31)) % bound as u64) as usize
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        if all.is_empty() { None } else { all.get(self.below(all.len())) }
    }
}
