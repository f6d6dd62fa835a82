use super::*;

#[tokio::test]
async fn a_refusal_does_not_say_what_was_wrong() {
    let bench = Bench::new().await;
    let wrong = bench.sign_in("admin", "wrong").await.unwrap_err();
    let nobody = bench.sign_in("hunter2", PASSWORD).await.unwrap_err();
    let refusal = ApiError::from(wrong);
    assert_eq!(refusal, ApiError::from(nobody));
    assert_eq!(
        (refusal.code, refusal.status()),
        (ErrorCode::Unauthenticated, 401)
    );
    let events = bench.events().await;
    let told = |object: &str| {
        (
            "anonymous".to_owned(),
            "session.sign-in-refused".to_owned(),
            object.to_owned(),
        )
    };
    assert_eq!(
        events[1..],
        [told("user:admin"), told("an unknown user")],
        "a name nobody bears is not recorded"
    );
}

#[tokio::test]
async fn odd_passwords_are_refused_like_others() {
    let bench = Bench::new().await;
    let endless = PASSWORD.repeat(100_000);
    for password in ["", "correct horse battery staple ", "\0", &endless] {
        assert!(matches!(
            bench.sign_in("admin", password).await,
            Err(AuthError::WrongCredentials)
        ));
        bench.hand.advance_seconds(60);
    }
    assert!(matches!(
        bench.sign_in("", PASSWORD).await,
        Err(AuthError::WrongCredentials)
    ));
}

#[test]
fn nobody_costs_as_much_as_somebody() {
    let parameters = |hash: &str| hash.rsplitn(3, '$').last().map(str::to_owned);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let passwords = Passwords::new(Entropy::seeded(1));
    let real = runtime
        .block_on(passwords.hash(passwords.place().unwrap(), text(PASSWORD)))
        .unwrap();
    assert_eq!(parameters(&real), parameters(NOBODY));
    let lengths = |hash: &str| hash.split('$').map(str::len).collect::<Vec<_>>();
    assert_eq!(lengths(&real), lengths(NOBODY), "salt and hash are as long");
    let nobody = passwords.verify(passwords.place().unwrap(), text(PASSWORD), None);
    assert!(
        !runtime.block_on(nobody).unwrap(),
        "and the hash is one that can be checked"
    );
    let right = passwords.verify(passwords.place().unwrap(), text(PASSWORD), Some(real));
    assert!(runtime.block_on(right).unwrap());
}

#[tokio::test]
async fn after_five_failures_a_name_waits() {
    let bench = Bench::new().await;
    for _ in 0..5 {
        assert!(matches!(
            bench.sign_in("admin", "wrong").await,
            Err(AuthError::WrongCredentials)
        ));
        bench.hand.advance_seconds(2);
    }
    let refused = ApiError::from(bench.sign_in("admin", PASSWORD).await.unwrap_err());
    assert_eq!((refused.status(), refused.retry_after), (429, Some(50.0)));
    bench.hand.advance_millis(49_999);
    assert!(bench.sign_in("admin", PASSWORD).await.is_err());
    assert!(
        matches!(
            bench.sign_in("other", "wrong").await,
            Err(AuthError::WrongCredentials)
        ),
        "others do not wait"
    );
    bench.hand.advance_millis(1);
    bench.sign_in("admin", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn success_forgets_the_failures() {
    let bench = Bench::new().await;
    for _ in 0..2 {
        for _ in 0..4 {
            assert!(matches!(
                bench.sign_in("admin", "wrong").await,
                Err(AuthError::WrongCredentials)
            ));
        }
        bench.sign_in("admin", PASSWORD).await.unwrap();
    }
}

#[tokio::test]
async fn many_attempts_at_once_are_no_way_around() {
    let bench = Bench::new().await;
    let attempts = join_all((0..20).map(|_| bench.sign_in("admin", "wrong"))).await;
    let hashed = attempts
        .iter()
        .filter(|attempt| matches!(attempt, Err(AuthError::WrongCredentials)))
        .count();
    assert_eq!(hashed, 5);
}

#[tokio::test]
async fn too_many_who_wait_are_told_to_come_back() {
    let bench = Bench::new().await;
    let places: Vec<_> = (0..32).map(|_| bench.auth.passwords.place().unwrap()).collect();
    let refused = ApiError::from(bench.sign_in("admin", PASSWORD).await.unwrap_err());
    assert_eq!(
        (refused.code, refused.retry_after),
        (ErrorCode::RateLimited, Some(1.0))
    );
    drop(places);
    bench.sign_in("admin", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_closed_store_is_a_fault_and_not_a_refusal() {
    let bench = Bench::new().await;
    bench.store.close().await;
    let fault = bench.sign_in("admin", PASSWORD).await.unwrap_err();
    assert!(
        matches!(&fault, AuthError::Store(StoreError::Unavailable(_))),
        "{fault}"
    );
    assert_eq!(ApiError::from(fault).code, ErrorCode::Internal);
    assert!(
        bench.auth.by_session(&text("x")).await.is_err() && bench.auth.by_bearer(&text("x")).await.is_err()
    );
}
