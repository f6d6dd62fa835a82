use super::*;
use crate::domain::{EndCause, GrantState, Lease, LeaseState};

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

async fn target_of(bench: &Bench) -> TargetId {
    let target = bench.store.target_by_name(&name("contoso")).await.unwrap();
    target.unwrap().target.id
}

async fn claim_due(bench: &Bench, seconds: i64, limit: u32) -> Vec<ClaimedLease> {
    let target = target_of(bench).await;
    bench
        .store
        .claim_due(&target, at(seconds), HOLD, limit)
        .await
        .unwrap()
}

async fn claim(bench: &Bench, id: &LeaseId, seconds: i64) -> Option<ClaimedLease> {
    let claimed = bench
        .store
        .claim(std::slice::from_ref(id), at(seconds), HOLD)
        .await;
    claimed.unwrap().pop()
}

async fn read(bench: &Bench, id: &LeaseId) -> Lease {
    bench.store.lease(id).await.unwrap().unwrap()
}

#[tokio::test]
async fn time_up_sends_a_lease_to_be_taken_back() {
    let bench = Bench::new().await;
    let (first, second) = two_leases(&bench).await;
    let expire = |seconds: i64| bench.store.expire_due(at(seconds), 10);
    assert_eq!(expire(599).await.unwrap(), 0);
    assert_eq!(expire(600).await.unwrap(), 1);
    assert_eq!(expire(600).await.unwrap(), 0, "once");
    let lease = read(&bench, &first).await;
    assert_eq!(
        (lease.state, lease.end_cause, lease.next_attempt_at),
        (LeaseState::Revoking, Some(EndCause::Expired), Some(at(600)))
    );
    bench.end(&first).await;
    assert_eq!(read(&bench, &first).await.state, LeaseState::Expired);
    assert_eq!(expire(9000).await.unwrap(), 1);
    bench.end(&second).await;
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
    assert_eq!(bench.store.expire_due(at(1000), 1).await.unwrap(), 1);
    assert_eq!(read(&bench, &first).await.state, LeaseState::Revoking);
    assert_eq!(bench.store.expire_due(at(1001), 1).await.unwrap(), 1);
    assert_eq!(read(&bench, &second).await.state, LeaseState::Revoking);
    let claimed = claim_due(&bench, 1001, 1).await;
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].id, first);
}

#[tokio::test]
async fn a_claim_counts_and_falls_due_again() {
    let bench = Bench::new().await;
    let id = revoking(&bench).await;
    let target = target_of(&bench).await;
    assert_eq!(bench.store.due_targets(at(99)).await.unwrap(), []);
    assert_eq!(
        bench.store.due_targets(at(100)).await.unwrap(),
        std::slice::from_ref(&target)
    );
    assert!(claim_due(&bench, 99, 10).await.is_empty(), "not due yet");
    let elsewhere = bench.store.claim_due(&unknown_target(), at(100), HOLD, 10).await;
    assert!(elsewhere.unwrap().is_empty());
    let claimed = claim_due(&bench, 100, 10).await;
    let [claimed] = claimed.as_slice() else {
        panic!("{claimed:?}")
    };
    assert_eq!((&claimed.id, claimed.attempts_made), (&id, 1));
    assert_eq!(
        (&claimed.target_id, &claimed.end_cause),
        (&target, &EndCause::Revoked("user:ana".to_owned()))
    );
    assert_eq!(read(&bench, &id).await.next_attempt_at, Some(at(220)));
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
    assert!(claim_due(&bench, 219, 10).await.is_empty(), "it is held");
    // Whoever held it died: it falls due by itself.
    assert_eq!(claim_due(&bench, 220, 10).await[0].attempts_made, 2);
}

#[tokio::test]
async fn a_lease_can_be_claimed_out_of_turn() {
    let bench = Bench::new().await;
    let id = revoking(&bench).await;
    let claimed = claim(&bench, &id, 50).await.unwrap();
    assert_eq!((claimed.attempts_made, claimed.grants.len()), (1, 2));
    assert_eq!(read(&bench, &id).await.next_attempt_at, Some(at(170)));
    bench.end(&id).await;
    assert!(claim(&bench, &id, 9000).await.is_none(), "it has ended");
    assert!(claim(&bench, &unknown_lease(), 0).await.is_none());
    let all = bench
        .store
        .list_leases(&LeaseFilter::default(), Limit::MAX, None)
        .await;
    let all = all.unwrap().items;
    let active = all
        .iter()
        .find(|lease| lease.state == LeaseState::Active)
        .unwrap();
    assert!(claim(&bench, &active.id, 0).await.is_none());
}

#[tokio::test]
async fn failures_add_up_to_attention() {
    let bench = Bench::new().await;
    let id = revoking(&bench).await;
    let failed = |seconds: i64| Next::Failed {
        why: "é".repeat(600),
        at: at(seconds),
    };
    let mut now = 100;
    for failures in 1..=3 {
        let claimed = claim_due(&bench, now, 10).await.pop().unwrap();
        assert!(
            !read(&bench, &id).await.needs_attention,
            "an attempt under way has not failed"
        );
        assert_eq!(claimed.attempts_made, failures);
        now += 10;
        bench.settle(&id, &[], failed(now), now).await;
    }
    let lease = read(&bench, &id).await;
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
        let all = bench.store.list_leases(&troubled, Limit::MAX, None).await;
        all.unwrap().items
    };
    assert_eq!(list().await, [read(&bench, &id).await]);
    bench.end(&id).await;
    assert!(!read(&bench, &id).await.needs_attention);
    assert_eq!(bench.store.lease_counts().await.unwrap().needs_attention, 0);
    assert_eq!(list().await, []);
    bench.settle(&id, &[], failed(9000), 9000).await;
    assert!(read(&bench, &id).await.next_attempt_at.is_none(), "too late");
}

#[tokio::test]
async fn another_look_is_no_attempt_and_what_was_seen_is_kept() {
    let bench = Bench::new().await;
    let id = revoking(&bench).await;
    claim(&bench, &id, 100).await.unwrap();
    for (absent_for, seconds) in [
        (0, 101),
        (4_000, 105),
        (34_000, 3_705),
        (34_000, 105),
        (39_000, 110),
    ] {
        let settlement = Settlement {
            lease: id.clone(),
            undone: Vec::new(),
            removed: vec![0],
            absent: vec![1],
            calls: Vec::new(),
            next: Next::Later {
                why: "not seen to be gone yet".to_owned(),
                at: at(105),
            },
        };
        bench.store.settle(vec![settlement], at(seconds)).await.unwrap();
        let grants = bench.store.lease_record(&id).await.unwrap().unwrap().grants;
        assert_eq!(
            (grants[0].removed_at, grants[0].looked_at),
            (Some(at(101)), None),
            "when it was removed first"
        );
        assert_eq!(
            (grants[1].absent_for_millis, grants[1].looked_at),
            (absent_for, Some(at(seconds))),
            "a clock that jumps counts for little"
        );
    }
    let lease = read(&bench, &id).await;
    assert_eq!((lease.attempts_made, lease.next_attempt_at), (0, Some(at(105))));
    assert_eq!(lease.last_error.as_deref(), Some("not seen to be gone yet"));
}

#[tokio::test]
async fn what_waits_for_a_target_is_put_off_with_the_reason() {
    let bench = Bench::new().await;
    let id = revoking(&bench).await;
    let target = target_of(&bench).await;
    let hold = |seconds: i64, until: i64| bench.store.hold_due(&target, "no answer", at(seconds), at(until));
    assert_eq!(hold(99, 130).await.unwrap(), 0, "nothing is due");
    assert_eq!(hold(100, 130).await.unwrap(), 1);
    let lease = read(&bench, &id).await;
    assert_eq!(
        (
            lease.last_error.as_deref(),
            lease.next_attempt_at,
            lease.attempts_made
        ),
        (Some("no answer"), Some(at(130)), 0)
    );
    bench.store.all_due(at(110)).await.unwrap();
    assert_eq!(read(&bench, &id).await.next_attempt_at, Some(at(110)));
    bench.store.all_due(at(120)).await.unwrap();
    assert_eq!(
        read(&bench, &id).await.next_attempt_at,
        Some(at(110)),
        "what is overdue stays first"
    );
}

#[tokio::test]
async fn a_lease_that_could_not_be_issued_keeps_why_and_what_is_not_there() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/x").await;
    let id = bench.lease(&target, &secret).await;
    let abort = Abort {
        lease: id.clone(),
        why: "x".repeat(600),
        absent: vec![1],
        calls: Vec::new(),
    };
    bench
        .store
        .abort(abort, at(5), event("lease.revoke"))
        .await
        .unwrap();
    let record = bench.store.lease_record(&id).await.unwrap().unwrap();
    assert_eq!(
        (record.lease.state, record.lease.last_error),
        (LeaseState::Revoking, Some("x".repeat(500)))
    );
    let states: Vec<_> = record.grants.iter().map(|grant| grant.state).collect();
    assert_eq!(states, [GrantState::Planned, GrantState::Undone]);
    assert_eq!(
        bench.store.unended(std::slice::from_ref(&id)).await.unwrap(),
        std::slice::from_ref(&id)
    );
    bench.finish(&id, &[0], 9).await;
    assert_eq!(read(&bench, &id).await.state, LeaseState::Failed);
    assert_eq!(bench.store.unended(&[id]).await.unwrap(), []);
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
