use super::*;
use crate::domain::{Attempt, EndCause};

fn revoked() -> EndCause {
    EndCause::Revoked("user:ana".to_owned())
}

async fn read(bench: &Bench, id: &LeaseId) -> crate::domain::Lease {
    bench.store.lease(id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_renewal_moves_the_end_up_to_the_latest() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/x").await;
    let id = bench.active(&target, &secret).await;
    let renew = |ttl: &str, now: i64| {
        let (store, id, ttl) = (bench.store.clone(), id.clone(), Ttl::parse(ttl).unwrap());
        async move {
            store
                .renew_for(&id, ttl, at(now), event("lease.renew"))
                .await
                .unwrap()
        }
    };
    // It ends at 600 and at the latest at 3600.
    assert_eq!(
        renew("1m", 100).await.unwrap().expires_at,
        at(600),
        "never earlier"
    );
    let renewed = renew("20m", 100).await.unwrap();
    assert_eq!((renewed.expires_at, renewed.renewals), (at(1300), 2));
    assert_eq!(renewed, read(&bench, &id).await);
    assert_eq!(
        renewed.renewed_end(at(1299), Ttl::MAX).unwrap(),
        at(3600),
        "the domain says the same"
    );
    assert_eq!(renew("365d", 1299).await.unwrap().expires_at, at(3600));
    assert_eq!(renew("1h", 1300).await, None, "nothing is left");
    let events = bench.store.list_audit(limit(1), None).await.unwrap();
    assert_eq!(
        events.items[0].event.detail,
        json!({"expires_at": at(3600).to_string()})
    );

    let id = bench.active(&target, &secret).await;
    let renew = |now: i64| {
        bench
            .store
            .renew_for(&id, Ttl::MIN, at(now), event("lease.renew"))
    };
    assert_eq!(renew(600).await.unwrap(), None, "its time is up");
    assert!(renew(599).await.unwrap().is_some());
    bench
        .store
        .start_revoking(&id, &revoked(), at(5), event("lease.revoke"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(renew(599).await.unwrap(), None, "it is being taken back");
    let id = bench.lease(&target, &secret).await;
    assert_eq!(
        bench
            .store
            .renew_for(&id, Ttl::MIN, at(5), event("lease.renew"))
            .await
            .unwrap(),
        None,
        "not issued yet"
    );
}

#[tokio::test]
async fn calls_are_kept_and_the_oldest_dropped() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/x").await;
    let id = bench.lease(&target, &secret).await;
    let other = bench.lease(&target, &secret).await;
    let attempt = |number: i64| Attempt {
        at: at(number),
        step: "POST /applications/{id}/addPassword".to_owned(),
        outcome: "ok".to_owned(),
        status: Some(200),
        request_id: None,
        millis: 12,
    };
    let report = |lease: &LeaseId, calls: Vec<Attempt>| {
        let progress = Progress {
            lease: lease.clone(),
            applied: Vec::new(),
            calls,
            activate: false,
            at: at(1),
        };
        let store = bench.store.clone();
        async move { store.progress(progress).await }
    };
    report(&other, vec![attempt(0)]).await.unwrap();
    report(&id, (0..150).map(attempt).collect()).await.unwrap();
    report(&id, (150..250).map(attempt).collect()).await.unwrap();
    let kept = bench.store.lease_record(&id).await.unwrap().unwrap().attempts;
    assert_eq!(kept, (50..250).map(attempt).collect::<Vec<_>>());
    assert_eq!(
        bench
            .store
            .lease_record(&other)
            .await
            .unwrap()
            .unwrap()
            .attempts
            .len(),
        1
    );
    let refused = report(&unknown_lease(), vec![attempt(0)]).await;
    assert!(matches!(refused, Err(StoreError::Database(_))), "{refused:?}");
}

#[tokio::test]
async fn live_leases_are_told_by_item_and_target() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/x").await;
    let other = bench.secret(&target, "/prod/y").await;
    let mut ids = [
        bench.lease(&target, &secret).await,
        bench.active(&target, &secret).await,
        bench.active(&target, &secret).await,
    ];
    bench
        .store
        .start_revoking(&ids[2], &revoked(), at(5), event("lease.revoke"))
        .await
        .unwrap();
    let ended = bench.lease(&target, &secret).await;
    bench
        .store
        .start_revoking(&ended, &EndCause::Failed, at(5), event("lease.revoke"))
        .await
        .unwrap();
    bench.end(&ended).await;
    ids.sort();
    assert_eq!(bench.store.live_leases_of_secret(&secret.id).await.unwrap(), ids);
    assert_eq!(
        bench
            .store
            .live_leases_of_target(&target.target.id)
            .await
            .unwrap(),
        ids
    );
    assert_eq!(bench.store.live_leases_of_secret(&other.id).await.unwrap(), []);
    assert_eq!(
        bench
            .store
            .live_leases_of_target(&unknown_target())
            .await
            .unwrap(),
        []
    );
}
