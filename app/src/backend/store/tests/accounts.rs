use super::*;
use crate::domain::{FolderPath, Role};

fn first() -> FirstAccounts {
    FirstAccounts {
        user: StoredUser {
            id: "user:admin".to_owned(),
            name: "admin".to_owned(),
            password_hash: "$argon2id$…".to_owned(),
            role: Role::Administrator,
            created_at: at(0),
        },
        token: Some(StoredToken {
            id: "token:bootstrap".to_owned(),
            name: "bootstrap".to_owned(),
            token_hash: vec![7; 32],
            role: Role::Auditor,
            scope: FolderPath::parse("/prod").unwrap(),
            created_at: at(0),
            expires_at: Some(at(60)),
            revoked_at: None,
        }),
    }
}

fn session(hash: u8, end: i64) -> NewSession {
    NewSession {
        token_hash: vec![hash; 32],
        user_id: "user:admin".to_owned(),
        created_at: at(0),
        expires_at: at(end),
    }
}

#[tokio::test]
async fn the_first_accounts_are_made_once() {
    let bench = Bench::new().await;
    assert!(!bench.store.has_accounts().await.unwrap());
    assert!(
        bench
            .store
            .insert_first_accounts(first(), event("first"))
            .await
            .unwrap()
    );
    assert!(bench.store.has_accounts().await.unwrap());
    assert!(
        !bench
            .store
            .insert_first_accounts(first(), event("first"))
            .await
            .unwrap()
    );
    assert_eq!(bench.verbs().await, ["first"]);

    assert_eq!(
        bench.store.user_by_name("admin").await.unwrap(),
        Some(first().user)
    );
    assert_eq!(bench.store.user_by_name("Admin").await.unwrap(), None);
    assert_eq!(bench.store.token_by_hash(&[7; 32]).await.unwrap(), first().token);
    assert_eq!(bench.store.token_by_hash(&[8; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn sessions_come_and_go() {
    let bench = Bench::new().await;
    bench
        .store
        .insert_first_accounts(first(), event("first"))
        .await
        .unwrap();
    bench
        .store
        .insert_session(session(1, 60), event("in"))
        .await
        .unwrap();
    let found = bench.store.session(&[1; 32]).await.unwrap().unwrap();
    assert_eq!(
        (found.user.id.as_str(), found.last_seen_at, found.expires_at),
        ("user:admin", at(0), at(60))
    );
    bench.store.touch_session(&[1; 32], at(30)).await.unwrap();
    bench.store.touch_session(&[1; 32], at(20)).await.unwrap();
    assert_eq!(
        bench.store.session(&[1; 32]).await.unwrap().unwrap().last_seen_at,
        at(30)
    );

    let later = NewSession {
        created_at: at(60),
        ..session(2, 120)
    };
    bench.store.insert_session(later, event("in")).await.unwrap();
    assert_eq!(
        bench.store.session(&[1; 32]).await.unwrap(),
        None,
        "an ended session is forgotten"
    );
    assert!(bench.store.delete_session(&[2; 32], event("out")).await.unwrap());
    assert!(!bench.store.delete_session(&[2; 32], event("out")).await.unwrap());
    assert_eq!(bench.verbs().await, ["first", "in", "in", "out"]);
}

#[test]
fn hashes_are_not_shown() {
    let shown = format!("{:?} {:?}", first(), session(7, 1));
    assert!(!shown.contains("argon2") && !shown.contains("[7"), "{shown}");
}
