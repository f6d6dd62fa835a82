use serde_json::Value;

use super::*;
use crate::domain::{EndCause, GrantState};

const SUBJECT: &str = "member:g:u";

fn ours() -> Value {
    json!({"kind": "membership", "had_before": false})
}

fn not_ours() -> Value {
    json!({"kind": "membership", "had_before": true})
}

struct Shared {
    bench: Bench,
    target: StoredTarget,
    secret: DynamicSecret,
}

impl Shared {
    async fn new() -> Self {
        let bench = Bench::new().await;
        let target = bench.target("contoso").await;
        let secret = bench.secret(&target, "/prod/x").await;
        Self {
            bench,
            target,
            secret,
        }
    }

    /// A lease with one grant that others can share, at a time when Entra shows it or not.
    async fn lease(&self, shown: bool, seconds: i64) -> LeaseId {
        let grant = NewGrant {
            plan: ours(),
            subject: Some(SUBJECT.to_owned()),
            if_not_ours: shown.then(not_ours),
        };
        let lease = NewLease {
            grants: vec![grant],
            created_at: at(seconds),
            ..self.bench.new_lease(&self.target, &self.secret)
        };
        self.bench.begin(lease).await
    }

    async fn applied(&self, id: &LeaseId, entra_id: &str, was_there: bool) -> Option<bool> {
        let store = &self.bench.store;
        store
            .shared_grant_applied(id, 0, entra_id, was_there, not_ours(), at(1))
            .await
            .unwrap()
    }

    async fn leave(&self, id: &LeaseId, seconds: i64) -> Leave {
        let store = &self.bench.store;
        store.leave_shared(id, 0, SUBJECT, at(seconds)).await.unwrap()
    }

    async fn revoke(&self, id: &LeaseId) {
        let store = &self.bench.store;
        let cause = EndCause::Expired;
        let revoking = store
            .start_revoking(id, &cause, at(5), event("lease.revoke"))
            .await;
        assert!(revoking.unwrap().is_some());
    }

    async fn grant(&self, id: &LeaseId) -> StoredGrant {
        let record = self.bench.store.lease_record(id).await.unwrap().unwrap();
        let [grant] = record.grants.try_into().unwrap();
        grant
    }
}

#[tokio::test]
async fn what_entra_shows_is_somebody_elses_unless_a_live_lease_holds_it() {
    let shared = Shared::new().await;
    let theirs = shared.lease(true, 0).await;
    assert_eq!(shared.grant(&theirs).await.plan, not_ours());
    let made = shared.lease(false, 0).await;
    assert_eq!(shared.grant(&made).await.plan, ours());
    let joined = shared.lease(true, 0).await;
    assert_eq!(shared.grant(&joined).await.plan, ours());
    // Nobody holds what somebody else gave.
    assert_eq!(shared.applied(&theirs, "u", true).await, Some(false));
    shared.revoke(&theirs).await;
    shared.bench.store.grant_undone(&theirs, 0, at(6)).await.unwrap();
    for id in [&made, &joined] {
        shared.revoke(id).await;
    }
    assert_eq!(shared.leave(&made, 7).await, Leave::Left);
    assert_eq!(shared.leave(&joined, 7).await, Leave::Last { entra_id: None });
    shared.bench.store.grant_undone(&joined, 0, at(7)).await.unwrap();
    // Entra may show it for two minutes still.
    let soon = shared.lease(true, 126).await;
    assert_eq!(shared.grant(&soon).await.plan, ours());
    shared.revoke(&soon).await;
    shared.bench.store.grant_undone(&soon, 0, at(8)).await.unwrap();
    let later = shared.lease(true, 128).await;
    assert_eq!(shared.grant(&later).await.plan, not_ours());
}

#[tokio::test]
async fn what_was_there_at_the_adding_is_ours_only_where_another_lease_holds_it() {
    let shared = Shared::new().await;
    let first = shared.lease(false, 0).await;
    assert_eq!(shared.applied(&first, "u", true).await, Some(false));
    let grant = shared.grant(&first).await;
    assert_eq!(
        (grant.plan, grant.entra_id, grant.state),
        (not_ours(), None, GrantState::Applied)
    );
    let (second, third) = (shared.lease(false, 0).await, shared.lease(false, 0).await);
    assert_eq!(shared.applied(&second, "u", true).await, Some(true));
    assert_eq!(shared.applied(&third, "u", true).await, Some(true));
    assert_eq!(
        shared.applied(&third, "u", true).await,
        None,
        "not planned any more"
    );
    assert_eq!(shared.grant(&third).await.plan, ours());
}

#[tokio::test]
async fn who_is_last_knows_the_id_that_it_has_now() {
    let shared = Shared::new().await;
    let (first, second) = (shared.lease(false, 0).await, shared.lease(false, 0).await);
    assert_eq!(shared.applied(&first, "old", false).await, Some(true));
    assert_eq!(shared.applied(&second, "new", false).await, Some(true));
    assert_eq!(
        shared.leave(&second, 4).await,
        Leave::Last {
            entra_id: Some("new".into())
        },
        "it is live"
    );
    shared.revoke(&second).await;
    assert_eq!(shared.leave(&second, 6).await, Leave::Left);
    assert_eq!(shared.leave(&second, 6).await, Leave::Left, "twice");
    let gone = shared.grant(&second).await;
    assert_eq!((gone.state, gone.undone_at), (GrantState::Undone, Some(at(6))));
    shared.revoke(&first).await;
    let last = Leave::Last {
        entra_id: Some("new".to_owned()),
    };
    assert_eq!(shared.leave(&first, 6).await, last);
    assert_eq!(shared.grant(&first).await.state, GrantState::Applied);
}
