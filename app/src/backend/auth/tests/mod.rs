//! Signing in, from the first start on, with a clock that moves when told.

mod first_start;
mod sessions;
mod sign_in;
mod tokens;

use futures::future::join_all;
use tempfile::TempDir;

use super::password::NOBODY;
use super::*;
use crate::backend::clock::ManualClock;
use crate::backend::store::{AuditEvent, FirstAccounts, StoreError, StoredToken, StoredUser};
use crate::domain::{
    ApiError, ErrorCode, FolderPath, Identity, IdentityKind, Limit, Role, SecretText, Timestamp,
};

const PASSWORD: &str = "correct horse battery staple";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

struct Bench {
    auth: Auth,
    store: Store,
    hand: ManualClock,
    _folder: TempDir,
}

fn start() -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000)
}

fn text(value: &str) -> SecretText {
    SecretText::new(value)
}

impl Bench {
    async fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let (clock, hand) = Clock::manual(start());
        Self {
            auth: Auth::new(store.clone(), clock, Entropy::seeded(1)),
            store,
            hand,
            _folder: folder,
        }
    }

    async fn new() -> Self {
        let bench = Self::empty().await;
        let made = bench
            .auth
            .first_start(Some(text(PASSWORD)), Some(text(TOKEN)))
            .await
            .unwrap();
        assert!(
            matches!(
                made,
                FirstStart::Created {
                    generated_password: None
                }
            ),
            "{made:?}"
        );
        bench
    }

    async fn sign_in(&self, username: &str, password: &str) -> Result<(Identity, SecretText), AuthError> {
        self.auth.sign_in(username, &text(password)).await
    }

    async fn session(&self) -> SecretText {
        self.sign_in("admin", PASSWORD).await.unwrap().1
    }

    async fn events(&self) -> Vec<(String, String, String)> {
        let page = self.store.list_audit(Limit::MAX, None).await.unwrap();
        let rows = page.items.into_iter().rev();
        rows.map(|row| (row.event.actor, row.event.verb, row.event.object))
            .collect()
    }
}

fn administrator(kind: IdentityKind, id: &str, name: &str) -> Identity {
    Identity {
        id: id.to_owned(),
        name: name.to_owned(),
        kind,
        role: Role::Administrator,
        scope: FolderPath::root(),
        claims: std::collections::BTreeMap::new(),
    }
}
