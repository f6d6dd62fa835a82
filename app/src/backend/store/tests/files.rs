//! Files, settings, migrations, and what survives a restart.

use std::os::unix::fs::PermissionsExt as _;

use super::super::connect::is_new_enough;
use super::*;

#[tokio::test]
async fn files_are_for_their_owner_only() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("deep/data");
    let store = Store::open(&folder).await.unwrap();
    store.writable().await.unwrap();
    let mode = |name: &str| {
        let file = folder.join(name);
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode(""), 0o700);
    for file in [DATABASE_FILE, "leasehold.db-wal", "leasehold.db-shm"] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
    store.close().await;
    assert!(
        !folder.join("leasehold.db-wal").exists(),
        "a closed database is one file"
    );
}

#[tokio::test]
async fn connections_are_set_as_they_must_be() {
    let bench = Bench::new().await;
    let settings = bench.store.write(|connection| {
        Box::pin(async move {
            let journal: String = sqlx::query_scalar("PRAGMA journal_mode")
                .fetch_one(&mut *connection)
                .await?;
            let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous")
                .fetch_one(&mut *connection)
                .await?;
            let foreign_keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys")
                .fetch_one(connection)
                .await?;
            Ok((journal, synchronous, foreign_keys))
        })
    });
    // 2 is FULL (https://www.sqlite.org/pragma.html#pragma_synchronous).
    assert_eq!(settings.await.unwrap(), ("wal".to_owned(), 2, 1));
    let written = sqlx::query("DELETE FROM meta")
        .execute(bench.store.readers())
        .await;
    assert!(
        matches!(written.map_err(StoreError::from), Err(StoreError::Unavailable(_))),
        "readers only read"
    );
}

#[tokio::test]
async fn sqlite_is_new_enough() {
    let bench = Bench::new().await;
    let version: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(bench.store.readers())
        .await
        .unwrap();
    assert!(is_new_enough(&version), "{version}");
    for (version, enough) in [
        ("3.51.3", true),
        ("3.52.0", true),
        ("4.0.0", true),
        ("3.51.2", false),
        ("3.46.0", false),
        ("", false),
    ] {
        assert_eq!(is_new_enough(version), enough, "{version}");
    }
}

#[tokio::test]
async fn every_table_is_strict() {
    let bench = Bench::new().await;
    let lax: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx_%' AND schema = 'main'",
    )
    .fetch_all(bench.store.readers())
    .await
    .unwrap();
    assert_eq!(lax, Vec::<String>::new());
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let bench = Bench::new().await;
    let instance = bench.store.instance_id(&bench.entropy).await.unwrap();
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/x").await;
    let lease = bench.active(&target, &secret).await;
    let before = bench.store.lease_record(&lease).await.unwrap();
    let verbs = bench.verbs().await;

    let bench = bench.restart().await;
    assert_eq!(bench.store.instance_id(&bench.entropy).await.unwrap(), instance);
    assert_eq!(bench.store.lease_record(&lease).await.unwrap(), before);
    assert_eq!(bench.verbs().await, verbs);
    let kept = bench
        .store
        .target_by_id(&target.target.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept.sealed_credential, target.sealed_credential);
}

#[tokio::test]
async fn what_was_committed_survives_without_a_clean_end() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    // The first store is neither closed nor dropped: as after a kill, its write-ahead log is still there.
    let again = Store::open(bench.folder.path()).await.unwrap();
    assert!(again.target_by_id(&target.target.id).await.unwrap().is_some());
}

#[tokio::test]
async fn the_instance_is_named_once() {
    let bench = Bench::new().await;
    let first = bench.store.instance_id(&bench.entropy).await.unwrap();
    assert_eq!(first.len(), 8);
    assert_eq!(bench.store.instance_id(&Entropy::seeded(2)).await.unwrap(), first);
}

#[tokio::test]
async fn a_folder_has_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let held = DataDirLock::take(&data).unwrap();
    assert!(matches!(DataDirLock::take(&data), Err(StoreError::InUse(_))));
    drop(held);
    DataDirLock::take(&data).unwrap();
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(DATABASE_FILE), "x".repeat(8192)).unwrap();
    let refused = Store::open(folder.path()).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, StoreError::Open { .. }), "{refused}");

    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = Store::open(&file).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, StoreError::Open { .. }), "{refused}");
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let bench = Bench::new().await;
    bench
        .tamper("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)")
        .await;
    bench.store.close().await;
    let refused = Store::open(bench.folder.path()).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, StoreError::Open { .. }), "{refused}");
}

#[tokio::test]
async fn a_corrupt_row_is_named_and_not_quoted() {
    let bench = Bench::new().await;
    let target = bench.target("contoso").await;
    let secret = bench.secret(&target, "/prod/x").await;
    bench
        .tamper("UPDATE secrets SET spec = '{\"app_secret\":\"hunter2\"}'")
        .await;
    let error = bench.store.secret_by_id(&secret.id).await.unwrap_err();
    assert!(
        matches!(
            &error,
            StoreError::Corrupt {
                table: "secrets",
                column: "spec",
                ..
            }
        ),
        "{error}"
    );
    assert!(!error.to_string().contains("hunter2"), "{error}");

    bench
        .tamper("UPDATE secrets SET spec = '{}', path = 'no path'")
        .await;
    let error = bench.store.folders().await.unwrap_err();
    assert!(
        matches!(
            &error,
            StoreError::Corrupt {
                table: "secrets",
                column: "path",
                ..
            }
        ),
        "{error}"
    );

    bench.tamper("UPDATE targets SET cloud = 'mist'").await;
    let error = bench.store.target_by_name(&name("contoso")).await.unwrap_err();
    assert!(
        matches!(
            &error,
            StoreError::Corrupt {
                table: "targets",
                column: "cloud",
                ..
            }
        ),
        "{error}"
    );
}
