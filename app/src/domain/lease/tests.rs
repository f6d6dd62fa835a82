use proptest::prelude::*;

use super::*;

fn lease(state: LeaseState, created: i64, ttl: Ttl, max: Ttl) -> Lease {
    let created_at = Timestamp::from_millis(created);
    Lease {
        id: LeaseId::from_bits(1),
        secret: ItemPath::parse("/prod/billing").unwrap(),
        secret_id: SecretId::from_bits(2),
        kind: Kind::AppSecret,
        target: TargetName::parse("contoso").unwrap(),
        state,
        holder: "user:admin".to_owned(),
        reason: None,
        created_at,
        issued_at: Some(created_at),
        expires_at: created_at.plus(ttl),
        max_expires_at: created_at.plus(max),
        ended_at: None,
        end_cause: None,
        renewals: 0,
        identity: "billing".to_owned(),
        entra_ends_at: None,
        needs_attention: false,
        last_error: None,
        attempts_made: 0,
        next_attempt_at: None,
        abandoned: None,
    }
}

fn any_state() -> impl Strategy<Value = LeaseState> {
    proptest::sample::select(LeaseState::ALL.to_vec())
}

fn any_ttl() -> impl Strategy<Value = Ttl> {
    (60_u64..1_000_000).prop_map(|seconds| Ttl::from_seconds(seconds).unwrap())
}

proptest! {
    #[test]
    fn every_walk_ends_and_never_comes_back(walk in proptest::collection::vec(any_state(), 0..12)) {
        let mut state = LeaseState::Generating;
        let mut was_revoking = false;
        for next in walk {
            if state.can_become(next) {
                prop_assert!(!state.is_ended());
                prop_assert!(!next.is_ended() || was_revoking, "ended without being taken back");
                was_revoking |= next == LeaseState::Revoking;
                prop_assert!(!(was_revoking && next == LeaseState::Active), "revived");
                state = next;
            }
        }
    }

    #[test]
    fn a_renewal_never_shortens_nor_passes_the_ceiling(
        state in any_state(), ttl in any_ttl(), max in any_ttl(), asked in any_ttl(), elapsed in 0_i64..2_000_000_000,
    ) {
        let lease = lease(state, 1_700_000_000_000, ttl.min(max), max);
        let now = lease.created_at.plus_millis(elapsed);
        match lease.renewed_end(now, asked) {
            Ok(end) => {
                prop_assert!(state == LeaseState::Active && now < lease.expires_at);
                prop_assert!(end >= lease.expires_at && end <= lease.max_expires_at);
                prop_assert!(end <= now.plus(asked).max(lease.expires_at));
            }
            Err(_) => prop_assert!(
                state != LeaseState::Active || now >= lease.expires_at || lease.expires_at >= lease.max_expires_at
            ),
        }
    }
}

#[test]
fn an_active_lease_is_never_ended_without_revoking() {
    assert!(!LeaseState::Active.can_become(LeaseState::Revoked));
    assert!(!LeaseState::Active.can_become(LeaseState::Expired));
    assert!(!LeaseState::Generating.can_become(LeaseState::Failed));
}

#[test]
fn what_ends_soon_is_told() {
    let hour = Ttl::parse("1h").unwrap();
    let lease = lease(LeaseState::Active, 0, hour, hour);
    assert!(!lease.ends_soon(Timestamp::from_millis(40 * 60_000)));
    assert!(lease.ends_soon(Timestamp::from_millis(46 * 60_000)));
}

#[test]
fn every_cause_leads_to_an_ended_state() {
    for cause in [
        EndCause::Expired,
        EndCause::Revoked("ana".into()),
        EndCause::Failed,
        EndCause::Unseen,
        EndCause::Interrupted,
    ] {
        assert!(cause.final_state().is_ended());
        assert!(!cause.describe().is_empty());
    }
}

#[test]
fn only_what_is_being_taken_back_can_be_given_up() {
    let hour = Ttl::parse("1h").unwrap();
    for state in LeaseState::ALL {
        let can = lease(state, 0, hour, hour).can_abandon();
        assert_eq!(can.is_ok(), state == LeaseState::Revoking, "{state:?}");
        assert_eq!(state.can_become(LeaseState::Abandoned), can.is_ok(), "{state:?}");
    }
    assert!(LeaseState::Abandoned.is_ended() && !LeaseState::Abandoned.is_gone());
}

#[test]
fn a_reason_has_words_and_an_end() {
    assert_eq!(
        Abandonment::parse_reason("  tenant is gone ").as_deref(),
        Ok("tenant is gone")
    );
    assert!(Abandonment::parse_reason(" \n ").is_err());
    assert!(Abandonment::parse_reason(&"ä".repeat(500)).is_ok());
    assert!(Abandonment::parse_reason(&"ä".repeat(501)).is_err());
}
