//! After a kill, from contents alone: the state of a file, and what becomes of what lies beside it.

use super::*;
use caulk::host::surgery::{create, name_beside, remove_if, restore};
use proptest::prelude::*;

const BEFORE: &[u8] = b"token=old-old-old\nrest\n";
const AFTER: &[u8] = b"token=${X}\nrest\n";

type Content = Option<&'static [u8]>;
/// Content of the file and of what lies beside it; the state that is told; content and number of files then.
type Case = (Content, Content, Settled, Content, usize);

struct Ground {
    _guard: tempfile::TempDir,
    dir: PathBuf,
    real: PathBuf,
    temporary: PathBuf,
}

fn ground(real: Option<&[u8]>, spare: Option<&[u8]>) -> Ground {
    let (guard, dir) = folder();
    let (path, temporary) = name_beside(&dir.join("f")).unwrap();
    if let Some(content) = real {
        put(&path, content);
    }
    if let Some(content) = spare {
        put(&temporary, content);
    }
    Ground { _guard: guard, dir, real: path, temporary }
}

/// The whole course on every system; the rest of these tests needs Unix.
#[test]
fn a_file_is_replaced_made_and_removed() {
    let ground = ground(Some(b"\xef\xbb\xbfold\r\n"), None);
    for new in [&b"\xef\xbb\xbfa longer content\r\n"[..], b"short", b""] {
        let before = get(&ground.real);
        let temporary = replace(&ground.real, new).unwrap();
        assert_eq!(get(&ground.real), new);
        assert_eq!(settle(&ground.real, &temporary, Some(&before), new), Ok(Settled::New));
        assert_eq!(names(&ground.dir), ["f"]);
    }
    let patient = open(&ground.real).unwrap();
    let temporary = patient.temporary().unwrap();
    put(&ground.real, "an edit");
    assert_eq!(patient.replace(b"new", &temporary), Err(Refusal::Changed));
    let mut permissions = std::fs::metadata(&ground.real).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&ground.real, permissions.clone()).unwrap();
    assert_eq!(open(&ground.real).err(), Some(Refusal::ReadOnly));
    #[allow(clippy::permissions_set_readonly_false, reason = "a file of this test, about to be removed")]
    permissions.set_readonly(false);
    std::fs::set_permissions(&ground.real, permissions).unwrap();
    assert_eq!(create(&ground.real, b"x", &temporary), Err(Refusal::Exists));
    assert_eq!(remove_if(&ground.real, b"another", &temporary), Err(Refusal::Changed));
    assert_eq!(get(&ground.real), b"an edit");
    remove_if(&ground.real, b"an edit", &temporary).unwrap();
    create(&ground.real, b"made", &temporary).unwrap();
    assert_eq!((get(&ground.real), names(&ground.dir).len()), (b"made".to_vec(), 1));
}

#[test]
fn what_is_ours_goes_and_what_is_not_stays() {
    use Settled::*;
    let edit: &[u8] = b"an edit of the user's";
    let other: &[u8] = b"a newer one";
    let cases: [Case; 18] = [
        (Some(BEFORE), None, Old, Some(BEFORE), 1),
        (Some(BEFORE), Some(b""), Old, Some(BEFORE), 1),
        (Some(BEFORE), Some(b"token=${"), Old, Some(BEFORE), 1),
        (Some(BEFORE), Some(AFTER), Old, Some(BEFORE), 1),
        (Some(AFTER), None, New, Some(AFTER), 1),
        // Exchanged, and killed before the old one was removed.
        (Some(AFTER), Some(BEFORE), New, Some(AFTER), 1),
        (Some(AFTER), Some(AFTER), New, Some(AFTER), 1),
        // Exchanged, and what came out had been edited: it goes back, even if it looks like a part of ours.
        (Some(AFTER), Some(edit), Edited, Some(edit), 1),
        (Some(AFTER), Some(b""), Edited, Some(b""), 1),
        (Some(AFTER), Some(b"token="), Edited, Some(b"token="), 1),
        // Edited since: the newer edit stays in place, the older beside it.
        (Some(other), None, Edited, Some(other), 1),
        (Some(other), Some(AFTER), Edited, Some(other), 1),
        (Some(other), Some(BEFORE), Edited, Some(other), 1),
        (Some(other), Some(edit), Edited, Some(other), 2),
        (None, None, Absent, None, 0),
        (None, Some(BEFORE), Absent, None, 0),
        (None, Some(b"token="), Absent, None, 0),
        (None, Some(edit), Edited, Some(edit), 1),
    ];
    for (at, (real, spare, state, content, files)) in cases.into_iter().enumerate() {
        let ground = ground(real, spare);
        let settled = settle(&ground.real, &ground.temporary, Some(BEFORE), AFTER);
        assert_eq!(settled, Ok(state), "case {at}");
        assert_eq!(std::fs::read(&ground.real).ok().as_deref(), content, "case {at}");
        assert_eq!(names(&ground.dir).len(), files, "case {at}: {:?}", names(&ground.dir));
        assert!(!ground.temporary.exists(), "case {at}");
        // Once more: nothing changes.
        assert_eq!(settle(&ground.real, &ground.temporary, Some(BEFORE), AFTER).unwrap() == Old, state == Old);
        assert_eq!(names(&ground.dir).len(), files, "case {at}");
    }
}

#[test]
fn a_file_that_was_to_be_made_is_there_or_not() {
    let edit: &[u8] = b"edited, then taken away to be removed";
    let cases: [Case; 6] = [
        (None, None, Settled::Old, None, 0),
        (None, Some(b"tok"), Settled::Old, None, 0),
        (None, Some(AFTER), Settled::Old, None, 0),
        (Some(AFTER), None, Settled::New, Some(AFTER), 1),
        (Some(b"theirs"), Some(AFTER), Settled::Edited, Some(b"theirs"), 1),
        (None, Some(edit), Settled::Edited, Some(edit), 1),
    ];
    for (at, (real, spare, state, content, files)) in cases.into_iter().enumerate() {
        let ground = ground(real, spare);
        assert_eq!(settle(&ground.real, &ground.temporary, None, AFTER), Ok(state), "case {at}");
        assert_eq!(std::fs::read(&ground.real).ok().as_deref(), content, "case {at}");
        assert_eq!(names(&ground.dir).len(), files, "case {at}");
    }
}

#[test]
fn a_folder_that_is_gone_is_a_file_that_is_gone() {
    let ground = ground(None, None);
    let (real, temporary) = (ground.dir.join("d/f"), ground.dir.join("d").join(ground.temporary.file_name().unwrap()));
    assert_eq!(settle(&real, &temporary, Some(BEFORE), AFTER), Ok(Settled::Absent));
    assert_eq!(settle(&real, &temporary, None, AFTER), Ok(Settled::Old));
}

#[test]
#[cfg(unix)]
fn a_temporary_name_that_is_no_file_of_ours_is_left() {
    let ground = ground(Some(AFTER), None);
    std::os::unix::fs::symlink("/etc/passwd", &ground.temporary).unwrap();
    assert_eq!(settle(&ground.real, &ground.temporary, Some(BEFORE), AFTER), Ok(Settled::New));
    assert_eq!(names(&ground.dir).len(), 2);
}

/// What a write in place leaves that stops after `n` bytes: `to` over `from`, cut at the end only.
fn stopped(from: &[u8], to: &[u8], n: usize) -> Vec<u8> {
    let n = n.min(to.len());
    [&to[..n], from.get(n..).unwrap_or_default()].concat()
}

/// The same when the power fails: any of the sectors, and the old or the new length.
fn unpowered(before: &[u8], after: &[u8], sectors: &[bool], long: bool) -> Vec<u8> {
    let length = if long { before.len().max(after.len()) } else { after.len() };
    (0..length)
        .map(|at| {
            let (one, other) = if sectors[at / 512 % sectors.len()] { (after, before) } else { (before, after) };
            one.get(at).or_else(|| other.get(at)).copied().unwrap()
        })
        .collect()
}

fn contents() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    // A few letters only, so that old and new often agree by chance; some of several sectors.
    let piece = |most: usize| prop::collection::vec(prop::sample::select(&b"ab\n"[..]), 0..most);
    (piece(1500), piece(40), piece(40), piece(700))
        .prop_map(|(head, old, new, tail)| ([&head[..], &old, &tail].concat(), [&head[..], &new, &tail].concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_state_a_stopped_write_leaves_is_known_and_mended(
        (before, after) in contents(),
        at in any::<prop::sample::Index>(),
        again in any::<prop::sample::Index>(),
        sectors in prop::collection::vec(any::<bool>(), 6),
        long in any::<bool>(),
        kind in 0..3,
    ) {
        let first = stopped(&before, &after, at.index(after.len() + 1));
        let left = match kind {
            0 => first,
            // Its restoration stopped too.
            1 => stopped(&first, &before, again.index(before.len() + 1)),
            _ => unpowered(&before, &after, &sectors, long),
        };
        let ground = ground(Some(&left), None);
        let state = settle(&ground.real, &ground.temporary, Some(&before), &after).unwrap();
        let known = if left == after { Settled::New } else if left == before { Settled::Old } else { Settled::Torn };
        prop_assert_eq!(state, known);
        restore(&ground.real, &before, &after).unwrap();
        prop_assert_eq!(get(&ground.real), before);
    }

    #[test]
    fn an_edit_is_not_taken_for_a_stopped_write(
        (before, after) in contents(),
        edit in "[c-z]{1,8}",
        at in any::<prop::sample::Index>(),
        old in any::<bool>(),
    ) {
        let mut left = if old { before.clone() } else { after.clone() };
        let at = at.index(left.len() + 1);
        left.splice(at..at, edit.bytes());
        let ground = ground(Some(&left), None);
        prop_assert_eq!(settle(&ground.real, &ground.temporary, Some(&before), &after), Ok(Settled::Edited));
        prop_assert_eq!(restore(&ground.real, &before, &after), Err(Refusal::Changed));
        prop_assert_eq!(get(&ground.real), left);
    }
}
