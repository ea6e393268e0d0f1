//! Where reports go: pairs of `--format` and `-o`, and the files behind them.
//!
//! Files are opened before the scan confines itself and appear whole at the end, or not at all.
//! What is written to them is `output`'s business.

use super::error::Failure;
use super::settings::shown;
use crate::host::write::AtomicFile;
use crate::output::Format;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// One report to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Destination {
    /// The format.
    pub(super) format: Format,
    /// The file; `None`: standard output.
    pub(super) path: Option<PathBuf>,
}

/// A report's destination, ready to be written.
pub(super) enum Target {
    /// Standard output.
    Stdout(Format),
    /// A file that appears when it is committed.
    File(Format, PathBuf, AtomicFile),
}

/// Pairs formats with files; each comes with its position on the command line.
///
/// The nth file belongs to the nth format. With one file fewer, each file belongs to the format
/// before it, and the format left over goes to standard output.
pub(super) fn pair(
    formats: &[(usize, Format)],
    files: &[(usize, PathBuf)],
    default: Format,
) -> Result<Vec<Destination>, Failure> {
    let mut destinations: Vec<Destination> = match formats {
        [] => vec![Destination { format: default, path: None }],
        some => some.iter().map(|(_, format)| Destination { format: *format, path: None }).collect(),
    };
    let count = destinations.len();
    if files.len() > count {
        return Err(Failure::new("each -o FILE needs its own --format; see caulk scan --help"));
    }
    if files.len() + 1 < count {
        return Err(Failure::new("only one --format can go to standard output: the others need -o FILE each"));
    }
    for (nth, (position, file)) in files.iter().enumerate() {
        let owner = if files.len() == count {
            Some(nth)
        } else {
            let free = |index: &usize| destinations[*index].path.is_none();
            let before = |index: &usize| formats.get(*index).is_some_and(|(at, _)| at < position);
            (0..count).rev().filter(before).find(free).or_else(|| (0..count).find(free))
        };
        if let Some(destination) = owner.and_then(|owner| destinations.get_mut(owner)) {
            destination.path = Some(file.clone());
        }
    }
    for destination in &mut destinations {
        destination.path = destination.path.take().filter(|path| !is_stdout(path));
    }
    for (index, one) in destinations.iter().enumerate() {
        if destinations[..index].iter().any(|other| other.path == one.path) {
            let mut message = String::from("two reports cannot both go to ");
            let _ = match &one.path {
                Some(path) => write!(message, "{}", shown(path)),
                None => write!(message, "standard output"),
            };
            return Err(Failure::new(message));
        }
    }
    Ok(destinations)
}

fn is_stdout(path: &Path) -> bool {
    path == Path::new("-") || path == Path::new("/dev/stdout")
}

/// Opens the files. None of them appears under its name yet.
pub(super) fn open(destinations: Vec<Destination>) -> Result<Vec<Target>, Failure> {
    let targets: Vec<Target> = destinations
        .into_iter()
        .map(|Destination { format, path }| {
            let Some(path) = path else { return Ok(Target::Stdout(format)) };
            // Replacing a device or a FIFO by a file would be a surprise at best.
            if std::fs::metadata(&path).is_ok_and(|meta| !meta.is_file()) {
                return Err(Failure::new(format!("cannot write {}: it is not a regular file", shown(&path))));
            }
            match AtomicFile::create(&path) {
                Ok(file) => Ok(Target::File(format, path, file)),
                Err(error) => Err(Failure::new(format!("cannot write {}: {error}", shown(&path)))),
            }
        })
        .collect::<Result<_, _>>()?;
    // One file under two names: the second report would take the place of the first.
    let mut seen = BTreeSet::new();
    for target in &targets {
        if let Target::File(_, path, file) = target
            && !seen.insert(real(file.target()))
        {
            return Err(Failure::new(format!("two reports cannot both go to {}", shown(path))));
        }
    }
    Ok(targets)
}

/// A file's path without links in its folder's.
fn real(path: &Path) -> PathBuf {
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    folder.zip(path.file_name()).map_or_else(|| path.to_owned(), |(folder, name)| folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(line: &str) -> Result<Vec<(Format, Option<String>)>, Failure> {
        let (mut formats, mut files) = (Vec::new(), Vec::new());
        for (at, word) in line.split_whitespace().enumerate() {
            match word.strip_prefix("-o:") {
                Some(file) => files.push((at, PathBuf::from(file))),
                None => formats.push((at, word.parse().unwrap())),
            }
        }
        let paired = pair(&formats, &files, Format::Human)?;
        Ok(paired.into_iter().map(|d| (d.format, d.path.map(|p| p.display().to_string()))).collect())
    }

    #[test]
    fn each_file_finds_its_format() {
        use Format::{Human, Json, Ndjson};
        let file = |name: &str| Some(name.to_owned());
        assert_eq!(pairs("").unwrap(), [(Human, None)]);
        assert_eq!(pairs("-o:a").unwrap(), [(Human, file("a"))]);
        assert_eq!(pairs("json").unwrap(), [(Json, None)]);
        assert_eq!(pairs("json ndjson -o:a -o:b").unwrap(), [(Json, file("a")), (Ndjson, file("b"))]);
        assert_eq!(pairs("-o:a json -o:b ndjson").unwrap(), [(Json, file("a")), (Ndjson, file("b"))]);
        assert_eq!(pairs("json -o:a human").unwrap(), [(Json, file("a")), (Human, None)]);
        assert_eq!(pairs("human json -o:a").unwrap(), [(Human, None), (Json, file("a"))]);
        assert_eq!(pairs("-o:a json").unwrap(), [(Json, file("a"))]);
        assert_eq!(pairs("json -o:- human -o:a").unwrap(), [(Json, None), (Human, file("a"))]);
    }

    #[test]
    fn what_cannot_be_paired_is_refused() {
        for line in
            ["-o:a -o:b", "json human", "json ndjson human -o:a", "json human -o:a -o:a", "json -o:- human -o:-"]
        {
            assert!(pairs(line).is_err(), "{line}");
        }
    }
}
