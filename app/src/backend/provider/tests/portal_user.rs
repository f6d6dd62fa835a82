use std::time::Duration;

use emulator::Fault;

use super::*;
use crate::backend::graph::NewUser;

async fn begin() -> (Emulator, GraphClient, Plan, Entropy) {
    let (emulator, graph) = start().await;
    let entropy = Entropy::seeded(4);
    let plan = plan_of(SecretSpec::PortalUser(user_spec(&emulator)), &entropy);
    (emulator, graph, plan, entropy)
}

fn password_of(applied: &[(GrantPlan, Applied)]) -> String {
    let Some(GrantValue::UserPassword(password)) = &applied[0].1.value else {
        panic!("a password")
    };
    password.expose().to_owned()
}

#[tokio::test]
async fn a_user_is_made_can_sign_in_and_is_gone_afterwards() {
    let (emulator, graph, plan, entropy) = begin().await;
    let applied = apply_all(&graph, &plan, &entropy).await.unwrap();
    let spec = SecretSpec::PortalUser(user_spec(&emulator));
    let Some(Issued::PortalUser(issued)) = issue(&spec, &target(&emulator), &applied) else {
        panic!("a user")
    };
    assert_eq!(
        (&issued.user_principal_name, issued.sign_in_url.as_str()),
        (&plan.identity, "https://portal.azure.com")
    );
    let password = password_of(&applied);
    assert_eq!(emulator.sign_in(&plan.identity, &password), Ok(()));
    assert!(!format!("{applied:?}").contains(&password));
    let ledger = emulator.ledger();
    assert_eq!(
        (
            ledger.users.len(),
            ledger.memberships.len(),
            ledger.role_assignments.len()
        ),
        (1, 2, 1)
    );
    assert_eq!(ledger.users[0].id, issued.object_id);

    let records = records(&plan, &applied);
    let outcomes = undo_all(&graph, &records, now()).await;
    assert!(all_gone(&outcomes), "{outcomes:?}");
    assert!(emulator.ledger().is_empty(), "{:?}", emulator.ledger());
    assert!(
        all_gone(&undo_all(&graph, &records, now().plus_millis(LATER)).await),
        "taken back twice"
    );
}

#[tokio::test]
async fn lost_answers_are_found_again() {
    for lost in ["/users", "members/$ref", "roleAssignments"] {
        let (emulator, graph, plan, entropy) = begin().await;
        emulator.fault(Fault::drop_after().on("POST", lost));
        let applied = apply_all(&graph, &plan, &entropy).await.unwrap();
        let ledger = emulator.ledger();
        assert_eq!(
            (
                ledger.users.len(),
                ledger.memberships.len(),
                ledger.role_assignments.len()
            ),
            (1, 2, 1),
            "{lost}"
        );
        assert_eq!(
            emulator.sign_in(&plan.identity, &password_of(&applied)),
            Ok(()),
            "{lost}"
        );
        let outcomes = undo_all(&graph, &records(&plan, &applied), now()).await;
        assert!(
            all_gone(&outcomes) && emulator.ledger().is_empty(),
            "{lost}: {outcomes:?}"
        );
    }
}

#[tokio::test]
async fn broken_connections_and_refusals_to_answer_are_got_over() {
    for path in ["/users", "members/$ref", "roleAssignments"] {
        for fault in [
            Fault::drop_before(),
            Fault::status(504),
            Fault::status(429).retry_after("0.01"),
        ] {
            let (emulator, graph, plan, entropy) = begin().await;
            emulator.fault(fault.on("POST", path));
            let applied = apply_all(&graph, &plan, &entropy).await.unwrap();
            assert!(all_gone(
                &undo_all(&graph, &records(&plan, &applied), now()).await
            ));
            assert!(emulator.ledger().is_empty());
        }
    }
}

#[tokio::test]
async fn replicas_that_lag_are_waited_for() {
    let (emulator, graph, plan, entropy) = begin().await;
    emulator.set_lag(Duration::from_millis(150));
    let applied = apply_all(&graph, &plan, &entropy).await.unwrap();
    let records = records(&plan, &applied);
    // Each attempt looks for a moment only; between two of them the engine lets time pass.
    for _ in 0..20 {
        let outcomes = undo_all(&graph, &records, now()).await;
        assert!(
            no_failure(&outcomes) || !emulator.ledger().is_empty(),
            "{outcomes:?}"
        );
        emulator.clock().advance(Duration::from_millis(100));
    }
    assert!(all_gone(
        &undo_all(&graph, &records, now().plus_millis(LATER)).await
    ));
    assert!(emulator.ledger().is_empty(), "{:?}", emulator.ledger());
}

#[tokio::test]
async fn a_crash_before_any_id_is_recorded_is_cleaned_by_name() {
    let (emulator, graph, plan, entropy) = begin().await;
    apply_all(&graph, &plan, &entropy).await.unwrap();
    let outcomes = undo_all(&graph, &records(&plan, &[]), now()).await;
    assert!(
        all_gone(&outcomes) && emulator.ledger().is_empty(),
        "{outcomes:?}"
    );
}

#[tokio::test]
async fn a_deleted_user_whose_id_was_lost_is_purged_all_the_same() {
    let (emulator, graph, plan, entropy) = begin().await;
    let applied = apply_all(&graph, &plan, &entropy).await.unwrap();
    let without_id = records(&plan, &[]);
    for record in without_id.iter().rev().take(3) {
        undo(&graph, record, &without_id, now()).await.unwrap();
    }
    graph.delete_user(&applied[0].1.entra_id).await.unwrap();
    assert_eq!(emulator.ledger().deleted_users.len(), 1);
    let outcomes = undo_all(&graph, &without_id, now()).await;
    assert!(emulator.ledger().is_empty(), "{outcomes:?}");
    assert!(all_gone(
        &undo_all(&graph, &without_id, now().plus_millis(LATER)).await
    ));
}

#[tokio::test]
async fn what_was_never_made_is_gone_only_after_a_while() {
    let (emulator, graph, plan, _) = begin().await;
    let records = records(&plan, &[]);
    let early = undo_all(&graph, &records, now()).await;
    assert!(
        early
            .iter()
            .all(|outcome| matches!(outcome, Ok(Undo::NotYetSure { .. }))),
        "{early:?}"
    );
    assert!(all_gone(
        &undo_all(&graph, &records, now().plus_millis(LATER)).await
    ));
    assert!(emulator.ledger().is_empty());
}

#[tokio::test]
async fn somebody_elses_user_of_the_same_name_is_left_alone() {
    let (emulator, graph, plan, entropy) = begin().await;
    let password = password::generate(16, &entropy);
    let theirs = NewUser {
        user_principal_name: &plan.identity,
        display_name: "Somebody else",
        mail_nickname: "somebody",
        marker: "Contractor",
        password: &password,
    };
    graph.create_user(&theirs).await.unwrap();
    let refused = apply_all(&graph, &plan, &entropy).await.unwrap_err();
    assert!(
        refused.is_already_there() && !refused.is_ambiguous(),
        "{refused:?}"
    );
    assert!(all_gone(
        &undo_all(&graph, &records(&plan, &[]), now().plus_millis(LATER)).await
    ));
    assert_eq!(emulator.ledger().users.len(), 1);
}

#[tokio::test]
async fn without_the_right_to_purge_the_user_stays_restorable() {
    let (emulator, graph, plan, entropy) = begin().await;
    let applied = apply_all(&graph, &plan, &entropy).await.unwrap();
    emulator.grant(
        &emulator.tenant().client_id,
        &[
            "User.ReadWrite.All",
            "GroupMember.ReadWrite.All",
            "RoleManagement.ReadWrite.Directory",
        ],
    );
    graph.forget_token().unwrap();
    let outcomes = undo_all(&graph, &records(&plan, &applied), now()).await;
    assert!(all_gone(&outcomes), "{outcomes:?}");
    let ledger = emulator.ledger();
    assert!(
        ledger.nothing_alive() && ledger.deleted_users.len() == 1,
        "{ledger:?}"
    );
}

#[tokio::test]
async fn a_user_that_is_to_be_kept_is_deleted_and_not_purged() {
    let (emulator, graph) = start().await;
    let entropy = Entropy::seeded(5);
    let spec = PortalUserSpec {
        keep_deleted: true,
        ..user_spec(&emulator)
    };
    let plan = plan_of(SecretSpec::PortalUser(spec), &entropy);
    let applied = apply_all(&graph, &plan, &entropy).await.unwrap();
    let records = records(&plan, &applied);
    assert!(all_gone(&undo_all(&graph, &records, now()).await));
    let ledger = emulator.ledger();
    assert!(
        ledger.nothing_alive() && ledger.deleted_users.len() == 1,
        "{ledger:?}"
    );
    assert!(
        all_gone(&undo_all(&graph, &records, now()).await),
        "taken back twice"
    );
}

#[tokio::test]
async fn one_refusal_does_not_keep_the_rest_from_being_tried() {
    let (emulator, graph, plan, entropy) = begin().await;
    let applied = apply_all(&graph, &plan, &entropy).await.unwrap();
    emulator.fault(Fault::status(403).on("POST", "revokeSignInSessions"));
    let outcomes = undo_all(&graph, &records(&plan, &applied), now()).await;
    assert!(
        all_gone(&outcomes) && emulator.ledger().is_empty(),
        "{outcomes:?}"
    );
}

#[tokio::test]
async fn a_user_that_entra_will_not_delete_is_disabled_and_reported() {
    let (emulator, graph, plan, entropy) = begin().await;
    let applied = apply_all(&graph, &plan, &entropy).await.unwrap();
    emulator.fault(Fault::status(403).on("DELETE", "/v1.0/users/").times(500));
    let records = records(&plan, &applied);
    let refused = undo(&graph, &records[0], &records, now()).await.unwrap_err();
    assert_eq!(refused.status(), Some(403));
    assert!(emulator.ledger().users.iter().all(|user| !user.account_enabled));
    emulator.clear_faults();
    let outcomes = undo_all(&graph, &records, now()).await;
    assert!(
        all_gone(&outcomes) && emulator.ledger().is_empty(),
        "{outcomes:?}"
    );
}

#[tokio::test]
async fn a_missing_permission_leaves_nothing_unclear() {
    let (emulator, graph, plan, entropy) = begin().await;
    emulator.grant(&emulator.tenant().client_id, &["User.Read.All"]);
    let refused = apply_all(&graph, &plan, &entropy).await.unwrap_err();
    assert!(!refused.is_ambiguous() && emulator.ledger().is_empty());
    let api = refused.to_api_error(graph.client_id(), graph.tenant_id());
    assert!(api.message.contains("User.ReadWrite.All"), "{}", api.message);
}
