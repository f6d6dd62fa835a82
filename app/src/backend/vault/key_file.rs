//! The key's file: one line, `leasehold-key-v1:` and 32 random bytes in base64url, for its owner only.
//!
//! Rule: it is there whole or not at all, and never written over: it is written under another name, flushed, then linked
//! to its own.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::VaultError;
use crate::backend::Entropy;

/// The key's file in the data folder.
pub const KEY_FILE: &str = "key";
/// Bytes of the key.
pub(super) const KEY_LENGTH: usize = 32;

const HEADER: &str = "leasehold-key-v1:";

type Key = Zeroizing<[u8; KEY_LENGTH]>;

/// The key in this folder; where there is none, and none is missed, a new one.
pub(super) fn load_or_make(data_dir: &Path, is_needed: bool, entropy: &Entropy) -> Result<Key, VaultError> {
    let path = data_dir.join(KEY_FILE);
    if let Some(key) = load(&path)? {
        return Ok(key);
    }
    if is_needed {
        return Err(refusal(
            &path,
            "the key file is missing, and the database holds credentials sealed with it. Put the file back from your \
             backup; without it, those credentials are lost and the targets must be made anew",
        ));
    }
    make(data_dir, &path, entropy).map_err(|error| refusal(&path, format!("can't be made: {error}")))?;
    // Another process may have been first: what lies there counts.
    load(&path)?.ok_or_else(|| refusal(&path, "it was made, and is gone"))
}

fn refusal(path: &Path, why: impl Into<String>) -> VaultError {
    VaultError::KeyFile {
        path: path.display().to_string(),
        why: why.into(),
    }
}

fn load(path: &Path) -> Result<Option<Key>, VaultError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refusal(path, format!("can't be opened: {error}"))),
    };
    let unreadable = |error: io::Error| refusal(path, format!("can't be read: {error}"));
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
    if mode & 0o177 != 0 {
        return Err(refusal(
            path,
            format!(
                "others than its owner may use the key file (its mode is {mode:03o}); run chmod 600 on it"
            ),
        ));
    }
    let mut text = Zeroizing::new(String::with_capacity(128));
    file.read_to_string(&mut text).map_err(unreadable)?;
    read(&text).map(Some).ok_or_else(|| {
        refusal(
            path,
            "it holds no key that this version can read; put it back from your backup",
        )
    })
}

fn read(text: &str) -> Option<Key> {
    let encoded = text.trim_end().strip_prefix(HEADER)?;
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(encoded).ok()?);
    let mut key = Key::default();
    if bytes.len() != KEY_LENGTH {
        return None;
    }
    key.copy_from_slice(&bytes);
    Some(key)
}

fn make(data_dir: &Path, path: &Path, entropy: &Entropy) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(data_dir)?;
    let mut key = Key::default();
    entropy.fill(&mut *key);
    let line = Zeroizing::new(format!(
        "{HEADER}{}\n",
        *Zeroizing::new(URL_SAFE_NO_PAD.encode(*key))
    ));
    let unfinished = data_dir.join(format!("{KEY_FILE}.{}", entropy.name_part(12)));
    let written = write_new(&unfinished, line.as_bytes()).and_then(|()| link(&unfinished, path));
    fs::remove_file(&unfinished)?;
    written?;
    File::open(data_dir)?.sync_all()
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Gives the file its name, unless something has it.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}
