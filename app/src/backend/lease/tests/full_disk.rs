//! A database that can't be written: nothing new is put into Entra, nothing is forgotten, and all goes on when it can be written again.
//!
//! SQLite itself says no here, with its real error: triggers of the writer's connection let a chosen write grow the database beyond
//! its largest size.

use super::World;
use crate::backend::lease::RevokeWhat;
use crate::domain::{ApiError, ErrorCode, Kind, LeaseState, Ttl};
use emulator::Fault;

/// What a write does that must not fit.
const OVERFLOW: &str = "BEGIN INSERT INTO meta (key, value) VALUES ('ballast', hex(zeroblob(4000000))); END;";
/// Every write that comes with a lease, and the one that looks whether there is room.
const ANY_WRITE: &[&str] = &[
    "INSERT ON meta",
    "INSERT ON leases",
    "UPDATE ON leases",
    "INSERT ON grants",
    "UPDATE ON grants",
    "INSERT ON attempts",
    "INSERT ON audit_events",
];
/// Those that come after the first call to Graph.
const AFTER_THE_INTENT: &[&str] = &["UPDATE ON leases", "UPDATE ON grants", "INSERT ON attempts"];

impl World {
    /// From now on these writes find the disk full.
    async fn fill_disk(&self, writes: &[&str]) {
        let triggers = writes
            .iter()
            .enumerate()
            .map(|(number, write)| format!("CREATE TEMP TRIGGER full_{number} BEFORE {write} {OVERFLOW}"));
        let triggers = triggers.collect::<String>();
        let sql = format!("PRAGMA max_page_count = 1; {triggers}");
        self.backend.store.tamper(sql.leak()).await;
    }

    /// There is room again.
    async fn free_disk(&self, writes: &[&str]) {
        let triggers = (0..writes.len()).map(|number| format!("DROP TRIGGER temp.full_{number};"));
        let triggers = triggers.collect::<String>();
        let sql = format!("PRAGMA max_page_count = 1000000; {triggers}");
        self.backend.store.tamper(sql.leak()).await;
    }

    /// Requests to Graph that change something.
    fn changes(&self) -> Vec<String> {
        let all = self.emulator.requests().into_iter();
        all.filter(|request| request.method != "GET" && !request.path.contains("/token"))
            .map(|request| format!("{} {}", request.method, request.path))
            .collect()
    }

    /// Why it is not ready, of what the database has to do with.
    async fn trouble(&self) -> Option<String> {
        let reasons = self.backend.ready().await.err().unwrap_or_default();
        reasons.into_iter().find(|reason| reason.contains("database"))
    }
}

fn is_explained(refused: &ApiError, why: &str, advice: &str) {
    assert_eq!(refused.code, ErrorCode::Internal, "{refused:?}");
    assert_eq!(
        refused.reason.as_deref(),
        Some("database_unavailable"),
        "{refused:?}"
    );
    assert!(refused.incident.is_some(), "{refused:?}");
    assert!(
        refused.message.contains(why) && refused.message.contains(advice),
        "{}",
        refused.message
    );
}

#[tokio::test]
async fn a_full_disk_refuses_a_lease_before_entra_is_asked_to_change_anything() {
    for kind in Kind::ALL {
        let world = World::new().await;
        let item = world.item_of(kind).await;
        let lease = world.generate(&item).await.unwrap().lease;
        let before = world.ledger();
        world.fill_disk(ANY_WRITE).await;
        world.emulator.clear_requests();
        let refused = world.generate(&item).await.unwrap_err();
        is_explained(&refused, "the disk is full", "free some space");
        let longer = Some(Ttl::parse("2h").unwrap());
        let leases = &world.backend.leases;
        let unchanged = leases.renew(&world.by, &lease.id, longer).await.unwrap_err();
        is_explained(&unchanged, "the disk is full", "Nothing was changed");
        let what = || RevokeWhat::Lease(lease.id.clone());
        let kept = leases.revoke(&world.by, what(), false).await.unwrap_err();
        is_explained(&kept, "the disk is full", "Nothing was changed");
        assert!(world.changes().is_empty(), "{:?}", world.changes());
        // It is read as before, and says what is wrong.
        assert_eq!(world.only_lease().await, lease);
        let trouble = world.trouble().await.unwrap();
        assert!(trouble.contains("the disk is full"), "{trouble}");
        world.free_disk(ANY_WRITE).await;
        assert_eq!((world.trouble().await, world.ledger()), (None, before));
        world.generate(&item).await.unwrap();
        leases.revoke(&world.by, what(), false).await.unwrap();
        world.reap_after(3_600).await;
        world.reap_for_minutes(1).await;
        assert!(world.ledger().is_empty(), "{:?}", world.ledger());
    }
}

#[tokio::test]
async fn what_ends_while_the_disk_is_full_goes_when_there_is_room() {
    for kind in Kind::ALL {
        let world = World::new().await;
        let item = world.item_of(kind).await;
        let lease = world.generate(&item).await.unwrap().lease;
        world.fill_disk(ANY_WRITE).await;
        for _ in 0..3 {
            world.emulator.clock().advance(std::time::Duration::from_hours(1));
            // That it fails is its own affair; that it tries again is what counts.
            drop(world.backend.leases.reap_now().await);
        }
        world.free_disk(ANY_WRITE).await;
        world.reap_for_minutes(3).await;
        assert_eq!(world.lease(&lease.id).await.state, LeaseState::Expired);
        assert!(world.ledger().is_empty(), "{:?}", world.ledger());
    }
}

#[tokio::test]
async fn what_a_full_disk_can_not_record_is_taken_back_at_once() {
    for kind in Kind::ALL {
        for writes in [
            AFTER_THE_INTENT,
            &AFTER_THE_INTENT[..1],
            &["UPDATE ON grants WHEN NEW.seq > 0"],
        ] {
            let world = World::new().await;
            let item = world.item_of(kind).await;
            world.fill_disk(writes).await;
            let generated = world.generate(&item).await;
            if let Err(refused) = &generated {
                // What others may share is left to the rows, which can't be written.
                if kind == Kind::UserGrants {
                    is_explained(
                        refused,
                        "the disk is full",
                        "as soon as the database can be written",
                    );
                } else {
                    is_explained(refused, "the disk is full", "It was taken back at once");
                    assert!(world.ledger().is_empty(), "{:?}", world.ledger());
                }
            } else {
                // A kind with one grant has no second to fail at.
                assert!(
                    writes[0].contains("NEW.seq") && kind == Kind::AppSecret,
                    "{kind:?} {writes:?}"
                );
            }
            world.free_disk(writes).await;
            world.reap_for_minutes(3).await;
            let expected = if generated.is_ok() {
                LeaseState::Active
            } else {
                LeaseState::Failed
            };
            assert_eq!(world.only_lease().await.state, expected, "{kind:?} {writes:?}");
            assert_eq!(world.ledger().is_empty(), generated.is_err());
        }
    }
}

#[tokio::test]
async fn what_a_full_disk_can_not_record_and_entra_not_take_back_goes_when_there_is_room() {
    for kind in Kind::ALL {
        let world = World::new().await;
        let item = world.item_of(kind).await;
        world.fill_disk(AFTER_THE_INTENT).await;
        let outage = Fault::status(503).times(100_000);
        let everything_else =
            "removePassword|\\$ref|roleAssignments/|revokeSignInSessions|deletedItems|/users/";
        let undoing: &[&str] = match kind {
            Kind::AppSecret | Kind::PortalUser => &["DELETE", "PATCH", "POST"],
            Kind::UserGrants => &["DELETE"],
        };
        for method in undoing {
            world.emulator.fault(outage.clone().on(method, everything_else));
        }
        let refused = world.generate(&item).await.unwrap_err();
        is_explained(
            &refused,
            "the disk is full",
            "as soon as the database can be written",
        );
        assert!(!world.ledger().is_empty());
        drop(world.backend.leases.reap_now().await);
        world.emulator.clear_faults();
        let world = world.restarted().await;
        world.reap_for_minutes(3).await;
        assert_eq!(world.only_lease().await.state, LeaseState::Failed);
        assert!(world.ledger().is_empty(), "{:?}", world.ledger());
    }
}

#[tokio::test]
async fn a_read_only_database_refuses_a_lease_before_entra_is_asked_to_change_anything() {
    let world = World::new().await;
    let item = world.item_of(Kind::AppSecret).await;
    let lease = world.generate(&item).await.unwrap().lease;
    world.backend.store.tamper("PRAGMA query_only = on").await;
    world.emulator.clear_requests();
    let refused = world.generate(&item).await.unwrap_err();
    is_explained(&refused, "it is read-only", "make its file and folder writable");
    assert!(world.changes().is_empty(), "{:?}", world.changes());
    let trouble = world.trouble().await.unwrap();
    assert!(trouble.contains("it is read-only"), "{trouble}");
    assert_eq!(world.only_lease().await, lease);
    let world = world.restarted().await;
    assert_eq!(world.trouble().await, None);
    world.generate(&item).await.unwrap();
}
