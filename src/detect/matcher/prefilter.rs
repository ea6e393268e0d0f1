//! Where in a text could one of hundreds of short literals begin? A shift-or over pairs of bytes.
//!
//! Every literal is a window of [`WINDOW`] byte sets. A table tells of each pair of neighbouring bytes
//! in which of eight buckets, and at which place of a window, that pair may stand; the answers of four
//! places, shifted over each other, leave a bit where all of them agree. One load per byte, none that
//! waits for another, no branch but for candidates: the idea of FDR (Hyperscan), portable and without
//! `unsafe`. Pairs of different windows that happen to agree mostly end at a second look, at the first three
//! bytes. What a window means is the caller's business; candidates are a superset, never less.

use crate::rules::boundary::ByteClass;

/// Bytes of a window.
pub(super) const WINDOW: usize = 5;
/// Pairs of a window.
const LANES: usize = WINDOW - 1;
/// Buckets that windows are shared out among: bits of a lane.
const BUCKETS: usize = 8;
/// Entries of the table: two bytes without their highest bits, so text beyond ASCII only costs candidates.
const PAIRS: usize = 1 << 14;
/// Text that one step looks at.
const STEP: usize = 8;
/// Entries of the second table, a power of two.
const HEADS: usize = 1 << 12;
/// A window starts this many bytes before the pair that completes it.
const BEHIND: usize = LANES - 1;

/// The byte sets that a candidate's first bytes are in.
pub(super) type Window = [ByteClass; WINDOW];

/// The compiled table, 64 KiB: it stays in the second-level cache, its used part in the first.
pub(super) struct Prefilter {
    table: Vec<u32>,
    /// For a hash of three bytes, the buckets that have a window which begins with them.
    heads: Vec<u8>,
}

impl Prefilter {
    /// Compiles `windows`, in no particular order.
    pub(super) fn new(windows: &[Window]) -> Self {
        let mut table = vec![u32::MAX; PAIRS];
        let mut heads = vec![0; HEADS];
        let weights: Vec<[f32; WINDOW]> = windows.iter().map(|window| window.map(|set| weight(&set))).collect();
        let likeliness: Vec<f32> = weights.iter().map(|weights| weights.iter().product()).collect();
        let mut order: Vec<usize> = (0..windows.len()).collect();
        // The commonest first: they choose their bucket freely, the rare ones fit in anywhere.
        order.sort_by(|a, b| likeliness[*b].total_cmp(&likeliness[*a]));
        // How likely a pair of text fits a lane of a bucket.
        let mut density = [[0_f32; LANES]; BUCKETS];
        for at in order {
            let window = &windows[at];
            let pairs: [usize; LANES] =
                std::array::from_fn(|lane| index(first(&window[lane]), first(&window[lane + 1])));
            let added = |bucket: usize, lane: usize, table: &[u32]| {
                let known = table[pairs[lane]] & bit(bucket, lane) == 0;
                if known { 0.0 } else { weights[at][lane] * weights[at][lane + 1] }
            };
            let cost = |bucket: usize| {
                let old: f32 = density[bucket].iter().product();
                let new: f32 = (0..LANES).map(|lane| density[bucket][lane] + added(bucket, lane, &table)).product();
                new - old
            };
            let costs: [f32; BUCKETS] = std::array::from_fn(cost);
            let bucket = (0..BUCKETS).min_by(|a, b| costs[*a].total_cmp(&costs[*b])).unwrap_or(0);
            for (lane, density) in density[bucket].iter_mut().enumerate() {
                *density = (*density + added(bucket, lane, &table)).min(1.0);
            }
            heads[head(std::array::from_fn(|i| first(&window[i])))] |= 1 << bucket;
            for lane in 0..LANES {
                allow(&mut table, &window[lane], &window[lane + 1], bit(bucket, lane));
            }
        }
        Self { table, heads }
    }

    /// Calls `visit` with every place at which a window may stand, in order. A place near the end may
    /// be one whose window reaches beyond it. The first three sets of a window are of one byte or letter each.
    #[inline]
    pub(super) fn each(&self, text: &[u8], mut visit: impl FnMut(usize)) {
        // Its length known, no look into it is checked.
        let Some(table) = self.table.first_chunk::<PAIRS>() else { return };
        let mut report = |found: u64, at: usize| report(found, at, text, &self.heads, &mut visit);
        // Lanes of the starts before the text are spoilt.
        let mut state = u64::from(u32::MAX >> 8);
        let mut at = 0;
        while let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk::<{ STEP + 1 }>) {
            let found = step(table, block, &mut state);
            if found != 0 {
                report(found, at);
            }
            at += STEP;
        }
        // The last bytes again, with nothing after them.
        let mut padded = [0; 2 * STEP + 1];
        let rest = text.get(at..).unwrap_or_default();
        padded[..rest.len()].copy_from_slice(rest);
        for start in [0, STEP] {
            let Some(block) = padded[start..].first_chunk::<{ STEP + 1 }>() else { break };
            let found = step(table, block, &mut state);
            report(found, at + start);
        }
    }
}

/// Eight positions; gives a byte of buckets for each of the eight starts that are complete now.
#[allow(clippy::inline_always, reason = "the loop around it is nothing else")]
#[inline(always)]
fn step(table: &[u32; PAIRS], block: &[u8; STEP + 1], state: &mut u64) -> u64 {
    let [bytes @ .., last] = *block;
    let word = u64::from_le_bytes(bytes);
    let (even, odd) = (fold(word), fold(word >> 8 | u64::from(last) << 56));
    let pair = |pairs: u64, number: u32| u64::from(table[(pairs >> (16 * number)) as usize & (PAIRS - 1)]);
    let low = *state | pair(even, 0) | pair(odd, 0) << 8 | pair(even, 1) << 16 | pair(odd, 1) << 24;
    let high = low >> 32 | pair(even, 2) | pair(odd, 2) << 8 | pair(even, 3) << 16 | pair(odd, 3) << 24;
    *state = high >> 32;
    !(low & 0xffff_ffff | high << 32)
}

/// Tells the places of a step's candidates that begin as a window of their bucket does.
#[cold]
#[inline(never)]
fn report(mut found: u64, at: usize, text: &[u8], heads: &[u8], visit: &mut impl FnMut(usize)) {
    while found != 0 {
        let lane = found.trailing_zeros() / 8;
        let buckets = (found >> (8 * lane)) as u8;
        found &= !(0xff << (8 * lane));
        // A window that starts before the text was spoilt from the start; one at its very end is cut.
        let Some(place) = (at + lane as usize).checked_sub(BEHIND) else { continue };
        let Some(bytes) = text.get(place..).and_then(<[u8]>::first_chunk) else { continue };
        if heads[head(*bytes)] & buckets != 0 {
            visit(place);
        }
    }
}

/// Where three bytes stand in the second table, whatever the case of letters.
fn head(bytes: [u8; 3]) -> usize {
    let [a, b, c] = bytes.map(|byte| u32::from(byte | 0x20));
    ((a | b << 8 | c << 16).wrapping_mul(0x9E37_79B1) >> (u32::BITS - HEADS.ilog2())) as usize
}

/// The table's entries for four pairs of bytes at once, in 16 bits each; the earlier byte of a pair is the lower.
#[inline]
fn fold(pairs: u64) -> u64 {
    pairs & 0x007f_007f_007f_007f | (pairs & 0x7f00_7f00_7f00_7f00) >> 1
}

fn index(first: u8, second: u8) -> usize {
    fold(u64::from(first) | u64::from(second) << 8) as usize
}

/// The bit of a bucket in a lane. The pair that starts a window is the last to be shifted out.
fn bit(bucket: usize, lane: usize) -> u32 {
    1 << (8 * (BEHIND - lane) + bucket)
}

/// Lets every pair of the two sets pass.
fn allow(table: &mut [u32], first: &ByteClass, second: &ByteClass, bit: u32) {
    // The table does not tell bytes apart by their highest bit.
    let low = |set: &ByteClass| {
        let [a, b, c, d] = set.words();
        ByteClass::from_words([a | c, b | d, 0, 0])
    };
    let (first, second) = (low(first), low(second));
    for a in first.iter() {
        for b in second.iter() {
            table[index(a, b)] &= !bit;
        }
    }
}

/// The lowest byte of a set.
fn first(set: &ByteClass) -> u8 {
    set.iter().next().unwrap_or(0)
}

/// How often a byte of the set stands in source text.
pub(super) fn weight(set: &ByteClass) -> f32 {
    set.iter().map(commonness).sum()
}

/// The part of all bytes that a byte makes, as counted over 4 MB of source code of many languages.
fn commonness(byte: u8) -> f32 {
    /// Of ten thousand, for 0x20 to 0x7e.
    const PRINTABLE: [u16; 95] = [
        1889, 8, 123, 20, 3, 2, 13, 20, 84, 84, 39, 3, 110, 47, 108, 78, 55, 50, 51, 36, 27, 23, 25, 16, 20, 18, 135,
        46, 14, 70, 24, 4, 4, 56, 39, 52, 36, 59, 44, 24, 15, 62, 8, 11, 40, 26, 44, 37, 35, 20, 58, 60, 56, 34, 26,
        16, 14, 11, 16, 26, 3, 26, 1, 241, 29, 357, 110, 208, 190, 628, 117, 104, 108, 334, 15, 58, 217, 141, 342, 336,
        196, 16, 374, 347, 464, 200, 60, 57, 40, 96, 25, 34, 7, 34, 2,
    ];
    let counted = match byte {
        b'\n' => 235.0,
        0x20..=0x7e => f32::from(PRINTABLE[usize::from(byte - 0x20)]),
        _ => 1.0,
    };
    counted / 10_000.0
}
