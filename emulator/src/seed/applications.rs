//! The broker's own application and the twenty sample ones, each with its service principal.

use serde_json::{Map, Value, json};

use super::{BROKER_CLIENT_ID, BROKER_SECRET, TENANT_ID, birthday, users};
use crate::{
    directory::{
        Directory,
        object::{Kind, Object, Secret},
    },
    entropy::seeded_id,
};

/// What the tenant has granted the broker.
const BROKER_GRANTS: [&str; 14] = [
    "Application.Read.All",
    "Application.ReadWrite.OwnedBy",
    "Directory.Read.All",
    "Domain.Read.All",
    "Group.Read.All",
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Organization.Read.All",
    "RoleManagement.ReadWrite.Directory",
    "User-PasswordProfile.ReadWrite.All",
    "User.DeleteRestore.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "User.RevokeSessions.All",
];

/// Who signs in to an application.
const THIS_TENANT: &str = "AzureADMyOrg";
const ALL_TENANTS: &str = "AzureADMultipleOrgs";
const PERSONAL_TOO: &str = "AzureADandPersonalMicrosoftAccount";

/// Name, audience, and whether the broker owns it.
const APPLICATIONS: [(&str, &str, bool); 20] = [
    ("Payments API", THIS_TENANT, true),
    ("Nightly Reports", THIS_TENANT, true),
    ("Partner Sign-In", PERSONAL_TOO, true),
    ("Data Export Job", THIS_TENANT, true),
    ("Terraform Pipeline", THIS_TENANT, true),
    ("Staging Smoke Tests", THIS_TENANT, true),
    ("HR Portal", THIS_TENANT, false),
    ("Expense Claims", THIS_TENANT, false),
    ("Visitor Registration", THIS_TENANT, false),
    ("Contract Archive", THIS_TENANT, false),
    ("Fleet Tracker", ALL_TENANTS, false),
    ("Customer Portal", ALL_TENANTS, false),
    ("Lab Notebook", THIS_TENANT, false),
    ("Inventory Sync", THIS_TENANT, false),
    ("Service Desk Bot", THIS_TENANT, false),
    ("Print Gateway", THIS_TENANT, false),
    ("Meeting Room Displays", THIS_TENANT, false),
    ("Backup Operator", THIS_TENANT, false),
    ("Log Forwarder", THIS_TENANT, false),
    ("Learning Hub", PERSONAL_TOO, false),
];

/// Adds the broker's application to the tenant, with its secret and its grants.
pub fn plant_broker(directory: &mut Directory) {
    let secret = Secret {
        key_id: seeded_id("secret/leasehold-broker"),
        display_name: Some("seeded".into()),
        start: directory.now.min(0),
        // The broker's secret must outlive any test that moves the clock by years.
        end: directory.now + 100 * 365 * 86_400_000,
        text: BROKER_SECRET.into(),
        seen_from: i64::MIN,
        seeded: true,
    };
    plant_one(
        directory,
        0,
        "leasehold-broker",
        BROKER_CLIENT_ID,
        THIS_TENANT,
        None,
        Some(secret),
    );
    directory
        .grants
        .insert(BROKER_CLIENT_ID.into(), BROKER_GRANTS.map(str::to_owned).to_vec());
}

/// Adds the sample applications to the tenant.
pub fn plant(directory: &mut Directory) {
    let broker = seeded_id("service-principal/leasehold-broker");
    for (index, (name, audience, owned)) in APPLICATIONS.into_iter().enumerate() {
        let owner = if owned {
            broker.clone()
        } else {
            users::id_of(20 + index)
        };
        let app_id = seeded_id(&format!("client/{}", slug(name)));
        plant_one(directory, index + 1, name, &app_id, audience, Some(owner), None);
    }
}

fn plant_one(
    directory: &mut Directory,
    index: usize,
    name: &str,
    app_id: &str,
    audience: &str,
    owner: Option<String>,
    secret: Option<Secret>,
) {
    let slug = slug(name);
    let object = |kind, id: String, properties| {
        let mut object = Object::new(id, kind, properties);
        object.seeded = true;
        object.owners.extend(owner.clone());
        object
    };
    let properties = application(name, app_id, audience, &birthday(index));
    let principal = service_principal(&properties);
    let mut application = object(
        Kind::Application,
        seeded_id(&format!("application/{slug}")),
        properties,
    );
    application.secrets.extend(secret);
    directory.put(application);
    directory.put(object(
        Kind::ServicePrincipal,
        seeded_id(&format!("service-principal/{slug}")),
        principal,
    ));
}

fn slug(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

/// The properties of a new application.
pub fn application(name: &str, app_id: &str, audience: &str, created: &str) -> Map<String, Value> {
    let properties = json!({
        "addIns": [],
        "api": {"requestedAccessTokenVersion": 2, "knownClientApplications": [], "oauth2PermissionScopes": [],
                "preAuthorizedApplications": []},
        "appId": app_id,
        "appRoles": [],
        "createdDateTime": created,
        "displayName": name,
        "identifierUris": [],
        "keyCredentials": [],
        "optionalClaims": null,
        "publicClient": {"redirectUris": []},
        "publisherDomain": super::DOMAIN,
        "requiredResourceAccess": [],
        "signInAudience": audience,
        "spa": {"redirectUris": []},
        "tags": [],
        "web": {"redirectUris": []},
    });
    into_map(properties)
}

/// The properties of a new service principal of an application.
pub fn service_principal(application: &Map<String, Value>) -> Map<String, Value> {
    let of = |name: &str| application.get(name).cloned().unwrap_or_default();
    let properties = json!({
        "accountEnabled": true,
        "addIns": [],
        "alternativeNames": [],
        "appDisplayName": of("displayName"),
        "appId": of("appId"),
        "appOwnerOrganizationId": TENANT_ID,
        "appRoleAssignmentRequired": false,
        "appRoles": of("appRoles"),
        "displayName": of("displayName"),
        "createdDateTime": of("createdDateTime"),
        "keyCredentials": [],
        "notificationEmailAddresses": [],
        "oauth2PermissionScopes": [],
        "replyUrls": [],
        "resourceSpecificApplicationPermissions": [],
        "servicePrincipalNames": [of("appId")],
        "servicePrincipalType": "Application",
        "signInAudience": of("signInAudience"),
        "tags": [],
    });
    into_map(properties)
}

fn into_map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
