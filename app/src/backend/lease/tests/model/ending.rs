//! Callers renew and revoke leases, and delete items with theirs.

use super::book::{Fate, Unheard};
use super::step::{MAX_MINUTES, What};
use super::system::{DEFAULT_MINUTES, System, told, ttl};
use crate::backend::lease::{RevokeWhat, Wait};
use crate::domain::{ErrorCode, LeaseState};

impl System {
    pub(super) fn renew(&mut self, slot: usize, minutes: Option<u32>) {
        let Some(lease) = self.lease_of(slot) else { return };
        let now = self.installation.now();
        let by = self.installation.by();
        let id = lease.id.clone();
        let answer = self
            .installation
            .run(|backend| async move { backend.leases.renew(by, &id, minutes.map(ttl)).await });
        self.note(&told(&answer));
        let (ask, unheard) = self.book.ask_of(&lease).clone();
        let is_gone = self.book.deleted.contains(&ask.item);
        let default = if is_gone { MAX_MINUTES } else { DEFAULT_MINUTES };
        let asked_end = now + ttl(minutes.unwrap_or(default)).millis();
        match self.book.leases.get_mut(&lease.id) {
            Some(known) if known.fate == Fate::Active && now < known.end && known.end < known.max => {
                known.end = asked_end.max(known.end).min(known.max);
                let renewed = answer.expect("an active lease can be renewed");
                assert_eq!(renewed.expires_at.millis(), known.end);
            }
            // One that a caller left is active for a moment.
            None if unheard == Some(Unheard::Left) => {}
            Some(_) | None => {
                let refused = answer.expect_err("a lease that has ended was renewed");
                assert_eq!(refused.code, ErrorCode::Conflict, "{refused:?}");
            }
        }
    }

    pub(super) fn revoke(&mut self, what: &What) {
        let items = &self.installation.tenant.items;
        let (asked, id) = match *what {
            What::Slot(slot) => match self.lease_of(slot) {
                Some(lease) => (RevokeWhat::Lease(lease.id.clone()), Some(lease.id)),
                None => return,
            },
            What::Item(item) => (RevokeWhat::Secret(items[item].path.clone()), None),
            What::Target => (RevokeWhat::Target(items[0].target.clone()), None),
        };
        let by = self.installation.by();
        let answer = self
            .installation
            .run(|backend| async move { backend.leases.revoke(by, asked, false).await });
        self.note(&told(&answer));
        let leases = match (answer, what) {
            (Ok(leases), _) => leases,
            (Err(refused), What::Item(item)) if self.book.deleted.contains(item) => {
                assert_eq!(refused.code, ErrorCode::NotFound);
                return;
            }
            (Err(refused), _) => panic!("revoking asks nothing of Entra: {refused:?}"),
        };
        for lease in leases {
            assert!(
                lease.state == LeaseState::Revoking || lease.state.is_ended(),
                "{lease:?}"
            );
        }
        self.book.revoked(|known, lease| match what {
            What::Slot(_) => Some(known) == id.as_ref(),
            What::Item(item) => lease.item == *item,
            What::Target => true,
        });
    }

    pub(super) fn delete(&mut self, item: usize) {
        let secret = &self.installation.tenant.items[item];
        let by = self.installation.by();
        let answer = self
            .installation
            .run(|backend| async move { backend.items.delete(by, &secret.path, true, Wait::No).await });
        self.note(&told(&answer));
        let deletion = match answer {
            Ok(deletion) => deletion,
            Err(refused) => {
                assert!(self.book.deleted.contains(&item), "{refused:?}");
                assert_eq!(refused.code, ErrorCode::NotFound);
                return;
            }
        };
        self.book.deleted.insert(item);
        self.book.revoked(|_, lease| lease.item == item);
        let left = self
            .leases()
            .into_iter()
            .filter(|lease| lease.secret == secret.path);
        let left: Vec<_> = left.filter(|lease| !lease.state.is_ended()).collect();
        assert!(
            left.iter().all(|lease| lease.state == LeaseState::Revoking),
            "{} is being deleted and left {left:?}",
            secret.path
        );
        assert!(
            !deletion.is_done() || left.is_empty(),
            "{} is deleted and left {left:?}",
            secret.path
        );
    }
}
