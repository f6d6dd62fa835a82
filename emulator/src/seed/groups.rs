//! The thirty sample groups.

use serde_json::{Map, Value, json};

use super::{birthday, users};
use crate::{
    directory::{
        Directory,
        object::{Kind, Object},
    },
    entropy::seeded_id,
};

/// What sort of group a sample is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Security,
    Microsoft365,
    Dynamic,
    Synced,
    RoleAssignable,
}

const GROUPS: [(&str, &str, Sort); 30] = [
    (
        "Platform Engineers",
        "Run the clusters and the pipelines.",
        Sort::Security,
    ),
    (
        "Database Readers",
        "May read the production databases.",
        Sort::Security,
    ),
    (
        "Database Writers",
        "May change the production databases.",
        Sort::Security,
    ),
    (
        "Finance Reporting",
        "May open the finance reports.",
        Sort::Security,
    ),
    ("Payroll Editors", "May change payroll.", Sort::Security),
    ("VPN Users", "May use the VPN.", Sort::Security),
    (
        "Support Tier 1",
        "First line of customer support.",
        Sort::Security,
    ),
    (
        "Support Tier 2",
        "Second line of customer support.",
        Sort::Security,
    ),
    (
        "Release Approvers",
        "Approve releases to production.",
        Sort::Security,
    ),
    ("Incident Responders", "On call for incidents.", Sort::Security),
    (
        "External Auditors",
        "Auditors, for as long as they audit.",
        Sort::Security,
    ),
    (
        "Warehouse Tablets",
        "Shared devices in the warehouse.",
        Sort::Security,
    ),
    (
        "Lab Instruments",
        "Accounts of the instruments in the lab.",
        Sort::Security,
    ),
    ("Build Agents", "Accounts of the build agents.", Sort::Security),
    ("All Company", "Everyone at Contoso.", Sort::Microsoft365),
    ("Marketing Team", "Campaigns and events.", Sort::Microsoft365),
    ("Sales Leads", "Who sells what to whom.", Sort::Microsoft365),
    ("Project Aurora", "The new plant in Lisbon.", Sort::Microsoft365),
    (
        "Research Reading Circle",
        "Papers, on Fridays.",
        Sort::Microsoft365,
    ),
    ("Social Committee", "Parties.", Sort::Microsoft365),
    (
        "Everyone in Engineering",
        "All of the engineering department.",
        Sort::Dynamic,
    ),
    (
        "Everyone in Finance",
        "All of the finance department.",
        Sort::Dynamic,
    ),
    (
        "All Contractors",
        "Everyone who is not an employee.",
        Sort::Dynamic,
    ),
    (
        "On-Premises Operators",
        "Synced from the old forest.",
        Sort::Synced,
    ),
    (
        "On-Premises Printers",
        "Synced from the old forest.",
        Sort::Synced,
    ),
    ("File Share Admins", "Synced from the old forest.", Sort::Synced),
    (
        "Tier 0 Operators",
        "May hold directory roles.",
        Sort::RoleAssignable,
    ),
    ("Break Glass", "Emergency access.", Sort::RoleAssignable),
    (
        "Identity Admins",
        "May hold directory roles.",
        Sort::RoleAssignable,
    ),
    (
        "Security Readers",
        "May hold directory roles.",
        Sort::RoleAssignable,
    ),
];

/// Adds the sample groups and their members to the tenant.
pub fn plant(directory: &mut Directory) {
    for (index, (name, description, sort)) in GROUPS.into_iter().enumerate() {
        let id = seeded_id(&format!("group/{}", slug(name)));
        let mut group = Object::new(
            id.clone(),
            Kind::Group,
            properties(index, name, description, sort),
        );
        group.seeded = true;
        group.owners.insert(users::id_of(index % 5));
        directory.put(group);
        let step = if name == "All Company" { 1 } else { 11 };
        // Only the first users of the tenant are in role-assignable groups, so that most others stay unprotected.
        let upto = if sort == Sort::RoleAssignable {
            8
        } else {
            users::GUEST
        };
        for member in (index % 8..upto).step_by(step) {
            directory.add_member(&id, &users::id_of(member), true);
        }
    }
}

fn slug(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

fn properties(index: usize, name: &str, description: &str, sort: Sort) -> Map<String, Value> {
    let unified = sort == Sort::Microsoft365;
    let synced = sort == Sort::Synced;
    let group_types = match sort {
        Sort::Microsoft365 => json!(["Unified"]),
        Sort::Dynamic => json!(["DynamicMembership"]),
        Sort::Security | Sort::Synced | Sort::RoleAssignable => json!([]),
    };
    let rule = match name {
        "Everyone in Engineering" => json!("user.department -eq \"Engineering\""),
        "Everyone in Finance" => json!("user.department -eq \"Finance\""),
        "All Contractors" => json!("user.employeeType -ne \"Employee\""),
        _ => Value::Null,
    };
    let mail = unified.then(|| format!("{}@{}", slug(name), super::DOMAIN));
    let properties = json!({
        "createdDateTime": birthday(index),
        "description": description,
        "displayName": name,
        "groupTypes": group_types,
        "isAssignableToRole": if sort == Sort::RoleAssignable { json!(true) } else { Value::Null },
        "mail": mail,
        "mailEnabled": unified,
        "mailNickname": slug(name),
        "membershipRule": rule,
        "membershipRuleProcessingState": if sort == Sort::Dynamic { json!("On") } else { Value::Null },
        "onPremisesSyncEnabled": if synced { json!(true) } else { Value::Null },
        "proxyAddresses": mail.iter().map(|mail| format!("SMTP:{mail}")).collect::<Vec<_>>(),
        "renewedDateTime": birthday(index),
        "securityEnabled": !unified,
        "securityIdentifier": format!("S-1-12-1-{}-{}-{}-{}", 1_000 + index, 2_000 + index, 3_000 + index, 4_000 + index),
        "visibility": if unified { json!("Public") } else { Value::Null },
    });
    match properties {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
