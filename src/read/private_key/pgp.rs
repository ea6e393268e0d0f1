//! Whether the first packet of an OpenPGP secret key (RFC 4880 5.5.3, RFC 9580) is protected.
//!
//! Reads past the public parameters to the usage octet; nothing else of OpenPGP belongs here.

/// `None` when the packet is of a kind or version that is not known, or ends too soon.
pub(super) fn encrypted(bytes: &[u8]) -> Option<bool> {
    let packet = packet(bytes)?;
    let (&version, rest) = packet.split_first()?;
    // Version, time of creation, algorithm; versions 5 and 6 give the length of what follows.
    let (&algorithm, rest) = rest.get(4..)?.split_first()?;
    let rest = match version {
        4 => public(algorithm, rest)?,
        5 | 6 => {
            let (length, rest) = rest.split_first_chunk::<4>()?;
            rest.get(u32::from_be_bytes(*length) as usize..)?
        }
        _ => return None,
    };
    Some(*rest.first()? != 0)
}

/// The body of the first packet, when that is a secret key (tag 5) or a secret subkey (tag 7).
fn packet(bytes: &[u8]) -> Option<&[u8]> {
    let (&head, rest) = bytes.split_first()?;
    let is_new = head & 0x40 != 0;
    let tag = if is_new { head & 0x3f } else { (head >> 2) & 0x0f };
    if head & 0x80 == 0 || !matches!(tag, 5 | 7) {
        return None;
    }
    let length = match (is_new, head & 3, rest.first()?) {
        (true, _, 0..192) | (false, 0, _) => 1,
        (true, _, 192..224) | (false, 1, _) => 2,
        (true, _, 255) => 5,
        (false, 2, _) => 4,
        _ => return None,
    };
    rest.get(length..)
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
