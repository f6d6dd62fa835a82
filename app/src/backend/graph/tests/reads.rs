use super::*;

#[tokio::test]
async fn it_signs_in_and_knows_itself() {
    let (emulator, graph) = start().await;
    let facts = emulator.tenant();
    let claims = graph.claims().await.unwrap();
    assert_eq!(
        (&claims.app_id, &claims.tenant_id),
        (&facts.client_id, &facts.tenant_id)
    );
    assert_eq!(claims.oid, facts.broker_object_id);
    assert!(claims.roles.iter().any(|role| role == "User.ReadWrite.All"));
    assert_eq!(
        graph.organization().await.unwrap().display_name,
        facts.tenant_name
    );
    let tokens = emulator
        .requests()
        .iter()
        .filter(|request| request.path.contains("/token"))
        .count();
    assert_eq!(tokens, 1, "one token serves many calls");
}

#[tokio::test]
async fn refused_sign_ins_are_told_apart() {
    let emulator = Emulator::start().await;
    let good = connection(&emulator);
    let with = |client_id: &str, secret: &str| {
        let credential = Credential::ClientSecret {
            client_id: client_id.to_owned(),
            client_secret: SecretText::new(secret),
        };
        Connection {
            credential,
            ..good.clone()
        }
    };
    let facts = emulator.tenant();
    let unknown = "11111111-2222-3333-4444-555555555555";
    let elsewhere = Connection {
        tenant_id: TenantId::parse(unknown).unwrap(),
        ..good.clone()
    };
    let cases = [
        (with(&facts.client_id, "wrong"), 7_000_215),
        (with(unknown, "wrong"), 700_016),
        (elsewhere, 90_002),
    ];
    for (connection, number) in cases {
        let refused = client(&connection).claims().await.unwrap_err();
        assert!(
            matches!(&refused, GraphError::TokenRefused { aadsts, .. } if *aadsts == number),
            "{refused:?}"
        );
        assert!(
            refused.is_permanent() && refused.request_id().is_some(),
            "{refused:?}"
        );
        let api = refused.to_api_error("app", "tenant");
        assert_eq!(
            (api.code, api.reason),
            (ErrorCode::Upstream, Some(format!("AADSTS{number}")))
        );
    }
}

#[tokio::test]
async fn every_page_is_read() {
    let (_emulator, graph) = start().await;
    let all = graph.search_groups("", 1_000).await.unwrap();
    let call = Call::new(Operation::ListGroups, &["groups"]).query("$top", "2");
    let paged: Vec<serde_json::Value> = graph.list(&call, 1_000).await.unwrap();
    assert!(
        all.len() > 4 && paged.len() == all.len(),
        "{} and {}",
        paged.len(),
        all.len()
    );
    let some: Vec<serde_json::Value> = graph.list(&call, 3).await.unwrap();
    assert_eq!(some.len(), 3);
}

#[tokio::test]
async fn pickers_find_by_name_and_by_id() {
    let (emulator, graph) = start().await;
    let facts = emulator.tenant();
    let all = graph.search_applications("", 100).await.unwrap();
    let own: Vec<_> = all
        .iter()
        .filter(|row| row.is_own)
        .map(|row| row.app_id.clone())
        .collect();
    assert_eq!(own, std::slice::from_ref(&facts.client_id));
    for id in [&facts.owned_application_id, &facts.owned_application_client_id] {
        let found = graph.search_applications(id, 10).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id, facts.owned_application_id);
        let by_name = graph
            .search_applications(&found[0].display_name, 10)
            .await
            .unwrap();
        assert!(by_name.contains(&found[0]));
    }
    assert!(
        graph
            .search_applications(r#"no" OR "such"#, 10)
            .await
            .unwrap()
            .is_empty()
    );
    let group = graph
        .search_groups(&facts.dynamic_group_id, 10)
        .await
        .unwrap()
        .remove(0);
    assert!(group.membership.refusal().is_some());
    let roles = graph.search_roles("global administrator").await.unwrap();
    assert!(roles.len() == 1 && roles[0].privileged);
    let domains = graph.domains().await.unwrap();
    assert!(
        domains[0].is_default
            && domains
                .iter()
                .any(|domain| domain.name == facts.domain && domain.managed)
    );
    assert!(
        domains
            .iter()
            .any(|domain| domain.name == facts.federated_domain && !domain.managed)
    );
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let (emulator, graph) = start().await;
    let facts = emulator.tenant();
    emulator.grant(&facts.client_id, &["Application.Read.All"]);
    graph.forget_token().unwrap();
    let refused = graph
        .add_password(&facts.owned_application_id, "test", tomorrow())
        .await
        .unwrap_err();
    let api = refused.to_api_error(graph.client_id(), graph.tenant_id());
    assert_eq!(
        (api.status(), api.reason.as_deref()),
        (502, Some("Authorization_RequestDenied"))
    );
    for part in [
        facts.client_id.as_str(),
        "Application.ReadWrite.OwnedBy",
        "az ad app permission add",
    ] {
        assert!(api.message.contains(part), "{}", api.message);
    }
    assert!(refused.is_permanent());
}

#[tokio::test]
async fn every_call_bears_an_id_of_its_own() {
    let (emulator, graph) = start().await;
    graph.domains().await.unwrap();
    graph.roles().await.unwrap();
    let requests = emulator.requests();
    let ids: std::collections::BTreeSet<_> = requests
        .iter()
        .filter(|request| request.path.starts_with("/v1.0"))
        .map(|request| request.client_request_id.clone())
        .collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.iter().all(Option::is_some));
}

#[tokio::test]
async fn a_secret_is_tried_at_the_token_endpoint() {
    let (emulator, graph) = start().await;
    let facts = emulator.tenant();
    let added = graph
        .add_password(&facts.owned_application_id, "test", tomorrow())
        .await
        .unwrap();
    let client_id = &facts.owned_application_client_id;
    assert!(graph.accepts_secret(client_id, &added.secret_text).await.unwrap());
    assert!(
        !graph
            .accepts_secret(client_id, &SecretText::new("wrong"))
            .await
            .unwrap()
    );
    assert!(
        graph
            .accepts_secret("11111111-2222-3333-4444-555555555555", &added.secret_text)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn the_connection_test_tells_what_is_there_and_what_is_missing() {
    let (emulator, graph) = start().await;
    let test = probe::test(&graph).await;
    assert!(
        test.checks.len() == 2 && test.checks.iter().all(|check| check.ok),
        "{test:?}"
    );
    assert!(test.checks[1].request_id.is_some());
    assert!(test.permissions.iter().all(|row| row.held), "{test:?}");

    emulator.grant(&emulator.tenant().client_id, &["Application.ReadWrite.OwnedBy"]);
    let test = probe::test(&graph).await;
    assert!(
        test.checks.iter().all(|check| check.ok),
        "permissions are read anew: {test:?}"
    );
    let held: Vec<_> = test
        .permissions
        .iter()
        .filter(|row| row.held)
        .map(|row| row.permission.as_str())
        .collect();
    assert_eq!(held, ["Application.ReadWrite.OwnedBy", "Application.Read.All"]);

    emulator.grant(&emulator.tenant().client_id, &[]);
    let test = probe::test(&graph).await;
    assert_eq!(
        test.checks.iter().map(|check| check.ok).collect::<Vec<_>>(),
        [true, false]
    );
    assert!(
        test.checks[1].detail.contains("Organization.Read.All"),
        "{}",
        test.checks[1].detail
    );
}

#[tokio::test]
async fn a_failed_sign_in_ends_the_connection_test() {
    let emulator = Emulator::start().await;
    let mut connection = connection(&emulator);
    connection.credential = Credential::ClientSecret {
        client_id: emulator.tenant().client_id.clone(),
        client_secret: SecretText::new("wrong-canary"),
    };
    let graph = client(&connection);
    let test = probe::test(&graph).await;
    assert!(test.checks.len() == 1 && !test.checks[0].ok && test.permissions.is_empty());
    assert!(
        test.checks[0].detail.contains("Secret ID"),
        "{}",
        test.checks[0].detail
    );
    let shown = format!("{connection:?} {graph:?} {test:?}");
    assert!(!shown.contains("canary"), "{shown}");
}
