use super::*;
use crate::domain::FolderPath;

fn folder(text: &str) -> FolderPath {
    FolderPath::parse(text).unwrap()
}

#[tokio::test]
async fn an_item_is_kept_whole() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let id = bench.entropy.secret_id(at(0));
    let names = BTreeMap::from([(APPLICATION.to_owned(), "Billing".to_owned())]);
    let new = NewDynamicSecret {
        description: "for the nightly run".to_owned(),
        tags: vec!["night".to_owned()],
        delete_protection: true,
        ..new_secret("/prod/x")
    };
    let made = bench
        .store
        .insert_secret(
            &id,
            &new,
            &target.target.id,
            &names,
            at(3),
            event("secret.create"),
        )
        .await
        .unwrap();
    assert_eq!(
        (&made.id, &made.path, &made.target, &made.spec),
        (&id, &new.path, &target.target.name, &new.spec)
    );
    assert_eq!((made.default_ttl, made.max_ttl), (new.default_ttl, new.max_ttl));
    assert_eq!(
        (&made.description, &made.tags, &made.names),
        (&new.description, &new.tags, &names)
    );
    assert_eq!(
        (made.delete_protection, made.live_leases, made.last_used_at),
        (true, 0, None)
    );
    assert_eq!((made.created_at, made.updated_at), (at(3), at(3)));
    assert_eq!(
        bench.store.secret_by_path(&new.path).await.unwrap(),
        Some(made.clone())
    );
    assert_eq!(bench.store.secret_by_id(&id).await.unwrap(), Some(made));
    assert_eq!(bench.store.secret_by_path(&path("/none")).await.unwrap(), None);
    assert_eq!(bench.store.secret_by_id(&unknown_secret()).await.unwrap(), None);
}

#[tokio::test]
async fn a_path_is_taken_once_and_a_target_must_be_there() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    bench.secret(&target, "/prod/x").await;
    let other = bench.secret(&target, "/prod/y").await;
    let new = new_secret("/prod/x");
    let insert = |target: &TargetId, new: &NewDynamicSecret| {
        let (target, new) = (target.clone(), new.clone());
        let store = bench.store.clone();
        async move {
            store
                .insert_secret(
                    &unknown_secret(),
                    &new,
                    &target,
                    &BTreeMap::new(),
                    at(0),
                    event("secret.create"),
                )
                .await
        }
    };
    let taken = insert(&target.target.id, &new).await;
    assert!(
        matches!(taken, Err(StoreError::Taken { what: "item path" })),
        "{taken:?}"
    );
    let gone = insert(&unknown_target(), &new_secret("/prod/z")).await;
    assert!(
        matches!(gone, Err(StoreError::Gone { what: "target" })),
        "{gone:?}"
    );

    let update = |id: &SecretId, new: &NewDynamicSecret, target: &TargetId| {
        let (id, new, target, store) = (id.clone(), new.clone(), target.clone(), bench.store.clone());
        async move {
            store
                .update_secret(
                    &id,
                    &new,
                    &target,
                    &BTreeMap::new(),
                    at(5),
                    event("secret.update"),
                )
                .await
        }
    };
    let taken = update(&other.id, &new, &target.target.id).await;
    assert!(
        matches!(taken, Err(StoreError::Taken { what: "item path" })),
        "{taken:?}"
    );
    let gone = update(&other.id, &new_secret("/prod/z"), &unknown_target()).await;
    assert!(
        matches!(gone, Err(StoreError::Gone { what: "target" })),
        "{gone:?}"
    );
    assert_eq!(
        update(&unknown_secret(), &new_secret("/n"), &target.target.id)
            .await
            .unwrap(),
        None
    );
    let moved = update(&other.id, &new_secret("/prod/z"), &target.target.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (moved.id, moved.path, moved.updated_at),
        (other.id, path("/prod/z"), at(5))
    );
    assert_eq!(
        bench.verbs().await.last().map(String::as_str),
        Some("secret.update")
    );
}

#[tokio::test]
async fn lists_are_by_path_and_filtered() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let fabrikam = bench.target("fabrikam").await;
    for text in ["/prod/eu/a", "/prod/b", "/product/c", "/prod.x/d", "/e"] {
        bench.secret(&target, text).await;
    }
    bench.secret(&fabrikam, "/prod/f").await;
    bench
        .tamper("UPDATE secrets SET description = 'The Nightly run' WHERE path = '/e'")
        .await;
    bench
        .tamper(
            "UPDATE secrets SET tags = '[\"Größe\"]', names = '{\"id\":\"Billing\"}' WHERE path = '/prod/b'",
        )
        .await;

    let list = |filter: SecretFilter| {
        let store = bench.store.clone();
        async move {
            let page = store.list_secrets(&filter, Limit::MAX, None).await.unwrap();
            page.items
                .into_iter()
                .map(|secret| secret.path.to_string())
                .collect::<Vec<_>>()
        }
    };
    let all = [
        "/e",
        "/prod.x/d",
        "/prod/b",
        "/prod/eu/a",
        "/prod/f",
        "/product/c",
    ];
    assert_eq!(list(SecretFilter::default()).await, all);
    let in_folder = |text: &str| SecretFilter {
        folder: Some(folder(text)),
        ..SecretFilter::default()
    };
    assert_eq!(list(in_folder("/")).await, all);
    assert_eq!(
        list(in_folder("/prod")).await,
        ["/prod/b", "/prod/eu/a", "/prod/f"]
    );
    assert_eq!(list(in_folder("/prod/eu")).await, ["/prod/eu/a"]);
    assert!(list(in_folder("/none")).await.is_empty());
    let with = |text: &str| SecretFilter {
        query: Some(text.to_owned()),
        ..SecretFilter::default()
    };
    assert_eq!(list(with("nightly")).await, ["/e"]);
    assert_eq!(list(with("PRODUCT")).await, ["/product/c"]);
    assert_eq!(list(with("größe")).await, ["/prod/b"]);
    assert_eq!(list(with("bill")).await, ["/prod/b"]);
    assert!(list(with("%")).await.is_empty(), "nothing in it is a pattern");
    let of = |kind| SecretFilter {
        kind: Some(kind),
        ..SecretFilter::default()
    };
    assert_eq!(list(of(Kind::AppSecret)).await.len(), 6);
    assert!(list(of(Kind::PortalUser)).await.is_empty());
    let on = SecretFilter {
        target: Some(name("fabrikam")),
        ..SecretFilter::default()
    };
    assert_eq!(list(on).await, ["/prod/f"]);
}

#[tokio::test]
async fn a_list_is_walked_whatever_happens_meanwhile() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    for number in 0..7 {
        bench.secret(&target, &format!("/prod/i{number}")).await;
    }
    let filter = SecretFilter {
        folder: Some(folder("/prod")),
        ..SecretFilter::default()
    };
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = bench
            .store
            .list_secrets(&filter, limit(3), after.as_deref())
            .await
            .unwrap();
        seen.extend(page.items.iter().map(|secret| secret.path.to_string()));
        // The row that the cursor names is deleted: the next piece begins where it stood.
        let last = page.items.last().unwrap().path.clone();
        bench
            .store
            .delete_secret(&last, LiveLeases::Refuse, at(0), event("secret.delete"))
            .await
            .unwrap();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(
        seen,
        (0..7)
            .map(|number| format!("/prod/i{number}"))
            .collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn folders_count_what_is_below() {
    let bench = Bench::new().await;
    let empty = bench.store.folders().await.unwrap();
    assert_eq!(
        empty,
        [crate::domain::Folder {
            path: FolderPath::root(),
            items: 0
        }]
    );
    let target = bench.target("contoso").await;
    for text in ["/top", "/prod/a", "/prod/eu/b", "/prod/eu/c"] {
        bench.secret(&target, text).await;
    }
    let folders = bench.store.folders().await.unwrap();
    let folders: Vec<_> = folders
        .iter()
        .map(|folder| (folder.path.as_str(), folder.items))
        .collect();
    assert_eq!(folders, [("/", 4), ("/prod", 3), ("/prod/eu", 2)]);
}
