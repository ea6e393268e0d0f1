//! Patterns for the end of a path, or for all of it: parts with stars, `**` for any number of parts.
//!
//! Which surface a pattern stands for is `place`'s business.

use super::wildcard::Wildcard;

/// A pattern for the end of a path, or for all of it.
pub(super) struct Tail {
    /// Runs of parts between `**`, outermost first.
    runs: Box<[Box<[Wildcard]>]>,
    /// Whether it must begin at the root of the file system.
    anchored: bool,
    /// Whether case is ignored; the pattern is then in lower case.
    fold: bool,
    /// Parts, then fixed bytes; longer is more specific.
    pub(super) rank: (usize, usize),
}

impl Tail {
    pub(super) fn new(folder: &str, rest: &str, anchored: bool, fold: bool) -> Self {
        let cased = |part: &str| if fold { part.to_ascii_lowercase() } else { part.to_owned() };
        let mut runs = vec![Vec::new()];
        for part in folder.split('/').chain(rest.split('/')).filter(|part| !part.is_empty()) {
            match runs.last_mut() {
                Some(run) if part != "**" => run.push(Wildcard::new(part, cased)),
                _ => runs.push(Vec::new()),
            }
        }
        // A folder is no file: what ends in `**` means every file below.
        if let Some(run) = runs.last_mut().filter(|run| run.is_empty()) {
            run.push(Wildcard::new("*", str::to_owned));
        }
        let runs: Box<[Box<[Wildcard]>]> = runs.into_iter().map(Vec::into_boxed_slice).collect();
        let all = || runs.iter().flatten();
        let rank = (all().count(), all().map(Wildcard::fixed).sum());
        Self { runs, anchored, fold, rank }
    }

    /// The index of the first part it takes, when the end of `parts` fits.
    ///
    /// Runs are placed from the end, each as late as it fits; that loses nothing, since only an
    /// anchored pattern is bound to the start, and there the first run is compared at the start.
    pub(super) fn matches(&self, parts: &[&[u8]], rooted: bool) -> Option<usize> {
        if self.anchored && !rooted {
            return None;
        }
        let (last, others) = self.runs.split_last()?;
        let mut end = parts.len().checked_sub(last.len())?;
        if !self.fits(last, &parts[end..]) {
            return None;
        }
        for (i, run) in others.iter().enumerate().rev() {
            let before = &parts[..end];
            end = if self.anchored && i == 0 {
                (run.len() <= end && self.fits(run, &before[..run.len()])).then_some(0)?
            } else if run.is_empty() {
                end
            } else {
                before.windows(run.len()).rposition(|window| self.fits(run, window))?
            };
        }
        (!self.anchored || end == 0).then_some(end)
    }

    fn fits(&self, run: &[Wildcard], parts: &[&[u8]]) -> bool {
        run.iter().zip(parts).all(|(wildcard, part)| {
            if self.fold { wildcard.matches(&part.to_ascii_lowercase()) } else { wildcard.matches(part) }
        })
    }
}

/// The parts of a path, outermost first. Bytes, so that names that are not UTF-8 stay what they are.
pub(super) fn divided(path: &[u8]) -> Vec<&[u8]> {
    let separator = |byte: &u8| *byte == b'/' || (cfg!(windows) && *byte == b'\\');
    // `\\?\` begins a verbatim path on Windows.
    let verbatim = |part: &[u8]| cfg!(windows) && part == b"?";
    path.split(separator).filter(|part| !part.is_empty() && *part != b"." && !verbatim(part)).collect()
}

/// Whether a path begins at the root of a file system.
pub(super) fn rooted(path: &[u8]) -> bool {
    matches!(path, [b'/' | b'\\', ..] | [_, b':', b'/' | b'\\', ..])
}
