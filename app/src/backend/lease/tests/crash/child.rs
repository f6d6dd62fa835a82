//! The process that dies: a story, told up to the moment of death.
//!
//! Rule: what it says on standard output is what a caller has heard, so it says it only once the engine has answered.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::World;
use crate::backend::clock::ManualClock;
use crate::backend::graph::Timing;
use crate::backend::lease::RevokeWhat;
use crate::backend::{Backend, BackendOptions, Clock, Entropy, crash_point};
use crate::domain::{DynamicSecret, Identity, LeaseId, Timestamp, Ttl};

/// The variable that holds the child's [`Part`].
pub(super) const PART: &str = "LEASEHOLD_TEST_CRASH_PART";
/// The child's test.
pub(super) const NAME: &str = "the_process_that_dies";

/// What the child lives through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Story {
    /// Generate, renew, revoke, reap.
    Revoked,
    /// Generate, let the time run out, reap.
    Expired,
    /// A process before it died while issuing; reap.
    Interrupted,
}

impl Story {
    pub(super) const ALL: [Self; 3] = [Self::Revoked, Self::Expired, Self::Interrupted];
}

/// All that the child must know.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) data_dir: PathBuf,
    pub(super) now: i64,
    pub(super) by: Identity,
    pub(super) item: DynamicSecret,
    pub(super) story: Story,
    /// The moment of death, counted from 1.
    pub(super) moment: u32,
}

/// A backend as the tests open it, on this folder.
pub(super) async fn open(data_dir: &Path, clock: Clock, seed: u64) -> Backend {
    let options = BackendOptions {
        data_dir: data_dir.to_owned(),
        clock,
        entropy: Entropy::seeded(seed),
        writes_per_second: 0.0,
        secure_cookie: false,
        timing: Timing {
            // A machine that is busy with other tests must not look like an outage.
            request_timeout: Duration::from_secs(20),
            ..Timing::for_tests()
        },
    };
    Backend::open(options).await.unwrap()
}

#[tokio::test]
#[ignore = "the tests beside it start it in a process of its own, which dies"]
async fn the_process_that_dies() {
    // Without a part it was started by somebody who wants to see every test run.
    let Ok(part) = std::env::var(PART) else { return };
    let part: Part = serde_json::from_str(&part).unwrap();
    let (clock, hand) = Clock::manual(Timestamp::from_millis(part.now));
    let backend = open(&part.data_dir, clock, u64::from(part.moment)).await;
    let cast = Cast { backend, hand, part };
    crash_point::arm(cast.part.moment);
    match cast.part.story {
        Story::Revoked => cast.revoked().await,
        Story::Expired => cast.expired().await,
        Story::Interrupted => cast.reaped().await,
    }
    crash_point::arm(0);
    cast.say("outlived");
}

struct Cast {
    backend: Backend,
    hand: ManualClock,
    part: Part,
}

impl Cast {
    /// On a line of its own, whatever the test harness has written before.
    fn say(&self, what: &str) {
        println!("\nat {} {what}", self.backend.clock.now().millis());
    }

    async fn issued(&self) -> LeaseId {
        let request = World::request(&self.part.item);
        let issued = self.backend.leases.generate(&self.part.by, request).await;
        let id = issued.unwrap().lease.id;
        self.say(&format!("issued {id}"));
        id
    }

    async fn revoked(&self) {
        let id = self.issued().await;
        self.hand.advance_seconds(60);
        let leases = &self.backend.leases;
        let longer = Some(Ttl::parse("2h").unwrap());
        let renewed = leases.renew(&self.part.by, &id, longer).await.unwrap();
        self.say(&format!("renewed {}", renewed.expires_at.millis()));
        self.say("ending");
        let revoked = leases.revoke(&self.part.by, RevokeWhat::Lease(id), false).await;
        revoked.unwrap();
        self.say("revoked");
        self.reaped().await;
    }

    async fn expired(&self) {
        self.issued().await;
        self.hand.advance_seconds(3_600);
        self.say("ending");
        self.reaped().await;
    }

    /// Reaps until nothing is due.
    async fn reaped(&self) {
        for _ in 0..100 {
            self.backend.leases.reap_now().await.unwrap();
            let Some(next) = self.backend.store.next_due().await.unwrap() else {
                return;
            };
            let wait = next.millis_since(self.backend.clock.now());
            self.hand.advance_millis(wait.max(0));
            self.say("waited");
        }
        panic!("the lease never ended");
    }
}
