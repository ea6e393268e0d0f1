//! What is said when caulk itself is at fault: the position, and nothing else.
//!
//! A panic's message may hold whatever was being worked on, so it is never printed.

use super::out;
use std::panic::{self, PanicHookInfo};

/// Replaces the standard hook, which would print the message.
pub(super) fn install() {
    panic::set_hook(Box::new(hook));
}

fn hook(info: &PanicHookInfo<'_>) {
    let at = info.location().map_or_else(String::new, |location| {
        format!(" at {}:{}:{}", short(location.file()), location.line(), location.column())
    });
    out::say(&format!("internal error{at}; please report it"));
}

/// The end of a source path: the rest is the folder the program was built in.
fn short(file: &str) -> &str {
    let parts = file.rmatch_indices(['/', '\\']).nth(2);
    parts.map_or(file, |(at, _)| &file[at + 1..])
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_the_end_of_a_source_path_is_shown() {
        assert_eq!(super::short("/made/up/registry/crate-1.0/src/lib.rs"), "crate-1.0/src/lib.rs");
        assert_eq!(super::short("src/cli/mod.rs"), "src/cli/mod.rs");
        assert_eq!(super::short("a\\b\\c\\d.rs"), "b\\c\\d.rs");
    }
}
