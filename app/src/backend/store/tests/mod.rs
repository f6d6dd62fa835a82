//! Every statement of the store runs in one of these tests, on files: a database in memory has no write-ahead log.

mod abandon;
mod accounts;
mod deleting;
mod files;
mod lease_lists;
mod lease_rows;
mod leases;
mod migration;
mod reaper;
mod reconcile;
mod secrets;
mod shared_grants;
mod targets;
mod writer;

use std::collections::BTreeMap;

use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::backend::Entropy;
use crate::domain::{
    AppSecretSpec, Cloud, DynamicSecret, ItemPath, Kind, LeaseId, Limit, NewDynamicSecret, SecretId,
    SecretSpec, Target, TargetId, TargetName, TargetSignIn, TenantId, Timestamp, Ttl,
};

const APPLICATION: &str = "62e90394-69f5-4237-9190-012177145e10";

/// A moment so many seconds after that at which every test begins.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + seconds * 1000)
}

fn event(verb: &str) -> AuditEvent {
    AuditEvent::new(at(0), "user:ana", verb, "object")
}

fn limit(rows: i64) -> Limit {
    Limit::try_from(rows).unwrap()
}

fn path(text: &str) -> ItemPath {
    ItemPath::parse(text).unwrap()
}

fn name(text: &str) -> TargetName {
    TargetName::parse(text).unwrap()
}

/// A store in a folder of its own, with a few shortcuts.
struct Bench {
    store: Store,
    folder: TempDir,
    entropy: Entropy,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            store: Store::open(folder.path()).await.unwrap(),
            folder,
            entropy: Entropy::seeded(1),
        }
    }

    /// The same files, opened anew.
    async fn restart(self) -> Self {
        self.store.close().await;
        let store = Store::open(self.folder.path()).await.unwrap();
        Self { store, ..self }
    }

    /// Runs a statement as nothing in the product would.
    async fn tamper(&self, statement: &'static str) {
        self.store.tamper(statement).await;
    }

    async fn verbs(&self) -> Vec<String> {
        let page = self.store.list_audit(Limit::MAX, None).await.unwrap();
        page.items.into_iter().rev().map(|row| row.event.verb).collect()
    }

    async fn target(&self, text: &str) -> StoredTarget {
        let id = self.entropy.target_id(at(0));
        let stored = StoredTarget {
            target: Target {
                id,
                name: name(text),
                cloud: Cloud::Public,
                tenant_id: TenantId::parse("contoso.com").unwrap(),
                auth: TargetSignIn::ClientSecret {
                    client_id: APPLICATION.to_owned(),
                },
                credential_set_at: at(0),
                created_at: at(0),
                updated_at: at(0),
                items: 0,
                live_leases: 0,
                deleting_at: None,
            },
            sealed_credential: vec![1, 2, 3],
            version: 1,
        };
        self.store
            .insert_target(&stored, event("target.create"))
            .await
            .unwrap();
        stored
    }

    async fn secret(&self, target: &StoredTarget, text: &str) -> DynamicSecret {
        let id = self.entropy.secret_id(at(0));
        let new = new_secret(text);
        self.store
            .insert_secret(
                &id,
                &new,
                &target.target.id,
                &BTreeMap::new(),
                at(0),
                event("secret.create"),
            )
            .await
            .unwrap()
    }

    fn new_lease(&self, target: &StoredTarget, secret: &DynamicSecret) -> NewLease {
        NewLease {
            id: self.entropy.lease_id(at(0)),
            secret_id: secret.id.clone(),
            secret_path: secret.path.clone(),
            kind: Kind::AppSecret,
            target_id: target.target.id.clone(),
            target_name: target.target.name.clone(),
            holder: "user:ana".to_owned(),
            reason: Some("deploy".to_owned()),
            request_id: None,
            created_at: at(0),
            expires_at: at(600),
            max_expires_at: at(3600),
            identity: "Billing".to_owned(),
            entra_ends_at: Some(at(3700)),
            grants: vec![
                json!({"kind": "app_password"}).into(),
                json!({"kind": "membership"}).into(),
            ],
        }
    }

    /// A lease in state `generating`.
    async fn lease(&self, target: &StoredTarget, secret: &DynamicSecret) -> LeaseId {
        self.begin(self.new_lease(target, secret)).await
    }

    async fn begin(&self, lease: NewLease) -> LeaseId {
        let id = lease.id.clone();
        let begun = self
            .store
            .begin_lease(lease, event("lease.generate"))
            .await
            .unwrap();
        assert_eq!(begun, Begin::Begun);
        id
    }

    /// A lease in state `active`, its two grants applied.
    async fn active(&self, target: &StoredTarget, secret: &DynamicSecret) -> LeaseId {
        let id = self.lease(target, secret).await;
        self.make_active(&id).await;
        id
    }

    async fn make_active(&self, id: &LeaseId) {
        let done = self
            .progress(id, &[(0, "entra-id"), (1, "entra-id")], true, 2)
            .await;
        assert!(done.applied && done.active);
    }

    /// Reports grants of a lease as applied, and perhaps the lease as issued.
    async fn progress(
        &self,
        id: &LeaseId,
        applied: &[(i64, &str)],
        activate: bool,
        seconds: i64,
    ) -> Progressed {
        let progress = Progress {
            lease: id.clone(),
            applied: applied
                .iter()
                .map(|(seq, id)| (*seq, Some((*id).to_owned())))
                .collect(),
            calls: Vec::new(),
            activate,
            at: at(seconds),
        };
        self.store.progress(progress).await.unwrap()
    }

    /// Writes down how an attempt on a lease went.
    async fn settle(&self, id: &LeaseId, undone: &[i64], next: Next, seconds: i64) {
        let settlement = Settlement {
            lease: id.clone(),
            undone: undone.to_vec(),
            removed: Vec::new(),
            absent: Vec::new(),
            calls: Vec::new(),
            next,
        };
        self.store.settle(vec![settlement], at(seconds)).await.unwrap();
    }

    /// Ends a lease that is being taken back, as far as its grants are undone.
    async fn finish(&self, id: &LeaseId, undone: &[i64], seconds: i64) {
        let cause = self.store.lease(id).await.unwrap().unwrap().end_cause.unwrap();
        let next = Next::Ended {
            state: cause.final_state(),
            event: event("lease.end"),
        };
        self.settle(id, undone, next, seconds).await;
    }

    /// Undoes the grants of a lease that is being taken back, and ends it.
    async fn end(&self, id: &LeaseId) {
        self.finish(id, &[1, 0], 700).await;
        assert!(self.store.lease(id).await.unwrap().unwrap().state.is_ended());
    }
}

fn new_secret(text: &str) -> NewDynamicSecret {
    NewDynamicSecret {
        path: path(text),
        target: name("contoso"),
        spec: SecretSpec::AppSecret(AppSecretSpec {
            application_object_id: APPLICATION.to_owned(),
        }),
        default_ttl: Ttl::parse("10m").unwrap(),
        max_ttl: Ttl::parse("1h").unwrap(),
        description: String::new(),
        tags: Vec::new(),
        delete_protection: false,
    }
}

fn unknown_lease() -> LeaseId {
    LeaseId::from_bits(9)
}

fn unknown_secret() -> SecretId {
    SecretId::from_bits(9)
}

fn unknown_target() -> TargetId {
    TargetId::from_bits(9)
}
