//! Ids and secrets: random ones for what clients create, repeatable ones for what is seeded.

use aws_lc_rs::{digest, rand};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// A fresh random id in the shape of a version 4 UUID.
pub(crate) fn new_id() -> String {
    uuid_from(random())
}

/// The id of a seeded thing: the same in every emulator.
pub(crate) fn seeded_id(name: &str) -> String {
    let hash = digest::digest(&digest::SHA256, format!("entra-emulator/{name}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    uuid_from(bytes)
}

/// A client secret as Entra makes them: forty characters, with the `~` that marks the current generation.
pub(crate) fn new_secret() -> String {
    let text: String = [random(), random()]
        .iter()
        .map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
        .collect();
    format!("{}8Q~{}", &text[..3], &text[3..37])
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    // The system's generator does not fail once it has been seeded; zeros would only make ids repeat.
    if rand::fill(&mut bytes).is_err() {
        bytes = [0; 16];
    }
    bytes
}

fn uuid_from(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// Whether `text` has the shape of a UUID.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, c)| {
            if matches!(at, 8 | 13 | 18 | 23) {
                c == '-'
            } else {
                c.is_ascii_hexdigit()
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_and_seeded_ones_repeat() {
        assert!(is_uuid(&new_id()));
        assert_ne!(new_id(), new_id());
        assert_eq!(seeded_id("user/1"), seeded_id("user/1"));
        assert!(!is_uuid("not-a-uuid"));
    }

    #[test]
    fn secrets_have_the_length_of_entras() {
        assert_eq!(new_secret().len(), 40);
    }
}
