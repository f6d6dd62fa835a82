//! What a lease does when something goes wrong.

use emulator::Fault;

use super::World;
use crate::backend::lease::RevokeWhat;
use crate::domain::{AppSecretSpec, ErrorCode, Kind, LeaseState, SecretSpec, TenantId, Ttl};

#[tokio::test]
async fn a_refusal_names_the_missing_permission_and_leaves_nothing() {
    let world = World::new().await;
    let item = world.user_item().await;
    let client_id = world.emulator.tenant().client_id.clone();
    // Reads stay allowed, making users does not.
    world.emulator.grant(
        &client_id,
        &[
            "User.Read.All",
            "Group.Read.All",
            "Domain.Read.All",
            "RoleManagement.Read.Directory",
        ],
    );
    world.backend.targets.test(&item.target).await.unwrap();
    let refused = world.generate(&item).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Upstream, "{refused:?}");
    assert!(
        refused.message.contains("User.ReadWrite.All"),
        "{}",
        refused.message
    );
    assert_eq!(refused.reason.as_deref(), Some("Authorization_RequestDenied"));
    world.reap_for_minutes(1).await;
    let counts = world.backend.leases.counts().await.unwrap();
    assert_eq!((counts.failed, counts.revoking, counts.generating), (1, 0, 0));
    assert!(world.ledger().is_empty());
    let failed = world.only_lease().await;
    assert!(failed.last_error.unwrap().contains("User.ReadWrite.All"));
}

#[tokio::test]
async fn a_later_step_that_fails_undoes_the_earlier_ones() {
    let world = World::new().await;
    let item = world.user_item().await;
    world
        .emulator
        .fault(Fault::status(403).on("POST", "roleAssignments").times(5));
    world.generate(&item).await.unwrap_err();
    world.emulator.clear_faults();
    world.reap_for_minutes(4).await;
    assert_eq!(world.backend.leases.counts().await.unwrap().failed, 1);
    assert!(world.ledger().is_empty(), "{:?}", world.ledger());
}

#[tokio::test]
async fn an_answer_that_was_lost_leaks_nothing() {
    for step in ["addPassword", "/users", "members/$ref", "roleAssignments"] {
        let world = World::new().await;
        let kind = if step == "addPassword" {
            Kind::AppSecret
        } else {
            Kind::PortalUser
        };
        let item = world.item_of(kind).await;
        world.emulator.fault(Fault::drop_after().on("POST", step));
        let generated = world.generate(&item).await;
        world.emulator.clear_faults();
        let why = generated.as_ref().err().map(|error| error.message.clone());
        if let Ok(issued) = generated {
            world
                .backend
                .leases
                .revoke(&world.by, RevokeWhat::Lease(issued.lease.id), false)
                .await
                .unwrap();
        }
        world.reap_for_minutes(6).await;
        let counts = world.backend.leases.counts().await.unwrap();
        assert_eq!(counts.failed + counts.revoked, 1, "{step}: {counts:?}");
        assert!(world.ledger().is_empty(), "{step}: {:?}", world.ledger());
        assert!(
            why.is_none() || world.only_lease().await.last_error == why,
            "{step}"
        );
    }
}

#[tokio::test]
async fn a_lease_left_by_a_dead_process_is_taken_back() {
    let world = World::new().await;
    let item = world.app_item().await;
    world
        .emulator
        .fault(Fault::hang().on("POST", "addPassword").times(9));
    let leases = world.backend.leases.clone();
    let (begun, hold) = leases.begin(&world.by, World::request(&item)).await.unwrap();
    // The process dies after the intent was committed: its row stays, nobody holds it.
    drop((begun, hold));
    world.emulator.clear_faults();
    let world = world.restarted().await;
    world.reap_for_minutes(4).await;
    let counts = world.backend.leases.counts().await.unwrap();
    assert_eq!((counts.failed, counts.generating), (1, 0), "{counts:?}");
    assert!(world.ledger().is_empty());
}

#[tokio::test]
async fn an_outage_is_outlasted() {
    let world = World::new().await;
    let item = world.app_item().await;
    let lease = world.generate(&item).await.unwrap().lease;
    world.emulator.fault(Fault::status(503).times(100_000));
    world.reap_after(3_600).await;
    for _ in 0..24 {
        world.reap_after(300).await;
    }
    let stuck = world.lease(&lease.id).await;
    assert_eq!(stuck.state, LeaseState::Revoking);
    assert!(
        stuck.needs_attention && stuck.last_error.is_some() && stuck.attempts_made >= 10,
        "{stuck:?}"
    );
    world.emulator.clear_faults();
    world.reap_after(300).await;
    world.reap_for_minutes(1).await;
    assert_eq!(world.lease(&lease.id).await.state, LeaseState::Expired);
    assert!(world.ledger().is_empty());
}

#[tokio::test]
async fn what_must_not_be_issued_is_refused_on_save() {
    let world = World::new().await;
    let facts = world.emulator.tenant().clone();
    let app = |id: &str| {
        SecretSpec::AppSecret(AppSecretSpec {
            application_object_id: id.to_owned(),
        })
    };
    let own = world
        .item("/own", app(&facts.broker_application_id))
        .await
        .unwrap_err();
    assert_eq!(
        own.field.as_deref(),
        Some("spec.app_secret.application_object_id")
    );
    assert!(own.message.contains("own"), "{}", own.message);
    let unknown = world
        .item("/none", app("00000000-0000-4000-8000-000000000000"))
        .await
        .unwrap_err();
    assert_eq!(unknown.code, ErrorCode::Invalid);
    for (group, word) in [
        (&facts.dynamic_group_id, "rule"),
        (&facts.synced_group_id, "on-premises"),
    ] {
        let mut spec = world.user_spec();
        spec.groups.push(group.clone());
        let refused = world
            .item("/group", SecretSpec::PortalUser(spec))
            .await
            .unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("spec.portal_user.groups[1]"));
        assert!(refused.message.contains(word), "{}", refused.message);
    }
}

#[tokio::test]
async fn a_target_keeps_its_tenant_while_leases_live_there() {
    let world = World::new().await;
    let item = world.app_item().await;
    world.generate(&item).await.unwrap();
    let targets = &world.backend.targets;
    let elsewhere = Some(TenantId::parse("fabrikam.com").unwrap());
    let refused = targets
        .update(&world.by, &item.target, None, elsewhere.clone(), None)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code, refused.field.as_deref()),
        (ErrorCode::Conflict, Some("tenant_id"))
    );
    world
        .backend
        .leases
        .revoke(&world.by, RevokeWhat::Target(item.target.clone()), false)
        .await
        .unwrap();
    world.reap_for_minutes(3).await;
    targets
        .update(&world.by, &item.target, None, elsewhere, None)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_ttl_above_the_maximum_is_refused_and_nothing_is_begun() {
    let world = World::new().await;
    let item = world.app_item().await;
    let ttl = Some(Ttl::parse("9h").unwrap());
    let request = crate::backend::lease::GenerateRequest {
        ttl,
        ..World::request(&item)
    };
    let refused = world
        .backend
        .leases
        .generate(&world.by, request)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code, refused.field.as_deref()),
        (ErrorCode::Invalid, Some("ttl"))
    );
    assert_eq!(
        world.backend.leases.counts().await.unwrap(),
        crate::domain::LeaseCounts::default()
    );
}
