//! Arithmetic of wallets' keys: the word list of BIP-39, base 58, the remainder of Stellar's keys.
//!
//! Used from two sides like [`super::checksum`]: `detect::check` verifies with it, [`super::maker`] makes
//! examples. What is decoded here is a secret: it lives in buffers that are wiped.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// The English list of BIP-39, 2048 words in order.
const WORDS: &str = include_str!("../../rules/words/bip39-english.txt");
/// Digits of base 58 in Bitcoin's order.
pub const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Longest text in base 58 that is decoded: an extended key has 111 characters.
const LONGEST: usize = 128;

/// The word that stands for `index`, which is below 2048.
#[must_use]
pub fn word(index: usize) -> &'static str {
    WORDS.lines().nth(index).unwrap_or_default()
}

/// Whether `words` are all of the list, and the bits of the last hold the checksum of the others.
///
/// `None`: one of them is not in the list, or their number is none that BIP-39 knows.
#[must_use]
pub fn mnemonic(words: &[&[u8]]) -> Option<bool> {
    if !matches!(words.len(), 12 | 15 | 18 | 21 | 24) {
        return None;
    }
    let list: Vec<&[u8]> = WORDS.lines().map(str::as_bytes).collect();
    let mut bits = Zeroizing::new(Vec::with_capacity(words.len() * 11));
    for word in words {
        let index = list.binary_search(word).ok()?;
        bits.extend((0..11).rev().map(|place| (index >> place & 1) as u8));
    }
    let checked = words.len() / 3;
    let (entropy, sum) = bits.split_at(bits.len() - checked);
    let bytes: Zeroizing<Vec<u8>> =
        Zeroizing::new(entropy.chunks(8).map(|chunk| chunk.iter().fold(0, |byte, bit| byte << 1 | bit)).collect());
    let first = Sha256::digest(&*bytes)[0];
    Some(sum.iter().enumerate().all(|(place, bit)| first >> (7 - place) & 1 == *bit))
}

/// Bytes as base 58.
#[must_use]
pub fn base58(bytes: &[u8]) -> String {
    let mut digits: Vec<u8> = Vec::new();
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    digits.extend(std::iter::repeat_n(0, zeros));
    digits.iter().rev().map(|digit| char::from(BASE58[usize::from(*digit)])).collect()
}

/// Bytes with the first four of their double SHA-256 after them, as base 58.
#[must_use]
pub fn base58check(payload: &[u8]) -> String {
    base58(&[payload, &double(payload)[..4]].concat())
}

/// Whether `text` is base 58 that ends with the checksum of the rest.
#[must_use]
pub fn is_base58check(text: &[u8]) -> bool {
    let Some(bytes) = from_base58(text) else { return false };
    bytes.len().checked_sub(4).is_some_and(|end| end > 0 && double(&bytes[..end])[..4] == bytes[end..])
}

fn from_base58(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if text.len() > LONGEST {
        return None;
    }
    // Lowest byte first; as long as the text is enough, so that nothing is moved and left behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST));
    for letter in text {
        let mut carry = BASE58.iter().position(|known| known == letter)? as u32;
        for byte in bytes.iter_mut() {
            carry += u32::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        if carry > 0 {
            bytes.push(carry as u8);
        }
    }
    bytes.extend(text.iter().take_while(|letter| **letter == BASE58[0]).map(|_| 0));
    bytes.reverse();
    Some(bytes)
}

fn double(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(Sha256::digest(bytes)).into()
}

/// CRC-16 as in XModem, which ends Stellar's keys with its lowest byte first.
#[must_use]
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte) << 8, |sum, _| if sum >> 15 == 1 { sum << 1 ^ 0x1021 } else { sum << 1 })
    })
}

/// The version byte of a Stellar secret seed: it makes the text begin with S.
pub const STELLAR_SEED: u8 = 18 << 3;
