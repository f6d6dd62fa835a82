use serde_json::json;

use super::*;

#[tokio::test]
async fn people_are_found_by_id_by_user_name_and_by_the_name_they_are_shown_under() {
    let (emulator, graph) = start().await;
    let facts = emulator.tenant();
    let person = graph.person(&facts.user_id).await.unwrap().unwrap();
    assert_eq!(person.user_principal_name, facts.user_principal_name);
    let named = graph.person_named(&facts.user_principal_name).await.unwrap();
    assert_eq!(named.as_ref(), Some(&person));
    let shown = person.display_name.clone().unwrap();
    assert_eq!(graph.people_called(&shown, 5).await.unwrap(), [person]);
    assert_eq!(graph.people_called("O'Nobody", 5).await.unwrap(), []);
    assert_eq!(graph.person(&facts.broker_object_id).await.unwrap(), None);
    assert_eq!(graph.person_named("nobody@contoso.com").await.unwrap(), None);
}

#[tokio::test]
async fn a_picker_finds_people_and_says_what_is_special() {
    let (emulator, graph) = start().await;
    let facts = emulator.tenant();
    let (local, _) = facts.user_principal_name.split_once('@').unwrap();
    let (first, last) = local.split_once('.').unwrap();
    for query in [local, first, last, &facts.user_id] {
        let found = graph.search_users(query, 20).await.unwrap();
        assert!(found.iter().any(|user| user.id == facts.user_id), "{query}");
    }
    assert_eq!(graph.search_users("", 20).await.unwrap().len(), 20);
    assert_eq!(graph.search_users("zzzz", 20).await.unwrap(), []);
    let special = |id: String| {
        let graph = &graph;
        async move { graph.search_users(&id, 20).await.unwrap().remove(0) }
    };
    assert!(special(facts.guest_user_id.clone()).await.guest);
    assert!(special(facts.synced_user_id.clone()).await.synced);
    assert_eq!(special(facts.disabled_user_id.clone()).await.enabled, Some(false));
}

#[tokio::test]
async fn a_role_held_in_a_part_of_the_tenant_is_another_thing() {
    let (emulator, graph) = start().await;
    let facts = emulator.tenant();
    let (role, user) = (&facts.roles["Reports Reader"], &facts.user_id);
    let path = ["roleManagement", "directory", "roleAssignments"];
    let scoped = Call::new(Operation::AssignRole, &path).body(json!({
        "principalId": user,
        "roleDefinitionId": role,
        "directoryScopeId": format!("/{}", facts.security_group_id),
    }));
    graph.send(&scoped).await.unwrap();
    assert_eq!(graph.assignments(role, user).await.unwrap().len(), 1);
    assert_eq!(graph.tenant_wide_roles(user).await.unwrap().len(), 0);
    let id = graph.assign_role(role, user).await.unwrap();
    assert_eq!(
        &graph.tenant_wide_roles(user).await.unwrap()[..],
        std::slice::from_ref(role)
    );
    assert_eq!(graph.tenant_wide_assignments(role, user).await.unwrap(), [id]);
}
