//! A Markdown text as passages: paragraphs and lists, fenced code, comments that no reader sees, each with the
//! heading and the sentence that it stands under.
//!
//! Which of them forbids or explains is told here once, from the passage and from what leads to it: a list under
//! "Never:" forbids each of its items. One pass over the lines; a passage is bounded, and a longer one is cut.

use super::speech;
use std::ops::Range;
use zeroize::Zeroizing;

/// Longest passage, bytes: of a longer line or comment, what comes first.
const LONGEST: usize = 16 << 10;
/// Of a heading or a leading sentence.
const LEADING: usize = 512;
/// Passages that are made.
const PASSAGES: usize = 50_000;

/// One passage.
pub(super) struct Passage {
    /// Its bytes in the whole.
    pub(super) span: Range<usize>,
    /// Its text in lower case; in prose a line that goes on is joined to the one before.
    pub(super) text: Zeroizing<String>,
    pub(super) fenced: bool,
    pub(super) comment: bool,
    /// Whether it, or what it stands under, says what is not to be done.
    pub(super) forbids: bool,
    /// Whether it, or what it stands under, is about attacks.
    pub(super) discusses: bool,
}

impl Passage {
    /// Its lines as they stand in the whole.
    pub(super) fn lines<'t>(&self, text: &'t str) -> impl Iterator<Item = (Range<usize>, &'t str)> {
        let start = self.span.start;
        let own = text.get(self.span.clone()).unwrap_or_default();
        own.split_inclusive('\n').scan(start, |at, line| {
            let from = *at;
            *at += line.len();
            let line = line.trim_end();
            Some((from..from + line.len(), line))
        })
    }

    /// The line in which a word stands.
    pub(super) fn line_with(&self, text: &str, word: &str) -> Range<usize> {
        let found = self.lines(text).find(|(_, line)| line.to_ascii_lowercase().contains(word)).map(|(at, _)| at);
        found.unwrap_or_else(|| self.first_line(text))
    }

    pub(super) fn first_line(&self, text: &str) -> Range<usize> {
        self.lines(text).next().map_or(self.span.clone(), |(at, _)| at)
    }
}

/// What passages are made from, line by line.
struct Maker<'t> {
    text: &'t str,
    made: Vec<Passage>,
    /// The headings that what follows stands under, outermost first, with their depth.
    headings: Vec<(usize, Sense)>,
    /// The last paragraph that leads to what follows it.
    lead: Option<Sense>,
    /// Where the open passage begins.
    start: Option<usize>,
}

/// What is said of all that stands under a heading or a sentence.
#[derive(Clone, Copy)]
struct Sense {
    forbids: bool,
    discusses: bool,
}

impl Sense {
    /// Of a text in lower case.
    fn of(text: &str) -> Self {
        let text = start_of(text, LEADING);
        Self { forbids: speech::forbids_all(text), discusses: speech::discusses(text) }
    }
}

/// The first bytes of a text, characters whole.
pub(super) fn start_of(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

/// The passages of a text from a place on.
pub(super) fn passages(text: &str, from: usize) -> Vec<Passage> {
    let mut maker = Maker { text, made: Vec::new(), headings: Vec::new(), lead: None, start: None };
    let mut fence: Option<&str> = None;
    let mut at = from;
    let mut in_comment = None;
    for line in text.get(from..).unwrap_or_default().split_inclusive('\n') {
        let (start, end) = (at, at + line.len());
        at = end;
        if maker.made.len() >= PASSAGES {
            return maker.made;
        }
        let bare = line.trim();
        if let Some(opened) = in_comment {
            if let Some(close) = line.find("-->") {
                maker.add(opened..start + close, false, true);
                in_comment = None;
            }
            continue;
        }
        if let Some(mark) = fence {
            if bare.starts_with(mark) && bare.trim_matches(['`', '~']).is_empty() {
                maker.close(start, true);
                fence = None;
            } else if start - *maker.start.get_or_insert(start) > LONGEST {
                maker.close(start, true);
                maker.start = Some(start);
            }
            continue;
        }
        if let Some(mark) = ["```", "~~~"].into_iter().find(|mark| bare.starts_with(mark)) {
            maker.close(start, false);
            fence = Some(mark);
            maker.start = Some(end);
            continue;
        }
        if let Some(opened) = comment_in(line) {
            maker.close(start, false);
            let opened = start + opened + 4;
            match text.get(opened..end).and_then(|rest| rest.find("-->")) {
                Some(close) => maker.add(opened..opened + close, false, true),
                None => in_comment = Some(opened),
            }
            continue;
        }
        if bare.starts_with("[//]: #") {
            maker.close(start, false);
            maker.add(start..end, false, true);
        } else if bare.is_empty() {
            maker.close(start, false);
        } else if bare.starts_with('#') && bare.trim_start_matches('#').starts_with(' ') && !bare.starts_with("#######")
        {
            maker.close(start, false);
            maker.heading(bare);
        } else if start - *maker.start.get_or_insert(start) > LONGEST {
            maker.close(start, false);
            maker.start = Some(start);
        }
    }
    maker.close(at, fence.is_some());
    maker.made
}

/// Where a comment begins in a line, outside of code.
fn comment_in(line: &str) -> Option<usize> {
    let at = line.find("<!--")?;
    let ticks = line.get(..at)?.matches('`').count();
    ticks.is_multiple_of(2).then_some(at)
}

impl Maker<'_> {
    fn heading(&mut self, line: &str) {
        let depth = line.len() - line.trim_start_matches('#').len();
        self.headings.retain(|(above, _)| *above < depth);
        self.headings.push((depth, Sense::of(&start_of(line, LEADING).to_ascii_lowercase())));
        self.lead = None;
    }

    fn close(&mut self, end: usize, fenced: bool) {
        if let Some(start) = self.start.take().filter(|start| *start < end) {
            self.add(start..end, fenced, false);
        }
    }

    fn add(&mut self, span: Range<usize>, fenced: bool, comment: bool) {
        let Some(own) = self.text.get(span.clone()).map(|own| start_of(own, LONGEST)) else { return };
        let mut text = Zeroizing::new(String::with_capacity(own.len()));
        for line in own.lines() {
            let bare = line.trim();
            let item = bare.starts_with(['-', '*', '+', '|']) || bare.starts_with(|c: char| c.is_ascii_digit());
            if !text.is_empty() {
                text.push(if fenced || item { '\n' } else { ' ' });
            }
            text.extend(bare.chars().map(|c| c.to_ascii_lowercase()));
        }
        // What a comment says stands alone: who hides an order writes the heading, too.
        let own_lead = text.lines().next().filter(|line| line.ends_with(':')).map(Sense::of);
        let is_list = text.starts_with(['-', '*', '+', '|']) || text.starts_with(|c: char| c.is_ascii_digit());
        let lead = self.lead.filter(|_| fenced || is_list);
        let above = self.headings.iter().map(|(_, sense)| *sense).chain(lead).filter(|_| !comment);
        let (mut forbids, mut discusses) = (own_lead.is_some_and(|lead| lead.forbids), speech::discusses(&text));
        for sense in above {
            forbids |= sense.forbids;
            discusses |= sense.discusses;
        }
        if !fenced && !comment {
            // A list or code under a sentence that ends in a colon is that sentence's.
            let first = text.lines().next().unwrap_or_default();
            let last = text.lines().next_back().unwrap_or_default();
            let mut leading = [first, last].into_iter().filter(|line| line.ends_with(':')).map(Sense::of);
            if let Some(lead) = leading.next() {
                let last = leading.next().unwrap_or(lead);
                self.lead =
                    Some(Sense { forbids: lead.forbids || last.forbids, discusses: lead.discusses || last.discusses });
            } else if !is_list {
                self.lead = None;
            }
        }
        self.made.push(Passage { span, text, fenced, comment, forbids, discusses });
    }
}
