//! The tenant that every emulator starts with: the same ids, names and memberships each time.
//!
//! To add a sample, add it to the list of its kind in [`users`], [`groups`], [`applications`] or [`roles`]; its id
//! follows from its name. Tests that need the id find it through [`crate::TenantFacts`].

pub mod applications;
pub mod groups;
pub mod roles;
pub mod users;

use crate::directory::{Directory, Domain};

/// The tenant's id.
pub const TENANT_ID: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
/// The tenant's display name.
pub const TENANT_NAME: &str = "Contoso";
/// The default domain.
pub const DOMAIN: &str = "contoso.com";
/// The initial domain.
pub const INITIAL_DOMAIN: &str = "contoso.onmicrosoft.com";
/// A domain whose users sign in elsewhere.
pub const FEDERATED_DOMAIN: &str = "corp.contoso.com";
/// A domain that nobody has verified.
pub const UNVERIFIED_DOMAIN: &str = "unverified.example";
/// The broker's client id.
pub const BROKER_CLIENT_ID: &str = "b10c4e70-5f1d-4c2a-9a57-1ea5e401d001";
/// The broker's client secret. It opens nothing but an emulator.
pub const BROKER_SECRET: &str = "emulated-broker-secret-for-tests-only";

/// Builds the tenant; `empty` leaves the sample users, groups and applications out.
pub fn tenant(now: i64, empty: bool) -> Directory {
    let domain = |name: &str, is_verified, is_federated| Domain {
        name: name.into(),
        is_default: name == DOMAIN,
        is_initial: name == INITIAL_DOMAIN,
        is_verified,
        is_federated,
    };
    let domains = vec![
        domain(DOMAIN, true, false),
        domain(INITIAL_DOMAIN, true, false),
        domain(FEDERATED_DOMAIN, true, true),
        domain(UNVERIFIED_DOMAIN, false, false),
    ];
    let mut directory = Directory::new(now, TENANT_ID, domains);
    applications::plant_broker(&mut directory);
    if !empty {
        users::plant(&mut directory);
        groups::plant(&mut directory);
        applications::plant(&mut directory);
        roles::plant(&mut directory);
    }
    directory
}

/// A day, as Graph writes it, some time before the emulator was built: samples are not born yesterday.
pub fn birthday(index: usize) -> String {
    format!(
        "20{:02}-{:02}-{:02}T08:{:02}:00Z",
        19 + index % 6,
        1 + index % 12,
        1 + index % 28,
        index % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::object::Kind;

    #[test]
    fn the_tenant_has_what_it_promises() {
        let tenant = tenant(0, false);
        assert_eq!(tenant.all(Kind::User).count(), 250);
        assert_eq!(tenant.all(Kind::Group).count(), 30);
        // Twenty samples and the broker itself.
        assert_eq!(tenant.all(Kind::Application).count(), 21);
        assert!(tenant.ledger().is_empty());
    }

    #[test]
    fn sign_in_names_are_unique() {
        let tenant = tenant(0, false);
        let names: std::collections::BTreeSet<_> = tenant
            .all(Kind::User)
            .map(|user| user.text("userPrincipalName").to_lowercase())
            .collect();
        assert_eq!(names.len(), 250);
    }

    #[test]
    fn an_empty_tenant_has_only_the_broker() {
        let tenant = tenant(0, true);
        assert_eq!(
            (
                tenant.all(Kind::User).count(),
                tenant.all(Kind::Application).count()
            ),
            (0, 1)
        );
    }
}
