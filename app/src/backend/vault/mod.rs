//! What is stored sealed: targets' credentials, under a key that lies beside the database and not in it.
//!
//! Rule: AES-256-GCM-SIV (RFC 8452), a fresh nonce each time, bound to the row that the value belongs to, so that a sealed
//! value which is moved to another row does not open. A sealed value is one byte of format, the nonce, the ciphertext with
//! its tag.
//!
//! To change the format: a new number in `Format`, written from then on; the older ones stay readable.

mod key_file;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::Entropy;
use crate::domain::SecretText;

pub use key_file::KEY_FILE;

/// Why something could not be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The key file can't be used, and what to do about it.
    #[error("{path}: {why}")]
    KeyFile {
        /// The file.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// The value was changed, belongs to another row, or was sealed under another key.
    #[error(
        "a sealed value does not open: it was changed, or the key file is not the one that it was sealed with"
    )]
    DoesNotOpen,
    /// The value has a format that this version does not know.
    #[error("a sealed value has a format that this version does not know")]
    UnknownFormat,
    /// The cipher refused; it has no reason to.
    #[error("the cipher refused to seal")]
    Refused,
}

/// The formats of sealed values.
#[derive(Debug, Clone, Copy)]
enum Format {
    /// AES-256-GCM-SIV, a nonce of 96 bits.
    V1,
}

impl Format {
    const fn byte(self) -> u8 {
        match self {
            Self::V1 => 1,
        }
    }

    /// What a value is bound to besides its row: that it is ours, and of this format.
    fn bound(self, to: &str) -> String {
        match self {
            Self::V1 => format!("leasehold/1/{to}"),
        }
    }
}

/// Seals and opens. Clones share the key.
#[derive(Clone)]
pub struct Vault {
    key: Arc<LessSafeKey>,
    entropy: Entropy,
}

impl Vault {
    /// The vault whose key lies in this folder. Where there is none it is made, unless `holds_sealed` says that values are
    /// stored which only the lost one could open.
    pub fn open(data_dir: &Path, holds_sealed: bool, entropy: &Entropy) -> Result<Self, VaultError> {
        let key = key_file::load_or_make(data_dir, holds_sealed, entropy)?;
        Self::with_key(&key, entropy)
    }

    fn with_key(key: &[u8; key_file::KEY_LENGTH], entropy: &Entropy) -> Result<Self, VaultError> {
        let key = UnboundKey::new(&AES_256_GCM_SIV, key).map_err(|_| VaultError::Refused)?;
        Ok(Self {
            key: Arc::new(LessSafeKey::new(key)),
            entropy: entropy.clone(),
        })
    }

    /// Seals a value for the row that it is bound to, such as `target:tgt_…`.
    pub fn seal(&self, bound_to: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_LEN];
        self.entropy.fill(&mut nonce);
        self.seal_with(nonce, &Format::V1.bound(bound_to), plain)
    }

    fn seal_with(&self, nonce: [u8; NONCE_LEN], aad: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        // The buffer has room for the tag, so that it does not move and leave the plain text behind.
        let mut text = Vec::with_capacity(plain.len() + AES_256_GCM_SIV.tag_len());
        text.extend_from_slice(plain);
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut text)
            .map_err(|_| VaultError::Refused)?;
        let mut sealed = vec![Format::V1.byte()];
        sealed.extend_from_slice(&nonce);
        sealed.append(&mut text);
        Ok(sealed)
    }

    /// Opens what was sealed for this row. The value is wiped from memory when it is dropped.
    pub fn open_sealed(&self, bound_to: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (format, rest) = sealed.split_first().ok_or(VaultError::DoesNotOpen)?;
        if *format != Format::V1.byte() {
            return Err(VaultError::UnknownFormat);
        }
        let (nonce, text) = rest.split_first_chunk().ok_or(VaultError::DoesNotOpen)?;
        let mut text = Zeroizing::new(text.to_vec());
        let aad = Format::V1.bound(bound_to);
        let length = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(aad), &mut text)
            .map_err(|_| VaultError::DoesNotOpen)?
            .len();
        text.truncate(length);
        Ok(text)
    }

    /// Seals text.
    pub fn seal_text(&self, bound_to: &str, text: &SecretText) -> Result<Vec<u8>, VaultError> {
        self.seal(bound_to, text.expose().as_bytes())
    }

    /// Opens text.
    pub fn open_text(&self, bound_to: &str, sealed: &[u8]) -> Result<SecretText, VaultError> {
        let plain = self.open_sealed(bound_to, sealed)?;
        let text = str::from_utf8(&plain).map_err(|_| VaultError::DoesNotOpen)?;
        Ok(SecretText::new(text))
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}
