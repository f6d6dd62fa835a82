//! A database of the first release, brought up to date.
//!
//! Rule: what stood in a table of the first release stands there afterwards, value by value; later migrations only add. When one
//! is added, this test needs nothing new.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::connect;
use super::*;
use crate::domain::{EndCause, GrantState, LeaseState};

/// A database as migration 0001 alone makes it, with a lease in each state, and every sort of grant.
const FIRST_RELEASE: &str = r#"
INSERT INTO meta VALUES ('instance_id', 'k3v9x2ab');
INSERT INTO targets VALUES ('tgt_00000000000000000000000000000001', 'contoso', '"public"', 'contoso.com',
  '{"client_secret":{"client_id":"62e90394-69f5-4237-9190-012177145e10"}}', x'00ff10', 1700000000000, 3, 1700000000000, 1700000001000);
INSERT INTO secrets VALUES ('sec_00000000000000000000000000000001', '/prod/x', 'app_secret', 'tgt_00000000000000000000000000000001',
  '{"app_secret":{"application_object_id":"62e90394-69f5-4237-9190-012177145e10"}}', '{"62e90394-69f5-4237-9190-012177145e10":"Billing"}',
  600, 3600, 'é "quoted"', '["a","b"]', 1, 1700000000000, 1700000000000, 1700000005000);
INSERT INTO leases (id, secret_id, secret_path, kind, target_id, target_name, state, holder, reason, request_id, created_at,
  issued_at, expires_at, max_expires_at, ended_at, end_cause, renewals, identity, entra_ends_at, last_error, attempts_made,
  failures, next_attempt_at)
SELECT 'lse_0000000000000000000000000000000' || n, 'sec_00000000000000000000000000000001', '/prod/x', 'app_secret',
  'tgt_00000000000000000000000000000001', 'contoso', state, 'user:ana', 'deploy ' || n, 'request-' || n, 1700000000000 + n,
  issued, 1700000600000, 1700003600000, ended, cause, n, 'Billing', 1700003600000, error, n + 1, n, next
FROM (
  SELECT 1 AS n, 'generating' AS state, NULL AS issued, NULL AS ended, NULL AS cause, NULL AS error, NULL AS next
  UNION ALL SELECT 2, 'active', 1700000001000, NULL, NULL, NULL, NULL
  UNION ALL SELECT 3, 'revoking', 1700000001000, NULL, '{"cause":"revoked","by":"ana"}', 'Entra is down', 1700000700000
  UNION ALL SELECT 4, 'revoked', 1700000001000, 1700000300000, '{"cause":"unseen"}', NULL, NULL
  UNION ALL SELECT 5, 'expired', 1700000001000, 1700000601000, '{"cause":"expired"}', NULL, NULL
  UNION ALL SELECT 6, 'failed', NULL, 1700000002000, '{"cause":"failed"}', 'refused', NULL
);
INSERT INTO grants SELECT id, 0, '{"kind":"user"}', CASE state WHEN 'generating' THEN 'planned' WHEN 'active' THEN 'applied'
    WHEN 'revoking' THEN 'applied' ELSE 'undone' END,
  CASE state WHEN 'generating' THEN NULL ELSE 'entra-' || renewals END,
  CASE state WHEN 'generating' THEN NULL ELSE 1700000001000 END, ended_at FROM leases;
INSERT INTO grants SELECT id, 1, '{"kind":"membership"}', CASE state WHEN 'generating' THEN 'planned' WHEN 'active' THEN 'applied'
    ELSE 'undone' END, NULL, CASE state WHEN 'active' THEN 1700000001500 END,
  CASE WHEN state IN ('generating', 'active') THEN NULL ELSE 1700000200000 END FROM leases;
INSERT INTO attempts SELECT NULL, id, 1700000001000, 'POST /users', 'ok', 201, 'r-' || renewals, 12 FROM leases;
INSERT INTO attempts SELECT NULL, id, 1700000002000, 'DELETE /users', 'timed out', NULL, NULL, 20000 FROM leases WHERE ended_at IS NULL;
DELETE FROM attempts WHERE id = 2;
INSERT INTO users VALUES ('user:ana', 'ana', '$argon2id$x', 'administrator', 1700000000000);
INSERT INTO sessions VALUES (x'01', 'user:ana', 1700000000000, 1700000000000, 1700000900000);
INSERT INTO tokens VALUES ('token:ci', 'ci', x'02', 'operator', '/prod', 1700000000000, NULL, 1700000100000);
INSERT INTO audit_events SELECT NULL, created_at, holder, 'lease.generate', id, '{"ttl":600}' FROM leases;
"#;

/// The columns of each table.
type Tables = BTreeMap<String, Vec<String>>;

async fn tables(connection: &mut SqliteConnection) -> Tables {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE '_sqlx_%' ORDER BY t.name, c.cid",
    )
    .fetch_all(connection)
    .await
    .unwrap();
    let mut tables = Tables::new();
    for (table, column) in rows {
        tables.entry(table).or_default().push(column);
    }
    tables
}

/// The rows of these columns, as SQL would write them, in order.
async fn rows(connection: &mut SqliteConnection, tables: &Tables) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for (table, columns) in tables {
        let quoted: Vec<_> = columns.iter().map(|column| format!("quote({column})")).collect();
        let query = format!("SELECT {} FROM {table} ORDER BY 1", quoted.join(" || ', ' || "));
        let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .fetch_all(&mut *connection)
            .await
            .unwrap();
        all.insert(table.clone(), rows);
    }
    all
}

/// Makes the files of a first release; answers what its tables are, and what stands in them.
async fn first_release(folder: &Path) -> (Tables, BTreeMap<String, Vec<String>>) {
    let path = connect::prepare_files(folder).unwrap();
    let mut connection = connect::writer_connection(&path).await.unwrap();
    let mut first = sqlx::migrate!("./migrations");
    first.migrations = Cow::Owned(first.iter().take(1).cloned().collect());
    first.run(&mut connection).await.unwrap();
    sqlx::raw_sql(FIRST_RELEASE)
        .execute(&mut connection)
        .await
        .unwrap();
    let tables = tables(&mut connection).await;
    let rows = rows(&mut connection, &tables).await;
    sqlx::Connection::close(connection).await.unwrap();
    (tables, rows)
}

#[tokio::test]
async fn a_database_of_the_first_release_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (tables, before) = first_release(folder.path()).await;
    assert!(
        before.values().all(|rows| !rows.is_empty()),
        "every table holds something: {before:#?}"
    );
    assert_eq!(
        (
            before["leases"].len(),
            before["grants"].len(),
            before["attempts"].len()
        ),
        (6, 12, 8)
    );

    let store = Store::open(folder.path()).await.unwrap();
    let mut reader = store.readers().acquire().await.unwrap();
    assert_eq!(rows(&mut reader, &tables).await, before);
    let damage: Vec<String> = sqlx::query_scalar("SELECT integrity_check FROM pragma_integrity_check")
        .fetch_all(&mut *reader)
        .await
        .unwrap();
    assert_eq!(damage, ["ok"]);
    let dangling: Vec<String> = sqlx::query_scalar("SELECT \"table\" FROM pragma_foreign_key_check")
        .fetch_all(&mut *reader)
        .await
        .unwrap();
    assert_eq!(dangling, Vec::<String>::new());
    for table in ["grants", "attempts"] {
        let parent: String = sqlx::query_scalar("SELECT \"table\" FROM pragma_foreign_key_list(?1)")
            .bind(table)
            .fetch_one(&mut *reader)
            .await
            .unwrap();
        assert_eq!(parent, "leases", "of {table}");
    }
}

#[tokio::test]
async fn the_leases_of_the_first_release_live_on() {
    let folder = tempfile::tempdir().unwrap();
    first_release(folder.path()).await;
    let store = Store::open(folder.path()).await.unwrap();
    let id = |n: u128| LeaseId::from_bits(n);
    let mut states = Vec::new();
    for n in 1..=6 {
        let record = store.lease_record(&id(n)).await.unwrap().unwrap();
        assert_eq!(record.grants.len(), 2);
        states.push(record.lease.state);
    }
    assert_eq!(
        states,
        [
            LeaseState::Generating,
            LeaseState::Active,
            LeaseState::Revoking,
            LeaseState::Revoked,
            LeaseState::Expired,
            LeaseState::Failed
        ]
    );
    assert_eq!(
        store.lease_by_request("user:ana", "request-4").await.unwrap(),
        Some(id(4))
    );

    // The one that was on its way out is claimed and ends; the one that was active expires.
    let [claimed] = store
        .claim(&[id(3)], at(700), 1_000)
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(
        (&claimed.id, &claimed.end_cause),
        (&id(3), &EndCause::Revoked("ana".to_owned()))
    );
    let left = claimed
        .grants
        .iter()
        .filter(|grant| grant.state != GrantState::Undone);
    let left: Vec<_> = left.map(|grant| (grant.seq, grant.entra_id.as_deref())).collect();
    assert_eq!(left, [(0, Some("entra-3"))]);
    let settlement = Settlement {
        lease: id(3),
        undone: vec![0],
        removed: Vec::new(),
        absent: Vec::new(),
        calls: Vec::new(),
        next: Next::Ended {
            state: LeaseState::Revoked,
            event: event("lease.end"),
        },
    };
    store.settle(vec![settlement], at(701)).await.unwrap();
    let ended = store.lease(&id(3)).await.unwrap().unwrap();
    assert_eq!(ended.state, LeaseState::Revoked);
    assert_eq!(store.expire_due(at(700), 9).await.unwrap(), 1);
    let expired = store.lease(&id(2)).await.unwrap().unwrap();
    assert_eq!(expired.state, LeaseState::Revoking);
}
