//! What Entra holds of ours that no lease knows: found, told apart, and taken away where that was asked for.

use crate::backend::Backend;
use crate::backend::graph::testing::{client, connection};
use crate::backend::graph::{GraphClient, NewUser};
use crate::backend::provider::marker_prefix;
use crate::domain::{
    CheckedPart, ErrorCode, LeaseId, LeaseState, Leftover, LeftoverKind, Limit, Reconciliation, SecretSpec,
    SecretText,
};

use super::World;
use super::world::target_name;
use crate::backend::lease::{RevokeWhat, Wait};

const HOUR: i64 = 3_600_000;

/// Somebody who puts things into the tenant behind the back of the engine.
pub(super) struct Stranger<'a> {
    world: &'a World,
    graph: GraphClient,
    prefix: String,
}

impl<'a> Stranger<'a> {
    /// One who bears the marker of this installation.
    pub(super) async fn of(world: &'a World, backend: &Backend) -> Self {
        let instance = backend.store.instance_id(&backend.entropy).await.unwrap();
        Self {
            world,
            graph: client(&connection(&world.emulator)),
            prefix: marker_prefix(&instance),
        }
    }

    fn marker(&self, lease: &LeaseId) -> String {
        format!("{}{lease}", self.prefix)
    }

    pub(super) async fn user(&self, lease: &LeaseId) -> String {
        let name = format!("stray-{}", &lease.as_str()[30..]);
        let user = NewUser {
            user_principal_name: &format!("{name}@{}", self.world.emulator.tenant().domain),
            display_name: &name,
            mail_nickname: &name,
            marker: &self.marker(lease),
            password: &SecretText::new("Correct-horse-9-battery"),
        };
        self.graph.create_user(&user).await.unwrap()
    }

    pub(super) async fn deleted_user(&self, lease: &LeaseId) -> String {
        let id = self.user(lease).await;
        self.graph.delete_user(&id).await.unwrap();
        id
    }

    /// A secret of our application that is good for an hour.
    pub(super) async fn secret(&self, lease: &LeaseId) -> String {
        self.secret_named(
            &self.marker(lease),
            &self.world.emulator.tenant().owned_application_id,
        )
        .await
    }

    async fn secret_named(&self, name: &str, application: &str) -> String {
        let ends_at = self.world.backend.clock.now().plus_millis(HOUR);
        let added = self.graph.add_password(application, name, ends_at).await;
        added.unwrap().key_id
    }
}

fn lease(number: u128) -> LeaseId {
    LeaseId::from_bits(number)
}

async fn check_of(world: &World, backend: &Backend, clean: bool) -> Reconciliation {
    backend
        .leases
        .reconcile(&world.by, &target_name(), clean)
        .await
        .unwrap()
}

pub(super) async fn check(world: &World, clean: bool) -> Reconciliation {
    check_of(world, &world.backend, clean).await
}

fn found(rows: &[Leftover]) -> Vec<(LeftoverKind, &str, Option<LeaseState>)> {
    rows.iter()
        .map(|row| (row.kind, row.entra_id.as_str(), row.lease_state))
        .collect()
}

pub(super) async fn verbs(world: &World) -> Vec<String> {
    let page = world.backend.store.list_audit(Limit::MAX, None).await.unwrap();
    let told = page.items.into_iter().rev().map(|row| row.event);
    told.filter(|event| event.verb.starts_with("target."))
        .map(|event| format!("{} {}", event.actor, event.verb))
        .collect()
}

#[tokio::test]
async fn what_no_lease_knows_is_found_and_taken_away_only_when_asked() {
    let world = World::new().await;
    for item in [world.app_item().await, world.user_item().await] {
        world.generate(&item).await.unwrap();
    }
    let alive = world.ledger();
    let stranger = Stranger::of(&world, &world.backend).await;
    let user = stranger.user(&lease(1)).await;
    let deleted = stranger.deleted_user(&lease(2)).await;
    let secret = stranger.secret(&lease(3)).await;
    let with_strays = world.ledger();

    let looked = check(&world, false).await;
    assert_eq!((looked.known, looked.kept, looked.more), (2, 0, 0));
    assert_eq!(
        found(&looked.unknown),
        [
            (LeftoverKind::User, user.as_str(), None),
            (LeftoverKind::DeletedUser, deleted.as_str(), None),
            (LeftoverKind::AppPassword, secret.as_str(), None),
        ]
    );
    assert!(looked.settling.is_empty() && looked.expired_secrets.is_empty() && looked.not_checked.is_empty());
    for row in &looked.unknown {
        assert!(
            !row.cleaned && row.error.is_none() && row.why.contains("No lease"),
            "{row:?}"
        );
        assert_eq!(row.since, Some(world.backend.clock.now()));
    }
    assert!(
        looked.unknown[1].name.starts_with("stray-"),
        "{:?}",
        looked.unknown[1]
    );
    assert!(looked.unknown[2].application.is_some() && looked.unknown[0].application.is_none());
    assert_eq!(world.ledger(), with_strays, "looking changes nothing");

    let cleaned = check(&world, true).await;
    assert!(
        cleaned.unknown.len() == 3 && cleaned.unknown.iter().all(|row| row.cleaned),
        "{cleaned:?}"
    );
    assert_eq!(world.ledger(), alive, "what live leases hold is untouched");
    let kept = world
        .backend
        .leases
        .last_reconciliation(&target_name())
        .await
        .unwrap();
    assert_eq!(kept.report, Some(cleaned));
    assert_eq!(check(&world, true).await.to_clean(), 0);
    assert_eq!(
        verbs(&world).await,
        [
            "user:admin target.create",
            "user:admin target.reconcile",
            "user:admin target.reconcile",
            "user:admin target.clean",
            "user:admin target.clean",
            "user:admin target.clean",
            "user:admin target.reconcile",
        ]
    );
}

#[tokio::test]
async fn what_a_lease_that_just_ended_left_is_given_time_to_settle() {
    let world = World::new().await;
    let item = world.app_item().await;
    let ended = world.generate(&item).await.unwrap().lease.id;
    world
        .backend
        .leases
        .revoke(&world.by, RevokeWhat::Lease(ended.clone()), false)
        .await
        .unwrap();
    world.reap_for_minutes(3).await;
    assert_eq!(world.lease(&ended).await.state, LeaseState::Revoked);
    // As a replica that lags would show it.
    let stranger = Stranger::of(&world, &world.backend).await;
    let secret = stranger.secret(&ended).await;
    let row = (
        LeftoverKind::AppPassword,
        secret.as_str(),
        Some(LeaseState::Revoked),
    );
    let early = check(&world, true).await;
    assert_eq!(
        (found(&early.settling), found(&early.unknown)),
        (vec![row], vec![])
    );
    assert_eq!(world.ledger().app_passwords.len(), 1, "it is not touched");

    world.reap_after(11 * 60).await;
    let late = check(&world, false).await;
    assert_eq!((found(&late.settling), found(&late.unknown)), (vec![], vec![row]));
    assert!(late.unknown[0].why.contains("revoked"), "{}", late.unknown[0].why);
    assert!(check(&world, true).await.unknown[0].cleaned && world.ledger().is_empty());
}

#[tokio::test]
async fn two_installations_in_one_tenant_leave_each_other_alone() {
    let world = World::new().await;
    let (other, _dir) = world.neighbour().await;
    world.generate(&world.user_item().await).await.unwrap();
    let alive = world.ledger();
    let stranger = Stranger::of(&world, &other).await;
    stranger.user(&lease(1)).await;
    stranger.deleted_user(&lease(2)).await;
    stranger.secret(&lease(3)).await;
    let with_strays = world.ledger();

    let ours = check(&world, true).await;
    assert_eq!((ours.known, ours.unknown.len()), (1, 0), "{ours:?}");
    assert_eq!(world.ledger(), with_strays);
    let theirs = check_of(&world, &other, true).await;
    assert_eq!((theirs.known, theirs.unknown.len()), (0, 3), "{theirs:?}");
    assert_eq!(world.ledger(), alive);
}

#[tokio::test]
async fn expired_secrets_on_our_applications_are_shown_and_only_ours_removed() {
    let world = World::new().await;
    world.app_item().await;
    let facts = world.emulator.tenant().clone();
    let stranger = Stranger::of(&world, &world.backend).await;
    let theirs = stranger.secret_named("ci", &facts.owned_application_id).await;
    let ours = stranger.secret(&lease(3)).await;
    stranger
        .secret_named("ci", &facts.second_owned_application_id)
        .await;
    assert!(check(&world, false).await.expired_secrets.is_empty());

    world.reap_after(2 * 3_600).await;
    let report = check(&world, false).await;
    assert!(
        report.unknown.is_empty(),
        "what has expired is told once: {report:?}"
    );
    let mut rows: Vec<_> = report
        .expired_secrets
        .iter()
        .map(|row| (row.key_id.clone(), row.ours, row.display_name.clone()))
        .collect();
    rows.sort_by_key(|row| row.1);
    let marker = stranger.marker(&lease(3));
    assert_eq!(
        rows,
        [
            (theirs.clone(), false, Some("ci".to_owned())),
            (ours.clone(), true, Some(marker))
        ]
    );
    assert_eq!(report.to_clean(), 1);

    let report = check(&world, true).await;
    let cleaned = |id: &str| {
        report
            .expired_secrets
            .iter()
            .find(|row| row.key_id == id)
            .unwrap()
            .cleaned
    };
    assert!(cleaned(&ours) && !cleaned(&theirs));
    let left: Vec<_> = world
        .ledger()
        .app_passwords
        .into_iter()
        .map(|it| it.key_id)
        .collect();
    assert!(left.contains(&theirs) && !left.contains(&ours), "{left:?}");
}

#[tokio::test]
async fn an_application_that_only_a_past_lease_was_for_is_looked_at_too() {
    let world = World::new().await;
    let item = world.app_item().await;
    world.generate(&item).await.unwrap();
    let revoked = world
        .backend
        .leases
        .revoke(&world.by, RevokeWhat::Secret(item.path.clone()), false);
    revoked.await.unwrap();
    world.reap_for_minutes(3).await;
    let deleted = world.backend.items.delete(&world.by, &item.path, false, Wait::No);
    deleted.await.unwrap();
    let stranger = Stranger::of(&world, &world.backend).await;
    stranger
        .secret_named("ci", &world.emulator.tenant().owned_application_id)
        .await;
    world.reap_after(2 * 3_600).await;
    assert_eq!(check(&world, false).await.expired_secrets.len(), 1);
}

#[tokio::test]
async fn a_deleted_user_that_its_item_keeps_is_no_leftover() {
    let world = World::new().await;
    let mut spec = world.user_spec();
    spec.keep_deleted = true;
    let item = world.item("/kept", SecretSpec::PortalUser(spec)).await.unwrap();
    world.generate(&item).await.unwrap();
    world.reap_after(2 * 3_600).await;
    world.reap_for_minutes(20).await;
    assert_eq!(world.only_lease().await.state, LeaseState::Expired);
    let report = check(&world, true).await;
    assert_eq!(
        (report.kept, report.unknown.len(), report.settling.len()),
        (1, 0, 0),
        "{report:?}"
    );
    assert_eq!(world.ledger().deleted_users.len(), 1);
}

#[tokio::test]
async fn a_part_that_may_not_be_seen_is_told_with_the_permission_that_is_missing() {
    let world = World::new().await;
    let client_id = world.emulator.tenant().client_id.clone();
    Stranger::of(&world, &world.backend).await.secret(&lease(3)).await;
    world
        .emulator
        .grant(&client_id, &["Application.ReadWrite.OwnedBy"]);
    let report = check(&world, false).await;
    let parts: Vec<_> = report.not_checked.iter().map(|it| it.part).collect();
    assert_eq!(parts, [CheckedPart::Users, CheckedPart::DeletedUsers]);
    assert!(
        report.not_checked[0].error.contains("User.Read.All"),
        "{report:?}"
    );
    assert_eq!(report.unknown.len(), 1, "what could be seen is told");

    world.emulator.grant(&client_id, &[]);
    world.backend.targets.test(&target_name()).await.unwrap();
    let refused = world
        .backend
        .leases
        .reconcile(&world.by, &target_name(), true)
        .await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Upstream);
    assert!(refused.message.contains("User.Read.All"), "{}", refused.message);
    let kept = world
        .backend
        .leases
        .last_reconciliation(&target_name())
        .await
        .unwrap();
    assert_eq!((kept.error, kept.report), (Some(refused.message), Some(report)));
}

#[tokio::test]
async fn a_user_whom_a_role_protects_is_stripped_of_it_first() {
    let world = World::new().await;
    let stranger = Stranger::of(&world, &world.backend).await;
    let user = stranger.user(&lease(1)).await;
    let facts = world.emulator.tenant().clone();
    stranger
        .graph
        .assign_role(&facts.roles["Global Administrator"], &user)
        .await
        .unwrap();
    stranger
        .graph
        .add_member(&facts.role_assignable_group_id, &user)
        .await
        .unwrap();
    let report = check(&world, true).await;
    assert!(report.unknown[0].cleaned, "{report:?}");
    assert!(world.ledger().is_empty(), "{:?}", world.ledger());
}

#[tokio::test]
async fn what_can_not_be_taken_away_is_told_each_on_its_own() {
    let world = World::new().await;
    let stranger = Stranger::of(&world, &world.backend).await;
    let user = stranger.user(&lease(1)).await;
    stranger.secret(&lease(3)).await;
    // Everything but the right to delete users for good.
    world.emulator.grant(
        &world.emulator.tenant().client_id,
        &["Application.ReadWrite.OwnedBy", "User.ReadWrite.All"],
    );
    let report = check(&world, true).await;
    let [of_user, of_secret] = &report.unknown[..] else {
        panic!("{report:?}")
    };
    let why = of_user.error.as_deref().unwrap_or_default();
    assert!(
        !of_user.cleaned && why.contains("User.DeleteRestore.All"),
        "{of_user:?}"
    );
    assert!(of_secret.cleaned && of_secret.error.is_none());
    let left = check(&world, false).await;
    assert_eq!(
        found(&left.unknown),
        [(LeftoverKind::DeletedUser, user.as_str(), None)]
    );
}

#[tokio::test]
async fn one_check_of_a_target_at_a_time() {
    let world = World::new().await;
    let id = world.backend.targets.get(&target_name()).await.unwrap().id;
    let hold = world.backend.leases.0.reconciling.take(&id);
    let refused = world
        .backend
        .leases
        .reconcile(&world.by, &target_name(), false)
        .await;
    let refused = refused.unwrap_err();
    assert_eq!(
        (refused.code, refused.reason.as_deref()),
        (ErrorCode::Conflict, Some("being_checked"))
    );
    drop(hold);
    check(&world, false).await;
}
