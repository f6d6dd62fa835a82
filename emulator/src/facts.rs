//! What a test needs to know about the seeded tenant: ids, names and the broker's credentials.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    entropy::seeded_id,
    seed::{self, roles},
};

/// The facts of the seeded tenant. In a tenant without samples the sample ids exist only here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantFacts {
    /// `http://127.0.0.1:PORT`: where tokens are issued.
    pub authority_url: String,
    /// The same place with `/v1.0`: where Graph is served.
    pub graph_url: String,
    /// The same over https, if it is served.
    pub https_url: Option<String>,
    /// The tenant's id.
    pub tenant_id: String,
    /// The tenant's display name.
    pub tenant_name: String,
    /// The default domain: verified and managed.
    pub domain: String,
    /// The `.onmicrosoft.com` domain: verified and managed.
    pub initial_domain: String,
    /// A verified domain whose users sign in elsewhere.
    pub federated_domain: String,
    /// A domain that is not verified.
    pub unverified_domain: String,
    /// Client id of the broker's application.
    pub client_id: String,
    /// A client secret of the broker's application.
    pub client_secret: String,
    /// Object id of the broker's service principal (the `oid` of its tokens).
    pub broker_object_id: String,
    /// Object id of the broker's application.
    pub broker_application_id: String,
    /// Object id of an application that the broker owns.
    pub owned_application_id: String,
    /// Client id of that application.
    pub owned_application_client_id: String,
    /// Object id of another application that the broker owns.
    pub second_owned_application_id: String,
    /// Client id of that other application.
    pub second_owned_application_client_id: String,
    /// Object id of an application that the broker does not own.
    pub foreign_application_id: String,
    /// Client id of that application.
    pub foreign_application_client_id: String,
    /// Object id of an application, owned by the broker, that takes personal accounts too.
    pub personal_application_id: String,
    /// Object id of an assigned security group.
    pub security_group_id: String,
    /// Object id of another assigned security group.
    pub second_security_group_id: String,
    /// Object id of a Microsoft 365 group.
    pub microsoft365_group_id: String,
    /// Object id of a group whose members a rule chooses.
    pub dynamic_group_id: String,
    /// Object id of a group that is synced from on-premises.
    pub synced_group_id: String,
    /// Object id of a group that can hold directory roles.
    pub role_assignable_group_id: String,
    /// Object id of an ordinary user.
    pub user_id: String,
    /// Sign-in name of that user.
    pub user_principal_name: String,
    /// Object id of another ordinary user.
    pub second_user_id: String,
    /// Object id of a disabled user.
    pub disabled_user_id: String,
    /// Object id of a guest.
    pub guest_user_id: String,
    /// Object id of a user that is synced from on-premises.
    pub synced_user_id: String,
    /// Object id of a user of the federated domain.
    pub federated_user_id: String,
    /// Object id of a Global Administrator.
    pub admin_user_id: String,
    /// Ids of the built-in directory roles, by display name.
    pub roles: BTreeMap<String, String>,
}

impl TenantFacts {
    /// The facts of a tenant that is served at these addresses.
    pub fn new(url: &str, https_url: Option<&str>) -> Self {
        let user = seed::users::ordinary(0);
        let id = |name: &str| seeded_id(name);
        Self {
            authority_url: url.to_owned(),
            graph_url: format!("{url}/v1.0"),
            https_url: https_url.map(str::to_owned),
            tenant_id: seed::TENANT_ID.into(),
            tenant_name: seed::TENANT_NAME.into(),
            domain: seed::DOMAIN.into(),
            initial_domain: seed::INITIAL_DOMAIN.into(),
            federated_domain: seed::FEDERATED_DOMAIN.into(),
            unverified_domain: seed::UNVERIFIED_DOMAIN.into(),
            client_id: seed::BROKER_CLIENT_ID.into(),
            client_secret: seed::BROKER_SECRET.into(),
            broker_object_id: id("service-principal/leasehold-broker"),
            broker_application_id: id("application/leasehold-broker"),
            owned_application_id: id("application/payments-api"),
            owned_application_client_id: id("client/payments-api"),
            second_owned_application_id: id("application/nightly-reports"),
            second_owned_application_client_id: id("client/nightly-reports"),
            foreign_application_id: id("application/hr-portal"),
            foreign_application_client_id: id("client/hr-portal"),
            personal_application_id: id("application/partner-sign-in"),
            security_group_id: id("group/platform-engineers"),
            second_security_group_id: id("group/database-readers"),
            microsoft365_group_id: id("group/all-company"),
            dynamic_group_id: id("group/everyone-in-engineering"),
            synced_group_id: id("group/on-premises-operators"),
            role_assignable_group_id: id("group/tier-0-operators"),
            user_id: user.id,
            user_principal_name: user.user_principal_name,
            second_user_id: seed::users::ordinary(1).id,
            disabled_user_id: seed::users::id_of(seed::users::DISABLED),
            guest_user_id: seed::users::id_of(seed::users::GUEST),
            synced_user_id: seed::users::id_of(seed::users::SYNCED),
            federated_user_id: seed::users::id_of(seed::users::FEDERATED),
            admin_user_id: seed::users::id_of(seed::users::ADMIN),
            roles: roles::BUILT_IN
                .iter()
                .map(|role| (role.name.into(), role.id.into()))
                .collect(),
        }
    }
}
