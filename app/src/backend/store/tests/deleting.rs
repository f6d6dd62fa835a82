use super::super::deleting::look;
use super::*;
use crate::domain::{Deletion, DeletionState, EndCause, FolderPath, LeaseState};

fn revoke() -> LiveLeases {
    LiveLeases::Revoke { by: "ana".to_owned() }
}

fn folder(text: &str) -> FolderPath {
    FolderPath::parse(text).unwrap()
}

impl Bench {
    async fn delete(&self, text: &str, live: LiveLeases) -> DeleteSecret {
        let event = AuditEvent::new(at(9), "user:ana", "secret.delete", text);
        self.store
            .delete_secret(&path(text), live, at(9), event)
            .await
            .unwrap()
    }

    async fn delete_folder(&self, text: &str, live: LiveLeases) -> DeleteFolder {
        let event = AuditEvent::new(at(9), "user:ana", "secret.delete", text);
        self.store
            .delete_folder(&folder(text), live, at(9), event)
            .await
            .unwrap()
    }

    async fn delete_target(&self, text: &str, live: LiveLeases) -> DeleteTarget {
        let event = AuditEvent::new(at(9), "user:ana", "target.delete", text);
        self.store
            .delete_target(&name(text), live, at(9), event)
            .await
            .unwrap()
    }

    /// Gives an item another target, or another path.
    async fn save(
        &self,
        secret: &DynamicSecret,
        text: &str,
        target: &TargetId,
    ) -> Result<Option<DynamicSecret>, StoreError> {
        let (new, names) = (new_secret(text), BTreeMap::new());
        let event = event("secret.update");
        self.store
            .update_secret(&secret.id, &new, target, &names, at(10), event)
            .await
    }

    async fn complete(&self) -> Completed {
        self.store.complete_deletions(at(99)).await.unwrap()
    }

    async fn state(&self, id: &LeaseId) -> LeaseState {
        self.store.lease(id).await.unwrap().unwrap().state
    }
}

fn failed(why: &str, seconds: i64) -> Next {
    Next::Failed {
        why: why.to_owned(),
        at: at(seconds),
    }
}

#[tokio::test]
async fn deletion_is_refused_where_it_must_be() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/x").await;
    let lease = bench.active(&target, &secret).await;
    bench.tamper("UPDATE secrets SET delete_protection = 1").await;
    assert_eq!(bench.delete("/prod/x", revoke()).await, DeleteSecret::Protected);
    bench.tamper("UPDATE secrets SET delete_protection = 0").await;
    assert_eq!(
        bench.delete("/prod/x", LiveLeases::Refuse).await,
        DeleteSecret::HasLiveLeases(1)
    );
    assert_eq!(bench.delete("/none", revoke()).await, DeleteSecret::NotFound);
    assert_eq!(bench.state(&lease).await, LeaseState::Active);
    assert!(!bench.verbs().await.contains(&"secret.delete".to_owned()));
    assert_eq!(bench.complete().await, Completed::default());
}

#[tokio::test]
async fn an_item_goes_with_its_last_lease() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/x").await;
    let (active, generating) = (
        bench.active(&target, &secret).await,
        bench.lease(&target, &secret).await,
    );
    let mut both = vec![active.clone(), generating.clone()];
    both.sort();
    assert_eq!(
        bench.delete("/prod/x", revoke()).await,
        DeleteSecret::Deleting {
            id: secret.id.clone(),
            revoking: both
        }
    );
    let lease = bench.store.lease(&active).await.unwrap().unwrap();
    assert_eq!(
        (lease.state, lease.end_cause, lease.next_attempt_at),
        (
            LeaseState::Revoking,
            Some(EndCause::Revoked("ana".to_owned())),
            Some(at(9))
        )
    );
    let marked = bench.store.secret_by_id(&secret.id).await.unwrap().unwrap();
    assert_eq!((marked.deleting_at, marked.live_leases), (Some(at(9)), 2));
    let verbs = bench.verbs().await;
    assert_eq!(
        verbs[verbs.len() - 3..],
        ["secret.delete", "lease.revoke", "lease.revoke"]
    );

    // Asked again, with or without its leases, the answer is the same, and the next attempt comes sooner.
    bench.settle(&active, &[], failed("down", 500), 400).await;
    for live in [LiveLeases::Refuse, revoke()] {
        let again = bench.delete("/prod/x", live).await;
        assert_eq!(
            again,
            DeleteSecret::Deleting {
                id: secret.id.clone(),
                revoking: vec![]
            }
        );
    }
    let lease = bench.store.lease(&active).await.unwrap().unwrap();
    assert_eq!(lease.next_attempt_at, Some(at(9)));
    assert_eq!(bench.verbs().await, verbs);

    let what = Deleting::Items(vec![secret.id.clone()]);
    let waiting = Completed {
        waiting: true,
        ..Completed::default()
    };
    assert_eq!(bench.complete().await, waiting);
    bench.end(&active).await;
    assert_eq!(bench.complete().await, waiting);
    assert_eq!(
        bench.store.deletion(&what).await.unwrap(),
        Deletion {
            state: DeletionState::Deleting,
            items_left: 1,
            leases_left: 1,
            needs_attention: 0,
            last_error: None
        }
    );
    // The last one is given up, by a process that did not begin with it.
    for _ in 0..3 {
        bench.settle(&generating, &[], failed("refused", 20), 20).await;
    }
    let stuck = bench.store.deletion(&what).await.unwrap();
    assert_eq!(
        (stuck.needs_attention, stuck.last_error.as_deref()),
        (1, Some("refused"))
    );
    let bench = bench.restart().await;
    assert_eq!(bench.complete().await, waiting);
    bench.end(&generating).await;
    let done = bench.complete().await;
    assert_eq!((done.items, done.waiting), (vec![path("/prod/x")], false));
    assert_eq!(bench.store.deletion(&what).await.unwrap(), Deletion::done());
    assert_eq!(bench.store.secret_by_id(&secret.id).await.unwrap(), None);
    assert_eq!(
        bench.verbs().await.last().map(String::as_str),
        Some("secret.deleted")
    );
    assert_eq!(bench.complete().await, Completed::default());
    assert_eq!(bench.state(&active).await, LeaseState::Revoked);
}

#[tokio::test]
async fn an_item_that_goes_gives_no_lease_and_is_not_changed() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/x").await;
    bench.active(&target, &secret).await;
    // Both read the item before; whoever writes first wins, and nothing is left without its item.
    let late = bench.new_lease(&target, &secret);
    bench.delete("/prod/x", revoke()).await;
    let begun = bench
        .store
        .begin_lease(late, event("lease.generate"))
        .await
        .unwrap();
    assert_eq!(begun, Begin::ItemGone);
    let changed = bench.save(&secret, "/elsewhere", &target.target.id).await;
    assert_eq!(changed.unwrap(), None);
}

#[tokio::test]
async fn generate_and_delete_at_once_never_leave_a_lease_without_its_item() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    for round in 0..20 {
        let text = format!("/prod/x{round}");
        let secret = bench.secret(&target, &text).await;
        let lease = bench.new_lease(&target, &secret);
        let id = lease.id.clone();
        let begin = bench.store.begin_lease(lease, event("lease.generate"));
        let delete = bench.delete(&text, revoke());
        let (outcome, deleted) = if round % 2 == 0 {
            tokio::join!(begin, delete)
        } else {
            let (deleted, outcome) = tokio::join!(delete, begin);
            (outcome, deleted)
        };
        match outcome.unwrap() {
            Begin::Begun => {
                let revoking = vec![id.clone()];
                assert_eq!(
                    deleted,
                    DeleteSecret::Deleting {
                        id: secret.id,
                        revoking
                    }
                );
                assert_eq!(bench.state(&id).await, LeaseState::Revoking);
            }
            Begin::ItemGone => {
                assert_eq!(deleted, DeleteSecret::Deleted);
                assert_eq!(bench.store.lease(&id).await.unwrap(), None);
            }
            other @ Begin::Repeated(_) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_folder_goes_whole_or_not_at_all() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let mut leased = Vec::new();
    for number in 0..7 {
        let secret = bench.secret(&target, &format!("/prod/eu/i{number}")).await;
        leased.push((bench.active(&target, &secret).await, secret));
    }
    for text in ["/prod/idle", "/product/x", "/prod.x/y"] {
        bench.secret(&target, text).await;
    }
    let all = |bench: &Bench| {
        let store = bench.store.clone();
        async move {
            let page = store
                .list_secrets(&SecretFilter::default(), Limit::MAX, None)
                .await;
            page.unwrap().items.len()
        }
    };
    let named = |count: u64, texts: &[&str]| Blocked {
        items: count,
        named: texts.iter().map(|text| path(text)).collect(),
    };
    let five = [
        "/prod/eu/i0",
        "/prod/eu/i1",
        "/prod/eu/i2",
        "/prod/eu/i3",
        "/prod/eu/i4",
    ];
    assert_eq!(bench.delete_folder("/none", revoke()).await, DeleteFolder::Empty);
    assert_eq!(
        bench.delete_folder("/prod", LiveLeases::Refuse).await,
        DeleteFolder::Refused {
            protected: Blocked::default(),
            in_use: named(7, &five),
            leases: 7
        }
    );
    bench
        .tamper("UPDATE secrets SET delete_protection = 1 WHERE path = '/prod/idle'")
        .await;
    assert_eq!(
        bench.delete_folder("/prod", revoke()).await,
        DeleteFolder::Refused {
            protected: named(1, &["/prod/idle"]),
            in_use: Blocked::default(),
            leases: 0
        }
    );
    assert_eq!(all(&bench).await, 10);
    assert_eq!(bench.state(&leased[0].0).await, LeaseState::Active);
    assert!(!bench.verbs().await.contains(&"secret.delete".to_owned()));

    bench.tamper("UPDATE secrets SET delete_protection = 0").await;
    // One is on its way already, and keeps nothing.
    bench.delete("/prod/eu/i6", revoke()).await;
    let marked: Vec<_> = leased.iter().map(|(_, secret)| secret.id.clone()).collect();
    assert_eq!(
        bench.delete_folder("/prod", revoke()).await,
        DeleteFolder::Begun {
            marked: marked.clone()
        }
    );
    assert_eq!(all(&bench).await, 9, "what no lease needs is gone at once");
    let what = Deleting::Items(marked);
    let left = bench.store.deletion(&what).await.unwrap();
    assert_eq!((left.items_left, left.leases_left), (7, 7));
    for (lease, _) in &leased {
        bench.end(lease).await;
    }
    assert_eq!(bench.complete().await.items.len(), 7);
    assert!(bench.store.deletion(&what).await.unwrap().is_done());
    assert_eq!(all(&bench).await, 2, "its namesakes stay");
    assert_eq!(bench.delete_folder("/prod", revoke()).await, DeleteFolder::Empty);
}

#[tokio::test]
async fn a_target_goes_with_the_last_lease_on_it() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let elsewhere = bench.target("fabrikam").await;
    let secret = bench.secret(&target, "/prod/x").await;
    let moved = bench.secret(&target, "/prod/moved").await;
    let (first, second) = (
        bench.active(&target, &secret).await,
        bench.active(&target, &moved).await,
    );
    assert_eq!(
        bench.delete_target("contoso", revoke()).await,
        DeleteTarget::HasItems(2, vec![path("/prod/moved"), path("/prod/x")])
    );
    // One item is deleted, the other moves away: their leases still need the target.
    bench.delete("/prod/x", revoke()).await;
    bench.end(&first).await;
    assert_eq!(bench.complete().await.items, [path("/prod/x")]);
    let update = bench.save(&moved, "/prod/moved", &elsewhere.target.id).await;
    assert!(update.unwrap().is_some());
    let id = &target.target.id;
    assert_eq!(bench.store.count_live_leases(id).await.unwrap(), 1);
    assert_eq!(
        bench.delete_target("contoso", LiveLeases::Refuse).await,
        DeleteTarget::HasLiveLeases(1)
    );
    assert_eq!(bench.state(&second).await, LeaseState::Active);
    assert_eq!(
        bench.delete_target("contoso", revoke()).await,
        DeleteTarget::Deleting {
            id: id.clone(),
            revoking: vec![second.clone()]
        }
    );
    assert_eq!(
        bench.delete_target("contoso", LiveLeases::Refuse).await,
        DeleteTarget::Deleting {
            id: id.clone(),
            revoking: vec![]
        }
    );
    // It takes no item, and its credential can still be replaced.
    let (new, names) = (new_secret("/prod/new"), BTreeMap::new());
    let (unknown, create) = (unknown_secret(), event("secret.create"));
    let insert = bench
        .store
        .insert_secret(&unknown, &new, id, &names, at(11), create)
        .await;
    assert!(matches!(insert, Err(StoreError::Gone { what: "target" })));
    let back = bench.save(&moved, "/prod/moved", id).await;
    assert!(matches!(back, Err(StoreError::Gone { what: "target" })));
    let stored = bench.store.target_by_id(id).await.unwrap().unwrap();
    assert_eq!(stored.target.deleting_at, Some(at(9)));
    let stored = bench
        .store
        .update_target(&stored, event("target.update"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.target.deleting_at, Some(at(9)));
    let listed = bench.store.list_targets(limit(9), None).await.unwrap().items;
    assert_eq!((listed[0].live_leases, listed[1].live_leases), (1, 0));

    let what = Deleting::Target(id.clone());
    let left = bench.store.deletion(&what).await.unwrap();
    assert_eq!((left.items_left, left.leases_left, left.is_done()), (0, 1, false));
    assert!(bench.complete().await.waiting);
    bench.end(&second).await;
    assert_eq!(bench.complete().await.targets, std::slice::from_ref(id));
    assert!(bench.store.deletion(&what).await.unwrap().is_done());
    assert_eq!(
        bench.delete_target("contoso", revoke()).await,
        DeleteTarget::NotFound
    );
    assert_eq!(
        bench.verbs().await.last().map(String::as_str),
        Some("target.deleted")
    );
    assert!(
        bench.store.lease(&second).await.unwrap().is_some(),
        "the lease outlives its target"
    );
    let name = name("fabrikam");
    bench.delete("/prod/moved", LiveLeases::Refuse).await;
    assert_eq!(
        bench.delete_target(name.as_str(), LiveLeases::Refuse).await,
        DeleteTarget::Deleted
    );
}

#[tokio::test]
async fn looking_for_deletions_walks_nothing_but_them() {
    let bench = Bench::new().await;
    let (statement, indexes) = look();
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let rows = sqlx::query(explain)
        .fetch_all(bench.store.readers())
        .await
        .unwrap();
    let steps: Vec<String> = rows.iter().map(|row| sqlx::Row::get(row, "detail")).collect();
    let plan = steps.join("; ");
    for index in indexes {
        assert!(plan.contains(index), "{index}: {plan}");
    }
    assert!(
        steps.iter().all(|step| !step.starts_with("SCAN")
            || step.contains("being_deleted")
            || step.contains("CONSTANT ROW")),
        "{plan}"
    );
}
