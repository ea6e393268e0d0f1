//! One simple command: what it assigns, and which of its words are secrets.

use super::options::{OPTIONS, OptionSpec, PREFIXES, RESERVED, SHELLS};
use super::script::{Mode, Origin, Reader};
use super::word::Word;
use crate::read::{Role, Text};
use std::ops::Range;

/// What a command means for the one after it.
#[derive(Default)]
pub(super) struct Outcome<'a> {
    /// The text it prints, when it is `echo` or `printf`.
    pub(super) printed: Option<Input<'a>>,
    /// Whether its input is a script.
    pub(super) runs_input: bool,
    /// Whether there was a command at all.
    pub(super) is_command: bool,
}

/// A command in the light of where it stands.
pub(super) struct Command<'w, 't, 'o> {
    pub(super) words: &'w [Word<'t>],
    /// Index of the command word.
    pub(super) at: usize,
    pub(super) origin: &'o Origin<'o>,
    pub(super) role: Role,
    /// The options of the table that count here; told once, since a command may have many words.
    pub(super) options: Vec<&'static OptionSpec>,
}

/// What a command reads from its input.
pub(super) struct Input<'a> {
    pub(super) span: Range<usize>,
    pub(super) value: Text<'a>,
    /// Whether `echo` gives it through a pipe, rather than a here-string.
    pub(super) is_piped: bool,
}

impl Command<'_, '_, '_> {
    pub(super) fn bytes(&self, index: usize) -> &[u8] {
        self.words.get(index).map_or(b"", |word| word.bytes())
    }

    /// The command word without its folder.
    pub(super) fn name_range(&self) -> Range<usize> {
        let bytes = self.bytes(self.at);
        memchr::memrchr2(b'/', b'\\', bytes).map_or(0, |i| i + 1)..bytes.len()
    }

    pub(super) fn is(&self, names: &[&str]) -> bool {
        let name = &self.bytes(self.at)[self.name_range()];
        let name = name.strip_suffix(b".exe").unwrap_or(name);
        names.iter().any(|known| known.as_bytes() == name)
    }

    fn has(&self, argument: &str) -> bool {
        self.words.iter().skip(self.at + 1).any(|word| word.bytes() == argument.as_bytes())
    }

    fn offers(&self, spec: &OptionSpec) -> bool {
        self.is(spec.commands) && (spec.subcommand.is_empty() || self.has(spec.subcommand))
    }

    /// Whether it reads a secret from its input.
    fn reads_secret(&self) -> bool {
        ["--password-stdin", "--with-token", "--token-stdin", "--passphrase-fd"].iter().any(|option| self.has(option))
            || self.words[..self.at].windows(2).any(|pair| pair[0].bytes() == b"sudo" && pair[1].bytes() == b"-S")
    }
}

impl<'a> Reader<'a> {
    /// Gives the fields of one command.
    pub(super) fn command(
        &mut self,
        words: &[Word<'_>],
        in_array: bool,
        input: Option<Input<'a>>,
        origin: &Origin<'_>,
        depth: usize,
        mode: Mode,
    ) -> Outcome<'a> {
        let role = if mode == Mode::Comment { Role::Comment } else { Role::Assignment };
        let mut command = Command { words, at: 0, origin, role, options: Vec::new() };
        if in_array {
            self.array(&command);
            return Outcome { is_command: true, ..Outcome::default() };
        }
        command.at = self.leading(&command);
        let mut outcome = Outcome { is_command: true, ..Outcome::default() };
        if command.at >= words.len() || self.declares(&command) {
            return outcome;
        }
        if mode == Mode::All && command.at + 1 < words.len() {
            if let Some(input) = input.filter(|_| command.reads_secret()) {
                let word = &words[command.at];
                let printer = Text::Slice(b"echo");
                let command = if input.is_piped { printer } else { self.name(origin, word, command.name_range()) };
                self.out.push(vec![command, Text::Slice(b"stdin")], input.span, input.value, Role::Option);
            }
            command.options = OPTIONS.iter().filter(|spec| command.offers(spec)).collect();
            self.arguments(&command);
        }
        outcome.runs_input = command.is(SHELLS) || command.is(&["ssh"]);
        if mode != Mode::Comment {
            self.scripts(&command, depth, mode);
        }
        if command.is(&["echo", "printf", "print"]) {
            outcome.printed = self.printed(&command);
        }
        outcome
    }

    /// `NAME=(a b c)`: every item is a value of NAME. The last word of the command is `NAME=`'s own
    /// only when nothing stands before it but declarations, so the first `NAME=` counts.
    fn array(&mut self, command: &Command<'_, '_, '_>) {
        let Some(first) = command.words.iter().position(|word| word.bytes().ends_with(b"=")) else { return };
        let Some((name, _)) = assignment(command.bytes(first)) else { return };
        for index in 0..first {
            self.assign(command, index);
        }
        for word in &command.words[first + 1..] {
            let bytes = word.bytes();
            let value =
                if bytes.starts_with(b"[") { memchr::memmem::find(bytes, b"]=").map_or(0, |i| i + 2) } else { 0 };
            let path = vec![self.name(command.origin, &command.words[first], name.clone())];
            self.emit(command.origin, word, value..bytes.len(), path, command.role);
        }
    }

    /// Gives the assignments before a command and passes over words that only start it.
    fn leading(&mut self, command: &Command<'_, '_, '_>) -> usize {
        let mut at = 0;
        while let Some(word) = command.words.get(at) {
            let bytes = word.bytes();
            let is_word = |known: &&str| known.as_bytes() == bytes;
            if assignment(bytes).is_some() {
                self.assign(command, at);
            } else if let Some((_, valued)) = PREFIXES.iter().find(|(name, _)| is_word(name)) {
                at = after_options(command, at + 1, valued);
                // `timeout 5 command`
                if bytes == b"timeout" && command.bytes(at).first().is_some_and(u8::is_ascii_digit) {
                    at += 1;
                }
                continue;
            } else if !RESERVED.iter().any(is_word) {
                break;
            }
            at += 1;
        }
        at
    }

    fn assign(&mut self, command: &Command<'_, '_, '_>, index: usize) -> bool {
        let Some(word) = command.words.get(index) else { return false };
        let Some((name, from)) = assignment(word.bytes()) else { return false };
        let path = vec![self.name(command.origin, word, name)];
        self.emit(command.origin, word, from..word.bytes().len(), path, command.role);
        true
    }

    /// The value words from `from` on, under the name in word `index`.
    fn assign_words(&mut self, command: &Command<'_, '_, '_>, index: usize, name: Range<usize>, from: usize) {
        for word in command.words.get(from..).unwrap_or_default() {
            let path = vec![self.name(command.origin, &command.words[index], name.clone())];
            self.emit(command.origin, word, 0..word.bytes().len(), path, command.role);
        }
    }

    /// Commands that are nothing but assignments; `false` when this is none.
    fn declares(&mut self, command: &Command<'_, '_, '_>) -> bool {
        let at = command.at;
        if command.is(&["export", "declare", "typeset", "local", "readonly", "integer"]) {
            for index in at + 1..command.words.len() {
                self.assign(command, index);
            }
        } else if command.is(&["set"]) {
            self.set(command);
        } else if command.is(&["setenv", "set-env", "setx", "let-env"])
            || command.is(&["launchctl"]) && command.bytes(at + 1) == b"setenv"
        {
            let name = at + 1 + usize::from(command.is(&["launchctl"]));
            let value = name + 1 + usize::from(command.bytes(name + 1) == b"=");
            if !command.bytes(name).is_empty() {
                self.assign_words(command, name, 0..command.bytes(name).len(), value);
            }
        } else if command.is(&["Set-Item", "New-Item", "Set-Content"]) {
            self.item(command);
        } else if command.bytes(at).starts_with(b"$") && command.bytes(at + 1) == b"=" {
            // nushell's `$env.NAME = value`, PowerShell's `$env:NAME = value`, xonsh's `$NAME = value`.
            let word = command.bytes(at);
            let prefix = if word.starts_with(b"$env.") || word.starts_with(b"$env:") { 5 } else { 1 };
            self.assign_words(command, at, prefix..word.len(), at + 2);
        } else {
            return false;
        }
        true
    }

    /// PowerShell's `Set-Item -Path env:NAME -Value value`.
    fn item(&mut self, command: &Command<'_, '_, '_>) {
        let words = command.at + 1..command.words.len();
        let name = words.clone().find(|i| command.bytes(*i).to_ascii_lowercase().starts_with(b"env:"));
        let Some(name) = name else { return };
        let value = words.filter(|i| *i > name).find(|i| !command.bytes(*i).starts_with(b"-"));
        if let Some(word) = value.and_then(|value| command.words.get(value)) {
            let path = vec![self.name(command.origin, &command.words[name], 4..command.bytes(name).len())];
            self.emit(command.origin, word, 0..word.bytes().len(), path, command.role);
        }
    }

    /// elvish's `set E:NAME = value`, fish's `set -gx NAME value…` and csh's `set NAME = value`; bash's `set -e` has no name.
    fn set(&mut self, command: &Command<'_, '_, '_>) {
        let mut at = command.at + 1;
        while let Some(flags) = command.bytes(at).strip_prefix(b"-") {
            let long = [
                &b"-global"[..],
                b"-universal",
                b"-local",
                b"-function",
                b"-export",
                b"-unexport",
                b"-append",
                b"-prepend",
                b"-path",
            ];
            let short = !flags.is_empty() && flags.iter().all(|b| b"gUlfxuap".contains(b));
            if !short && !long.contains(&flags) {
                return;
            }
            at += 1;
        }
        if self.assign(command, at) {
            return;
        }
        let prefix = if command.bytes(at).starts_with(b"E:") { 2 } else { 0 };
        let name = &command.bytes(at)[prefix..];
        if !name.is_empty() && name.len() <= 128 && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_') {
            let equals = usize::from(command.bytes(at + 1) == b"=");
            // `set name value` without flags is fish's; elsewhere, and in a comment, it is prose.
            let is_plain = at == command.at + 1 && equals == 0;
            if is_plain && (!self.fish || command.role == Role::Comment) {
                return;
            }
            self.assign_words(command, at, prefix..prefix + name.len(), at + 1 + equals);
        }
    }

    /// What `echo` prints first.
    fn printed(&self, command: &Command<'_, '_, '_>) -> Option<Input<'a>> {
        let mut words = command.words.iter().skip(command.at + 1).skip_while(|word| word.bytes().starts_with(b"-"));
        let mut word = words.next()?;
        if command.is(&["printf"]) && memchr::memchr(b'%', word.bytes()).is_some() {
            word = words.next()?;
        }
        let span = command.origin.span(word.span(0..word.bytes().len()));
        let text = self.out.text(&span, word.bytes());
        Some(Input { span, value: text, is_piped: true })
    }

    /// Words that are scripts: of `sh -c`, `eval`, `alias`, and what `echo` may write into a start-up file.
    fn scripts(&mut self, command: &Command<'_, '_, '_>, depth: usize, mode: Mode) {
        let is_shell = command.is(SHELLS);
        let is_print = command.is(&["echo", "printf", "print"]);
        let is_alias = command.is(&["alias", "abbr"]);
        if !is_shell && !is_print && !is_alias && !command.is(&["eval", "ssh", "watch", "trap"]) {
            return;
        }
        for (index, word) in command.words.iter().enumerate().skip(command.at + 1) {
            let bytes = word.bytes();
            let after_c = command.bytes(index - 1).starts_with(b"-") && command.bytes(index - 1).ends_with(b"c");
            let blank = bytes.iter().any(u8::is_ascii_whitespace);
            let is_pair = is_print && assignment(bytes).is_some();
            if !blank || is_pair || is_shell && !after_c || word.is_multiline {
                continue;
            }
            let from = if is_alias { assignment(bytes).map_or(0, |(_, from)| from) } else { 0 };
            let inner = command.origin.word(word);
            let mode = if is_print { Mode::Assignments } else { mode };
            self.run(&bytes[from..], &inner.slice(from), depth + 1, mode);
        }
    }
}

/// Index of the first word from `at` on that is no option, those in `valued` taking the word after them.
fn after_options(command: &Command<'_, '_, '_>, mut at: usize, valued: &[&str]) -> usize {
    while command.bytes(at).starts_with(b"-") {
        let takes = valued.iter().any(|option| option.as_bytes() == command.bytes(at));
        at += 1 + usize::from(takes);
    }
    at
}

/// Splits `NAME=value`, `NAME+=value`, `NAME[key]=value`: the name, and where the value starts.
pub(super) fn assignment(bytes: &[u8]) -> Option<(Range<usize>, usize)> {
    let length = bytes.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    if length == 0 || bytes[0].is_ascii_digit() {
        return None;
    }
    let mut at = length;
    if bytes.get(at) == Some(&b'[') {
        at += memchr::memchr(b']', &bytes[at..])? + 1;
    }
    at += usize::from(bytes.get(at) == Some(&b'+'));
    (bytes.get(at) == Some(&b'=')).then_some((0..length, at + 1))
}
