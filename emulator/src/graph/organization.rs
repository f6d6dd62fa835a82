//! The tenant itself and its domains.

use serde_json::{Map, Value, json};

use super::{
    Answer, Call,
    errors::GraphError,
    odata,
    schema::{DOMAIN, ORGANIZATION},
};
use crate::{directory::Domain, seed};

const READ_ORGANIZATION: [&str; 5] = [
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "User.Read.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const READ_DOMAINS: [&str; 4] = [
    "Domain.Read.All",
    "Domain.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];

/// Lists the one organization there is.
pub fn list(call: &mut Call<'_>) -> Answer {
    call.caller.require(&READ_ORGANIZATION)?;
    odata::collection(call.request, &ORGANIZATION, vec![organization(call)])
}

/// Gets the organization by its id.
pub fn get(call: &mut Call<'_>, id: &str) -> Answer {
    call.caller.require(&READ_ORGANIZATION)?;
    if !call.directory.tenant_id.eq_ignore_ascii_case(id) {
        return Err(GraphError::not_found(id));
    }
    odata::entity(call.request, &ORGANIZATION, &organization(call))
}

/// Lists the domains, verified or not.
pub fn domains(call: &mut Call<'_>) -> Answer {
    call.caller.require(&READ_DOMAINS)?;
    odata::collection(
        call.request,
        &DOMAIN,
        call.directory.domains.iter().map(show).collect(),
    )
}

/// Gets a domain by its name.
pub fn domain(call: &mut Call<'_>, id: &str) -> Answer {
    call.caller.require(&READ_DOMAINS)?;
    let known = call
        .directory
        .domains
        .iter()
        .find(|domain| domain.name.eq_ignore_ascii_case(id));
    odata::entity(
        call.request,
        &DOMAIN,
        &show(known.ok_or_else(|| GraphError::not_found(id))?),
    )
}

fn organization(call: &Call<'_>) -> Map<String, Value> {
    let verified = call.directory.domains.iter().filter(|domain| domain.is_verified);
    let domains = verified.map(|domain| {
        json!({
            "capabilities": "Email, OfficeCommunicationsOnline",
            "isDefault": domain.is_default,
            "isInitial": domain.is_initial,
            "name": domain.name,
            "type": if domain.is_federated { "Federated" } else { "Managed" },
        })
    });
    let entries = [
        ("id", json!(call.directory.tenant_id)),
        ("displayName", json!(seed::TENANT_NAME)),
        ("city", json!("Lisbon")),
        ("countryLetterCode", json!("PT")),
        ("createdDateTime", json!(seed::birthday(0))),
        ("defaultUsageLocation", json!("PT")),
        ("onPremisesSyncEnabled", json!(true)),
        ("preferredLanguage", json!("en")),
        (
            "technicalNotificationMails",
            json!([format!("it@{}", seed::DOMAIN)]),
        ),
        ("tenantType", json!("AAD")),
        ("verifiedDomains", domains.collect()),
    ];
    entries
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn show(domain: &Domain) -> Map<String, Value> {
    let services = if domain.is_verified {
        json!(["Email", "OfficeCommunicationsOnline"])
    } else {
        json!([])
    };
    let entries = [
        ("id", json!(domain.name)),
        (
            "authenticationType",
            json!(if domain.is_federated {
                "Federated"
            } else {
                "Managed"
            }),
        ),
        ("isAdminManaged", json!(true)),
        ("isDefault", json!(domain.is_default)),
        ("isInitial", json!(domain.is_initial)),
        ("isRoot", json!(true)),
        ("isVerified", json!(domain.is_verified)),
        ("passwordNotificationWindowInDays", json!(14)),
        ("passwordValidityPeriodInDays", json!(i32::MAX)),
        ("supportedServices", services),
    ];
    entries
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
