use std::time::Duration;

use emulator::Fault;
use futures::future::try_join_all;

use super::*;

async fn begin() -> (Emulator, GraphClient, Plan, Entropy) {
    let (emulator, graph) = start().await;
    let entropy = Entropy::seeded(3);
    let plan = plan_of(app_spec(&emulator.tenant().owned_application_id), &entropy);
    (emulator, graph, plan, entropy)
}

#[tokio::test]
async fn a_secret_is_issued_works_and_is_gone_afterwards() {
    let (emulator, graph, plan, entropy) = begin().await;
    let applied = apply_all(&graph, &plan, &entropy).await.unwrap();
    let spec = app_spec(&emulator.tenant().owned_application_id);
    let Some(Issued::AppSecret(issued)) = issue(&spec, &target(&emulator), &applied) else {
        panic!("a client secret")
    };
    assert_eq!(issued.client_id, emulator.tenant().owned_application_client_id);
    assert!(
        usable(&graph, &issued.client_id, &issued.client_secret)
            .await
            .unwrap()
    );
    assert!(!format!("{applied:?}").contains(issued.client_secret.expose()));
    let made = emulator.ledger().app_passwords.remove(0);
    assert_eq!((&made.key_id, made.expired), (&issued.key_id, false));
    let ends_at = Timestamp::parse(&made.end_date_time).unwrap();
    assert_eq!(Some(ends_at), plan.entra_ends_at);

    let records = records(&plan, &applied);
    assert!(all_gone(&undo_all(&graph, &records, now()).await));
    assert!(emulator.ledger().is_empty());
    assert!(
        !usable(&graph, &issued.client_id, &issued.client_secret)
            .await
            .unwrap()
    );
    assert!(
        all_gone(&undo_all(&graph, &records, now().plus_millis(LATER)).await),
        "taken back twice"
    );
}

#[tokio::test]
async fn a_lost_answer_costs_one_more_secret_and_leaves_none() {
    let (emulator, graph, plan, entropy) = begin().await;
    emulator.fault(Fault::drop_after().on("POST", "addPassword"));
    let applied = apply_all(&graph, &plan, &entropy).await.unwrap();
    let made = emulator.ledger().app_passwords;
    assert_eq!(
        made.len(),
        1,
        "the lost one is removed: its value is known to nobody"
    );
    assert_eq!(made[0].key_id, applied[0].1.entra_id);
    assert!(all_gone(
        &undo_all(&graph, &records(&plan, &applied), now()).await
    ));
    assert!(emulator.ledger().is_empty());
}

#[tokio::test]
async fn an_answer_that_never_comes_is_not_believed_too_early() {
    let (emulator, graph, plan, entropy) = begin().await;
    emulator.fault(Fault::drop_before().on("POST", "addPassword"));
    assert!(
        apply_all(&graph, &plan, &entropy)
            .await
            .unwrap_err()
            .is_ambiguous()
    );
    let records = records(&plan, &[]);
    assert!(matches!(
        undo_all(&graph, &records, now()).await[0],
        Ok(Undo::NotYetSure { .. })
    ));
    assert!(all_gone(
        &undo_all(&graph, &records, now().plus_millis(LATER)).await
    ));
    assert!(emulator.ledger().is_empty());
}

#[tokio::test]
async fn a_crash_before_the_id_is_recorded_is_cleaned_by_name() {
    let (emulator, graph, plan, entropy) = begin().await;
    apply_all(&graph, &plan, &entropy).await.unwrap();
    assert!(all_gone(&undo_all(&graph, &records(&plan, &[]), now()).await));
    assert!(emulator.ledger().is_empty());
}

#[tokio::test]
async fn a_secret_that_replicas_do_not_show_yet_is_not_called_gone() {
    let (emulator, graph, plan, entropy) = begin().await;
    emulator.set_lag(Duration::from_mins(1));
    let applied = apply_all(&graph, &plan, &entropy).await.unwrap();
    let records = records(&plan, &applied);
    let early = undo_all(&graph, &records, now()).await;
    assert!(
        matches!(
            early[0],
            Ok(Undo::NotYetSure {
                look_again_in_millis: 1..,
                ..
            })
        ),
        "{early:?}"
    );
    assert_eq!(emulator.ledger().app_passwords.len(), 1);
    emulator.clock().advance(Duration::from_secs(61));
    emulator.set_lag(Duration::ZERO);
    assert!(all_gone(&undo_all(&graph, &records, now()).await));
    assert!(emulator.ledger().is_empty());
}

#[tokio::test]
async fn a_removed_secret_that_is_still_shown_is_not_called_gone() {
    let (emulator, graph, plan, entropy) = begin().await;
    let applied = apply_all(&graph, &plan, &entropy).await.unwrap();
    let records = records(&plan, &applied);
    emulator.set_lag(Duration::from_mins(1));
    let early = undo_all(&graph, &records, now()).await;
    assert!(matches!(early[0], Ok(Undo::NotYetSure { .. })), "{early:?}");
    emulator.clock().advance(Duration::from_secs(61));
    assert!(all_gone(
        &undo_all(&graph, &records, now().plus_millis(LATER)).await
    ));
    assert!(emulator.ledger().is_empty());
}

#[tokio::test]
async fn many_leases_of_one_application_take_turns() {
    let (emulator, graph, _, entropy) = begin().await;
    let spec = app_spec(&emulator.tenant().owned_application_id);
    let plans: Vec<Plan> = (0..8).map(|_| plan_of(spec.clone(), &entropy)).collect();
    let all = try_join_all(plans.iter().map(|plan| apply_all(&graph, plan, &entropy)))
        .await
        .unwrap();
    assert_eq!(emulator.ledger().app_passwords.len(), 8);
    for (plan, applied) in plans.iter().zip(&all) {
        assert!(all_gone(&undo_all(&graph, &records(plan, applied), now()).await));
    }
    assert!(emulator.ledger().is_empty());
}

#[tokio::test]
async fn the_targets_own_application_is_refused_even_without_a_check() {
    let (emulator, graph) = start().await;
    let entropy = Entropy::seeded(3);
    let plan = plan_of(app_spec(&emulator.tenant().broker_application_id), &entropy);
    let refused = apply_all(&graph, &plan, &entropy).await.unwrap_err();
    assert!(matches!(refused, GraphError::OwnApplication { .. }));
    assert!(!refused.is_ambiguous() && emulator.ledger().is_empty());
}

#[tokio::test]
async fn an_application_that_is_gone_takes_its_secrets_with_it() {
    let (_emulator, graph, mut plan, _) = begin().await;
    if let GrantPlan::AppPassword {
        application_object_id,
        ..
    } = &mut plan.grants[0]
    {
        "11111111-2222-3333-4444-555555555555".clone_into(application_object_id);
    }
    let records = records(&plan, &[]);
    let early = undo_all(&graph, &records, now()).await;
    assert!(
        matches!(
            early[0],
            Ok(Undo::NotYetSure {
                seen: Seen::Absent,
                ..
            })
        ),
        "one answer proves nothing: {early:?}"
    );
    let later = now().plus_millis(121_000);
    assert!(all_gone(&undo_all(&graph, &records, later).await));
}
