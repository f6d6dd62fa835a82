use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

const ROW: &str = "target:tgt_1";

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn vault() -> Vault {
    Vault::with_key(&[7; 32], &Entropy::seeded(1)).unwrap()
}

/// RFC 8452, appendix C.2.
#[test]
fn the_cipher_is_the_one_of_the_rfc() {
    let mut key = [0; 32];
    key[0] = 1;
    let mut nonce = [0; 12];
    nonce[0] = 3;
    let vault = Vault::with_key(&key, &Entropy::seeded(1)).unwrap();
    for (plain, sealed) in [
        ("", "07f5f4169bbf55a8400cd47ea6fd400f"),
        (
            "0100000000000000",
            "c2ef328e5c71c83b843122130f7364b761e0b97427e3df28",
        ),
    ] {
        let made = vault.seal_with(nonce, "", &unhex(plain)).unwrap();
        assert_eq!(made[13..], unhex(sealed));
        assert_eq!((made[0], &made[1..13]), (1, &nonce[..]));
    }
}

const FIRST_VERSION: &str = "01611830d3641a68f94a690dccb2859379f66b83d14676a22639973a815b2c3cd2ffd8ba";

/// Sealed by the first version: every later one must open it.
#[test]
fn what_the_first_version_sealed_still_opens() {
    let sealed = unhex(FIRST_VERSION);
    assert_eq!(vault().open_text(ROW, &sealed).unwrap().expose(), "hunter2");
}

proptest! {
    #[test]
    fn what_is_sealed_opens(plain in proptest::collection::vec(any::<u8>(), 0..300), row in ".{0,30}") {
        let sealed = vault().seal(&row, &plain).unwrap();
        prop_assert_eq!(&**vault().open_sealed(&row, &sealed).unwrap(), &plain);
    }

    #[test]
    fn one_changed_bit_is_noticed(plain in proptest::collection::vec(any::<u8>(), 0..40), at in any::<proptest::sample::Index>(), bit in 0_u8..8) {
        let mut sealed = vault().seal(ROW, &plain).unwrap();
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        prop_assert!(vault().open_sealed(ROW, &sealed).is_err());
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        prop_assert!(vault().open_sealed(ROW, &bytes).is_err());
    }
}

#[test]
fn a_value_opens_in_its_own_row_under_its_own_key() {
    let sealed = vault().seal_text(ROW, &SecretText::new("hunter2")).unwrap();
    assert_eq!(
        vault().open_text("target:tgt_2", &sealed),
        Err(VaultError::DoesNotOpen)
    );
    let other = Vault::with_key(&[8; 32], &Entropy::seeded(1)).unwrap();
    assert_eq!(other.open_text(ROW, &sealed), Err(VaultError::DoesNotOpen));
    for length in 0..sealed.len() {
        assert!(
            vault().open_sealed(ROW, &sealed[..length]).is_err(),
            "cut to {length}"
        );
    }
    let unknown = [&[2], &sealed[1..]].concat();
    assert_eq!(vault().open_text(ROW, &unknown), Err(VaultError::UnknownFormat));
}

#[test]
fn the_same_value_is_never_sealed_alike() {
    let vault = vault();
    assert_ne!(vault.seal(ROW, b"x").unwrap(), vault.seal(ROW, b"x").unwrap());
}

#[test]
fn what_is_no_text_does_not_open_as_text() {
    let sealed = vault().seal(ROW, &[0xff]).unwrap();
    assert_eq!(vault().open_text(ROW, &sealed), Err(VaultError::DoesNotOpen));
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn key(&self) -> PathBuf {
        self.0.path().join(KEY_FILE)
    }

    fn open(&self, holds_sealed: bool) -> Result<Vault, VaultError> {
        Vault::open(self.0.path(), holds_sealed, &Entropy::seeded(3))
    }

    fn refusal(&self, holds_sealed: bool) -> String {
        self.open(holds_sealed).map(|_| ()).unwrap_err().to_string()
    }
}

#[test]
fn the_key_is_made_once_and_for_its_owner() {
    let folder = Folder::new();
    let sealed = folder.open(false).unwrap().seal(ROW, b"x").unwrap();
    let first = fs::read_to_string(folder.key()).unwrap();
    assert!(
        first.starts_with("leasehold-key-v1:") && first.ends_with('\n'),
        "a header and a line"
    );
    assert_eq!(
        fs::metadata(folder.key()).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(
        fs::read_dir(folder.0.path()).unwrap().count(),
        1,
        "nothing unfinished is left"
    );

    let again = Vault::open(folder.0.path(), true, &Entropy::seeded(4)).unwrap();
    assert_eq!(&**again.open_sealed(ROW, &sealed).unwrap(), b"x");
    assert_eq!(fs::read_to_string(folder.key()).unwrap(), first);
    assert_eq!(format!("{again:?}"), "Vault(…)");
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let folder = Folder::new();
    folder.open(false).unwrap();
    for mode in [0o640, 0o604, 0o700, 0o777] {
        fs::set_permissions(folder.key(), Permissions::from_mode(mode)).unwrap();
        assert!(folder.refusal(false).contains("chmod 600"), "{mode:o}");
    }
    fs::set_permissions(folder.key(), Permissions::from_mode(0o400)).unwrap();
    folder.open(true).unwrap();
}

#[test]
fn a_lost_key_is_not_replaced() {
    let folder = Folder::new();
    assert!(folder.refusal(true).contains("missing"));
    assert!(!folder.key().exists());
}

#[test]
fn a_file_that_holds_no_key_is_refused_and_not_quoted() {
    let folder = Folder::new();
    folder.open(false).unwrap();
    let good = fs::read_to_string(folder.key()).unwrap();
    for bad in [
        "",
        "hunter2",
        "leasehold-key-v2:AAAA",
        "leasehold-key-v1:hunter2",
        &good[..good.len() - 5],
    ] {
        fs::write(folder.key(), bad).unwrap();
        let refusal = folder.refusal(true);
        assert!(
            refusal.contains("holds no key") && !refusal.contains("hunter2"),
            "{refusal}"
        );
    }
    fs::write(folder.key(), [0xff]).unwrap();
    assert!(folder.refusal(true).contains("can't be read"));
    fs::write(folder.key(), good).unwrap();
    folder.open(true).unwrap();
}
