//! The hash by which a package is looked up in a catalog. Shared with the build script, which sorts by it.

/// FNV-1a over ecosystem and name (<http://www.isthe.com/chongo/tech/comp/fnv/>); all of an entry is compared after, so
/// nobody gains by a collision.
pub(super) fn name_hash(ecosystem: &str, name: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let seed = ecosystem.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    name.bytes().fold(step(seed, b'\t'), step)
}
