//! Checksums of the numbers that have one.

use sha2::{Digest as _, Sha256};

/// Luhn (ISO/IEC 7812-1) over ASCII digits.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let value = u32::from(digit.wrapping_sub(b'0'));
            let doubled = if at % 2 == 1 { value * 2 } else { value };
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// ISO 7064 mod 97-10 as IBAN uses it: the first four characters go to the end, letters count from 10.
pub(super) fn mod97(iban: &[u8]) -> bool {
    let (head, tail) = iban.split_at(iban.len().min(4));
    let remainder = tail.iter().chain(head).fold(0_u32, |rest, byte| match byte.to_ascii_uppercase() {
        digit @ b'0'..=b'9' => (rest * 10 + u32::from(digit - b'0')) % 97,
        letter => (rest * 100 + u32::from(letter.wrapping_sub(b'A')) + 10) % 97,
    });
    remainder == 1
}

const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Base58Check over 25 bytes: version, 20 bytes of hash, and four of double SHA-256.
pub(super) fn base58check(address: &[u8]) -> bool {
    let mut bytes = [0_u8; 25];
    for symbol in address {
        let Some(value) = BASE58.iter().position(|s| s == symbol) else { return false };
        let mut carry = value;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        if carry != 0 {
            return false;
        }
    }
    let (payload, check) = bytes.split_at(21);
    Sha256::digest(Sha256::digest(payload)).get(..4) == Some(check)
}

const BECH32: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const BECH32_GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];

/// Bech32 (BIP 173) and Bech32m (BIP 350) with the prefix `bc`; `data` is what follows `bc1`, in lower case.
pub(super) fn bech32(data: &[u8]) -> bool {
    // The prefix expanded: high bits, a zero, low bits.
    let prefix = [3, 3, 0, 2, 3].into_iter().map(Some);
    let symbols = data.iter().map(|symbol| BECH32.iter().position(|s| s == symbol).and_then(|v| u32::try_from(v).ok()));
    let residue = prefix.chain(symbols).try_fold(1_u32, |rest, value| {
        let top = rest >> 25;
        let shifted = ((rest & 0x1ff_ffff) << 5) ^ value?;
        Some(
            BECH32_GENERATOR
                .iter()
                .enumerate()
                .fold(shifted, |r, (bit, g)| if top >> bit & 1 == 1 { r ^ g } else { r }),
        )
    });
    matches!(residue, Some(1 | 0x2bc8_30a3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_examples_pass_and_one_changed_character_fails() {
        let check = |check: fn(&[u8]) -> bool, good: &str, last: char| {
            let bad = format!("{}{last}", &good[..good.len() - 1]);
            assert!(check(good.as_bytes()) && !check(bad.as_bytes()), "{good}");
        };
        check(luhn, "4111111111111111", '2');
        check(mod97, "GB82WEST12345698765432", '3');
        check(base58check, "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", '3');
        check(bech32, "qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", '5');
        check(bech32, "p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", 'q');
    }

    #[test]
    fn empty_and_foreign_input_fails() {
        assert!(!luhn(b"") && !mod97(b"") && !base58check(b"") && !bech32(b""));
        assert!(!base58check("é".as_bytes()) && !bech32(b"b"));
    }
}
