//! What can happen, and how it is made up.

use std::ops::RangeInclusive;

use emulator::{Fault, FaultKind};
use proptest::prelude::*;
use proptest::sample::select;

use crate::domain::Kind;

/// Items of each kind: a lease of one must not be touched by what happens to the other.
pub(super) const ITEMS_A_KIND: usize = 2;
/// The longest that a lease can become.
pub(super) const MAX_MINUTES: u32 = 8 * 60;
/// The caller's own names of requests are few, so that they repeat.
const REQUEST_IDS: u8 = 4;
/// Requests to Entra after which a caller leaves or a process dies: a whole lease takes fewer.
const REQUESTS: RangeInclusive<usize> = 0..=14;
/// What faults meet: every call that a lease makes, by method and a piece of the path, and all of a sort.
const CALLS: [(&str, &str); 22] = [
    ("", ""),
    ("GET", ""),
    ("POST", ""),
    ("DELETE", ""),
    ("POST", "oauth2/v2.0/token"),
    ("GET", "/applications"),
    ("POST", "addPassword"),
    ("POST", "removePassword"),
    ("GET", "/users"),
    ("POST", "/users"),
    ("PATCH", "/users"),
    ("DELETE", "/users"),
    ("POST", "revokeSignInSessions"),
    ("GET", "/groups"),
    ("POST", "members"),
    ("DELETE", "members"),
    ("GET", "memberOf"),
    ("GET", "roleAssignments"),
    ("POST", "roleAssignments"),
    ("DELETE", "roleAssignments"),
    ("GET", "deletedItems"),
    ("DELETE", "deletedItems"),
];
const STATUSES: [u16; 8] = [400, 401, 403, 409, 429, 500, 503, 504];

/// A lease that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    /// Its place among all that were asked for; it is said in the lease's reason.
    pub(super) slot: usize,
    pub(super) item: usize,
    pub(super) minutes: Option<u32>,
    pub(super) request: Option<u8>,
}

/// What is revoked.
#[derive(Debug, Clone)]
pub(super) enum What {
    Slot(usize),
    Item(usize),
    Target,
}

/// Something that happens.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A caller asks for a lease and waits for it.
    Generate(Ask),
    /// A caller asks, and is gone once Entra has been asked so often.
    Leave(Ask, usize),
    /// A caller asks, and the process dies once Entra has been asked so often.
    Die(Ask, usize),
    /// Two callers ask at once, while somebody revokes the first one's item and the reaper passes.
    AtOnce(Ask, Ask),
    /// A caller renews.
    Renew { slot: usize, minutes: Option<u32> },
    /// Somebody revokes, and does not wait for the end.
    Revoke(What),
    /// Somebody deletes an item with its leases.
    Delete(usize),
    /// So many seconds go by.
    Wait(u64),
    /// Our clock is put forward or back by so many seconds; Entra's is not.
    SetClock(i64),
    /// Entra will fail.
    Fault(Fault),
    /// Entra's readers lag behind from now on, by so many seconds.
    Lag(u64),
    /// Entra is well again.
    Heal,
    /// The reaper passes.
    Reap,
    /// The reaper passes, and the process dies once Entra has been asked so often.
    ReapAndDie(usize),
    /// The process is stopped and started.
    Restart,
    /// The process is killed and started.
    Kill,
    /// Entra is well again, and the reaper passes until nothing is left to do.
    Quiesce,
}

impl Step {
    /// The leases that it asks for.
    pub(super) fn asks(&self) -> Vec<&Ask> {
        match self {
            Self::Generate(ask) | Self::Leave(ask, _) | Self::Die(ask, _) => vec![ask],
            Self::AtOnce(one, two) => vec![one, two],
            Self::Renew { .. }
            | Self::Revoke(_)
            | Self::Delete(_)
            | Self::Wait(_)
            | Self::SetClock(_)
            | Self::Fault(_)
            | Self::Lag(_)
            | Self::Heal
            | Self::Reap
            | Self::ReapAndDie(_)
            | Self::Restart
            | Self::Kill
            | Self::Quiesce => Vec::new(),
        }
    }

    /// Whether Entra will say "there is no such thing" of something that is there.
    pub(super) fn is_lie(&self) -> bool {
        matches!(
            self,
            Self::Fault(Fault {
                kind: FaultKind::Status { status: 404, .. },
                ..
            })
        )
    }
}

pub(super) fn any_item() -> impl Strategy<Value = usize> {
    0..Kind::ALL.len() * ITEMS_A_KIND
}

pub(super) fn any_ask(slot: usize) -> impl Strategy<Value = Ask> {
    // A few ask for more than there is.
    let minutes = proptest::option::weighted(0.7, 1..=MAX_MINUTES + 40);
    let request = proptest::option::weighted(0.4, 0..REQUEST_IDS);
    (any_item(), minutes, request).prop_map(move |(item, minutes, request)| Ask {
        slot,
        item,
        minutes,
        request,
    })
}

pub(super) fn any_moment() -> impl Strategy<Value = usize> {
    REQUESTS
}

pub(super) fn any_minutes() -> impl Strategy<Value = Option<u32>> {
    proptest::option::weighted(0.8, 1..=MAX_MINUTES * 2)
}

pub(super) fn any_wait() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 1_u64..=180, 4 => 180_u64..=4_000, 2 => 4_000_u64..=10 * 3_600]
}

/// Up to an hour, as clocks are put right.
pub(super) fn any_clock_step() -> impl Strategy<Value = i64> {
    prop_oneof![3 => -3_600_i64..=-1, 2 => 1_i64..=3_600]
}

/// A fault of any sort, for one request or for many.
pub(super) fn any_fault() -> impl Strategy<Value = Fault> {
    let place = (select(&CALLS[..]), prop_oneof![3 => Just(0_u32), 2 => 1_u32..4]);
    let kind = prop_oneof![
        6 => (select(&STATUSES[..]), retry_after()).prop_map(|(status, retry_after)| FaultKind::Status { status, retry_after }),
        2 => Just(FaultKind::Status { status: 404, retry_after: None }),
        2 => Just(FaultKind::DropBefore),
        5 => Just(FaultKind::DropAfter),
    ];
    let sudden = (
        place.clone(),
        kind,
        prop_oneof![4 => Just(1), 2 => 2_u32..=4, 1 => Just(1_000)],
    );
    let sudden = sudden.prop_map(|((call, skip), kind, times)| {
        // Who is told ten times that a thing is not there must believe it.
        let is_lie = matches!(kind, FaultKind::Status { status: 404, .. });
        let times = if is_lie { 1 } else { times };
        fault(call, skip, times, kind)
    });
    // One that hangs costs the time that the client is patient for.
    let hanging = place.prop_map(|(call, skip)| fault(call, skip, 1, FaultKind::Hang));
    prop_oneof![40 => sudden, 1 => hanging]
}

fn retry_after() -> impl Strategy<Value = Option<String>> {
    proptest::option::weighted(
        0.3,
        select(&["0.004", "2.128", "7", "soon"][..]).prop_map(str::to_owned),
    )
}

fn fault((method, path): (&str, &str), skip: u32, times: u32, kind: FaultKind) -> Fault {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Fault {
        method: some(method),
        path: some(path),
        skip,
        times,
        kind,
    }
}
