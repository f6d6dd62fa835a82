//! The writer: what it commits together, and what it says when it can't.

use std::sync::Arc;

use futures::future::join_all;
use tokio::sync::{Notify, Semaphore};

use super::*;

fn put(store: &Store, key: String) -> impl Future<Output = Result<(), StoreError>> + '_ {
    store.write(move |connection| {
        Box::pin(async move {
            sqlx::query("INSERT INTO meta (key, value) VALUES (?1, '')")
                .bind(key)
                .execute(connection)
                .await?;
            Ok(())
        })
    })
}

async fn keys(store: &Store) -> i64 {
    sqlx::query_scalar("SELECT COUNT(*) FROM meta WHERE key LIKE 'key%'")
        .fetch_one(store.readers())
        .await
        .unwrap()
}

/// Holds the writer until told, so that whatever is asked meanwhile stands waiting and is taken as one batch.
async fn hold(store: &Store) -> Arc<Notify> {
    let go = Arc::new(Notify::new());
    let begun = Arc::new(Semaphore::new(0));
    let (store, told, beginning) = (store.clone(), go.clone(), begun.clone());
    let tasks = tokio_util::task::TaskTracker::new();
    tasks.spawn(async move {
        store
            .write(move |_| {
                Box::pin(async move {
                    beginning.add_permits(1);
                    told.notified().await;
                    Ok(())
                })
            })
            .await
            .unwrap();
    });
    begun.acquire().await.unwrap().forget();
    go
}

#[tokio::test]
async fn many_writers_and_one_that_fails_among_them() {
    let bench = Bench::new().await;
    let store = &bench.store;
    put(store, "key7".to_owned()).await.unwrap();
    let go = hold(store).await;
    // Number 7 is taken: it alone fails.
    let writes = join_all((0..200).map(|number| put(store, format!("key{number}"))));
    let (results, ()) = futures::join!(writes, async { go.notify_one() });
    for (number, result) in results.iter().enumerate() {
        assert_eq!(result.is_err(), number == 7, "{number}: {result:?}");
    }
    assert_eq!(keys(store).await, 200);
}

#[tokio::test]
async fn a_failed_job_leaves_nothing_of_itself() {
    let bench = Bench::new().await;
    let half = bench.store.write(|connection| {
        Box::pin(async move {
            sqlx::query("INSERT INTO meta (key, value) VALUES ('key', '')")
                .execute(connection)
                .await?;
            Err::<(), _>(StoreError::BadCursor)
        })
    });
    assert!(matches!(half.await, Err(StoreError::BadCursor)));
    assert_eq!(keys(&bench.store).await, 0);
}

#[tokio::test]
async fn a_job_that_panics_fails_alone() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let go = hold(store).await;
    let panics = store.write(|connection| {
        Box::pin(async move {
            sqlx::query("INSERT INTO meta (key, value) VALUES ('key-half', '')")
                .execute(connection)
                .await?;
            panic!("on purpose");
            #[expect(unreachable_code, reason = "it gives the job its type")]
            Ok(())
        })
    });
    let (panicked, kept, ()) =
        futures::join!(panics, put(store, "key".to_owned()), async { go.notify_one() });
    assert!(
        matches!(panicked, Err(StoreError::Unavailable(_))),
        "{panicked:?}"
    );
    kept.unwrap();
    assert_eq!(keys(store).await, 1);
    put(store, "key2".to_owned()).await.unwrap();
}

#[tokio::test]
async fn a_change_is_made_though_its_caller_has_gone() {
    let bench = Bench::new().await;
    let go = hold(&bench.store).await;
    {
        let mut gone = Box::pin(put(&bench.store, "key".to_owned()));
        assert!(futures::poll!(&mut gone).is_pending());
    }
    go.notify_one();
    bench.store.writable().await.unwrap();
    assert_eq!(keys(&bench.store).await, 1);
}

#[tokio::test]
async fn closing_commits_what_waits_and_takes_no_more() {
    let bench = Bench::new().await;
    let store = bench.store.clone();
    let go = hold(&store).await;
    let waiting = join_all((0..20).map(|number| put(&store, format!("key{number}"))));
    let close = async {
        go.notify_one();
        store.close().await;
    };
    let (results, ()) = futures::join!(waiting, close);
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert!(matches!(store.writable().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(
        store.due_targets(at(0)).await,
        Err(StoreError::Unavailable(_))
    ));
    store.close().await;
    let bench = bench.restart().await;
    assert_eq!(keys(&bench.store).await, 20);
}

#[tokio::test]
async fn a_full_database_is_unavailable_until_there_is_room() {
    let bench = Bench::new().await;
    let store = &bench.store;
    bench.tamper("PRAGMA max_page_count = 1").await;
    let go = hold(store).await;
    let large = |number: usize| put(store, format!("key{number}{}", "x".repeat(100_000)));
    let (results, ()) = futures::join!(join_all((0..5).map(large)), async { go.notify_one() });
    for result in results {
        assert!(
            matches!(&result, Err(StoreError::Unavailable(why)) if why.contains("full")),
            "{result:?}"
        );
    }
    assert_eq!(keys(store).await, 0);
    bench.tamper("PRAGMA max_page_count = 100000").await;
    store.writable().await.unwrap();
    large(0).await.unwrap();
}

#[tokio::test]
async fn a_read_only_database_is_unavailable() {
    let bench = Bench::new().await;
    bench.store.writable().await.unwrap();
    bench.tamper("PRAGMA query_only = on").await;
    let refused = bench.store.writable().await;
    assert!(
        matches!(&refused, Err(StoreError::Unavailable(why)) if why.contains("read-only")),
        "{refused:?}"
    );
    let bench = bench.restart().await;
    bench.store.writable().await.unwrap();
}
