//! Does a value look random? Pure arithmetic on bytes; no lists of words, no rules.

pub use crate::rules::checksum::entropy;

/// Mean surprise of the character pairs in bits, under a model of identifiers and English words:
/// below about 4.4 for words and names, above it for random letters and digits.
///
/// Meaningless for pure hex and for fewer than eight characters.
#[must_use]
pub fn surprise(value: &[u8]) -> f64 {
    if value.len() < 2 {
        return 0.0;
    }
    let quarters: u32 = value.windows(2).map(|w| u32::from(BIGRAMS[symbol(w[0])][symbol(w[1])] - b'0')).sum();
    f64::from(quarters) / 4.0 / (value.len() - 1) as f64
}

/// Whether a value looks drawn at random rather than typed or named: enough entropy for its
/// length, and unlike words.
#[must_use]
pub fn looks_random(value: &[u8]) -> bool {
    if value.len() < 8 || !value.iter().all(u8::is_ascii_graphic) {
        return false;
    }
    let has = |f: fn(&u8) -> bool| value.iter().any(f);
    let digits = has(u8::is_ascii_digit);
    let letters = has(u8::is_ascii_alphabetic);
    if value.iter().all(u8::is_ascii_hexdigit) {
        return value.len() >= 32 && digits && letters && entropy(value) > 2.8;
    }
    let mixed_case = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let classes = usize::from(digits) + usize::from(letters) + usize::from(mixed_case);
    // Short values cannot reach the entropy of long ones: the bound grows with the length.
    let wanted = (0.75 * (value.len() as f64).log2()).min(3.5);
    classes >= 2 && entropy(value) >= wanted && surprise(value) > 4.4
}

fn symbol(byte: u8) -> usize {
    match byte.to_ascii_lowercase() {
        letter @ b'a'..=b'z' => usize::from(letter - b'a'),
        b'0'..=b'9' => 26,
        _ => 27,
    }
}

/// Surprise of the second symbol after the first, in quarter bits above `'0'`. Symbols: a to z, any
/// digit, anything else. Counted over the identifiers of a standard library.
const BIGRAMS: [&[u8; 28]; 28] = [
    b"QE>CTNBZE]K>@?^C[>@9FLILIMHD",
    b";MGH:LPVBEZ<PI@MXDBO>WaaDWB=",
    b"?SCN;NZ?D`@AQW:O`>J>CZX^EaGB",
    b">GMF7KHT>RVJMNBHWFCLFQOVLWC8",
    b"CNA@HGIULZUCE>PFL;<>RHJDK_J:",
    b"=KIJAATX7cVARP<V\\BIGBX[cIe@?",
    b"BRKQ7TFEARXFLDJL\\<AKASSaQYP:",
    b":JJN9RMV=YUKGQ<LSEGAHRUeK\\S9",
    b"EC>ADFBfX[UBD9;FWG>?]HbMeH\\J",
    b"AWVP9]^[G]HLSU6L[S;UBWPZTaN?",
    b"BPJK5GMTAaUIGHJLYK>MEQIOWTT9",
    b"=NLF9NQY9[UARR=N]NEBANWcF]W=",
    b"9DQN7QTZ>[WJEP>>XMDLFVY`PST>",
    b">Q@?>C>UCULLNGBK\\N=;IHY\\S`W:",
    b"IECATIG[IUI@B7HCb<FC>HERR\\VE",
    b"<WGF;QVFB_U>SN<BZ=C@CPXfHpP?",
    b"LPOOTVWYU\\[ASRSQSKFU1[U]WZO@",
    b"=RCG9OGZ=]HLDF=M^EABFFT`EgW<",
    b"FRAQ<LPF?\\KNMLAESN?:ESQ[MdM7",
    b"=OFL:LPC:VXMMPAIX@CEHRL\\C\\R:",
    b"DCEG?KLbGc_>B=N>l<><XX^Td^?M",
    b"8WSZ6VUW9`[WQUCB_VRWYWW[[`ED",
    b":TLJ>LPF>\\TFPC;NVA;LTSNU\\ZR;",
    b"CM@L?@ZUAd_MLTT?jNQ>UTYRL^6<",
    b"ELEJEMIQHSZEEDK:YG@CQLL_UPN5",
    b";UTS6RZMA\\UPKL8UZUPTRZVYJPE>",
    b"DDCACBX\\Va[WYZXV_TUVZZ^`]a49",
    b"?D>?BCBHAMJBCCF@PA>ACFIBWSOH",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_random_text_part() {
        for word in ["authentication_provider", "my-database-password", "configurationManager2", "hello-world-1234"] {
            assert!(!looks_random(word.as_bytes()), "{word}");
        }
        for random in ["q7Zp2LxVd93kTnWb", "a8f3k2m9x7q1z5w0v4", "Xk9#mQ2$vL7pRz"] {
            assert!(looks_random(random.as_bytes()), "{random}");
        }
    }

    #[test]
    fn entropy_of_known_strings() {
        assert!(entropy(b"aaaa").abs() < 1e-9);
        assert!((entropy(b"abcd") - 2.0).abs() < 1e-9);
    }
}
