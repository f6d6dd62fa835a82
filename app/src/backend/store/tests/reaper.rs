use super::*;
use crate::domain::{EndCause, GrantState, LeaseState};

const HOLD: i64 = 120_000;

async fn two_leases(bench: &Bench) -> (LeaseId, LeaseId) {
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/x").await;
    let first = bench.active(&target, &secret).await;
    let later = NewLease {
        expires_at: at(900),
        ..bench.new_lease(&target, &secret)
    };
    let second = bench.begin(later).await;
    bench.make_active(&second).await;
    (first, second)
}

async fn revoking(bench: &Bench) -> LeaseId {
    let (id, _) = two_leases(bench).await;
    let cause = EndCause::Revoked("user:ana".to_owned());
    bench
        .store
        .start_revoking(&id, &cause, at(100), event("lease.revoke"))
        .await
        .unwrap()
        .unwrap();
    id
}

#[tokio::test]
async fn time_up_sends_a_lease_to_be_taken_back() {
    let bench = Bench::new().await;
    let (first, second) = two_leases(&bench).await;
    assert_eq!(bench.store.next_due().await.unwrap(), Some(at(600)));
    assert_eq!(bench.store.expire_due(at(599), 10).await.unwrap(), []);
    assert_eq!(
        bench.store.expire_due(at(600), 10).await.unwrap(),
        std::slice::from_ref(&first)
    );
    assert_eq!(bench.store.expire_due(at(600), 10).await.unwrap(), [], "once");
    let lease = bench.store.lease(&first).await.unwrap().unwrap();
    assert_eq!(
        (lease.state, lease.end_cause, lease.next_attempt_at),
        (LeaseState::Revoking, Some(EndCause::Expired), Some(at(600)))
    );
    assert_eq!(bench.store.next_due().await.unwrap(), Some(at(600)));
    bench.end(&first).await;
    assert_eq!(
        bench.store.lease(&first).await.unwrap().unwrap().state,
        LeaseState::Expired
    );
    assert_eq!(bench.store.next_due().await.unwrap(), Some(at(900)));
    assert_eq!(
        bench.store.expire_due(at(9000), 10).await.unwrap(),
        std::slice::from_ref(&second)
    );
    bench.end(&second).await;
    assert_eq!(bench.store.next_due().await.unwrap(), None);
    let told = bench.store.list_audit(Limit::MAX, None).await.unwrap().items;
    let told: Vec<_> = told
        .iter()
        .filter(|row| row.event.verb == "lease.expire")
        .collect();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|row| row.event.actor == LEASEHOLD));
}

#[tokio::test]
async fn the_longest_overdue_come_first() {
    let bench = Bench::new().await;
    let (first, second) = two_leases(&bench).await;
    assert_eq!(
        bench.store.expire_due(at(1000), 1).await.unwrap(),
        std::slice::from_ref(&first)
    );
    assert_eq!(bench.store.expire_due(at(1001), 1).await.unwrap(), [second]);
    let claimed = bench.store.claim_due(at(1001), HOLD, 1).await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].lease.id, first);
}

#[tokio::test]
async fn a_claim_counts_and_falls_due_again() {
    let bench = Bench::new().await;
    let id = revoking(&bench).await;
    assert!(
        bench.store.claim_due(at(99), HOLD, 10).await.unwrap().is_empty(),
        "not due yet"
    );
    let claimed = bench.store.claim_due(at(100), HOLD, 10).await.unwrap();
    let [claimed] = claimed.as_slice() else {
        panic!("{claimed:?}")
    };
    assert_eq!((&claimed.lease.id, claimed.lease.attempts_made), (&id, 1));
    assert_eq!(claimed.lease.next_attempt_at, Some(at(220)));
    let target = bench
        .store
        .target_by_name(&name("contoso"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(claimed.target_id, target.target.id);
    assert_eq!(
        claimed.grants.iter().map(|grant| grant.seq).collect::<Vec<_>>(),
        [0, 1]
    );
    assert!(
        claimed
            .grants
            .iter()
            .all(|grant| grant.state == GrantState::Applied && grant.entra_id.as_deref() == Some("entra-id"))
    );
    assert!(
        bench.store.claim_due(at(219), HOLD, 10).await.unwrap().is_empty(),
        "it is held"
    );
    assert_eq!(bench.store.next_due().await.unwrap(), Some(at(220)));
    // Whoever held it died: it falls due by itself.
    assert_eq!(
        bench.store.claim_due(at(220), HOLD, 10).await.unwrap()[0]
            .lease
            .attempts_made,
        2
    );
}

#[tokio::test]
async fn one_lease_can_be_claimed_out_of_turn() {
    let bench = Bench::new().await;
    let id = revoking(&bench).await;
    let claim = |when: Claim, now: i64| bench.store.claim(&id, when, at(now), HOLD);
    assert!(claim(Claim::WhenDue, 99).await.unwrap().is_none());
    let claimed = claim(Claim::WhenDue, 100).await.unwrap().unwrap();
    assert_eq!((claimed.lease.attempts_made, claimed.grants.len()), (1, 2));
    assert!(claim(Claim::WhenDue, 101).await.unwrap().is_none());
    assert_eq!(
        claim(Claim::Now, 101)
            .await
            .unwrap()
            .unwrap()
            .lease
            .next_attempt_at,
        Some(at(221))
    );
    bench.end(&id).await;
    assert!(claim(Claim::Now, 9000).await.unwrap().is_none(), "it has ended");
    assert!(
        bench
            .store
            .claim(&unknown_lease(), Claim::Now, at(0), HOLD)
            .await
            .unwrap()
            .is_none()
    );
    let active = bench
        .store
        .list_leases(&LeaseFilter::default(), Limit::MAX, None)
        .await
        .unwrap();
    let active = active
        .items
        .iter()
        .find(|lease| lease.state == LeaseState::Active)
        .unwrap();
    assert!(
        bench
            .store
            .claim(&active.id, Claim::Now, at(0), HOLD)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn failures_add_up_to_attention() {
    let bench = Bench::new().await;
    let id = revoking(&bench).await;
    let mut now = 100;
    for failures in 1..=3 {
        let claimed = bench
            .store
            .claim(&id, Claim::WhenDue, at(now), HOLD)
            .await
            .unwrap()
            .unwrap();
        assert!(
            !claimed.lease.needs_attention,
            "an attempt under way has not failed"
        );
        assert_eq!(claimed.lease.attempts_made, failures);
        now += 10;
        assert!(
            bench
                .store
                .attempt_failed(&id, &"é".repeat(600), at(now))
                .await
                .unwrap()
        );
    }
    let lease = bench.store.lease(&id).await.unwrap().unwrap();
    assert!(lease.needs_attention);
    assert_eq!(
        (lease.last_error, lease.next_attempt_at),
        (Some("é".repeat(500)), Some(at(130)))
    );
    assert_eq!(bench.store.lease_counts().await.unwrap().needs_attention, 1);
    let troubled = LeaseFilter {
        needs_attention: true,
        ..LeaseFilter::default()
    };
    let list = || async {
        bench
            .store
            .list_leases(&troubled, Limit::MAX, None)
            .await
            .unwrap()
            .items
    };
    assert_eq!(list().await, [bench.store.lease(&id).await.unwrap().unwrap()]);
    bench.end(&id).await;
    assert!(!bench.store.lease(&id).await.unwrap().unwrap().needs_attention);
    assert_eq!(bench.store.lease_counts().await.unwrap().needs_attention, 0);
    assert_eq!(list().await, []);
    assert!(!bench.store.attempt_failed(&id, "late", at(9)).await.unwrap());
    assert!(!bench.store.postpone(&id, "late", at(9)).await.unwrap());
}

#[tokio::test]
async fn a_postponed_attempt_does_not_count() {
    let bench = Bench::new().await;
    let id = revoking(&bench).await;
    bench
        .store
        .claim(&id, Claim::Now, at(100), HOLD)
        .await
        .unwrap()
        .unwrap();
    assert!(
        bench
            .store
            .postpone(&id, "not seen to be gone yet", at(105))
            .await
            .unwrap()
    );
    assert!(
        bench
            .store
            .postpone(&id, "not seen to be gone yet", at(105))
            .await
            .unwrap()
    );
    let lease = bench.store.lease(&id).await.unwrap().unwrap();
    assert_eq!((lease.attempts_made, lease.next_attempt_at), (0, Some(at(105))));
    assert_eq!(lease.last_error.as_deref(), Some("not seen to be gone yet"));
}

#[tokio::test]
async fn what_was_being_issued_is_found_at_start_and_taken_back() {
    let bench = Bench::new().await;
    let (active, _) = two_leases(&bench).await;
    let target = bench
        .store
        .target_by_name(&name("contoso"))
        .await
        .unwrap()
        .unwrap();
    let secret = bench
        .store
        .secret_by_path(&path("/prod/x"))
        .await
        .unwrap()
        .unwrap();
    let id = bench.lease(&target, &secret).await;
    let bench = bench.restart().await;
    assert_eq!(
        bench.store.generating_leases().await.unwrap(),
        std::slice::from_ref(&id)
    );
    let interrupt = |id: &LeaseId| {
        let (store, id) = (bench.store.clone(), id.clone());
        async move {
            store
                .start_revoking(&id, &EndCause::Interrupted, at(50), event("lease.interrupt"))
                .await
                .unwrap()
        }
    };
    let lease = interrupt(&id).await.unwrap();
    assert_eq!(
        (lease.state, lease.next_attempt_at),
        (LeaseState::Revoking, Some(at(50)))
    );
    assert!(interrupt(&id).await.is_none(), "once");
    assert!(interrupt(&active).await.is_none(), "it had become active");
    assert_eq!(bench.store.generating_leases().await.unwrap(), []);
    bench.end(&id).await;
    assert_eq!(
        bench.store.lease(&id).await.unwrap().unwrap().state,
        LeaseState::Failed
    );
    assert_eq!(
        bench.store.lease(&active).await.unwrap().unwrap().state,
        LeaseState::Active
    );
}

#[tokio::test]
async fn an_attempt_can_be_brought_forward() {
    let bench = Bench::new().await;
    let id = revoking(&bench).await;
    bench
        .store
        .claim(&id, Claim::Now, at(100), HOLD)
        .await
        .unwrap()
        .unwrap();
    let due = || async { bench.store.lease(&id).await.unwrap().unwrap().next_attempt_at };
    assert!(bench.store.attempt_now(&id, at(150)).await.unwrap());
    assert_eq!(due().await, Some(at(150)));
    assert!(bench.store.attempt_now(&id, at(160)).await.unwrap());
    assert_eq!(due().await, Some(at(150)), "never later than it was");
    bench.end(&id).await;
    assert!(!bench.store.attempt_now(&id, at(170)).await.unwrap());
}

#[tokio::test]
async fn why_issuing_failed_is_kept() {
    let bench = Bench::new().await;
    let id = revoking(&bench).await;
    bench.store.note_error(&id, &"x".repeat(600)).await.unwrap();
    assert_eq!(
        bench.store.lease(&id).await.unwrap().unwrap().last_error,
        Some("x".repeat(500))
    );
}

#[tokio::test]
async fn the_table_itself_refuses_what_can_not_be() {
    let bench = Bench::new().await;
    two_leases(&bench).await;
    for statement in [
        "UPDATE leases SET state = 'revoked'",
        "UPDATE leases SET state = 'revoking'",
        "UPDATE leases SET state = 'lost'",
        "UPDATE leases SET expires_at = max_expires_at + 1",
        "UPDATE leases SET issued_at = NULL",
        "UPDATE leases SET end_cause = '{}'",
        "UPDATE grants SET state = 'undone'",
        "UPDATE grants SET state = 'applied', applied_at = NULL",
        "DELETE FROM leases",
    ] {
        let refused = bench.store.write(move |connection| {
            Box::pin(async move {
                sqlx::raw_sql(statement).execute(connection).await?;
                Ok(())
            })
        });
        assert!(
            matches!(refused.await, Err(StoreError::Database(_))),
            "{statement}"
        );
    }
}
