//! Which of the things that Entra shows are ours to take away: what bears our marker, held against the leases. Pure.
//!
//! Rule: the rows are read after Entra. A lease is in its row before its first thing is in Entra, so what has no row then was not
//! made by this database, and may be a living credential of another one with the same id: a restored backup, a copy.

use std::collections::BTreeMap;

use crate::backend::provider::leftovers::{Bearer, Password, Survey, Thing};
use crate::backend::store::LeaseStanding;
use crate::domain::{
    ExpiredSecret, LeaseState, Leftover, LeftoverKind, NotChecked, Reconciliation, TargetName, Timestamp,
};

/// For how long after the end of a lease Entra's replicas, and above all its index for queries, may still show what is gone.
const SETTLES_WITHIN_MILLIS: i64 = 10 * 60_000;
/// How many rows a list of the report has at most.
const TOLD: usize = 1_000;

/// What may be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clean {
    /// Nothing: only look.
    Nothing,
    /// What is of leases that we know to be over. Nobody needs to be asked.
    WhatIsOver,
    /// Everything that no live lease knows: somebody asked for it.
    Everything,
}

impl Clean {
    /// Whether a thing of a lease in this state is to be taken away; no state where there is no such lease.
    pub(super) fn includes(self, state: Option<LeaseState>) -> bool {
        match (self, state) {
            (Self::Nothing, _)
            | (_, Some(LeaseState::Generating | LeaseState::Active | LeaseState::Revoking))
            | (Self::WhatIsOver, None | Some(LeaseState::Abandoned)) => false,
            (
                Self::WhatIsOver | Self::Everything,
                Some(LeaseState::Revoked | LeaseState::Expired | LeaseState::Failed),
            )
            | (Self::Everything, None | Some(LeaseState::Abandoned)) => true,
        }
    }
}

/// A report, and where in it the things stand that can be taken away.
#[derive(Debug)]
pub(super) struct Sorted {
    pub(super) report: Reconciliation,
    pub(super) places: Vec<(Bearer, Place)>,
}

/// A row of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Among what is unknown.
    Unknown(usize),
    /// Among the expired secrets.
    Expired(usize),
}

impl Sorted {
    /// The state of the lease that a row's marker names.
    pub(super) fn state_at(&self, place: Place) -> Option<LeaseState> {
        match place {
            Place::Unknown(index) => self.report.unknown[index].lease_state,
            Place::Expired(index) => self.report.expired_secrets[index].lease_state,
        }
    }

    /// Notes what became of taking a thing away.
    pub(super) fn note(&mut self, place: Place, outcome: Result<(), String>) {
        let (cleaned, error) = match place {
            Place::Unknown(index) => {
                let row = &mut self.report.unknown[index];
                (&mut row.cleaned, &mut row.error)
            }
            Place::Expired(index) => {
                let row = &mut self.report.expired_secrets[index];
                (&mut row.cleaned, &mut row.error)
            }
        };
        *cleaned = outcome.is_ok();
        *error = outcome.err();
    }
}

/// Holds what Entra shows against the leases as they stood afterwards.
pub(super) fn sort(
    target: TargetName,
    survey: Survey,
    not_checked: Vec<NotChecked>,
    standings: &BTreeMap<String, LeaseStanding>,
    now: Timestamp,
) -> Sorted {
    let mut sorted = Sorted {
        report: Reconciliation {
            target,
            checked_at: now,
            known: 0,
            kept: 0,
            unknown: Vec::new(),
            settling: Vec::new(),
            expired_secrets: Vec::new(),
            more: 0,
            not_checked,
        },
        places: Vec::new(),
    };
    for bearer in survey.bearers {
        sorted.place(bearer, standings, now);
    }
    for (password, ended_at) in survey.expired {
        let row = expired(&password, ended_at);
        sorted.report.more += told(&mut sorted.report.expired_secrets, row).map_or(1, |_| 0);
    }
    sorted
}

impl Sorted {
    fn place(&mut self, bearer: Bearer, standings: &BTreeMap<String, LeaseStanding>, now: Timestamp) {
        let report = &mut self.report;
        let standing = standings.get(&bearer.lease);
        let state = standing.map(|standing| standing.state);
        if state.is_some_and(|state| !state.is_ended()) {
            report.known += 1;
            return;
        }
        if matches!(bearer.thing, Thing::DeletedUser { .. }) && standing.is_some_and(|it| it.keeps_deleted) {
            report.kept += 1;
            return;
        }
        let ended_at = standing.and_then(|standing| standing.ended_at);
        if ended_at.is_some_and(|ended_at| now.millis_since(ended_at) < SETTLES_WITHIN_MILLIS) {
            let why = "Its lease ended a moment ago. Entra may go on showing for some minutes what is gone.";
            let row = leftover(&bearer, state, why.to_owned());
            report.more += told(&mut report.settling, row).map_or(1, |_| 0);
            return;
        }
        let place = match &bearer.thing {
            Thing::AppPassword(password) if password.ends_at.is_some_and(|ends_at| ends_at <= now) => {
                let row = ExpiredSecret {
                    ours: true,
                    lease: Some(bearer.lease.clone()),
                    lease_state: state,
                    ..expired(password, password.ends_at.unwrap_or(now))
                };
                told(&mut report.expired_secrets, row).map(Place::Expired)
            }
            Thing::AppPassword(_) | Thing::User { .. } | Thing::DeletedUser { .. } => {
                let row = leftover(&bearer, state, why(state, ended_at));
                told(&mut report.unknown, row).map(Place::Unknown)
            }
        };
        match place {
            Some(place) => self.places.push((bearer, place)),
            None => report.more += 1,
        }
    }
}

/// Adds a row, where there is room, and gives its place.
fn told<T>(rows: &mut Vec<T>, row: T) -> Option<usize> {
    (rows.len() < TOLD).then(|| {
        rows.push(row);
        rows.len() - 1
    })
}

fn why(state: Option<LeaseState>, ended_at: Option<Timestamp>) -> String {
    match (state, ended_at) {
        (Some(state), Some(at)) => format!(
            "Its lease ended ({}) on {}, and Entra still shows it.",
            state.as_str(),
            at.to_utc_text()
        ),
        (Some(state), None) => format!("Its lease has ended ({}), and Entra still shows it.", state.as_str()),
        (None, _) => "No lease of this id is known here. It is probably of a lease that a database restored from a backup has forgotten, so somebody may be using it."
            .to_owned(),
    }
}

fn leftover(bearer: &Bearer, lease_state: Option<LeaseState>, why: String) -> Leftover {
    let (kind, entra_id, name, password) = match &bearer.thing {
        Thing::User {
            id,
            user_principal_name,
        } => (LeftoverKind::User, id, user_principal_name, None),
        Thing::DeletedUser {
            id,
            user_principal_name,
        } => (LeftoverKind::DeletedUser, id, user_principal_name, None),
        Thing::AppPassword(password) => (
            LeftoverKind::AppPassword,
            &password.key_id,
            password.display_name.as_ref().unwrap_or(&password.key_id),
            Some(password),
        ),
    };
    Leftover {
        kind,
        entra_id: entra_id.clone(),
        name: name.clone(),
        application: password.map(|password| password.application_name.clone()),
        application_id: password.map(|password| password.application_id.clone()),
        lease: bearer.lease.clone(),
        lease_state,
        since: bearer.since,
        why,
        cleaned: false,
        error: None,
    }
}

fn expired(password: &Password, ended_at: Timestamp) -> ExpiredSecret {
    ExpiredSecret {
        application: password.application_name.clone(),
        application_id: password.application_id.clone(),
        key_id: password.key_id.clone(),
        display_name: password.display_name.clone(),
        ended_at,
        ours: false,
        lease: None,
        lease_state: None,
        cleaned: false,
        error: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unasked_only_what_is_known_to_be_over_is_taken_away() {
        for state in LeaseState::ALL {
            assert_eq!(
                Clean::WhatIsOver.includes(Some(state)),
                // What somebody gave up is known to be there: it goes when somebody asks.
                state.is_ended() && state != LeaseState::Abandoned,
                "{state:?}"
            );
            assert_eq!(
                Clean::Everything.includes(Some(state)),
                state.is_ended(),
                "{state:?}"
            );
            assert!(!Clean::Nothing.includes(Some(state)));
        }
        assert!(Clean::Everything.includes(None) && !Clean::WhatIsOver.includes(None));
    }
}
