use super::*;
use crate::domain::{Abandonment, EndCause, GrantState, LeaseState};

fn why() -> Abandonment {
    Abandonment {
        by: "user:ana".to_owned(),
        reason: "the tenant was closed".to_owned(),
    }
}

async fn abandon(bench: &Bench, id: &LeaseId) -> Abandon {
    let count = |grants: &[StoredGrant]| vec![format!("{} grants", grants.len())];
    bench
        .store
        .abandon_lease(id, why(), at(900), event("lease.abandon"), count)
        .await
        .unwrap()
}

fn failed(why: &str) -> Next {
    Next::Failed {
        why: why.to_owned(),
        at: at(912),
    }
}

/// An active lease that somebody revoked.
async fn revoking(bench: &Bench) -> LeaseId {
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/x").await;
    let id = bench.active(&target, &secret).await;
    let cause = EndCause::Revoked("ana".to_owned());
    let sent = bench
        .store
        .start_revoking(&id, &cause, at(100), event("lease.revoke"));
    assert!(sent.await.unwrap().is_some());
    id
}

#[tokio::test]
async fn only_what_failed_to_be_taken_back_is_given_up() {
    let bench = Bench::new().await;
    assert_eq!(abandon(&bench, &unknown_lease()).await, Abandon::NotFound);
    let id = revoking(&bench).await;
    assert_eq!(abandon(&bench, &id).await, Abandon::NeverFailed);
    bench.settle(&id, &[], failed("Entra is down"), 200).await;
    assert_eq!(abandon(&bench, &id).await, Abandon::Abandoned);
    assert_eq!(
        abandon(&bench, &id).await,
        Abandon::NotRevoking(LeaseState::Abandoned)
    );

    let lease = bench.store.lease(&id).await.unwrap().unwrap();
    assert_eq!(
        (lease.state, lease.ended_at, lease.next_attempt_at),
        (LeaseState::Abandoned, Some(at(900)), None)
    );
    assert_eq!(lease.abandoned, Some(why()));
    assert_eq!(lease.last_error.as_deref(), Some("Entra is down"));
    let told = bench.store.list_audit(limit(1), None).await.unwrap().items;
    assert_eq!(
        told[0].event.detail,
        json!({"reason": "the tenant was closed", "remains": ["2 grants"]})
    );
    let verbs = bench.verbs().await;
    assert_eq!(verbs.iter().filter(|verb| *verb == "lease.abandon").count(), 1);
    // Nothing needs it any more, and nothing tries it again.
    assert!(
        bench
            .store
            .live_leases_of_secret(&lease.secret_id)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(bench.store.next_due().await.unwrap(), None);
    assert_eq!(bench.store.due_targets(at(9_000)).await.unwrap(), []);
}

#[tokio::test]
async fn no_other_state_can_be_given_up() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/x").await;
    let generating = bench.lease(&target, &secret).await;
    let active = bench.active(&target, &secret).await;
    assert_eq!(
        abandon(&bench, &generating).await,
        Abandon::NotRevoking(LeaseState::Generating)
    );
    assert_eq!(
        abandon(&bench, &active).await,
        Abandon::NotRevoking(LeaseState::Active)
    );
    bench.store.expire_due(at(600), 9).await.unwrap();
    bench.end(&active).await;
    assert_eq!(
        abandon(&bench, &active).await,
        Abandon::NotRevoking(LeaseState::Expired)
    );
}

#[tokio::test]
async fn an_attempt_under_way_notes_what_is_gone_and_changes_nothing_else() {
    let bench = Bench::new().await;
    let id = revoking(&bench).await;
    bench.settle(&id, &[], failed("down"), 200).await;
    let claimed = bench
        .store
        .claim(std::slice::from_ref(&id), at(300), 120_000)
        .await;
    assert_eq!(claimed.unwrap().len(), 1);
    assert_eq!(abandon(&bench, &id).await, Abandon::Abandoned);
    let before = bench.store.lease(&id).await.unwrap();
    let ended = Next::Ended {
        state: LeaseState::Revoked,
        event: event("lease.end"),
    };
    let later = Next::Later {
        why: "late".to_owned(),
        at: at(912),
    };
    let put_off = Next::PutOff { at: at(913) };
    for next in [ended, failed("late"), later, put_off] {
        bench.settle(&id, &[1, 0], next, 910).await;
    }
    bench.store.all_due(at(914)).await.unwrap();
    assert!(!bench.verbs().await.contains(&"lease.end".to_owned()));
    let cause = EndCause::Revoked("bob".to_owned());
    let sent = bench
        .store
        .start_revoking(&id, &cause, at(914), event("lease.revoke"));
    assert!(sent.await.unwrap().is_none());
    let record = bench.store.lease_record(&id).await.unwrap().unwrap();
    assert_eq!(Some(record.lease), before);
    assert!(
        record
            .grants
            .iter()
            .all(|grant| grant.state == GrantState::Undone)
    );
}
