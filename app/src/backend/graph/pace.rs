//! Keeps the writes of one client below a rate, so that Entra has no reason to refuse them, and gives the turns to those who need
//! them most.
//!
//! Entra allows an app 3,000 writes in 150 seconds in one tenant (Microsoft: Graph throttling limits, identity and access).

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::backend::Stopwatch;

/// Writes that may be sent at once after a quiet second, as a share of the rate.
const BURST_SECONDS: Duration = Duration::from_secs(1);
/// Every so many turns, the one goes to the least urgent who waits: nobody waits for ever.
const SHARE: u64 = 4;

/// Whose write is more urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Priority {
    /// Somebody waits for it.
    #[default]
    Interactive,
    /// A lease has ended.
    Revocation,
    /// Looking for what no lease knows.
    Sweep,
}

/// Hands out turns.
#[derive(Debug)]
pub(super) struct Pace {
    /// Between two turns; nothing where there is no limit.
    interval: Option<Duration>,
    watch: Stopwatch,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    /// When the next turn is, since the start.
    next: Duration,
    /// Turns that were given.
    given: u64,
    /// Tickets that were drawn.
    drawn: u64,
    /// Who waits, in the order of coming.
    waiting: BTreeSet<(Priority, u64)>,
}

impl Queue {
    /// Whose turn is next.
    fn favourite(&self) -> Option<(Priority, u64)> {
        let first = *self.waiting.first()?;
        if self.given % SHARE != SHARE - 1 {
            return Some(first);
        }
        let least_urgent = self.waiting.last()?.0;
        self.waiting.range((least_urgent, 0)..).next().copied()
    }
}

impl Pace {
    pub(super) fn new(per_second: f64) -> Self {
        let interval = (per_second > 0.0).then(|| Duration::try_from_secs_f64(per_second.recip()).ok());
        Self {
            interval: interval.flatten(),
            watch: Stopwatch::start(),
            queue: Mutex::default(),
        }
    }

    /// Waits for a turn, in which so many writes may be sent.
    pub(super) async fn turn(&self, priority: Priority, writes: u32) {
        let Some(interval) = self.interval else { return };
        let ticket = self.draw(priority);
        while let Some(wait) = self.claim(ticket.place, interval, writes, self.watch.elapsed()) {
            tokio::time::sleep(wait).await;
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&self, priority: Priority) -> Ticket<'_> {
        let mut queue = self.queue();
        queue.drawn += 1;
        let place = (priority, queue.drawn);
        queue.waiting.insert(place);
        Ticket { pace: self, place }
    }

    /// Takes the turn, or says how long to wait before asking again.
    fn claim(
        &self,
        place: (Priority, u64),
        interval: Duration,
        writes: u32,
        now: Duration,
    ) -> Option<Duration> {
        let mut queue = self.queue();
        if queue.next > now {
            return Some(queue.next.saturating_sub(now));
        }
        if queue.favourite() != Some(place) {
            // Whoever it is has been woken as we were, and takes it in a moment.
            return Some(interval);
        }
        queue.waiting.remove(&place);
        queue.given += 1;
        let from = queue.next.max(now.saturating_sub(BURST_SECONDS));
        queue.next = from.saturating_add(interval.saturating_mul(writes));
        None
    }
}

/// A place in the queue, given up when whoever holds it goes away.
struct Ticket<'a> {
    pace: &'a Pace,
    place: (Priority, u64),
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.pace.queue().waiting.remove(&self.place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENTH: Duration = Duration::from_millis(100);

    fn take(pace: &Pace, ticket: &Ticket<'_>, now: Duration) -> bool {
        pace.claim(ticket.place, TENTH, 1, now).is_none()
    }

    #[test]
    fn turns_come_at_the_rate_after_a_burst() {
        let pace = Pace::new(10.0);
        let now = Duration::from_secs(100);
        let mut taken = 0;
        while take(&pace, &pace.draw(Priority::Interactive), now) {
            taken += 1;
        }
        assert_eq!(taken, 11);
        let ticket = pace.draw(Priority::Interactive);
        assert!(take(&pace, &ticket, now + TENTH));
        let ticket = pace.draw(Priority::Interactive);
        assert_eq!(pace.claim(ticket.place, TENTH, 20, now + TENTH), Some(TENTH));
        assert!(pace.claim(ticket.place, TENTH, 20, now + 2 * TENTH).is_none());
        let ticket = pace.draw(Priority::Interactive);
        assert_eq!(
            pace.claim(ticket.place, TENTH, 1, now + 2 * TENTH),
            Some(20 * TENTH),
            "twenty writes at once are twenty turns"
        );
    }

    #[test]
    fn the_urgent_go_first_and_every_fourth_turn_is_for_the_others() {
        let pace = Pace::new(10.0);
        let sweep = pace.draw(Priority::Sweep);
        let revocation = pace.draw(Priority::Revocation);
        let mut tickets: Vec<_> = (0..6).map(|_| pace.draw(Priority::Interactive)).collect();
        let mut order = Vec::new();
        let mut left: Vec<_> = tickets.drain(..).chain([sweep, revocation]).collect();
        for turn in 0.. {
            if left.is_empty() {
                break;
            }
            let now = Duration::from_secs(100 + turn);
            let index = left.iter().position(|ticket| take(&pace, ticket, now)).unwrap();
            order.push(left.remove(index).place.0);
        }
        let letters: String = order
            .iter()
            .map(|priority| match priority {
                Priority::Interactive => 'i',
                Priority::Revocation => 'r',
                Priority::Sweep => 's',
            })
            .collect();
        assert_eq!(letters, "iiisiiir");
    }

    #[test]
    fn who_goes_away_holds_nobody_up() {
        let pace = Pace::new(10.0);
        drop(pace.draw(Priority::Interactive));
        let ticket = pace.draw(Priority::Sweep);
        assert!(take(&pace, &ticket, Duration::from_secs(100)));
    }

    #[tokio::test]
    async fn no_rate_is_no_limit() {
        for rate in [0.0, -1.0, f64::NAN] {
            let pace = Pace::new(rate);
            for _ in 0..1000 {
                pace.turn(Priority::Sweep, 1).await;
            }
        }
    }
}
