//! Passwords for temporary users.
//!
//! Rule: letters, digits and symbols, one of each class at least, so that Entra's complexity rule always holds (Microsoft:
//! Password policies and account restrictions, 8 to 256 characters of three classes). Left out are characters that are taken for
//! one another, and those that suffer when pasted into a shell or a file: quotes, backslash, backtick, `$`, space.

use crate::backend::Entropy;
use crate::domain::SecretText;

const LOWER: &[u8] = b"abcdefghijkmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const DIGITS: &[u8] = b"23456789";
const SYMBOLS: &[u8] = b"!#%*+-.:=?@^_~";
const CLASSES: [&[u8]; 4] = [LOWER, UPPER, DIGITS, SYMBOLS];

/// A new password of this length (at least 8).
pub fn generate(length: usize, entropy: &Entropy) -> SecretText {
    let all = CLASSES.concat();
    let pick = |from: &[u8]| char::from(from[entropy.below(from.len())]);
    let mut characters: Vec<char> = CLASSES.iter().map(|class| pick(class)).collect();
    characters.extend((characters.len()..length.max(8)).map(|_| pick(&all)));
    // Fisher and Yates: otherwise everybody would know the class of the first four.
    for last in (1..characters.len()).rev() {
        characters.swap(last, entropy.below(last + 1));
    }
    SecretText::new(characters.into_iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_password_is_long_enough_and_of_all_classes(length in 8_usize..=256, seed: u64) {
            let password = generate(length, &Entropy::seeded(seed));
            let text = password.expose();
            prop_assert_eq!(text.len(), length);
            for class in CLASSES {
                prop_assert!(text.bytes().any(|byte| class.contains(&byte)), "{}", text);
            }
            prop_assert!(!text.contains(['"', '\'', '\\', '`', '$', ' ', '&', '<', '>']));
        }
    }

    #[test]
    fn two_passwords_differ_and_classes_stand_anywhere() {
        let entropy = Entropy::seeded(7);
        let many: Vec<_> = (0..200).map(|_| generate(16, &entropy)).collect();
        assert_ne!(many[0], many[1]);
        let first_is_lower = many
            .iter()
            .filter(|p| p.expose().starts_with(|c: char| c.is_ascii_lowercase()))
            .count();
        assert!((20..180).contains(&first_is_lower), "{first_is_lower}");
    }
}
