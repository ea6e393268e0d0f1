//! Arithmetic that vendors build into their tokens.
//!
//! Used from two sides: `detect::check` verifies with it, [`super::template`] makes valid examples
//! with it. What a token looks like belongs to those two; here are only numbers and digits.

/// Digits of base 62 in the order GitHub, npm and Vercel use.
pub const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Digits of base 36, lower case: GitLab.
pub const BASE36: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
/// Digits of the three-character tail of Microsoft Entra client secrets.
pub const ENTRA: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~";
/// Characters of bech32 (BIP-173).
pub const BECH32: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// CRC offsets of Azure DevOps tokens made for users and for applications.
pub const AZURE_DEVOPS_SEEDS: [u32; 2] = [0xE0B9_692D, 0x1019_F92E];
/// Where the four checksum bytes stand in the 32 bytes of an Azure DevOps token, lowest first.
pub const AZURE_DEVOPS_PLACES: [usize; 4] = [22, 8, 7, 2];

/// Signatures of Azure's identifiable keys, the decoded length, and the names whose eight ASCII
/// bytes are the Marvin seeds (from microsoft/security-utilities).
pub const AZURE_SIGNATURES: &[(&str, usize, &[&str])] = &[
    ("+ASt", 64, &["Default0"]),
    ("ACDb", 64, &["MastRO00", "MastRW00", "SysAll00", "Resour00", "SystRO00", "SystRW00", "Encryp00"]),
    ("+ABa", 64, &["AbAcct00"]),
    ("+AMC", 64, &["Classic0"]),
    ("APIM", 64, &["IoTHub00", "Tenant00", "Gatewy00", "GitKey00"]),
    ("AzFu", 40, &["Master00", "System00", "Functi00"]),
    ("AzSe", 39, &["Query000", "PAdmin00"]),
    ("AzCa", 32, &["Access00"]),
    ("+ACR", 39, &["ACRDflt0"]),
    ("AIoT", 32, &["IoTHub00", "DpsKey00", "Device00"]),
    ("+ASb", 32, &["Send0000", "Manage00", "Listen00", "System00", "Unknown0"]),
    ("+AEh", 32, &["Send0000", "Manage00", "Listen00", "System00", "Unknown0"]),
    ("+ARm", 32, &["Send0000", "Manage00", "Listen00", "System00", "Unknown0"]),
];

/// CRC-32 as in zlib and IEEE 802.3.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

/// `number` in the base that `digits` has, padded on the left with its zero to `width`.
#[must_use]
pub fn radix(mut number: u32, digits: &[u8], width: usize) -> Vec<u8> {
    let base = digits.len().max(2) as u32;
    let mut out = Vec::with_capacity(width.max(8));
    while number > 0 {
        out.push(digits.get((number % base) as usize).copied().unwrap_or(b'0'));
        number /= base;
    }
    while out.len() < width {
        out.push(digits.first().copied().unwrap_or(b'0'));
    }
    out.reverse();
    out
}

/// The six base-62 digits of a CRC-32 that end GitHub's, npm's and Vercel's tokens.
#[must_use]
pub fn crc62(body: &[u8]) -> Vec<u8> {
    radix(crc32(body), BASE62, 6)
}

/// The eight base-32 characters of a SHA-256 inside GitHub's fine-grained tokens.
#[must_use]
pub fn sha256_base32(head: &[u8]) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(head);
    let mut text = data_encoding::BASE32_NOPAD.encode(&digest[..5]);
    text.truncate(8);
    text
}

/// The eight base64url characters of a SHA-256 that end Supabase's keys, for one project.
#[must_use]
pub fn supabase_tail(project: &str, head: &[u8]) -> String {
    use sha2::Digest as _;
    let mut hasher = sha2::Sha256::new();
    hasher.update(project.as_bytes());
    hasher.update(b"|");
    hasher.update(head);
    data_encoding::BASE64URL_NOPAD.encode(&hasher.finalize()[..6])
}

/// A Marvin seed from its eight-letter name, read big endian.
#[must_use]
pub fn marvin_seed(name: &str) -> u64 {
    name.bytes().take(8).fold(0, |seed, byte| seed << 8 | u64::from(byte))
}

/// Marvin32, the keyed checksum of Azure's identifiable keys.
#[must_use]
pub fn marvin32(data: &[u8], seed: u64) -> u32 {
    fn mix(low: u32, high: u32) -> (u32, u32) {
        let high = high ^ low;
        let low = low.rotate_left(20).wrapping_add(high);
        let high = high.rotate_left(9) ^ low;
        let low = low.rotate_left(27).wrapping_add(high);
        (low, high.rotate_left(19))
    }
    let (mut low, mut high) = (seed as u32, (seed >> 32) as u32);
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        (low, high) = mix(low.wrapping_add(u32::from_le_bytes(*word)), high);
    }
    let mut tail = [0_u8; 4];
    for (slot, byte) in tail.iter_mut().zip(rest.iter().chain(&[0x80])) {
        *slot = *byte;
    }
    (low, high) = mix(low.wrapping_add(u32::from_le_bytes(tail)), high);
    (low, high) = mix(low, high);
    low ^ high
}

/// The checksum of an Entra client secret: the first three of six digits of base 66.
#[must_use]
pub fn entra_tail(body: &[u8]) -> [u8; 3] {
    let digits = radix(marvin32(body, marvin_seed("AadPwd00")), ENTRA, 6);
    [digits[0], digits[1], digits[2]]
}

/// The checksum of an Azure common annotated key over its first 60 bytes, as base64 of four bytes.
///
/// .NET writes the four bytes as one base-62 number, keeps leading zero bytes as `0`, and pads on the right.
#[must_use]
pub fn cask_tail(head: &[u8]) -> Option<String> {
    let bytes = marvin32(head, marvin_seed("Default0")).to_le_bytes();
    let zeros = bytes.iter().take_while(|b| **b == 0).count().min(3);
    let mut digits = vec![b'0'; zeros];
    digits.extend(radix(u32::from_be_bytes(bytes), BASE62, 0));
    digits.resize(6, b'0');
    // The six digits are read as base64; the bits beyond four bytes are dropped.
    digits.extend(b"==");
    let mut lenient = data_encoding::BASE64.specification();
    lenient.check_trailing_bits = false;
    let raw = lenient.encoding().ok()?.decode(&digits).ok()?;
    Some(data_encoding::BASE64.encode(&raw))
}

/// The CRC that an Azure DevOps token scatters over [`AZURE_DEVOPS_PLACES`], before the seed is added.
#[must_use]
pub fn azure_devops_crc(token: &[u8; 32]) -> u32 {
    let mut rest = [0_u8; 28];
    let others = token.iter().enumerate().filter(|(i, _)| !AZURE_DEVOPS_PLACES.contains(i));
    for (slot, (_, byte)) in rest.iter_mut().zip(others) {
        *slot = *byte;
    }
    let crc = crc32(&rest);
    zeroize::Zeroize::zeroize(&mut rest);
    crc
}

/// The bech32 remainder over the human-readable part and the data values (each below 32); 1 is valid.
#[must_use]
pub fn bech32_remainder(human: &[u8], values: &[u8]) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let human_high = human.iter().map(|b| b >> 5);
    let human_low = human.iter().map(|b| b & 31);
    let all = human_high.chain(std::iter::once(0)).chain(human_low).chain(values.iter().copied());
    all.fold(1, |sum, value| {
        let top = sum >> 25;
        let shifted = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
        GENERATOR.iter().enumerate().fold(shifted, |sum, (i, term)| if top >> i & 1 == 1 { sum ^ term } else { sum })
    })
}

/// Shannon entropy in bits per byte.
#[must_use]
pub fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let total = bytes.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / total;
            -share * share.log2()
        })
        .sum()
}
