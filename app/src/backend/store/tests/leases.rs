use futures::future::join_all;

use super::*;
use crate::domain::{EndCause, GrantState, Lease, LeaseState};

async fn read(bench: &Bench, id: &LeaseId) -> Lease {
    bench.store.lease(id).await.unwrap().unwrap()
}

fn revoked() -> EndCause {
    EndCause::Revoked("user:ana".to_owned())
}

#[tokio::test]
async fn a_lease_is_written_down_before_anything_else() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/x").await;
    let new = bench.new_lease(&target, &secret);
    let id = bench.begin(new.clone()).await;

    let record = bench.store.lease_record(&id).await.unwrap().unwrap();
    let lease = &record.lease;
    assert_eq!(
        (&lease.id, &lease.secret, &lease.secret_id),
        (&new.id, &new.secret_path, &new.secret_id)
    );
    assert_eq!(
        (lease.kind, &lease.target, &lease.holder),
        (new.kind, &new.target_name, &new.holder)
    );
    assert_eq!(
        (lease.state, &lease.reason, &lease.identity),
        (LeaseState::Generating, &new.reason, &new.identity)
    );
    assert_eq!(
        (lease.created_at, lease.expires_at),
        (new.created_at, new.expires_at)
    );
    assert_eq!(
        (lease.max_expires_at, lease.entra_ends_at),
        (new.max_expires_at, new.entra_ends_at)
    );
    assert_eq!(
        (lease.issued_at, lease.ended_at, lease.next_attempt_at),
        (None, None, None)
    );
    assert_eq!(
        (lease.renewals, lease.attempts_made, lease.needs_attention),
        (0, 0, false)
    );
    assert_eq!(
        record.grants.iter().map(|grant| &grant.plan).collect::<Vec<_>>(),
        new.grants.iter().map(|grant| &grant.plan).collect::<Vec<_>>()
    );
    assert!(
        record
            .grants
            .iter()
            .all(|grant| grant.state == GrantState::Planned)
    );
    assert_eq!(record.attempts, []);
    let secret = bench.store.secret_by_id(&secret.id).await.unwrap().unwrap();
    assert_eq!(secret.last_used_at, Some(at(0)));
    assert_eq!(
        bench.verbs().await.last().map(String::as_str),
        Some("lease.generate")
    );
    assert_eq!(bench.store.lease(&unknown_lease()).await.unwrap(), None);
    assert_eq!(bench.store.lease_record(&unknown_lease()).await.unwrap(), None);
}

#[tokio::test]
async fn two_requests_of_one_id_give_one_lease() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/x").await;
    let leases: Vec<_> = (0..10)
        .map(|_| NewLease {
            request_id: Some("r1".to_owned()),
            ..bench.new_lease(&target, &secret)
        })
        .collect();
    let begun = join_all(
        leases
            .iter()
            .map(|lease| bench.store.begin_lease(lease.clone(), event("lease.generate"))),
    )
    .await;
    let begun: Vec<_> = begun.into_iter().map(Result::unwrap).collect();
    let winner = begun.iter().position(|begin| *begin == Begin::Begun).unwrap();
    for (number, begin) in begun.iter().enumerate().filter(|(number, _)| *number != winner) {
        assert_eq!(*begin, Begin::Repeated(leases[winner].id.clone()), "{number}");
    }
    let known = bench.store.lease_by_request("user:ana", "r1").await.unwrap();
    assert_eq!(known.as_ref(), Some(&leases[winner].id));
    assert_eq!(bench.store.lease_by_request("user:bo", "r1").await.unwrap(), None);

    // Another holder's request of that id is another request.
    let other = NewLease {
        holder: "user:bo".to_owned(),
        request_id: Some("r1".to_owned()),
        ..bench.new_lease(&target, &secret)
    };
    bench.begin(other).await;
    assert_eq!(
        bench
            .verbs()
            .await
            .iter()
            .filter(|verb| *verb == "lease.generate")
            .count(),
        2
    );
}

#[tokio::test]
async fn an_item_that_went_gives_no_lease() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let fabrikam = bench.target("fabrikam").await;
    let secret = bench.secret(&target, "/prod/x").await;
    let moved = bench.new_lease(&fabrikam, &secret);
    assert_eq!(
        bench
            .store
            .begin_lease(moved, event("lease.generate"))
            .await
            .unwrap(),
        Begin::ItemGone
    );
    bench
        .store
        .delete_secret(&secret.path, LiveLeases::Refuse, at(0), event("secret.delete"))
        .await
        .unwrap();
    let new = bench.new_lease(&target, &secret);
    let id = new.id.clone();
    assert_eq!(
        bench
            .store
            .begin_lease(new, event("lease.generate"))
            .await
            .unwrap(),
        Begin::ItemGone
    );
    assert_eq!(bench.store.lease(&id).await.unwrap(), None);
}

#[tokio::test]
async fn grants_are_stamped_one_by_one() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/x").await;
    let id = bench.lease(&target, &secret).await;
    let store = &bench.store;
    let told = |applied, active| Progressed { applied, active };
    assert_eq!(
        bench.progress(&id, &[(0, "key-1")], false, 1).await,
        told(true, false)
    );
    assert_eq!(
        bench.progress(&id, &[(0, "key-2")], false, 2).await,
        told(false, false),
        "twice"
    );
    assert_eq!(
        bench.progress(&id, &[(7, "key-7")], false, 2).await,
        told(false, false),
        "no such grant"
    );
    assert_eq!(
        bench.progress(&id, &[], true, 2).await,
        told(true, false),
        "one is not applied"
    );
    let put_off = Next::PutOff { at: at(9) };
    bench.settle(&id, &[0], put_off, 2).await;
    let grants = store.lease_record(&id).await.unwrap().unwrap().grants;
    assert_eq!(grants[0].state, GrantState::Applied, "it is not being taken back");
    assert_eq!(
        bench.progress(&id, &[(1, "key-3")], true, 3).await,
        told(true, true)
    );
    assert_eq!(
        bench.progress(&id, &[], true, 4).await,
        told(true, false),
        "twice"
    );

    let record = store.lease_record(&id).await.unwrap().unwrap();
    assert_eq!(
        (record.lease.state, record.lease.issued_at),
        (LeaseState::Active, Some(at(3)))
    );
    assert_eq!(
        (record.grants[0].entra_id.as_deref(), record.grants[0].applied_at),
        (Some("key-1"), Some(at(1)))
    );
    assert_eq!(
        (record.grants[1].entra_id.as_deref(), record.grants[1].state),
        (Some("key-3"), GrantState::Applied)
    );

    store
        .start_revoking(&id, &revoked(), at(5), event("lease.revoke"))
        .await
        .unwrap()
        .unwrap();
    let state = || async { read(&bench, &id).await.state };
    bench.finish(&id, &[], 6).await;
    assert_eq!(state().await, LeaseState::Revoking, "grants are left");
    bench.finish(&id, &[1], 6).await;
    assert_eq!(state().await, LeaseState::Revoking, "one is left");
    let progress = bench.progress(&id, &[(1, "key-4")], false, 7).await;
    assert!(!progress.applied, "it stays undone");
    bench.finish(&id, &[0], 9).await;
    bench.settle(&id, &[], Next::PutOff { at: at(99) }, 10).await;
    let lease = read(&bench, &id).await;
    assert_eq!(
        (lease.state, lease.ended_at, lease.next_attempt_at),
        (LeaseState::Revoked, Some(at(9)), None)
    );
    assert_eq!(
        bench.verbs().await[2..],
        ["lease.generate", "lease.revoke", "lease.end"]
    );
}

#[tokio::test]
async fn a_planned_grant_of_a_failed_lease_is_undone_too() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/x").await;
    for (cause, state) in [
        (EndCause::Failed, LeaseState::Failed),
        (EndCause::Unseen, LeaseState::Revoked),
        (EndCause::Expired, LeaseState::Expired),
    ] {
        let id = bench.lease(&target, &secret).await;
        let revoking = bench
            .store
            .start_revoking(&id, &cause, at(5), event("lease.revoke"))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (revoking.state, revoking.end_cause, revoking.next_attempt_at),
            (LeaseState::Revoking, Some(cause), Some(at(5)))
        );
        let progress = bench
            .progress(&id, &[(0, "entra-id"), (1, "entra-id")], true, 6)
            .await;
        assert!(progress.applied && !progress.active, "it does not come back");
        bench.end(&id).await;
        assert_eq!(read(&bench, &id).await.state, state);
    }
}

#[tokio::test]
async fn what_is_ending_or_has_ended_does_not_begin_to_end_again() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/x").await;
    let id = bench.active(&target, &secret).await;
    let revoke = |cause: EndCause| {
        let (store, id) = (bench.store.clone(), id.clone());
        async move {
            store
                .start_revoking(&id, &cause, at(5), event("lease.revoke"))
                .await
                .unwrap()
        }
    };
    assert!(revoke(revoked()).await.is_some());
    assert!(revoke(EndCause::Expired).await.is_none());
    assert_eq!(
        read(&bench, &id).await.end_cause,
        Some(revoked()),
        "the first cause stands"
    );
    bench.end(&id).await;
    assert!(revoke(EndCause::Expired).await.is_none());
    assert!(
        bench
            .store
            .start_revoking(&unknown_lease(), &revoked(), at(5), event("lease.revoke"))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(
        bench
            .verbs()
            .await
            .iter()
            .filter(|verb| *verb == "lease.revoke")
            .count(),
        1
    );
}
