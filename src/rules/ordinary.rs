//! Ordinary text: what a disk is full of and holds no secret in.
//!
//! `lint` asks of it how often a keyword stands where nothing is to be found. It is made from words and
//! shapes under `rules/ordinary`, by a seeded generator, so that every machine judges a rule alike and
//! the program does not carry the text. No file of the machine is read, and nothing here knows a rule.

use super::checksum::BASE62;
use super::template::Random;

const WORDS: &str = include_str!("../../rules/ordinary/words.txt");
const SHAPES: &str = include_str!("../../rules/ordinary/shapes.txt");

/// Bytes of the text: a keyword that stands once in it stands four times in a MiB.
pub const LENGTH: usize = 256 << 10;
/// Words of a run of prose.
const PROSE: std::ops::Range<u64> = 4..12;

/// The text; the same each time.
#[must_use]
pub fn text() -> Vec<u8> {
    let mut writer = Writer { random: Random::new(b"ordinary text"), words: Words::new(), out: Vec::new() };
    let shapes = shapes();
    while writer.out.len() < LENGTH && !shapes.is_empty() {
        let shape = writer.one_of(shapes.len());
        writer.shape(&shapes[shape]);
    }
    writer.out.truncate(LENGTH);
    writer.out
}

/// The pieces of text between the lines that name them.
fn shapes() -> Vec<String> {
    let mut shapes = vec![String::new()];
    for line in SHAPES.lines() {
        if line.starts_with("%%") {
            shapes.push(String::new());
        } else if let Some(shape) = shapes.last_mut() {
            shape.push_str(line);
            shape.push('\n');
        }
    }
    shapes.retain(|shape| !shape.is_empty());
    shapes
}

/// Words, each with the sum of the weights up to it.
struct Words(Vec<(u64, &'static str)>);

impl Words {
    fn new() -> Self {
        let mut sum = 0;
        let mut words = Vec::new();
        for line in WORDS.lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.split(' ');
            let weight: u64 = parts.next().and_then(|weight| weight.parse().ok()).unwrap_or(0);
            for word in parts {
                sum += weight;
                words.push((sum, word));
            }
        }
        Self(words)
    }

    fn pick(&self, random: &mut Random) -> &'static str {
        let sum = self.0.last().map_or(1, |(sum, _)| *sum);
        let at = random.number() % sum;
        let word = self.0.partition_point(|(upto, _)| *upto <= at);
        self.0.get(word).map_or("", |(_, word)| *word)
    }
}

struct Writer {
    random: Random,
    words: Words,
    out: Vec<u8>,
}

impl Writer {
    /// A number below `count`.
    fn one_of(&mut self, count: usize) -> usize {
        (self.random.number() % count.max(1) as u64) as usize
    }

    fn between(&mut self, range: std::ops::Range<u64>) -> u64 {
        range.start + self.random.number() % (range.end - range.start).max(1)
    }

    fn word(&mut self) -> &'static str {
        self.words.pick(&mut self.random)
    }

    fn shape(&mut self, shape: &str) {
        let mut rest = shape;
        while let Some((before, after)) = rest.split_once('@') {
            self.out.extend_from_slice(before.as_bytes());
            let mut after = after.chars();
            if let Some(slot) = after.next() {
                self.slot(slot);
            }
            rest = after.as_str();
        }
        self.out.extend_from_slice(rest.as_bytes());
    }

    fn slot(&mut self, slot: char) {
        match slot {
            'w' => self.name("", str::to_owned, str::to_owned, 1),
            's' => self.several("_", str::to_owned, str::to_owned),
            'k' => self.several("-", str::to_owned, str::to_owned),
            'c' => self.several("", str::to_owned, capital),
            'P' => self.several("", capital, capital),
            'S' => self.several("_", str::to_uppercase, str::to_uppercase),
            'p' => {
                let count = self.between(PROSE);
                self.name(" ", str::to_owned, str::to_owned, count);
            }
            'n' => {
                let most = [10, 100, 1000, 100_000][self.one_of(4)];
                let number = self.random.number() % most;
                self.put(&number.to_string());
            }
            'x' => self.picked(b"0123456789abcdef", 40),
            'b' => {
                let count = self.between(40..90) as usize;
                self.picked(BASE62, count);
            }
            'm' => {
                let count = self.between(1..3) as usize;
                self.picked(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$", count);
            }
            'u' => {
                for (at, count) in [8, 4, 4, 4, 12].into_iter().enumerate() {
                    self.put(if at == 0 { "" } else { "-" });
                    self.picked(b"0123456789abcdef", count);
                }
            }
            'v' => {
                let [major, minor, patch] = std::array::from_fn(|_| self.random.number() % 30);
                self.put(&format!("{major}.{minor}.{patch}"));
            }
            'd' => {
                let [day, hour, second] = [1..29, 0..24, 0..60].map(|range| self.between(range));
                self.put(&format!("2025-06-{day:02}T{hour:02}:{second:02}:{second:02}.{day:03}Z"));
            }
            '/' => {
                let start = ["/", "./", "~/", "C:\\"][self.one_of(4)];
                self.put(start);
                self.several("/", str::to_owned, str::to_owned);
            }
            other => self.put(&other.to_string()),
        }
    }

    fn several(&mut self, between: &str, first: fn(&str) -> String, next: fn(&str) -> String) {
        let count = self.between(1..4);
        self.name(between, first, next, count);
    }

    fn name(&mut self, between: &str, first: fn(&str) -> String, next: fn(&str) -> String, count: u64) {
        for at in 0..count {
            let word = self.word();
            self.put(if at == 0 { "" } else { between });
            self.put(&if at == 0 { first(word) } else { next(word) });
        }
    }

    fn picked(&mut self, alphabet: &[u8], count: usize) {
        let picked = self.random.pick(alphabet, count);
        self.out.extend(picked);
    }

    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_always_the_same_and_has_every_slot_filled() {
        let text = text();
        assert_eq!(text.len(), LENGTH);
        assert_eq!(text, super::text());
        let known = "wskcPSpnxbmuvd/@";
        for shape in shapes() {
            let mut slots = shape.split('@').skip(1).peekable();
            while let Some(slot) = slots.next() {
                // `@@` is split into an empty piece and what follows it.
                if slot.is_empty() {
                    slots.next();
                    continue;
                }
                assert!(slot.starts_with(|c| known.contains(c)), "no slot `@{}`", &slot[..1]);
            }
        }
    }

    #[test]
    fn common_words_are_common_and_rare_ones_rare() {
        let text = String::from_utf8(text()).unwrap();
        let count = |word: &str| text.matches(word).count();
        assert!(count(" the ") > 50 && count("data") > 50, "{} {}", count(" the "), count("data"));
        assert!(count("harness") < 20 && count("harness") < count("data") / 4, "{}", count("harness"));
    }
}
