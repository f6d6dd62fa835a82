//! Outages: leases fall due while Entra is down. When it is back, everything is taken back within a minute, nobody asked; and
//! while it is down it is left in peace.

use std::collections::BTreeSet;
use std::time::Duration;

use emulator::Fault;

use super::{Setting, World};
use crate::backend::graph::Timing;
use crate::domain::Kind;

/// What is down.
#[derive(Debug, Clone, Copy)]
enum Down {
    Graph,
    SignIn,
    Both,
}

impl Down {
    fn at(self) -> &'static [&'static str] {
        match self {
            Self::Graph => &["^/v1.0/"],
            Self::SignIn => &["/oauth2/v2.0/token"],
            Self::Both => &["^/v1.0/", "/oauth2/v2.0/token"],
        }
    }
}

/// Simulated seconds between two looks of the reaper.
const TICK: u64 = 5;
/// The longest time between two probes of something that is down.
const PROBE_SECONDS: u64 = 30;
/// What one attempt may ask: a few calls, each tried several times.
const REQUESTS_OF_A_PROBE: u64 = 20;
/// From the first failure until nothing but probes goes out.
const OPENS_WITHIN_SECONDS: u64 = 60;

/// So many leases of each kind fall due, one after the other, while `down` is met by this fault for so many minutes.
async fn outlast(down: Down, fault: Fault, minutes: u64, of_each_kind: u64) {
    let timing = Timing {
        request_timeout: Duration::from_millis(200),
        total_budget: Duration::from_millis(200),
        ..Timing::for_tests()
    };
    let world = World::with(Setting {
        timing,
        ..Setting::default()
    })
    .await;
    let mut items = Vec::new();
    for kind in Kind::ALL {
        items.push(world.item_of(kind).await);
    }
    let start = world.emulator.clock().now_millis();
    for _ in 0..of_each_kind {
        for item in &items {
            world.generate(item).await.unwrap();
        }
        world.emulator.clock().advance(Duration::from_secs(10));
    }
    let all = of_each_kind * u64::try_from(items.len()).unwrap();
    // Ten seconds before the first of them ends.
    world.emulator.clock().set_millis(start + 3_590_000);
    world.backend.leases.reap_now().await.unwrap();
    assert_eq!(world.backend.leases.counts().await.unwrap().active, all);

    for path in down.at() {
        world.emulator.fault(fault.clone().at(path).times(u32::MAX));
    }
    world.reap_after(10).await;
    for _ in 0..OPENS_WITHIN_SECONDS / TICK {
        world.reap_after(TICK).await;
    }
    world.emulator.clear_requests();
    let peace = minutes * 60 - 10 - OPENS_WITHIN_SECONDS;
    for _ in 0..peace / TICK {
        world.reap_after(TICK).await;
    }
    let asked = u64::try_from(world.emulator.requests().len()).unwrap();
    let counts = world.backend.leases.counts().await.unwrap();
    // Of those who share what one user has, only the last one out needs Entra.
    let alone = of_each_kind * u64::try_from(Kind::ALL.len() - 1).unwrap();
    assert_eq!(
        counts.revoking + counts.expired,
        all,
        "while {down:?} is down: {counts:?}"
    );
    assert!(counts.revoking > alone, "while {down:?} is down: {counts:?}");
    world.assert_accounted_for("while Entra is down").await;

    world.emulator.clear_faults();
    for _ in 0..60 / TICK {
        world.reap_after(TICK).await;
    }
    let counts = world.backend.leases.counts().await.unwrap();
    let ledger = world.ledger();
    assert!(
        ledger.nothing_alive(),
        "a minute after {down:?} came back: {counts:?} {} users, {} secrets",
        ledger.users.len(),
        ledger.app_passwords.len()
    );
    assert!(ledger.is_empty(), "{ledger:?}");
    assert_eq!(counts.expired, all, "{counts:?}");

    let most = (peace / PROBE_SECONDS + 1) * REQUESTS_OF_A_PROBE;
    assert!(
        asked <= most,
        "{asked} requests while {down:?} was down, at most {most}"
    );
    assert!(asked > 0, "nobody looked whether {down:?} is back");
}

/// What falls due together while Entra is down is not all tried: those under way find out, and the rest waits.
#[tokio::test]
async fn a_mass_that_falls_due_while_entra_is_down_waits() {
    const ALL: u64 = 60;
    let world = World::new().await;
    let item = world.item_of(Kind::PortalUser).await;
    for _ in 0..ALL {
        world.generate(&item).await.unwrap();
    }
    world
        .emulator
        .fault(Fault::status(503).at("^/v1.0/").times(u32::MAX));
    world.emulator.clear_requests();
    world.reap_after(3_600).await;
    let requests = world.emulator.requests();
    let tried: BTreeSet<_> = requests
        .iter()
        .filter(|request| request.method == "DELETE" && request.path.contains("/roleAssignments/"))
        .map(|request| request.path.as_str())
        .collect();
    assert!(
        (2..=20).contains(&tried.len()),
        "{} leases were tried",
        tried.len()
    );
    let counts = world.backend.leases.counts().await.unwrap();
    assert_eq!(counts.revoking, ALL, "{counts:?}");
    world.emulator.clear_faults();
    for _ in 0..60 / TICK {
        world.reap_after(TICK).await;
    }
    assert!(world.ledger().is_empty(), "{:?}", world.ledger());
}

mod twelve_minutes {
    use super::*;

    #[tokio::test]
    async fn of_graph() {
        outlast(Down::Graph, Fault::status(503), 12, 20).await;
    }

    #[tokio::test]
    async fn of_the_sign_in() {
        outlast(Down::SignIn, Fault::status(503), 12, 20).await;
    }

    #[tokio::test]
    async fn of_both() {
        outlast(Down::Both, Fault::status(503), 12, 20).await;
    }

    #[tokio::test]
    async fn of_the_network() {
        outlast(Down::Both, Fault::drop_before(), 12, 20).await;
    }

    #[tokio::test]
    async fn without_any_answer_of_graph() {
        outlast(Down::Graph, Fault::hang(), 12, 3).await;
    }

    #[tokio::test]
    async fn without_any_answer_of_the_sign_in() {
        outlast(Down::SignIn, Fault::hang(), 12, 3).await;
    }
}

mod three_hours {
    use super::*;

    #[tokio::test]
    async fn of_graph() {
        outlast(Down::Graph, Fault::status(503), 180, 20).await;
    }

    #[tokio::test]
    async fn of_the_sign_in() {
        outlast(Down::SignIn, Fault::status(503), 180, 20).await;
    }

    #[tokio::test]
    async fn of_both() {
        outlast(Down::Both, Fault::status(503), 180, 20).await;
    }

    #[tokio::test]
    async fn of_the_network() {
        outlast(Down::Both, Fault::drop_before(), 180, 20).await;
    }
}
