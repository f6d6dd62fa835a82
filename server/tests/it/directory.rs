//! What the pickers ask: applications, groups, roles, users and domains of a target's tenant.

use emulator::Fault;
use serde_json::{Value, json};

use crate::harness::TestServer;
use crate::scene::{NOBODY, column};

fn ask(query: &str) -> Value {
    json!({"target": "contoso", "query": query})
}

#[tokio::test]
async fn applications_are_found_by_name_and_by_either_id() {
    let server = TestServer::with_target().await;
    let tenant = server.emulator.tenant();
    for query in [
        "payments",
        tenant.owned_application_id.as_str(),
        tenant.owned_application_client_id.as_str(),
    ] {
        let list = server.ok("directory/applications", ask(query)).await;
        assert_eq!(column(&list, "display_name"), ["Payments API"], "{query}");
        assert_eq!(list["items"][0]["id"], json!(tenant.owned_application_id));
        assert_eq!(list["items"][0]["is_own"], false);
    }
    let own = server
        .ok("directory/applications", ask(&tenant.broker_application_id))
        .await;
    assert_eq!(own["items"][0]["is_own"], true);
    let all = server
        .ok("directory/applications", json!({"target": "contoso"}))
        .await;
    assert_eq!(all["items"].as_array().unwrap().len(), 20);
    for query in [NOBODY, "zzzz", "\" OR displayName:\"a", "' or id ne '"] {
        let none = server.ok("directory/applications", ask(query)).await;
        assert_eq!(none["items"], json!([]), "{query}");
    }
}

#[tokio::test]
async fn groups_say_whether_they_can_be_joined() {
    let server = TestServer::with_target().await;
    let tenant = server.emulator.tenant();
    for (id, membership, role_assignable) in [
        (&tenant.security_group_id, "assigned", false),
        (&tenant.dynamic_group_id, "dynamic", false),
        (&tenant.synced_group_id, "synced", false),
        (&tenant.role_assignable_group_id, "assigned", true),
    ] {
        let list = server.ok("directory/groups", ask(id)).await;
        let group = &list["items"][0];
        assert_eq!(
            (&group["id"], &group["membership"], &group["role_assignable"]),
            (&json!(id), &json!(membership), &json!(role_assignable)),
            "{list}"
        );
    }
    let list = server.ok("directory/groups", ask("platform")).await;
    assert_eq!(column(&list, "display_name"), ["Platform Engineers"]);
}

#[tokio::test]
async fn roles_are_found_by_name_and_template() {
    let server = TestServer::with_target().await;
    let id = &server.emulator.tenant().roles["Usage Summary Reports Reader"];
    for query in ["usage summ", id.as_str()] {
        let list = server.ok("directory/roles", ask(query)).await;
        assert_eq!(column(&list, "template_id"), [id], "{query}");
        assert_eq!(list["items"][0]["privileged"], false);
    }
    let list = server.ok("directory/roles", ask("Global Administrator")).await;
    assert_eq!(list["items"][0]["privileged"], true);
}

#[tokio::test]
async fn users_are_found_by_name_by_user_name_and_by_id() {
    let server = TestServer::with_target().await;
    let tenant = server.emulator.tenant();
    let (local, _) = tenant.user_principal_name.split_once('@').unwrap();
    for query in [local, tenant.user_id.as_str()] {
        let list = server.ok("directory/users", ask(query)).await;
        assert_eq!(column(&list, "id"), [&tenant.user_id], "{query}");
        let user = &list["items"][0];
        assert_eq!(user["user_principal_name"], json!(tenant.user_principal_name));
        assert_eq!(
            (&user["enabled"], &user["guest"], &user["synced"]),
            (&json!(true), &json!(false), &json!(false))
        );
    }
    for query in [NOBODY, "zzzz", "\" OR displayName:\"a"] {
        let none = server.ok("directory/users", ask(query)).await;
        assert_eq!(none["items"], json!([]), "{query}");
    }
}

#[tokio::test]
async fn domains_say_which_can_have_users() {
    let server = TestServer::with_target().await;
    let tenant = server.emulator.tenant();
    let list = server.ok("directory/domains", json!({"target": "contoso"})).await;
    let names = column(&list, "name");
    // The default one leads: it is what people choose.
    assert_eq!(names[0], tenant.domain);
    assert!(!names.contains(&tenant.unverified_domain.as_str()));
    for row in list["items"].as_array().unwrap() {
        assert_eq!(
            row["managed"],
            json!(row["name"] != json!(tenant.federated_domain)),
            "{row}"
        );
    }
}

#[tokio::test]
async fn every_picker_explains_why_it_is_empty() {
    let server = TestServer::with_target().await;
    for call in ["applications", "groups", "roles", "users", "domains"] {
        let call = &format!("directory/{call}");
        server
            .refused(call, json!({"target": "nobody"}), 404, Some("target"))
            .await;
        server.refused(call, json!({}), 422, Some("target")).await;
        let more = json!({"target": "contoso", "colour": "blue"});
        server.refused(call, more, 422, Some("colour")).await;

        server.emulator.fault(Fault::status(403).on("GET", "/v1.0/"));
        let error = server
            .refused(call, json!({"target": "contoso"}), 502, None)
            .await;
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(".Read"), "{call} names no permission: {message}");
        server.emulator.clear_faults();

        server.emulator.fault(Fault::drop_before().times(1000));
        server
            .refused(call, json!({"target": "contoso"}), 503, None)
            .await;
        server.emulator.clear_faults();
    }
}
