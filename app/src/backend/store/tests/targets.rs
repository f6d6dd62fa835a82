use super::*;

#[tokio::test]
async fn a_target_is_kept_whole() {
    let bench = Bench::new().await;
    assert!(!bench.store.holds_sealed().await.unwrap());
    let target = bench.target("contoso").await;
    assert!(bench.store.holds_sealed().await.unwrap());
    assert_eq!(
        bench.store.target_by_name(&name("contoso")).await.unwrap(),
        Some(target.clone())
    );
    assert_eq!(
        bench.store.target_by_id(&target.target.id).await.unwrap(),
        Some(target.clone())
    );
    assert_eq!(bench.store.target_by_name(&name("other")).await.unwrap(), None);
    assert_eq!(bench.store.target_by_id(&unknown_target()).await.unwrap(), None);
    assert_eq!(bench.verbs().await, ["target.create"]);
    assert!(!format!("{target:?}").contains("sealed"));
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let bench = Bench::new().await;
    let mut target = bench.target("contoso").await;
    target.target.id = unknown_target();
    let taken = bench.store.insert_target(&target, event("target.create")).await;
    assert!(
        matches!(taken, Err(StoreError::Taken { what: "target name" })),
        "{taken:?}"
    );
    assert_eq!(
        bench.verbs().await,
        ["target.create"],
        "what did not happen is not told"
    );
}

#[tokio::test]
async fn a_change_counts_and_an_outdated_one_is_refused() {
    let bench = Bench::new().await;
    let mut target = bench.target("contoso").await;
    target.sealed_credential = vec![9];
    target.target.updated_at = at(5);
    let changed = bench
        .store
        .update_target(&target, event("target.update"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((changed.version, changed.sealed_credential.clone()), (2, vec![9]));
    assert_eq!(changed.target.updated_at, at(5));
    assert_eq!(
        bench
            .store
            .update_target(&target, event("target.update"))
            .await
            .unwrap(),
        None
    );
    target.target.id = unknown_target();
    assert_eq!(
        bench
            .store
            .update_target(&target, event("target.update"))
            .await
            .unwrap(),
        None
    );
    assert_eq!(bench.verbs().await, ["target.create", "target.update"]);
}

#[tokio::test]
async fn lists_come_in_pieces() {
    let bench = Bench::new().await;
    for text in ["b", "a", "c"] {
        bench.target(text).await;
    }
    let first = bench.store.list_targets(limit(2), None).await.unwrap();
    let names = |items: &[Target]| {
        items
            .iter()
            .map(|target| target.name.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&first.items), ["a", "b"]);
    // What is added before the cursor does not move it.
    bench.target("aa").await;
    let second = bench
        .store
        .list_targets(limit(2), first.next.as_deref())
        .await
        .unwrap();
    assert_eq!((names(&second.items), second.next), (vec!["c".to_owned()], None));
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let bench = Bench::new().await;
    for text in ["a", "b"] {
        bench.target(text).await;
    }
    let cursor = bench
        .store
        .list_targets(limit(1), None)
        .await
        .unwrap()
        .next
        .unwrap();
    let filter = SecretFilter::default();
    for bad in [cursor.as_str(), "", "%", "YQ", "dGFyZ2V0czo"] {
        let refused = bench.store.list_secrets(&filter, limit(1), Some(bad)).await;
        assert!(
            matches!(refused, Err(StoreError::BadCursor)),
            "{bad}: {refused:?}"
        );
    }
    let refused = bench.store.list_targets(limit(1), Some("dGFyZ2V0czo")).await;
    assert!(
        matches!(refused, Err(StoreError::BadCursor)),
        "an empty key: {refused:?}"
    );
    let refused = bench
        .store
        .list_leases(&LeaseFilter::default(), limit(1), Some(&cursor))
        .await;
    assert!(matches!(refused, Err(StoreError::BadCursor)));
    let refused = bench.store.list_audit(limit(1), Some(&cursor)).await;
    assert!(matches!(refused, Err(StoreError::BadCursor)));
}

#[tokio::test]
async fn the_audit_comes_in_pieces() {
    let bench = Bench::new().await;
    for verb in ["a", "b", "c"] {
        bench.store.record(event(verb).with("n", 1)).await.unwrap();
    }
    let first = bench.store.list_audit(limit(2), None).await.unwrap();
    let verbs: Vec<_> = first.items.iter().map(|row| row.event.verb.as_str()).collect();
    assert_eq!(verbs, ["c", "b"]);
    assert_eq!(first.items[0].event, event("c").with("n", 1));
    let second = bench
        .store
        .list_audit(limit(2), first.next.as_deref())
        .await
        .unwrap();
    assert_eq!((second.items.len(), second.next), (1, None));
}
