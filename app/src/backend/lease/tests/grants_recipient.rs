//! Who gets it: named by the caller, or by the caller's own sign-in.

use super::World;
use crate::backend::graph::NewUser;
use crate::backend::lease::GenerateRequest;
use crate::domain::{
    ApiError, DynamicSecret, ErrorCode, Identity, IssuedLease, LeaseCounts, SecretSpec, SecretText,
};

async fn as_user(
    world: &World,
    item: &DynamicSecret,
    username: Option<&str>,
) -> Result<IssuedLease, ApiError> {
    let request = GenerateRequest {
        username: username.map(str::to_owned),
        ..World::request(item)
    };
    world.backend.leases.generate(&world.by, request).await
}

async fn with_claim(
    world: &World,
    item: &DynamicSecret,
    claim: &str,
    value: &str,
) -> Result<IssuedLease, ApiError> {
    let by = Identity {
        claims: [(claim.to_owned(), value.to_owned())].into(),
        ..world.by.clone()
    };
    world.backend.leases.generate(&by, World::request(item)).await
}

#[tokio::test]
async fn a_user_is_named_by_user_name_or_object_id_and_nothing_else() {
    let world = World::new().await;
    let item = world.grants_item().await;
    let facts = world.emulator.tenant().clone();
    let person = world
        .somebody_else()
        .person(&facts.user_id)
        .await
        .unwrap()
        .unwrap();
    let shown = person.display_name.unwrap();
    let broker = facts.broker_object_id.as_str();
    for wrong in [
        None,
        Some(""),
        Some("  "),
        Some("nobody@contoso.com"),
        Some("00000000-0000-4000-8000-000000000000"),
        Some(shown.as_str()),
        Some("' or displayName ne '"),
        // The target's own service principal is no user.
        Some(broker),
        Some(&"x".repeat(257)),
    ] {
        let refused = as_user(&world, &item, wrong).await.unwrap_err();
        assert_eq!(
            (refused.code, refused.field.as_deref()),
            (ErrorCode::Invalid, Some("username")),
            "{wrong:?}: {refused:?}"
        );
    }
    let nothing = LeaseCounts::default();
    assert_eq!(world.backend.leases.counts().await.unwrap(), nothing);
    for (name, id) in [
        (facts.user_principal_name.to_uppercase(), &facts.user_id),
        (facts.second_user_id.clone(), &facts.second_user_id),
        // Where users come from does not matter for groups of the cloud.
        (facts.guest_user_id.clone(), &facts.guest_user_id),
        (facts.synced_user_id.clone(), &facts.synced_user_id),
    ] {
        let issued = as_user(&world, &item, Some(&name)).await.unwrap();
        let crate::domain::Issued::UserGrants(granted) = issued.issued else {
            panic!("not grants")
        };
        assert_eq!(&granted.object_id, id, "{name}");
        world.end(&issued.lease.id).await;
        assert_eq!(world.held(), (0, 0));
    }
    let guest = world
        .somebody_else()
        .person(&facts.guest_user_id)
        .await
        .unwrap()
        .unwrap();
    as_user(&world, &item, Some(&guest.user_principal_name))
        .await
        .unwrap();
}

#[tokio::test]
async fn only_items_that_ask_take_a_user_name() {
    let world = World::new().await;
    for item in [world.app_item().await, world.user_item().await] {
        let refused = as_user(&world, &item, Some("ana@contoso.com")).await.unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("username"), "{refused:?}");
    }
    let spec = SecretSpec::UserGrants(world.grants_spec(Some("upn")));
    let item = world.item("/prod/mine", spec).await.unwrap();
    let name = world.emulator.tenant().user_principal_name.clone();
    let refused = as_user(&world, &item, Some(&name)).await.unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("username"), "{refused:?}");
    assert!(refused.message.contains("claim upn"), "{}", refused.message);
}

#[tokio::test]
async fn a_sign_in_without_the_claim_is_told_so() {
    let world = World::new().await;
    let spec = SecretSpec::UserGrants(world.grants_spec(Some("upn")));
    let item = world.item("/prod/mine", spec).await.unwrap();
    for refused in [
        as_user(&world, &item, None).await.unwrap_err(),
        with_claim(&world, &item, "name", "Ana").await.unwrap_err(),
        with_claim(&world, &item, "upn", " ").await.unwrap_err(),
    ] {
        assert_eq!(
            (refused.code, refused.reason.as_deref()),
            (ErrorCode::Forbidden, Some("no_such_claim")),
            "{refused:?}"
        );
        assert!(refused.message.contains("claim upn"), "{}", refused.message);
    }
    assert_eq!(world.held(), (0, 0));
}

#[tokio::test]
async fn a_claim_names_one_user_by_user_name_or_by_a_display_name_of_one() {
    let world = World::new().await;
    let spec = SecretSpec::UserGrants(world.grants_spec(Some("name")));
    let item = world.item("/prod/mine", spec).await.unwrap();
    let facts = world.emulator.tenant().clone();
    let somebody = world.somebody_else();
    let person = somebody.person(&facts.user_id).await.unwrap().unwrap();
    let shown = person.display_name.unwrap();
    for value in [&facts.user_principal_name, &shown, &facts.user_id] {
        let issued = with_claim(&world, &item, "name", value).await.unwrap();
        assert_eq!(issued.lease.identity, facts.user_principal_name);
        world.end(&issued.lease.id).await;
    }
    let refused = with_claim(&world, &item, "name", "Nobody At All")
        .await
        .unwrap_err();
    assert_eq!(refused.reason.as_deref(), Some("no_such_user"), "{refused:?}");
    assert!(refused.message.contains("Nobody At All"), "{}", refused.message);

    let namesake = NewUser {
        user_principal_name: "namesake@contoso.com",
        display_name: &shown,
        mail_nickname: "namesake",
        marker: "Contractor",
        password: &SecretText::new("cH4nge-of-m1nd-77"),
    };
    somebody
        .create_user(&NewUser {
            user_principal_name: &format!("namesake@{}", facts.domain),
            ..namesake
        })
        .await
        .unwrap();
    let refused = with_claim(&world, &item, "name", &shown).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.reason.as_deref()),
        (ErrorCode::Conflict, Some("several_users"))
    );
    assert!(
        refused.message.contains(&shown) && refused.message.contains("2 users"),
        "{}",
        refused.message
    );
}
