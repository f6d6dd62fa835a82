//! Many leases at once, straight into the database of a server that does not run.
//!
//! They were made in the course of a year, by 200 holders, of all the items: most have ended (two in three by time, one in three by
//! hand, one in 100 was never issued), and of the live ones most are new. A handful are on their way out and need attention, and 10 belong
//! to a holder of whom there is nothing else. Each has its grant and two audit events; calls made to Entra are left out.

use std::path::Path;

use app::backend::Clock;
use sqlx::SqliteConnection;

use crate::Result;
use crate::database;

/// The holder of few leases.
pub const RARE_HOLDER: &str = "token:rare";
/// One of the holders of many.
pub const HOLDER: &str = "token:ci-007";
/// From the first lease to now, in milliseconds.
pub const SPAN: i64 = 365 * 86_400_000;

/// The rows to be, from the number of each. `hash` spreads what the number alone would put side by side.
const PLANNED: &str = "
CREATE TEMP TABLE planned AS
WITH RECURSIVE
  numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < ?1),
  hashed AS (SELECT i, (i * 2654435761) % 4294967296 AS hash FROM numbers),
  placed AS (
    SELECT i, hash, ?3 - ?4 + (?4 / ?1) * i AS created_at,
           CASE WHEN i % max(?1 / 20, 1) = 7 THEN 'revoking'
                WHEN ?2 >= ?1 OR i >= ?1 - ?2 * 9 / 10 OR (?2 > 0 AND i % max(?1 * 10 / max(?2, 1), 1) = 3) THEN 'active'
                WHEN hash % 100 = 0 THEN 'failed'
                WHEN hash % 3 = 0 THEN 'revoked'
                ELSE 'expired' END AS state
    FROM hashed)
SELECT printf('lse_%012x7%03x8%015x', created_at, hash % 4096, hash * 7919 + i) AS id, i, hash, state, created_at,
       CASE state WHEN 'active' THEN ?3 + 3600000 + (hash % 2592000) * 1000
                  ELSE min(created_at + 600000 + hash % 42600000, ?3 - 1) END AS expires_at,
       CASE WHEN i % max(?1 / 10, 1) = 5 THEN 'token:rare' ELSE printf('token:ci-%03d', hash % 200) END AS holder,
       1 + (hash / 211) % (SELECT COUNT(*) FROM secrets) AS item
FROM placed";

const LEASES: &str = "
INSERT INTO leases (id, secret_id, secret_path, kind, target_id, target_name, state, holder, reason, created_at, issued_at,
                    expires_at, max_expires_at, ended_at, end_cause, renewals, identity, entra_ends_at, last_error, attempts_made,
                    failures, next_attempt_at)
SELECT p.id, s.id, s.path, s.kind, t.id, t.name, p.state, p.holder, iif(p.hash % 4 = 0, 'nightly deployment', NULL), p.created_at,
       iif(p.state = 'failed', NULL, p.created_at + 180), p.expires_at, max(p.expires_at, p.created_at + 43200000),
       CASE p.state WHEN 'expired' THEN p.expires_at + 300 WHEN 'revoked' THEN p.expires_at - 60000
                    WHEN 'failed' THEN p.created_at + 400 END,
       CASE p.state WHEN 'expired' THEN '{\"cause\":\"expired\"}' WHEN 'revoked' THEN '{\"cause\":\"revoked\",\"by\":\"ada\"}'
                    WHEN 'failed' THEN '{\"cause\":\"failed\"}' WHEN 'revoking' THEN '{\"cause\":\"expired\"}' END,
       p.hash % 3, 'Benchmark', max(p.expires_at, p.created_at + 43200000),
       iif(p.state = 'revoking', 'Entra refused: Insufficient privileges to complete the operation.', NULL),
       CASE p.state WHEN 'active' THEN 0 WHEN 'revoking' THEN 40 ELSE 1 END, iif(p.state = 'revoking', 40, 0),
       iif(p.state = 'revoking', ?1 + 3600000, NULL)
FROM planned p JOIN items o ON o.seq = p.item JOIN secrets s ON s.id = o.id JOIN targets t ON t.id = s.target_id
ORDER BY p.i";

const GRANTS: &str = "
INSERT INTO grants (lease_id, seq, plan, state, entra_id, applied_at, undone_at)
SELECT p.id, 0,
       json_object('kind', 'app_password', 'application_object_id', printf('00000000-0000-4000-8000-%012d', p.item),
                   'application_name', 'Benchmark', 'display_name', 'leasehold:0123456789abcdef:' || p.id,
                   'ends_at', strftime('%Y-%m-%dT%H:%M:%SZ', max(p.expires_at, p.created_at + 43200000) / 1000, 'unixepoch')),
       iif(p.state IN ('active', 'revoking'), 'applied', 'undone'), printf('00000000-0000-4000-9000-%012d', p.i),
       p.created_at + 150, iif(p.state IN ('active', 'revoking'), NULL, p.expires_at)
FROM planned p ORDER BY p.i";

const EVENTS: &str = "
INSERT INTO audit_events (at, actor, verb, object, detail)
SELECT p.created_at, p.holder, 'lease.generate', p.id, '{\"secret\":\"/benchmark\",\"ttl\":1800,\"reason\":null}' FROM planned p
UNION ALL
SELECT p.expires_at, 'leasehold', 'lease.expire', p.id, '{}' FROM planned p WHERE p.state NOT IN ('active')";

/// Writes so many leases, of which `live` are active, into this folder's database.
pub async fn leases(data_dir: &Path, count: i64, live: i64) -> Result<()> {
    let now = Clock::system().now().millis();
    let mut database = database::open(data_dir).await?;
    let run =
        async |database: &mut SqliteConnection, sql: &'static str| sqlx::query(sql).execute(database).await;
    // Indexes are made at the end: a sort each, instead of a walk a row.
    let indexes: Vec<(String, String)> = sqlx::query_as(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('leases', 'grants', 'audit_events')",
    )
    .fetch_all(&mut database)
    .await?;
    for (name, _) in &indexes {
        sqlx::query(sqlx::AssertSqlSafe(format!("DROP INDEX {name}")))
            .execute(&mut database)
            .await?;
    }
    run(&mut database, "BEGIN").await?;
    run(
        &mut database,
        "CREATE TEMP TABLE items AS SELECT row_number() OVER (ORDER BY path) AS seq, id FROM secrets",
    )
    .await?;
    run(&mut database, "CREATE INDEX temp.items_by_seq ON items (seq)").await?;
    sqlx::query(PLANNED)
        .bind(count)
        .bind(live)
        .bind(now)
        .bind(SPAN)
        .execute(&mut database)
        .await?;
    sqlx::query(LEASES).bind(now).execute(&mut database).await?;
    run(&mut database, GRANTS).await?;
    run(&mut database, EVENTS).await?;
    run(&mut database, "COMMIT").await?;
    for (_, sql) in indexes {
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&mut database)
            .await?;
    }
    sqlx::Connection::close(database).await?;
    Ok(())
}
