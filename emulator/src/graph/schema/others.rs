//! The properties of everything that is small: the organization, domains, roles and their assignments.

use super::{Property, Schema, Shape, date, flag, objects, text, texts};

/// The tenant itself.
pub const ORGANIZATION: Schema = Schema {
    type_name: "organization",
    resource: "Organization",
    set: "organization",
    searchable: &[],
    sortable: &[],
    properties: &[
        text("id", 36).read_only().shown(),
        date("deletedDateTime").read_only().shown(),
        texts("businessPhones").shown(),
        text("city", 128).shown(),
        text("country", 128).shown(),
        text("countryLetterCode", 2).shown(),
        date("createdDateTime").read_only().shown(),
        text("defaultUsageLocation", 2).shown(),
        text("displayName", 256).shown(),
        texts("marketingNotificationEmails").shown(),
        date("onPremisesLastSyncDateTime").read_only().shown(),
        flag("onPremisesSyncEnabled").shown(),
        text("postalCode", 40).shown(),
        text("preferredLanguage", 64).shown(),
        texts("securityComplianceNotificationMails").shown(),
        texts("securityComplianceNotificationPhones").shown(),
        text("state", 128).shown(),
        text("street", 1024).shown(),
        texts("technicalNotificationMails").shown(),
        text("tenantType", 64).read_only().shown(),
        objects("assignedPlans").read_only().shown(),
        objects("provisionedPlans").read_only().shown(),
        objects("verifiedDomains").read_only().shown(),
    ],
};

/// Domains.
pub const DOMAIN: Schema = Schema {
    type_name: "domain",
    resource: "Domain",
    set: "domains",
    searchable: &[],
    sortable: &[],
    properties: &[
        text("id", 256).read_only().shown(),
        text("authenticationType", 32).shown(),
        text("availabilityStatus", 64).shown(),
        flag("isAdminManaged").shown(),
        flag("isDefault").shown(),
        flag("isInitial").shown(),
        flag("isRoot").shown(),
        flag("isVerified").shown(),
        text("model", 64).shown(),
        text("manufacturer", 64).shown(),
        Property::new("passwordNotificationWindowInDays", Shape::Number).shown(),
        Property::new("passwordValidityPeriodInDays", Shape::Number).shown(),
        texts("supportedServices").shown(),
    ],
};

/// Definitions of directory roles.
pub const ROLE_DEFINITION: Schema = Schema {
    type_name: "unifiedRoleDefinition",
    resource: "RoleDefinition",
    set: "roleManagement/directory/roleDefinitions",
    searchable: &[],
    sortable: &["displayName"],
    properties: &[
        text("id", 36).read_only().shown(),
        text("description", 1024).shown(),
        text("displayName", 256).shown(),
        flag("isBuiltIn").shown(),
        flag("isEnabled").shown(),
        texts("resourceScopes").shown(),
        objects("rolePermissions").shown(),
        text("templateId", 36).shown(),
        text("version", 16).shown(),
    ],
};

/// Assignments of directory roles.
pub const ROLE_ASSIGNMENT: Schema = Schema {
    type_name: "unifiedRoleAssignment",
    resource: "RoleAssignment",
    set: "roleManagement/directory/roleAssignments",
    searchable: &[],
    sortable: &[],
    properties: &[
        text("id", 64).read_only().shown(),
        text("principalId", 36).required().shown(),
        text("directoryScopeId", 256).shown(),
        text("roleDefinitionId", 36).required().shown(),
        text("appScopeId", 256),
        text("condition", 1024),
        text("principalOrganizationId", 36).read_only(),
    ],
};
