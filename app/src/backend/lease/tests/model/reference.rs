//! Which step may follow which.
//!
//! Whether a step succeeds depends on the faults that it meets, so what has become of the leases is not known here but in the
//! book; this is only what the making of sequences needs.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use proptest_state_machine::ReferenceStateMachine;

use super::step::{
    Step, What, any_ask, any_clock_step, any_fault, any_item, any_minutes, any_moment, any_wait,
};

/// What has been asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// The places of the leases that were asked for.
    slots: BTreeSet<usize>,
    /// Whether Entra may still say once of something that is there that it is not. Of one such answer the engine can know
    /// better, of many it can't.
    lied: bool,
}

/// The sequences.
pub(super) struct Sequences;

impl ReferenceStateMachine for Sequences {
    type State = Asked;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Asked> {
        Just(Asked::default()).boxed()
    }

    fn transitions(asked: &Asked) -> BoxedStrategy<Step> {
        let next = asked.slots.last().map_or(0, |last| last + 1);
        let ask = move || any_ask(next);
        let mut steps = vec![
            (9, ask().prop_map(Step::Generate).boxed()),
            (
                1,
                (ask(), any_moment())
                    .prop_map(|(ask, after)| Step::Leave(ask, after))
                    .boxed(),
            ),
            (
                2,
                (ask(), any_moment())
                    .prop_map(|(ask, after)| Step::Die(ask, after))
                    .boxed(),
            ),
            (
                2,
                (ask(), any_ask(next + 1))
                    .prop_map(|(one, two)| Step::AtOnce(one, two))
                    .boxed(),
            ),
            (
                1,
                any_item().prop_map(|item| Step::Revoke(What::Item(item))).boxed(),
            ),
            (1, Just(Step::Revoke(What::Target)).boxed()),
            (1, any_item().prop_map(Step::Delete).boxed()),
            (4, any_wait().prop_map(Step::Wait).boxed()),
            (1, any_clock_step().prop_map(Step::SetClock).boxed()),
            (8, any_fault().prop_map(Step::Fault).boxed()),
            (1, (1_u64..=60).prop_map(Step::Lag).boxed()),
            (2, Just(Step::Heal).boxed()),
            (6, Just(Step::Reap).boxed()),
            (2, any_moment().prop_map(Step::ReapAndDie).boxed()),
            (1, Just(Step::Restart).boxed()),
            (1, Just(Step::Kill).boxed()),
            (2, Just(Step::Quiesce).boxed()),
        ];
        if !asked.slots.is_empty() {
            let slots: Vec<usize> = asked.slots.iter().copied().collect();
            let slot = move || select(slots.clone());
            steps.push((
                5,
                (slot(), any_minutes())
                    .prop_map(|(slot, minutes)| Step::Renew { slot, minutes })
                    .boxed(),
            ));
            steps.push((6, slot().prop_map(|slot| Step::Revoke(What::Slot(slot))).boxed()));
        }
        Union::new_weighted(steps).boxed()
    }

    fn preconditions(asked: &Asked, step: &Step) -> bool {
        if let Step::Renew { slot, .. } | Step::Revoke(What::Slot(slot)) = step {
            return asked.slots.contains(slot);
        }
        let is_asked_anew = step.asks().iter().all(|ask| !asked.slots.contains(&ask.slot));
        is_asked_anew && !(asked.lied && step.is_lie())
    }

    fn apply(mut asked: Asked, step: &Step) -> Asked {
        asked.slots.extend(step.asks().iter().map(|ask| ask.slot));
        asked.lied |= step.is_lie();
        if matches!(step, Step::Heal | Step::Quiesce) {
            asked.lied = false;
        }
        asked
    }
}
