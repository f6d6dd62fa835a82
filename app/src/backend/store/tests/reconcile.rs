//! Checks of what Entra holds: planned, claimed, kept.

use super::*;
use crate::domain::{LeaseState, Reconciliation};

fn report(checked_at: Timestamp) -> Reconciliation {
    Reconciliation {
        target: name("contoso"),
        checked_at,
        known: 3,
        kept: 0,
        unknown: Vec::new(),
        settling: Vec::new(),
        expired_secrets: Vec::new(),
        more: 0,
        not_checked: Vec::new(),
    }
}

#[tokio::test]
async fn a_check_is_planned_once_claimed_when_due_and_kept() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await.target.id;
    let store = &bench.store;
    assert_eq!(
        store.targets_without_reconciliation().await.unwrap(),
        std::slice::from_ref(&target)
    );
    assert_eq!(store.reconciliation(&target).await.unwrap(), None);
    store.plan_reconciliation(&target, at(100)).await.unwrap();
    store.plan_reconciliation(&target, at(5)).await.unwrap();
    store.plan_reconciliation(&unknown_target(), at(5)).await.unwrap();
    assert_eq!(store.targets_without_reconciliation().await.unwrap(), []);

    let claim = async |now, latest| {
        store
            .claim_reconciliation(at(now), at(latest), at(now + 60))
            .await
            .unwrap()
    };
    assert_eq!(claim(99, 500).await, None);
    assert_eq!(claim(100, 500).await, Some(target.clone()));
    assert_eq!(claim(159, 500).await, None, "it is in hand");
    assert_eq!(
        claim(30, 120).await,
        Some(target.clone()),
        "the clock was put back"
    );

    store
        .fail_reconciliation(&target, at(101), &"x".repeat(5_000))
        .await
        .unwrap();
    let failed = store.reconciliation(&target).await.unwrap().unwrap();
    assert_eq!(
        (failed.failed_at, failed.error.unwrap().len()),
        (Some(at(101)), 2_000)
    );
    assert_eq!((failed.report, failed.next_at), (None, Some(at(90))));

    let event = Some(event("target.reconcile"));
    store
        .save_reconciliation(&target, &report(at(102)), Some(at(1_000)), event)
        .await
        .unwrap();
    store
        .save_reconciliation(&target, &report(at(103)), None, None)
        .await
        .unwrap();
    let kept = store.reconciliation(&target).await.unwrap().unwrap();
    assert_eq!(
        (kept.report, kept.next_at),
        (Some(report(at(103))), Some(at(1_000)))
    );
    assert_eq!((kept.failed_at, kept.error), (None, None));
    assert_eq!(bench.verbs().await, ["target.create", "target.reconcile"]);

    let deleted = store
        .delete_target(
            &name("contoso"),
            LiveLeases::Refuse,
            at(200),
            super::event("target.delete"),
        )
        .await;
    assert_eq!(deleted.unwrap(), DeleteTarget::Deleted);
    assert_eq!(
        store.reconciliation(&target).await.unwrap(),
        None,
        "it goes with its target"
    );
}

#[tokio::test]
async fn leases_are_looked_up_by_what_markers_say() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/deploy").await;
    let live = bench.active(&target, &secret).await;
    let keeping = bench
        .begin(NewLease {
            grants: vec![
                json!({"kind": "user", "keep_deleted": true}).into(),
                json!({"kind": "app_password", "application_object_id": "past"}).into(),
            ],
            ..bench.new_lease(&target, &secret)
        })
        .await;
    let ids = [live.as_str(), keeping.as_str(), "lse_nonsense", "'"];
    let found = bench.store.lease_standings(ids).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[live.as_str()],
        LeaseStanding {
            state: LeaseState::Active,
            ended_at: None,
            keeps_deleted: false
        }
    );
    assert!(found[keeping.as_str()].keeps_deleted && found[keeping.as_str()].state == LeaseState::Generating);
    let applications = bench
        .store
        .applications_of_target(&target.target.id)
        .await
        .unwrap();
    assert_eq!(applications, [APPLICATION, "past"]);
    assert_eq!(
        bench
            .store
            .applications_of_target(&unknown_target())
            .await
            .unwrap(),
        Vec::<String>::new()
    );
}
