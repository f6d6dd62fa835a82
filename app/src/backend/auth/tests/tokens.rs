use super::*;

#[tokio::test]
async fn the_bootstrap_token_is_an_administrator() {
    let bench = Bench::new().await;
    let identity = bench.auth.by_bearer(&text(TOKEN)).await.unwrap();
    assert_eq!(
        identity,
        Some(administrator(IdentityKind::Token, "token:bootstrap", "bootstrap"))
    );
    for other in ["", "0123456789abcdef0123456789abcdeF", PASSWORD] {
        assert_eq!(bench.auth.by_bearer(&text(other)).await.unwrap(), None);
    }
    let bench = Bench::empty().await;
    bench.auth.first_start(None, None).await.unwrap();
    assert_eq!(bench.auth.by_bearer(&text(TOKEN)).await.unwrap(), None);
}

#[tokio::test]
async fn a_token_ends() {
    let bench = Bench::empty().await;
    let token = |id: &str, expires_at, revoked_at| StoredToken {
        id: format!("token:{id}"),
        name: id.to_owned(),
        token_hash: token_hash(id),
        role: Role::Auditor,
        scope: FolderPath::parse("/prod").unwrap(),
        created_at: start(),
        expires_at,
        revoked_at,
    };
    let user = StoredUser {
        id: "user:admin".to_owned(),
        name: "admin".to_owned(),
        password_hash: "unreadable".to_owned(),
        role: Role::Auditor,
        created_at: start(),
    };
    let ending = FirstAccounts {
        user,
        token: Some(token("ending", Some(start().plus_millis(1000)), None)),
    };
    bench
        .store
        .insert_first_accounts(ending, AuditEvent::new(start(), "x", "x", "x"))
        .await
        .unwrap();
    let identity = bench.auth.by_bearer(&text("ending")).await.unwrap().unwrap();
    assert_eq!((identity.role, identity.scope.as_str()), (Role::Auditor, "/prod"));
    bench.hand.advance_millis(999);
    assert!(bench.auth.by_bearer(&text("ending")).await.unwrap().is_some());
    bench.hand.advance_millis(1);
    assert_eq!(bench.auth.by_bearer(&text("ending")).await.unwrap(), None);

    // A hash that can't be read is a fault of ours, not a wrong password.
    let fault = bench.sign_in("admin", PASSWORD).await.unwrap_err();
    assert!(matches!(&fault, AuthError::Hash(_)), "{fault}");
    assert_eq!(ApiError::from(fault).code, ErrorCode::Internal);

    let bench = Bench::empty().await;
    let revoked = FirstAccounts {
        user: StoredUser {
            id: "user:a".into(),
            name: "a".into(),
            password_hash: String::new(),
            role: Role::Auditor,
            created_at: start(),
        },
        token: Some(token("revoked", None, Some(start()))),
    };
    bench
        .store
        .insert_first_accounts(revoked, AuditEvent::new(start(), "x", "x", "x"))
        .await
        .unwrap();
    assert_eq!(bench.auth.by_bearer(&text("revoked")).await.unwrap(), None);
}

/// FIPS 180-2, appendix B.1.
#[test]
fn the_token_hash_is_sha_256() {
    let hash = token_hash("abc");
    assert_eq!(hash[..4], [0xba, 0x78, 0x16, 0xbf]);
    assert_eq!(
        (hash.len(), hash[28..].to_vec()),
        (32, vec![0xf2, 0x00, 0x15, 0xad])
    );
}
