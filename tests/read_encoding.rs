//! Telling text from what is not, and UTF-16 from both.

use caulk::read::encoding::{Encoding, bom_len, sniff, to_utf8};
use proptest::prelude::*;

const SCRIPT: &str = "$env:API_TOKEN = \"not-a-real-one\"\r\n# Größe: 10 €, 😀\r\n";

fn utf16(text: &str, encoding: Encoding, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
    match encoding {
        Encoding::Utf16Le => units.flat_map(u16::to_le_bytes).collect(),
        _ => units.flat_map(u16::to_be_bytes).collect(),
    }
}

#[test]
fn utf16_is_told_and_read_with_and_without_a_mark() {
    for encoding in [Encoding::Utf16Le, Encoding::Utf16Be] {
        for mark in [false, true] {
            for text in [SCRIPT, &SCRIPT.repeat(500), "[]"] {
                let source = utf16(text, encoding, mark);
                assert_eq!(sniff(&source), encoding);
                assert_eq!(bom_len(&source), if mark { 2 } else { 0 });
                assert_eq!(to_utf8(&source, encoding).unwrap().as_slice(), text.as_bytes());
                assert_eq!(sniff(&[&source[..], b"x"].concat()), encoding, "an odd last byte");
            }
        }
    }
}

#[test]
fn text_of_eight_bits_is_left_alone() {
    let latin1 = b"password = gr\xfc\xdfe\n";
    for source in [b"".as_slice(), b"a", b"{}", SCRIPT.as_bytes(), latin1, b"MZ is how it starts", b"PK and \xff\xfe"] {
        assert_eq!(sniff(source), Encoding::Utf8);
        assert!(to_utf8(source, sniff(source)).is_none());
        assert_eq!(bom_len(source), 0);
    }
    assert_eq!(sniff(b"\xef\xbb\xbfKEY=value"), Encoding::Utf8);
    assert_eq!(bom_len(b"\xef\xbb\xbfKEY=value"), 3);
    let long = [vec![b'a'; 8 << 10], vec![0; 10]].concat();
    assert_eq!(sniff(&long), Encoding::Utf8, "a NUL far behind the head");
}

#[test]
fn what_is_not_text_is_told() {
    let small_numbers: Vec<u8> = (1..400_u16).flat_map(|n| (n % 40).to_le_bytes()).collect();
    let nul_units = utf16("a\0b\0c\0", Encoding::Utf16Le, false);
    let program = [b"MZ\x90\0\x03\0\0\0".as_slice(), &[b'x'; 100]].concat();
    let environment = b"HOME=/home/user\0PATH=/usr/bin\0";
    let late_nul = [vec![b'a'; 5 << 10], vec![0]].concat();
    for source in [
        b"\x7fELF\x02\x01\x01".as_slice(),
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"GIF89a--",
        b"PK\x03\x04--",
        b"\x1f\x8b\x08--",
        b"\x28\xb5\x2f\xfd--",
        b"\xfd7zXZ\0",
        b"%PDF-1.7",
        b"\xca\xfe\xba\xbe",
        b"\0asm\x01",
        b"\xcf\xfa\xed\xfe",
        b"\xff\xfe\0\0a\0\0\0",
        b"\0",
        b"a\0",
        &small_numbers,
        &nul_units,
        &program,
        environment,
        &late_nul,
    ] {
        assert_eq!(sniff(source), Encoding::Binary, "{:?}", &source[..source.len().min(8)]);
        assert!(to_utf8(source, Encoding::Binary).is_none());
    }
}

#[test]
fn halves_become_the_replacement_character() {
    let lone = [0x61, 0xd83d, 0x62, 0xde00].into_iter().flat_map(u16::to_le_bytes).chain([0x7a]).collect::<Vec<u8>>();
    assert_eq!(to_utf8(&lone, Encoding::Utf16Le).unwrap().as_slice(), "a\u{fffd}b\u{fffd}\u{fffd}".as_bytes());
    assert!(to_utf8(b"", Encoding::Utf16Be).unwrap().is_empty());
}

proptest! {
    #[test]
    fn any_text_comes_back(text in any::<String>(), big: bool) {
        let encoding = if big { Encoding::Utf16Be } else { Encoding::Utf16Le };
        let source = utf16(&text, encoding, true);
        let decoded = to_utf8(&source, encoding).unwrap();
        prop_assert_eq!(decoded.as_slice(), text.as_bytes());
        // The buffer was never moved, so no copy of its content was left behind.
        prop_assert_eq!(decoded.capacity(), text.len());
    }

    #[test]
    fn any_bytes_are_survived(source in prop::collection::vec(any::<u8>(), 0..300)) {
        let encoding = sniff(&source);
        for encoding in [encoding, Encoding::Utf16Le, Encoding::Utf16Be] {
            if let Some(text) = to_utf8(&source, encoding) {
                prop_assert!(std::str::from_utf8(&text).is_ok());
            }
        }
    }
}
