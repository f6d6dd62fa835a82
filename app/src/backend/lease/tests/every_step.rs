//! Fail at every step: whatever goes wrong with whichever call of a lease's life, once or again and again, what Entra holds
//! afterwards is what the leases say.
//!
//! Rule: the calls are counted by a run without faults, and the kinds are enumerated by the code, so that a new call and a new
//! kind join by themselves. To add a fault: a variant of [`Flaw`] and a line of `faults!` at the end.

use std::time::Duration;

use emulator::Fault;

use super::{Setting, World};
use crate::backend::graph::Timing;
use crate::backend::lease::RevokeWhat;
use crate::domain::{DynamicSecret, EndCause, ErrorCode, Kind, LeaseState};

/// What goes wrong.
#[derive(Debug, Clone, Copy)]
enum Flaw {
    Status(u16),
    /// 429 with a fraction of a second in `Retry-After`.
    ThrottledBriefly,
    Hang,
    DropBefore,
    DropAfter,
}

impl Flaw {
    fn fault(self) -> Fault {
        match self {
            Self::Status(status) => Fault::status(status),
            Self::ThrottledBriefly => Fault::status(429).retry_after("0.004"),
            Self::Hang => Fault::hang(),
            Self::DropBefore => Fault::drop_before(),
            Self::DropAfter => Fault::drop_after(),
        }
    }
}

/// More requests than one call makes with all its tries.
const PERSISTENTLY: u32 = 8;

/// How the story of a lease ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Revoked,
    Expired,
}

/// The requests that a story made until its lease was issued, and in all.
struct Requests {
    generate: u32,
    all: u32,
}

/// One world for many stories: each begins with a tenant as new and ends with nothing alive.
struct Stage {
    world: World,
    items: Vec<(Kind, DynamicSecret)>,
}

impl Stage {
    async fn new(setting: Setting) -> Self {
        let world = World::with(setting).await;
        let mut items = Vec::new();
        for kind in Kind::ALL {
            items.push((kind, world.item_of(kind).await));
        }
        Self { world, items }
    }

    fn requests(&self) -> u32 {
        u32::try_from(self.world.emulator.requests().len()).unwrap()
    }

    /// Generate, renew, end, purge, with a fault from one of the requests on; then no fault any more, and time.
    async fn play(
        &self,
        item: &DynamicSecret,
        ending: Ending,
        fault: Option<Fault>,
        lag: Duration,
    ) -> Requests {
        let what = format!("{:?} {ending:?} {fault:?}", item.kind);
        let (world, leases) = (&self.world, &self.world.backend.leases);
        let before = world.all_leases().await;
        world.emulator.reset();
        world.emulator.set_lag(lag);
        world.forget_token().await;
        if let Some(fault) = &fault {
            world.emulator.fault(fault.clone());
        }

        let generated = world.generate(item).await;
        let generate = self.requests();
        world.assert_accounted_for(&what).await;
        let issued = match generated {
            Ok(issued) => {
                let renewed = leases.renew(&world.by, &issued.lease.id, None).await;
                assert!(renewed.is_ok(), "{what}: {renewed:?}");
                assert_eq!(self.requests(), generate, "{what}: to renew, nobody is asked");
                match ending {
                    Ending::Revoked => {
                        let what = RevokeWhat::Lease(issued.lease.id.clone());
                        leases.revoke(&world.by, what, false).await.unwrap();
                    }
                    Ending::Expired => world.emulator.clock().advance(Duration::from_hours(2)),
                }
                Some(issued.lease.id)
            }
            Err(refused) => {
                let told = matches!(
                    refused.code,
                    ErrorCode::Upstream
                        | ErrorCode::UpstreamUnavailable
                        | ErrorCode::Invalid
                        | ErrorCode::Conflict
                );
                assert!(
                    told && fault.is_some() && refused.incident.is_none(),
                    "{what}: {refused:?}"
                );
                None
            }
        };
        leases.reap_now().await.unwrap();
        let all = self.requests();

        let refused_to_purge = world.emulator.requests().iter().any(|request| {
            request.method == "DELETE"
                && request.path.contains("/deletedItems/")
                && request.status == Some(403)
        });
        world.emulator.clear_faults();
        world.settle(10, &what).await;
        let ledger = world.ledger();
        // Who may not delete for good leaves that to Entra, which does it after 30 days; the user can't be used.
        let clean = if refused_to_purge {
            ledger.nothing_alive()
        } else {
            ledger.is_empty()
        };
        assert!(clean, "{what}: {ledger:?}");
        let mut ended = world.all_leases().await;
        ended.retain(|lease| before.iter().all(|earlier| earlier.id != lease.id));
        match (issued, ended.as_slice()) {
            // Refused before the intent was written down.
            (None, []) => {}
            (None, [lease]) => assert_eq!(
                (lease.state, &lease.end_cause),
                (LeaseState::Failed, &Some(EndCause::Failed)),
                "{what}"
            ),
            (Some(id), [lease]) => {
                let state = match ending {
                    Ending::Revoked => LeaseState::Revoked,
                    Ending::Expired => LeaseState::Expired,
                };
                assert_eq!((&lease.id, lease.state), (&id, state), "{what}");
            }
            (_, more) => panic!("{what}: {more:#?}"),
        }
        Requests { generate, all }
    }

    /// This fault at each request of each kind's life.
    async fn at_every_step(&self, flaw: Flaw, times: u32, lag: Duration) {
        for (_, item) in &self.items {
            let calm = self.play(item, Ending::Revoked, None, lag).await;
            assert!(
                calm.generate >= 3 && calm.all > calm.generate,
                "the story asks Entra"
            );
            for step in 0..calm.all {
                let fault = flaw.fault().after(step).times(times);
                self.play(item, Ending::Revoked, Some(fault), lag).await;
            }
            // How a lease is issued does not depend on how it will end.
            let calm = self.play(item, Ending::Expired, None, lag).await;
            for step in calm.generate..calm.all {
                let fault = flaw.fault().after(step).times(times);
                self.play(item, Ending::Expired, Some(fault), lag).await;
            }
        }
    }
}

/// A client that loses patience soon, where nothing is ever answered.
fn impatient() -> Timing {
    Timing {
        request_timeout: Duration::from_millis(120),
        total_budget: Duration::from_millis(150),
        ..Timing::for_tests()
    }
}

async fn at_every_step(flaw: Flaw, times: u32) {
    let timing = match flaw {
        Flaw::Hang => impatient(),
        Flaw::Status(_) | Flaw::ThrottledBriefly | Flaw::DropBefore | Flaw::DropAfter => Timing::for_tests(),
    };
    let setting = Setting {
        timing,
        ..Setting::default()
    };
    Stage::new(setting)
        .await
        .at_every_step(flaw, times, Duration::ZERO)
        .await;
}

/// The same where what was written is seen only a little later. Both clocks follow the real one here, since the client waits in
/// real time for what it made.
async fn with_lag(flaw: Flaw) {
    let clock = emulator::Clock::real();
    let setting = Setting {
        clock,
        ..Setting::default()
    };
    Stage::new(setting)
        .await
        .at_every_step(flaw, 1, Duration::from_millis(15))
        .await;
}

/// A test of each fault, once and again and again.
macro_rules! faults {
    ($($name:ident: $flaw:expr;)*) => {
        mod once {
            use super::*;
            $(#[tokio::test] async fn $name() { at_every_step($flaw, 1).await; })*
        }
        mod persistently {
            use super::*;
            $(#[tokio::test] async fn $name() { at_every_step($flaw, PERSISTENTLY).await; })*
        }
    };
}

faults! {
    refused: Flaw::Status(403);
    not_found: Flaw::Status(404);
    in_conflict: Flaw::Status(409);
    throttled: Flaw::Status(429);
    throttled_briefly: Flaw::ThrottledBriefly;
    broken: Flaw::Status(500);
    unavailable: Flaw::Status(503);
    unanswered: Flaw::Hang;
    dropped_before: Flaw::DropBefore;
    dropped_after: Flaw::DropAfter;
}

mod lagging {
    use super::*;

    #[tokio::test]
    async fn not_found() {
        with_lag(Flaw::Status(404)).await;
    }

    #[tokio::test]
    async fn dropped_after() {
        with_lag(Flaw::DropAfter).await;
    }
}
