//! Keys of wallets and of their like. What fails here is no key at all, but other text of the same letters.

use super::structure::decode;
use super::{Answer, structure};
use crate::rules::{checksum, wallets};
use zeroize::Zeroizing;

/// A recovery phrase: words of the list, the last of which holds a checksum.
///
/// A pattern takes a line of words as far as it goes: what follows the phrase is left out of account.
pub(super) fn mnemonic(secret: &[u8]) -> Answer {
    let words: Vec<&[u8]> = secret.split(|b| matches!(b, b' ' | b',')).filter(|word| !word.is_empty()).collect();
    let phrase = |count: &usize| words.get(..*count).and_then(wallets::mnemonic) == Some(true);
    Answer::of([24, 21, 18, 15, 12].iter().any(phrase))
}

/// Base 58 with Bitcoin's checksum: private keys and extended private keys.
pub(super) fn base58check(secret: &[u8]) -> Answer {
    Answer::of(wallets::is_base58check(secret))
}

/// A Stellar secret seed: version, 32 bytes, CRC-16.
pub(super) fn stellar(secret: &[u8]) -> Answer {
    let Some(raw) = decode(&data_encoding::BASE32, secret) else { return Answer::of(false) };
    let Some((body, sum)) = raw.split_last_chunk::<2>() else { return Answer::of(false) };
    Answer::of(raw[0] == wallets::STELLAR_SEED && wallets::crc16(body).to_le_bytes() == *sum)
}

/// A Nostr secret key: bech32 of 32 bytes.
pub(super) fn nsec(secret: &[u8]) -> Answer {
    let Some(data) = secret.strip_prefix(b"nsec1") else { return Answer::of(false) };
    let values = Zeroizing::new(structure::bech32_values(data));
    Answer::of(values.len() == data.len() && checksum::bech32_remainder(b"nsec", &values) == 1)
}
