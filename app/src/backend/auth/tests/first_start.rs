use super::*;

#[tokio::test]
async fn an_empty_database_gets_an_administrator_once() {
    let bench = Bench::empty().await;
    let made = bench.auth.first_start(None, None).await.unwrap();
    let FirstStart::Created {
        generated_password: Some(password),
    } = &made
    else {
        panic!("{made:?}")
    };
    assert_eq!(password.expose().len(), 23);
    assert!(!format!("{made:?}").contains(password.expose()));
    let (identity, _) = bench.sign_in("admin", password.expose()).await.unwrap();
    assert_eq!(identity, administrator(IdentityKind::User, "user:admin", "admin"));

    let again = bench
        .auth
        .first_start(Some(text("other")), Some(text("short")))
        .await
        .unwrap();
    assert!(
        matches!(again, FirstStart::Existing),
        "what is given later is not looked at"
    );
    assert!(matches!(
        bench.sign_in("admin", "other").await,
        Err(AuthError::WrongCredentials)
    ));
}

#[tokio::test]
async fn two_first_starts_make_one_administrator() {
    let bench = Bench::empty().await;
    let starts = join_all((0..3).map(|_| bench.auth.first_start(None, None))).await;
    let made = starts
        .iter()
        .filter(|start| matches!(start, Ok(FirstStart::Created { .. })))
        .count();
    assert_eq!(made, 1, "{starts:?}");
    assert!(starts.iter().all(Result::is_ok), "{starts:?}");
}

#[tokio::test]
async fn bad_settings_are_refused_and_make_nothing() {
    let bench = Bench::empty().await;
    for (password, token, hint) in [
        (
            None,
            Some(&TOKEN[1..]),
            "it has 31 characters and needs at least 32",
        ),
        (Some(""), None, "it is empty"),
    ] {
        let refused = bench
            .auth
            .first_start(password.map(text), token.map(text))
            .await
            .unwrap_err();
        assert!(refused.to_string().contains(hint), "{refused}");
        assert!(!refused.to_string().contains(&TOKEN[1..]), "{refused}");
        assert_eq!(ApiError::from(refused).code, ErrorCode::Invalid);
    }
    assert!(!bench.store.has_accounts().await.unwrap());
}
