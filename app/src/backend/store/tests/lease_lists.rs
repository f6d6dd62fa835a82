use super::super::leases::{every_change, every_list, every_look, every_sweep};
use super::*;
use crate::domain::{EndCause, Lease, LeaseState};

type Want = fn(&Lease) -> bool;

/// Leases in every state: of two items, on two targets, of two holders.
async fn filled() -> (Bench, Vec<LeaseId>) {
    let bench = Bench::new().await;
    let (contoso, fabrikam) = (bench.target("contoso").await, bench.target("fabrikam").await);
    let x = bench.secret(&contoso, "/prod/x").await;
    let y = bench.secret(&fabrikam, "/prod/y").await;
    let mut ids = Vec::new();
    for number in 0..12 {
        let (target, secret) = if number % 2 == 0 {
            (&contoso, &x)
        } else {
            (&fabrikam, &y)
        };
        let new = NewLease {
            id: bench.entropy.lease_id(at(number)),
            holder: if number % 3 == 0 { "token:ci" } else { "user:ana" }.to_owned(),
            expires_at: at(600 + number),
            identity: format!("App Number{number:02}"),
            ..bench.new_lease(target, secret)
        };
        let id = bench.begin(new).await;
        if number >= 2 {
            bench.make_active(&id).await;
        }
        if number >= 6 {
            let cause = if number < 10 {
                EndCause::Expired
            } else {
                EndCause::Revoked("user:ana".to_owned())
            };
            bench
                .store
                .start_revoking(&id, &cause, at(9), event("lease.revoke"))
                .await
                .unwrap()
                .unwrap();
        }
        if number >= 8 {
            bench.end(&id).await;
        }
        ids.push(id);
    }
    (bench, ids)
}

async fn all(bench: &Bench, filter: &LeaseFilter) -> Vec<Lease> {
    let (mut leases, mut after) = (Vec::new(), None);
    loop {
        let page = bench
            .store
            .list_leases(filter, limit(2), after.as_deref())
            .await
            .unwrap();
        leases.extend(page.items);
        after = page.next;
        if after.is_none() {
            return leases;
        }
    }
}

fn with_text(text: &str) -> LeaseFilter {
    LeaseFilter {
        query: Some(text.to_owned()),
        ..LeaseFilter::default()
    }
}

fn cases() -> Vec<(LeaseFilter, Want)> {
    let none = LeaseFilter::default;
    let live = vec![LeaseState::Generating, LeaseState::Active, LeaseState::Revoking];
    let mixed = vec![LeaseState::Revoking, LeaseState::Expired];
    vec![
        (
            LeaseFilter {
                secret: Some(path("/prod/x")),
                ..none()
            },
            |lease| lease.secret.as_str() == "/prod/x",
        ),
        (
            LeaseFilter {
                secret: Some(path("/prod/y")),
                ..none()
            },
            |lease| lease.secret.as_str() == "/prod/y",
        ),
        (
            LeaseFilter {
                states: live,
                ..none()
            },
            |lease| !lease.state.is_ended(),
        ),
        (
            LeaseFilter {
                states: vec![LeaseState::Active],
                ..none()
            },
            |lease| lease.state == LeaseState::Active,
        ),
        (
            LeaseFilter {
                states: mixed,
                ..none()
            },
            |lease| matches!(lease.state, LeaseState::Revoking | LeaseState::Expired),
        ),
        (
            LeaseFilter {
                holder: Some("token:ci".to_owned()),
                ..none()
            },
            |lease| lease.holder == "token:ci",
        ),
        (
            LeaseFilter {
                target: Some(name("fabrikam")),
                ..none()
            },
            |lease| lease.target.as_str() == "fabrikam",
        ),
        (
            LeaseFilter {
                ends_before: Some(at(605)),
                ..none()
            },
            |lease| lease.expires_at < at(605),
        ),
        (with_text("nUMBER03"), |lease| lease.identity == "App Number03"),
        (with_text("/prod/X"), |lease| lease.secret.as_str() == "/prod/x"),
        (with_text("TOKEN:"), |lease| lease.holder == "token:ci"),
        (with_text("_%"), |_| false),
        (
            LeaseFilter {
                states: vec![LeaseState::Active],
                holder: Some("user:ana".to_owned()),
                target: Some(name("contoso")),
                ..none()
            },
            |lease| {
                lease.state == LeaseState::Active
                    && lease.holder == "user:ana"
                    && lease.target.as_str() == "contoso"
            },
        ),
    ]
}

#[tokio::test]
async fn every_filter_finds_what_it_says_newest_first() {
    let (bench, ids) = filled().await;
    let everything = all(&bench, &LeaseFilter::default()).await;
    assert_eq!(
        everything.iter().map(|lease| &lease.id).collect::<Vec<_>>(),
        ids.iter().rev().collect::<Vec<_>>()
    );
    for (filter, want) in cases() {
        let expected: Vec<_> = everything.iter().filter(|lease| want(lease)).cloned().collect();
        assert_eq!(all(&bench, &filter).await, expected, "{filter:?}");
    }
    let by_id = LeaseFilter {
        query: Some(ids[3].to_string()),
        ..LeaseFilter::default()
    };
    assert_eq!(all(&bench, &by_id).await.len(), 1);
}

#[tokio::test]
async fn leases_are_counted_by_state() {
    let (bench, _) = filled().await;
    let counts = bench.store.lease_counts().await.unwrap();
    let expected = [
        (LeaseState::Generating, 2),
        (LeaseState::Active, 4),
        (LeaseState::Revoking, 2),
        (LeaseState::Revoked, 2),
        (LeaseState::Expired, 2),
        (LeaseState::Failed, 0),
        (LeaseState::Abandoned, 0),
    ];
    assert_eq!(counts.by_state, expected);
    assert_eq!((counts.of(LeaseState::Active), counts.needs_attention), (4, 0));
}

async fn plan(store: &Store, statements: &'static str) -> String {
    let mut steps = Vec::new();
    for statement in statements.split(';') {
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
        let rows = sqlx::query(explain).fetch_all(store.readers()).await.unwrap();
        steps.extend(rows.iter().map(|row| sqlx::Row::get::<String, _>(row, "detail")));
    }
    steps.join("; ")
}

#[tokio::test]
async fn every_list_walks_its_index_and_sorts_nothing() {
    let (bench, _) = filled().await;
    for (statement, index) in every_list() {
        let plan = plan(&bench.store, statement).await;
        assert!(
            plan.contains(&format!("{index} ")) && !plan.contains("TEMP B-TREE"),
            "{index}: {plan}"
        );
    }
    let plan = plan(&bench.store, super::super::secrets::LIST).await;
    assert!(
        plan.contains("s USING INDEX sqlite_autoindex_secrets_2 (path>? AND path<?)"),
        "{plan}"
    );
    assert!(plan.contains("USING INDEX leases_live_by_secret"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}

#[tokio::test]
async fn the_reaper_never_walks_through_ended_leases() {
    let (bench, _) = filled().await;
    for (statement, index) in every_sweep().into_iter().chain(every_look()) {
        let plan = plan(&bench.store, statement).await;
        assert!(
            plan.contains(index) && !plan.contains("TEMP B-TREE"),
            "{index}: {plan}"
        );
    }
}

#[tokio::test]
async fn a_change_finds_its_rows_by_their_keys() {
    let (bench, _) = filled().await;
    for statement in every_change() {
        let plan = plan(&bench.store, statement).await;
        for table in ["leases", "grants", "attempts", "secrets"] {
            let walks = format!("SCAN {table}");
            assert!(!plan.contains(&walks), "{walks}: {plan}");
        }
        // Nor through all leases that are in one state.
        for index in ["leases_by_state", "leases_live", "leases_due"] {
            assert!(!plan.contains(index), "{index}: {plan}");
        }
    }
}
