//! Whether the secret keys of an OpenPGP message (RFC 4880 5.5.3, RFC 9580) are protected.
//!
//! Reads past the public parameters to the usage octet; nothing else of OpenPGP belongs here.

/// Packets that are looked at: a primary key, its identities and their signatures come before a subkey.
const PACKETS: usize = 64;
/// Bytes below which they are all of the message, not only its head.
const WHOLE: usize = 3 << 10;
/// GnuPG's mark for a key whose secret part is not there, in the place of an S2K specifier.
const DUMMY: u8 = 101;

/// `None` when no secret key is of a kind and version that is known and long enough to tell.
///
/// The first key decides, unless its secret part is elsewhere (`gpg --export-secret-subkeys`, a smart card);
/// where those of all of them are, nothing lies in the clear.
pub(super) fn encrypted(bytes: &[u8]) -> Option<bool> {
    let mut rest = bytes;
    let mut elsewhere = false;
    for _ in 0..PACKETS {
        if rest.is_empty() && elsewhere && bytes.len() < WHOLE {
            return Some(true);
        }
        let (tag, packet, after) = packet(rest)?;
        match tag {
            5 | 7 => match usage(packet)? {
                [] => return None,
                // Cipher, specifier.
                [254 | 255, _, DUMMY, ..] => elsewhere = true,
                [usage, ..] => return Some(*usage != 0),
            },
            _ => {}
        }
        rest = after;
    }
    None
}

/// From the usage octet on.
fn usage(packet: &[u8]) -> Option<&[u8]> {
    let (&version, rest) = packet.split_first()?;
    // Version, time of creation, algorithm; versions 5 and 6 give the length of what follows.
    let (&algorithm, rest) = rest.get(4..)?.split_first()?;
    match version {
        4 => public(algorithm, rest),
        5 | 6 => {
            let (length, rest) = rest.split_first_chunk::<4>()?;
            rest.get(u32::from_be_bytes(*length) as usize..)
        }
        _ => None,
    }
}

/// Tag and body of the first packet, which may be cut short, and what follows.
fn packet(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&head, rest) = bytes.split_first()?;
    let is_new = head & 0x40 != 0;
    let tag = if is_new { head & 0x3f } else { (head >> 2) & 0x0f };
    if head & 0x80 == 0 {
        return None;
    }
    let number = |octets: usize| Some(rest.get(..octets)?.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet)));
    let (octets, length) = match (is_new, head & 3, *rest.first()?) {
        (true, _, first @ 0..192) | (false, 0, first) => (1, usize::from(first)),
        (true, _, first @ 192..224) => (2, ((usize::from(first) - 192) << 8) + usize::from(*rest.get(1)?) + 192),
        (true, _, 255) => (5, number(5)? & 0xffff_ffff),
        (false, 1, _) => (2, number(2)?),
        (false, 2, _) => (4, number(4)?),
        _ => return None,
    };
    let rest = rest.get(octets..)?;
    let (body, after) = rest.split_at(length.min(rest.len()));
    Some((tag, body, after))
}

/// What follows the public parameters of a version 4 key.
fn public(algorithm: u8, rest: &[u8]) -> Option<&[u8]> {
    let (integers, curve, extra) = match algorithm {
        1..=3 => (2, false, false),
        16 => (3, false, false),
        17 => (4, false, false),
        18 => (1, true, true),
        19 | 22 => (1, true, false),
        // X25519, X448, Ed25519, Ed448: octets of a fixed length.
        25 | 27 => return rest.get(32..),
        26 => return rest.get(56..),
        28 => return rest.get(57..),
        _ => return None,
    };
    let mut rest = if curve { counted(rest)? } else { rest };
    for _ in 0..integers {
        let (bits, after) = rest.split_first_chunk::<2>()?;
        rest = after.get(usize::from(u16::from_be_bytes(*bits)).div_ceil(8)..)?;
    }
    if extra { counted(rest) } else { Some(rest) }
}

/// Passes over octets that are preceded by their number.
fn counted(bytes: &[u8]) -> Option<&[u8]> {
    let (&length, rest) = bytes.split_first()?;
    rest.get(usize::from(length)..)
}
