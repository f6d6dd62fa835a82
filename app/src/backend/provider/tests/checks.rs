use super::*;

const NOBODY: &str = "11111111-2222-3333-4444-555555555555";

/// The field that a spec is refused for, and why.
async fn refusal(graph: &GraphClient, spec: &SecretSpec) -> (String, String) {
    match check_now(graph, spec).await {
        Err(CheckError::Refused { field, reason }) => (field, reason),
        other => panic!("refused: {other:?}"),
    }
}

#[tokio::test]
async fn applications_are_looked_up() {
    let (emulator, graph) = start().await;
    let facts = emulator.tenant();
    let names = check(&graph, &app_spec(&facts.owned_application_id))
        .await
        .unwrap();
    assert!(
        names.contains_key(&facts.owned_application_id) && !names[&facts.owned_application_id].is_empty()
    );
    let (field, _) = refusal(&graph, &app_spec(NOBODY)).await;
    assert_eq!(field, "spec.app_secret.application_object_id");
    let (_, reason) = refusal(&graph, &app_spec(&facts.broker_application_id)).await;
    assert!(reason.contains("target's own power"), "{reason}");
}

#[tokio::test]
async fn an_application_without_room_is_refused_only_when_a_lease_is_wanted() {
    let (emulator, graph) = start().await;
    let id = &emulator.tenant().personal_application_id;
    let ends_at = now().plus_millis(3_600_000);
    while graph
        .application(id)
        .await
        .unwrap()
        .unwrap()
        .password_credentials
        .len()
        < 2
    {
        graph.add_password(id, "test", ends_at).await.unwrap();
    }
    check(&graph, &app_spec(id)).await.unwrap();
    let (_, reason) = refusal(&graph, &app_spec(id)).await;
    assert!(reason.contains("only two"), "{reason}");
}

#[tokio::test]
async fn groups_roles_and_domains_are_looked_up() {
    let (emulator, graph) = start().await;
    let facts = emulator.tenant();
    let good = user_spec(&emulator);
    let names = check(&graph, &SecretSpec::PortalUser(good.clone()))
        .await
        .unwrap();
    assert_eq!(names.len(), 3);
    assert_eq!(names[&good.roles[0]], "User Administrator");

    let with_group = |id: &str| PortalUserSpec {
        groups: vec![good.groups[0].clone(), id.to_owned()],
        ..good.clone()
    };
    for id in [NOBODY, &facts.dynamic_group_id, &facts.synced_group_id] {
        let (field, _) = refusal(&graph, &SecretSpec::PortalUser(with_group(id))).await;
        assert_eq!(field, "spec.portal_user.groups[1]");
    }
    let roles = PortalUserSpec {
        roles: vec![NOBODY.to_owned()],
        ..good.clone()
    };
    assert_eq!(
        refusal(&graph, &SecretSpec::PortalUser(roles)).await.0,
        "spec.portal_user.roles[0]"
    );
    for domain in [
        &facts.unverified_domain,
        &facts.federated_domain,
        &"nowhere.example".to_owned(),
    ] {
        let spec = PortalUserSpec {
            domain: domain.clone(),
            ..good.clone()
        };
        assert_eq!(
            refusal(&graph, &SecretSpec::PortalUser(spec)).await.0,
            "spec.portal_user.domain"
        );
    }
}

#[tokio::test]
async fn a_domain_that_can_not_be_looked_up_is_left_to_entra() {
    let (emulator, graph) = start().await;
    emulator.grant(&emulator.tenant().client_id, &["User.ReadWrite.All"]);
    let spec = PortalUserSpec {
        groups: Vec::new(),
        roles: Vec::new(),
        ..user_spec(&emulator)
    };
    check(&graph, &SecretSpec::PortalUser(spec)).await.unwrap();
}

#[tokio::test]
async fn what_can_not_be_asked_is_no_refusal() {
    let (emulator, graph) = start().await;
    emulator.fault(emulator::Fault::status(503).on("GET", "/applications").times(50));
    let failed = check(&graph, &app_spec(&emulator.tenant().owned_application_id))
        .await
        .unwrap_err();
    assert!(matches!(
        failed,
        CheckError::Graph(GraphError::Unavailable { .. })
    ));
}
