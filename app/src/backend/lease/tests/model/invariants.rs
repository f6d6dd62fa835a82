//! What holds always, also in the midst of faults, and what holds once all is quiet.

use std::collections::BTreeSet;

use super::book::Unheard;
use super::ledger;
use super::system::System;
use crate::backend::store::LeaseRecord;
use crate::domain::{GrantState, Lease, LeaseState};

/// Whether a lease that was seen in one state may be seen in another.
fn may_follow(before: LeaseState, now: LeaseState) -> bool {
    let once = LeaseState::ALL
        .into_iter()
        .filter(|next| before.can_become(*next));
    before == now || once.into_iter().any(|next| may_follow(next, now))
}

/// What holds after every step.
pub(super) fn always(system: &mut System) {
    let records = system.records();
    // The leases were read first: whatever ended before that must be gone now.
    let truth = system.installation.emulator().ledger();
    let there: BTreeSet<String> = ledger::lines(&truth).into_iter().collect();
    let mut asked = BTreeSet::new();
    let mut requests = BTreeSet::new();
    let unended = records.iter().filter(|record| !record.lease.state.is_ended());
    let held: BTreeSet<String> = unended.flat_map(ledger::lines_of).collect();
    for record in &records {
        let lease = &record.lease;
        let before = system.book.seen.insert(lease.id.clone(), lease.state);
        assert!(
            before.is_none_or(|before| may_follow(before, lease.state)),
            "{} went from {before:?} to {:?}",
            lease.id,
            lease.state
        );
        let (ask, _) = system.book.ask_of(lease);
        assert!(
            asked.insert(ask.slot),
            "one request for {} leases: {}",
            2,
            lease.id
        );
        if let Some(request) = ask.request {
            assert!(
                requests.insert(request),
                "request id {request} made a second lease: {}",
                lease.id
            );
        }
        let lines = ledger::lines_of(record);
        if lease.state.is_ended() {
            // What others share is theirs now.
            let is_left = |line: &&String| there.contains(*line) && !held.contains(*line);
            let left: Vec<_> = lines.iter().filter(is_left).collect();
            assert!(
                left.is_empty(),
                "{} is {:?} and left {left:?}; {}",
                lease.id,
                lease.state,
                told(record)
            );
        }
        if lease.state == LeaseState::Active {
            let wrong = ledger::wrong_grants(record, &truth);
            assert!(wrong.is_empty(), "{} is active, but: {wrong:?}", lease.id);
        }
        as_the_book_says(system, lease);
    }
}

fn as_the_book_says(system: &System, lease: &Lease) {
    if let Some(known) = system.book.leases.get(&lease.id) {
        assert!(
            known.fate.allows(lease.state),
            "{} is {:?}, but {:?} in the book; {lease:?}",
            lease.id,
            lease.state,
            known.fate
        );
        assert_eq!(
            (lease.expires_at.millis(), lease.max_expires_at.millis()),
            (known.end, known.max),
            "{}'s end is not what was answered",
            lease.id
        );
    } else {
        let (_, unheard) = system.book.ask_of(lease);
        // One that a caller left is complete for a moment, before it is taken back.
        assert!(
            lease.state != LeaseState::Active || *unheard == Some(Unheard::Left),
            "{} is active, and was never answered",
            lease.id
        );
    }
}

/// What holds once nothing is left to do.
pub(super) fn quiet(system: &mut System) {
    always(system);
    let records = system.records();
    let mut expected: Vec<String> = Vec::new();
    for record in &records {
        let lease = &record.lease;
        match lease.state {
            LeaseState::Active => {
                assert!(
                    system.book.leases.contains_key(&lease.id),
                    "{} is active for nobody",
                    lease.id
                );
                assert!(
                    lease.expires_at.millis() > system.installation.now(),
                    "{} is overdue",
                    lease.id
                );
                expected.extend(ledger::lines_of(record));
            }
            LeaseState::Generating | LeaseState::Revoking => {
                panic!("{} is {:?} for ever: {}", lease.id, lease.state, told(record))
            }
            LeaseState::Revoked | LeaseState::Expired | LeaseState::Failed => all_undone(record),
            LeaseState::Abandoned => panic!("nobody gave up {}", lease.id),
        }
    }
    expected.extend(ledger::forbidden_purges(system.installation.emulator()));
    expected.sort();
    // What several leases share is there once.
    expected.dedup();
    assert_eq!(
        ledger::lines(&system.installation.emulator().ledger()),
        expected,
        "ledger (left), leases (right)"
    );
    let counts = system
        .installation
        .run(|backend| async move { backend.leases.counts().await.unwrap() });
    let of = |state| {
        u64::try_from(
            records
                .iter()
                .filter(|record| record.lease.state == state)
                .count(),
        )
        .unwrap()
    };
    assert_eq!(
        (counts.active, counts.revoked, counts.expired, counts.failed),
        (
            of(LeaseState::Active),
            of(LeaseState::Revoked),
            of(LeaseState::Expired),
            of(LeaseState::Failed)
        )
    );
}

fn all_undone(record: &LeaseRecord) {
    assert!(
        record
            .grants
            .iter()
            .all(|grant| grant.state == GrantState::Undone),
        "an ended lease has grants that are not undone: {}",
        told(record)
    );
}

/// A lease and all that was done for it, for who looks for the fault.
fn told(record: &LeaseRecord) -> String {
    let grants = record
        .grants
        .iter()
        .map(|grant| format!("{:?} {:?}", grant.state, grant.entra_id));
    let attempts = record
        .attempts
        .iter()
        .map(|attempt| format!("{} {}: {}", attempt.at.millis(), attempt.step, attempt.outcome));
    let lines: Vec<String> = grants.chain(attempts).collect();
    format!("{:?}\n{}", record.lease, lines.join("\n"))
}
