//! Putting one change back into a file that was edited since.
//!
//! A three-way merge: what the fix changed (from `after` to `before`) is applied to
//! `current` where the bytes around it are still those of `after`. Where the user has changed the
//! very place, there is no answer. Knows no format.

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};
use std::ops::Range;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Time for one comparison; beyond it the result is coarser, never wrong.
const PATIENCE: Duration = Duration::from_secs(2);
/// Largest text that is compared word by word where lines were not enough.
const MOST_FINE: usize = 256 << 10;

/// `current` with the change from `before` to `after` taken out; `None` where it cannot be told apart from
/// the user's own edit.
#[must_use]
pub fn take_out(before: &[u8], after: &[u8], current: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let by_lines = merge(&lines(before), &lines(after), &lines(current));
    if by_lines.is_some() || [before, after, current].iter().any(|text| text.len() > MOST_FINE) {
        return by_lines;
    }
    merge(&words(before), &words(after), &words(current))
}

/// Whether `current` has again what the fix took out of `before`: an undo that was cut short put it back
/// and others changed the file since, or somebody did by hand.
#[must_use]
pub(super) fn is_back(before: &[u8], after: &[u8], current: &[u8]) -> bool {
    let deadline = Some(Instant::now() + PATIENCE);
    let change = capture_diff_slices_deadline(Algorithm::Myers, &lines(before), &lines(after), deadline);
    // What only adds has nothing by which to tell.
    change.iter().any(|op| !op.old_range().is_empty() && !matches!(op, DiffOp::Equal { .. }))
        && take_out(after, before, current).is_some()
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// Runs of letters and digits, and everything else byte by byte: no finer, or two different words would be
/// found to have letters in common.
fn words(text: &[u8]) -> Vec<&[u8]> {
    let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || *byte == b'_';
    text.chunk_by(|a, b| in_word(a) && in_word(b)).collect()
}

fn merge(before: &[&[u8]], after: &[&[u8]], current: &[&[u8]]) -> Option<Zeroizing<Vec<u8>>> {
    let deadline = || Some(Instant::now() + PATIENCE);
    let ours = capture_diff_slices_deadline(Algorithm::Myers, after, before, deadline());
    let theirs = capture_diff_slices_deadline(Algorithm::Myers, after, current, deadline());
    let mut edits: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for op in ours.iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
        edits.push((place(&theirs, op.old_range(), after.len(), current.len())?, op.new_range()));
    }
    let length = |list: &[&[u8]]| list.iter().map(|piece| piece.len()).sum::<usize>();
    let mut out = Zeroizing::new(Vec::with_capacity(length(before) + length(current)));
    let mut at = 0;
    for (there, back) in edits {
        if there.start < at {
            return None;
        }
        current[at..there.start].iter().chain(&before[back]).for_each(|piece| out.extend_from_slice(piece));
        at = there.end;
    }
    current[at..].iter().for_each(|piece| out.extend_from_slice(piece));
    Some(out)
}

/// Where a range of `after` stands in `current`; `None` where any of it was changed, or, for a place
/// between two pieces, where neither neighbour is as it was.
fn place(theirs: &[DiffOp], range: Range<usize>, after: usize, current: usize) -> Option<Range<usize>> {
    let equal = |at: usize| {
        theirs.iter().find_map(|op| match op {
            DiffOp::Equal { old_index, new_index, len } if (*old_index..old_index + len).contains(&at) => {
                Some(new_index + (at - old_index))
            }
            _ => None,
        })
    };
    if range.is_empty() {
        // After the piece before, or before the piece after, or at an end of the whole.
        let behind = match range.start.checked_sub(1) {
            Some(previous) => equal(previous).map(|at| at + 1),
            None => Some(0),
        };
        let ahead = if range.start == after { Some(current) } else { equal(range.start) };
        return behind.or(ahead).map(|at| at..at);
    }
    // Every piece of it, one after the other: equal ends say nothing of what lies between.
    let start = equal(range.start)?;
    let whole = range.clone().enumerate().all(|(offset, at)| equal(at) == Some(start + offset));
    whole.then(|| start..start + range.len())
}

#[cfg(test)]
mod tests {
    use super::take_out;

    fn merged(before: &str, after: &str, current: &str) -> Option<String> {
        take_out(before.as_bytes(), after.as_bytes(), current.as_bytes())
            .map(|text| String::from_utf8(text.to_vec()).unwrap())
    }

    #[test]
    fn an_edit_elsewhere_is_kept() {
        let (before, after) = ("a=1\ntoken=old\nb=2\n", "a=1\nb=2\n");
        assert_eq!(merged(before, after, after).as_deref(), Some(before));
        assert_eq!(
            merged(before, after, "# mine\na=1\nb=3\nc=4\n").as_deref(),
            Some("# mine\na=1\ntoken=old\nb=3\nc=4\n")
        );
        assert_eq!(merged(before, after, "a=2\nb=2\n").as_deref(), Some("a=2\ntoken=old\nb=2\n"));
    }

    #[test]
    fn an_edit_on_the_same_line_is_kept() {
        let (before, after) = (r#"{"env":{"KEY":"old"},"x":1}"#, r#"{"env":{"KEY":"ref"},"x":1}"#);
        assert_eq!(
            merged(before, after, r#"{"env":{"KEY":"ref"},"x":2,"y":3}"#).as_deref(),
            Some(r#"{"env":{"KEY":"old"},"x":2,"y":3}"#)
        );
    }

    #[test]
    fn an_edit_of_the_very_place_has_no_answer() {
        assert_eq!(merged("x\nkey=old\ny\n", "x\nkey=reference\ny\n", "x\nkey=mine\ny\n"), None);
        assert_eq!(merged("a=old", "a=ref", "b:mine"), None);
    }

    #[test]
    fn a_line_that_was_taken_out_comes_back_where_its_neighbours_were() {
        assert_eq!(merged("a\nsecret\nb\n", "a\nb\n", "c\nd\n").as_deref(), Some("c\nsecret\nd\n"));
    }

    #[test]
    fn another_line_of_the_same_shape_is_not_the_one() {
        let (before, after) = ("https://bob:x1@code.example.org\n", "");
        let current = "https://ada:y2@git.example.org\n";
        assert!(!super::is_back(before.as_bytes(), after.as_bytes(), current.as_bytes()));
        assert!(super::is_back(before.as_bytes(), after.as_bytes(), [current, before].concat().as_bytes()));
        assert_eq!(merged("key: a-1-b\n", "key: a-2-b\n", "key: a-3-b\n"), None);
    }

    #[test]
    fn a_file_that_became_empty_gets_its_line_back() {
        assert_eq!(merged("line\n", "", "").as_deref(), Some("line\n"));
        assert_eq!(merged("line\n", "", "new\n").as_deref(), Some("line\nnew\n"));
    }
}
