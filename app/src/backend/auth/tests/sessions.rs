use super::*;

#[tokio::test]
async fn people_sign_in_and_out() {
    let bench = Bench::new().await;
    let (identity, token) = bench.sign_in("admin", PASSWORD).await.unwrap();
    assert_eq!(identity, administrator(IdentityKind::User, "user:admin", "admin"));
    assert_eq!(token.expose().len(), 43);
    assert!(!format!("{token:?}").contains(token.expose()));
    assert_eq!(bench.auth.by_session(&token).await.unwrap(), Some(identity));
    assert_eq!(
        bench.auth.by_bearer(&token).await.unwrap(),
        None,
        "a session is no API token"
    );
    assert_eq!(
        bench.auth.by_session(&text(TOKEN)).await.unwrap(),
        None,
        "an API token is no session"
    );
    assert_ne!(bench.session().await, token, "each session has its own token");

    assert!(bench.auth.sign_out(&token).await.unwrap());
    assert!(!bench.auth.sign_out(&token).await.unwrap());
    assert_eq!(bench.auth.by_session(&token).await.unwrap(), None);
    let verbs: Vec<_> = bench
        .events()
        .await
        .into_iter()
        .map(|(_, verb, _)| verb)
        .collect();
    assert_eq!(
        verbs,
        [
            "account.create",
            "session.sign-in",
            "session.sign-in",
            "session.sign-out"
        ]
    );
}

#[tokio::test]
async fn an_unused_session_ends_after_eight_hours() {
    let bench = Bench::new().await;
    let token = bench.session().await;
    bench.hand.advance_seconds(8 * 3600 - 1);
    assert!(bench.auth.by_session(&token).await.unwrap().is_some());
    bench.hand.advance_seconds(8 * 3600 - 1);
    assert!(
        bench.auth.by_session(&token).await.unwrap().is_some(),
        "its use was recorded"
    );
    bench.hand.advance_seconds(8 * 3600);
    assert!(bench.auth.by_session(&token).await.unwrap().is_none());
}

#[tokio::test]
async fn a_used_session_ends_after_a_day() {
    let bench = Bench::new().await;
    let token = bench.session().await;
    for _ in 0..23 {
        bench.hand.advance_seconds(3600);
        assert!(bench.auth.by_session(&token).await.unwrap().is_some());
    }
    bench.hand.advance_seconds(3599);
    assert!(bench.auth.by_session(&token).await.unwrap().is_some());
    bench.hand.advance_seconds(1);
    assert!(bench.auth.by_session(&token).await.unwrap().is_none());
}

#[tokio::test]
async fn use_is_recorded_once_a_minute() {
    let bench = Bench::new().await;
    let token = bench.session().await;
    let hash = token_hash(token.expose());
    let last_seen = || async { bench.store.session(&hash).await.unwrap().unwrap().last_seen_at };
    bench.hand.advance_seconds(59);
    bench.auth.by_session(&token).await.unwrap().unwrap();
    assert_eq!(last_seen().await, start());
    bench.hand.advance_seconds(1);
    bench.auth.by_session(&token).await.unwrap().unwrap();
    assert_eq!(last_seen().await, start().plus_millis(60_000));
}
