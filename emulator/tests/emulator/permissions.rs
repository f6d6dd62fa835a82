//! Tokens and permissions: who may do what.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{PASSWORD, Tenant, error, read, user};

#[tokio::test]
async fn requests_without_a_good_token_are_refused() {
    let tenant = Tenant::start().await;
    let url = format!("{}/v1.0/users", tenant.emulator.url());
    let (head, _) = tenant.token.rsplit_once('.').unwrap();
    let forged = format!("{head}.AAAA");
    for token in [None, Some("nonsense"), Some(forged.as_str())] {
        let mut request = tenant.client.get(&url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        assert!(response.headers().contains_key("www-authenticate"));
        let (status, body) = read(response).await;
        assert_eq!(
            (status, error(&body).0),
            (StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken")
        );
    }
}

#[tokio::test]
async fn each_operation_needs_a_permission_of_its_own() {
    let tenant = Tenant::granting(&[]).await;
    let facts = tenant.facts();
    let user_path = format!("/users/{}", facts.user_id);
    let application = format!("/applications/{}", facts.owned_application_id);
    let assignment = json!({"principalId": facts.user_id, "roleDefinitionId": facts.roles["Global Reader"]});
    let operations: Vec<(Method, String, Option<Value>)> = vec![
        (Method::GET, "/organization".into(), None),
        (Method::GET, "/domains".into(), None),
        (Method::GET, "/users".into(), None),
        (Method::POST, "/users".into(), Some(user("x"))),
        (
            Method::PATCH,
            user_path.clone(),
            Some(json!({"department": "IT"})),
        ),
        (
            Method::PATCH,
            user_path.clone(),
            Some(json!({"accountEnabled": false})),
        ),
        (Method::DELETE, user_path.clone(), None),
        (Method::POST, format!("{user_path}/revokeSignInSessions"), None),
        (Method::GET, format!("{user_path}/memberOf"), None),
        (Method::GET, "/groups".into(), None),
        (
            Method::GET,
            format!("/groups/{}/members", facts.security_group_id),
            None,
        ),
        (
            Method::POST,
            format!("/groups/{}/members/$ref", facts.security_group_id),
            Some(json!({})),
        ),
        (
            Method::GET,
            "/roleManagement/directory/roleDefinitions".into(),
            None,
        ),
        (
            Method::POST,
            "/roleManagement/directory/roleAssignments".into(),
            Some(assignment),
        ),
        (Method::GET, "/applications".into(), None),
        (
            Method::POST,
            "/applications".into(),
            Some(json!({"displayName": "x"})),
        ),
        (
            Method::POST,
            format!("{application}/addPassword"),
            Some(json!({})),
        ),
        (Method::DELETE, application, None),
        (Method::GET, "/servicePrincipals".into(), None),
        (
            Method::GET,
            "/directory/deletedItems/microsoft.graph.user".into(),
            None,
        ),
    ];
    for (method, path, body) in operations {
        let (status, answer) = read(tenant.send(method.clone(), &path, body).await).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}");
        assert_eq!(
            error(&answer),
            (
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation."
            )
        );
    }
}

#[tokio::test]
async fn directory_permissions_do_not_delete_users() {
    let mut tenant = Tenant::granting(&["Directory.ReadWrite.All"]).await;
    let path = format!("/users/{}", tenant.facts().user_id);
    assert_eq!(tenant.delete(&path).await.0, StatusCode::FORBIDDEN);
    tenant
        .emulator
        .grant(&tenant.facts().client_id, &["User.DeleteRestore.All"]);
    tenant.renew().await;
    assert_eq!(tenant.delete(&path).await.0, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn passwords_need_their_own_permission_or_a_role() {
    let mut tenant = Tenant::granting(&["User.ReadWrite.All", "RoleManagement.ReadWrite.Directory"]).await;
    let path = format!("/users/{}", tenant.facts().user_id);
    let change = json!({"passwordProfile": {"password": PASSWORD}});
    assert_eq!(tenant.patch(&path, change.clone()).await.0, StatusCode::FORBIDDEN);
    tenant
        .assign(&tenant.facts().broker_object_id, "User Administrator")
        .await;
    assert_eq!(
        tenant.patch(&path, change.clone()).await.0,
        StatusCode::NO_CONTENT
    );
    tenant
        .emulator
        .grant(&tenant.facts().client_id, &["User-PasswordProfile.ReadWrite.All"]);
    tenant.renew().await;
    assert_eq!(tenant.patch(&path, change).await.0, StatusCode::NO_CONTENT);
    assert_eq!(
        tenant.patch(&path, json!({"department": "IT"})).await.0,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn role_assignable_groups_need_role_management_as_well() {
    let tenant = Tenant::granting(&["GroupMember.ReadWrite.All"]).await;
    let facts = tenant.facts();
    assert_eq!(
        tenant.join(&facts.security_group_id, &facts.user_id).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        tenant
            .join(&facts.role_assignable_group_id, &facts.user_id)
            .await
            .0,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn basic_readers_see_basic_profiles() {
    let tenant = Tenant::granting(&["User.ReadBasic.All"]).await;
    let path = format!("/users/{}", tenant.facts().user_id);
    let (_, body) = tenant.get(&path).await;
    assert!(body["displayName"].is_string() && body["jobTitle"].is_null());
    assert_eq!(
        tenant.get(&format!("{path}?$select=accountEnabled")).await.0,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_token_keeps_its_roles_until_it_ends() {
    let mut tenant = Tenant::start().await;
    tenant.emulator.grant(&tenant.facts().client_id, &[]);
    assert_eq!(tenant.get("/users").await.0, StatusCode::OK);
    tenant.renew().await;
    assert_eq!(tenant.get("/users").await.0, StatusCode::FORBIDDEN);
}
