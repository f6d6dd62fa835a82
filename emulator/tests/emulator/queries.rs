//! Listing: paging, selecting, filtering, searching, ordering, counting.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{Tenant, each, error, read};

#[tokio::test]
async fn pages_are_followed_to_the_end_even_when_users_go() {
    let tenant = Tenant::start().await;
    let mut seen = BTreeSet::new();
    let mut next = Some(format!("{}/v1.0/users?$top=60&$select=id", tenant.emulator.url()));
    let mut pages = 0;
    while let Some(url) = next {
        let (status, body) = read(
            tenant
                .client
                .get(url)
                .bearer_auth(&tenant.token)
                .send()
                .await
                .unwrap(),
        )
        .await;
        assert_eq!(status, StatusCode::OK);
        let ids = each(&body, "id");
        assert!(ids.len() <= 60);
        let fresh: Vec<bool> = ids.iter().map(|id| seen.insert(id.clone())).collect();
        assert!(fresh.into_iter().all(|is_new| is_new), "no user is shown twice");
        next = body["@odata.nextLink"].as_str().map(str::to_owned);
        pages += 1;
        if pages == 1 {
            // One that was shown goes; the next page must not skip another for it.
            let gone = tenant.facts().second_user_id.clone();
            tenant.delete(&format!("/users/{gone}")).await;
            seen.insert(gone);
        }
    }
    assert_eq!((pages, seen.len()), (5, 250));
}

#[tokio::test]
async fn pages_have_a_hundred_items_unless_told_otherwise_and_at_most_999() {
    let tenant = Tenant::start().await;
    let (_, body) = tenant.get("/users").await;
    assert_eq!(body["value"].as_array().unwrap().len(), 100);
    let (_, body) = tenant.get("/users?$top=999").await;
    assert_eq!(
        (
            body["value"].as_array().unwrap().len(),
            body.get("@odata.nextLink")
        ),
        (250, None)
    );
    for top in ["0", "1000", "many"] {
        let (status, body) = tenant.get(&format!("/users?$top={top}")).await;
        assert_eq!(
            (status, error(&body).0),
            (StatusCode::BAD_REQUEST, "Request_BadRequest")
        );
    }
    assert_eq!(
        tenant.get("/users?$skiptoken=nonsense").await.0,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn users_are_filtered_also_when_the_query_is_percent_encoded() {
    let tenant = Tenant::start().await;
    let name = &tenant.facts().user_principal_name;
    let (_, body) = tenant
        .get(&format!("/users?%24filter=userPrincipalName%20eq%20%27{name}%27"))
        .await;
    assert_eq!(each(&body, "id"), [tenant.facts().user_id.as_str()]);
    let (_, body) = tenant
        .get("/users?$filter=department eq 'Legal' and accountEnabled eq true&$select=department")
        .await;
    assert!(
        each(&body, "department")
            .iter()
            .all(|department| department == "Legal")
    );
    let (_, body) = tenant
        .get("/users?$filter=startswith(displayName,'Adele')&$top=999")
        .await;
    assert_eq!(body["value"].as_array().unwrap().len(), 5);
    let (_, body) = tenant
        .get("/groups?$filter=groupTypes/any(c:c eq 'Unified')")
        .await;
    assert_eq!(body["value"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn advanced_queries_need_the_eventual_index() {
    let tenant = Tenant::start().await;
    for query in [
        "$search=\"displayName:ade\"",
        "$filter=department ne 'IT'&$count=true",
        "$filter=endswith(mail,'x')",
        "$filter=startswith(employeeType,'leasehold:')",
        "$filter=displayName eq 'x' or employeeType in ('a')",
    ] {
        let (status, body) = tenant.get(&format!("/users?{query}")).await;
        assert_eq!(
            (status, error(&body).0),
            (StatusCode::BAD_REQUEST, "Request_UnsupportedQuery"),
            "{query}"
        );
    }
    let (_, body) = tenant
        .get_eventual("/users?$search=\"displayName:ade\"&$count=true")
        .await;
    assert_eq!(
        body["@odata.count"],
        json!(body["value"].as_array().unwrap().len())
    );
    let (_, body) = tenant
        .get_eventual("/users?$filter=userType ne 'Guest'&$count=true&$top=1")
        .await;
    assert_eq!(body["@odata.count"], json!(230));
    assert_eq!(tenant.get_eventual("/users/$count").await.1, json!(250));
    assert_eq!(tenant.get("/users/$count").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn users_are_ordered() {
    let tenant = Tenant::start().await;
    let (_, body) = tenant.get("/users?$orderby=displayName desc&$top=5").await;
    let names = each(&body, "displayName");
    assert!(
        names.is_sorted_by(|one, other| one >= other) && names[0].starts_with("Zoran"),
        "{names:?}"
    );
    let (status, body) = tenant.get("/users?$orderby=city").await;
    assert_eq!(
        (status, error(&body).0),
        (StatusCode::BAD_REQUEST, "Request_UnsupportedQuery")
    );
    let filtered = "/users?$orderby=displayName&$filter=department eq 'IT'";
    assert_eq!(tenant.get(filtered).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(tenant.get_eventual(filtered).await.0, StatusCode::OK);
}

#[tokio::test]
async fn unknown_properties_are_refused() {
    let tenant = Tenant::start().await;
    for query in [
        "$select=shoeSize",
        "$filter=shoeSize eq 1",
        "$filter=displayName",
        "$expand=manager",
    ] {
        assert_eq!(
            tenant.get(&format!("/users?{query}")).await.0,
            StatusCode::BAD_REQUEST,
            "{query}"
        );
    }
}

#[tokio::test]
async fn the_organization_and_its_domains_are_listed() {
    let tenant = Tenant::start().await;
    let (_, body) = tenant.get("/organization").await;
    let domains = body["value"][0]["verifiedDomains"].as_array().unwrap();
    let managed: Vec<_> = domains
        .iter()
        .filter(|domain| domain["type"] == "Managed")
        .map(|domain| &domain["name"])
        .collect();
    assert_eq!(
        managed,
        [&json!("contoso.com"), &json!("contoso.onmicrosoft.com")]
    );
    let (_, body) = tenant.get("/domains").await;
    assert_eq!(
        each(&body, "id"),
        [
            "contoso.com",
            "contoso.onmicrosoft.com",
            "corp.contoso.com",
            "unverified.example"
        ]
    );
    assert_eq!(
        tenant.get("/domains/contoso.com").await.1["isDefault"],
        json!(true)
    );
}

#[tokio::test]
async fn paths_that_lead_nowhere_and_methods_that_do_not_fit_say_so() {
    let tenant = Tenant::start().await;
    let (status, body) = tenant.get("/nonsense").await;
    assert_eq!((status, error(&body).0), (StatusCode::BAD_REQUEST, "BadRequest"));
    assert_eq!(tenant.delete("/users").await.0, StatusCode::METHOD_NOT_ALLOWED);
    let url = format!("{}/v1.0/users", tenant.emulator.url());
    let request = tenant
        .client
        .request(Method::POST, url)
        .bearer_auth(&tenant.token)
        .body("no json");
    let (status, body) = read(request.send().await.unwrap()).await;
    assert_eq!((status, error(&body).0), (StatusCode::BAD_REQUEST, "BadRequest"));
}
