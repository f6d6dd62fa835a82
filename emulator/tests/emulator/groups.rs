//! Groups and their members.

use reqwest::StatusCode;
use serde_json::json;

use crate::support::{Tenant, each, error};

#[tokio::test]
async fn a_member_is_added_seen_from_both_sides_and_removed() {
    let tenant = Tenant::start().await;
    let (group, user) = (
        tenant.facts().security_group_id.clone(),
        tenant.new_user("lease-1").await,
    );
    assert_eq!(tenant.join(&group, &user).await.0, StatusCode::NO_CONTENT);
    let (_, members) = tenant
        .get(&format!("/groups/{group}/members?$select=id,department&$top=999"))
        .await;
    assert!(each(&members, "id").contains(&user));
    assert_eq!(members["value"][0]["@odata.type"], json!("#microsoft.graph.user"));
    let (_, groups) = tenant.get(&format!("/users/{user}/memberOf")).await;
    assert_eq!(each(&groups, "id"), [group.as_str()]);
    let asked = json!({"groupIds": [group, tenant.facts().second_security_group_id]});
    let (_, checked) = tenant
        .post(&format!("/users/{user}/checkMemberGroups"), asked)
        .await;
    assert_eq!(checked["value"], json!([group]));
    assert_eq!(tenant.emulator.ledger().memberships[0].member_id, user);

    let member = format!("/groups/{group}/members/{user}/$ref");
    assert_eq!(tenant.delete(&member).await.0, StatusCode::NO_CONTENT);
    assert_eq!(tenant.delete(&member).await.0, StatusCode::NOT_FOUND);
    assert!(tenant.emulator.ledger().memberships.is_empty());
}

#[tokio::test]
async fn members_that_entra_refuses_are_refused() {
    let tenant = Tenant::start().await;
    let facts = tenant.facts();
    let (user, group) = (&facts.user_id, &facts.security_group_id);
    let nobody = "11111111-1111-4111-8111-111111111111";
    assert_eq!(tenant.join(group, nobody).await.0, StatusCode::NOT_FOUND);
    assert_eq!(tenant.join(nobody, user).await.0, StatusCode::NOT_FOUND);
    assert_eq!(tenant.join(group, user).await.0, StatusCode::NO_CONTENT);
    let (status, body) = tenant.join(group, user).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let message =
        "One or more added object references already exist for the following modified properties: 'members'.";
    assert_eq!(error(&body), ("Request_BadRequest", message));
    assert_eq!(
        error(&tenant.join(&facts.dynamic_group_id, user).await.1).0,
        "Authorization_RequestDenied"
    );
    assert!(
        error(&tenant.join(&facts.synced_group_id, user).await.1)
            .1
            .contains("on-premises mastered")
    );
    let principal = &facts.broker_object_id;
    assert_eq!(
        tenant.join(&facts.microsoft365_group_id, principal).await.0,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        tenant.join(group, &facts.owned_application_id).await.0,
        StatusCode::NOT_FOUND
    );

    let path = format!("/groups/{}/members/$ref", facts.second_security_group_id);
    for link in [
        "https://graph.evil.example/v1.0/users/x",
        "nonsense",
        "https://graph.microsoft.com/v1.0/me",
    ] {
        assert_eq!(
            tenant.post(&path, json!({"@odata.id": link})).await.0,
            StatusCode::BAD_REQUEST
        );
    }
    assert_eq!(tenant.post(&path, json!({})).await.0, StatusCode::BAD_REQUEST);
    let official = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{user}")});
    assert_eq!(tenant.post(&path, official).await.0, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn groups_say_of_what_kind_they_are() {
    let tenant = Tenant::start().await;
    let facts = tenant.facts();
    let (_, body) = tenant.get(&format!("/groups/{}", facts.dynamic_group_id)).await;
    assert_eq!(body["groupTypes"], json!(["DynamicMembership"]));
    assert_eq!(
        tenant.get(&format!("/groups/{}", facts.synced_group_id)).await.1["onPremisesSyncEnabled"],
        json!(true)
    );
    let (_, body) = tenant
        .get(&format!("/groups/{}", facts.role_assignable_group_id))
        .await;
    assert_eq!(
        (&body["isAssignableToRole"], &body["securityEnabled"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(
        tenant.get(&format!("/groups/{}", facts.user_id)).await.0,
        StatusCode::NOT_FOUND
    );
}
