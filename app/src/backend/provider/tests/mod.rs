//! Every kind against an emulator: applied and taken back, with answers lost and replicas that lag.

mod app_secret;
mod checks;
mod portal_user;
mod user_grants;

use emulator::Emulator;

use crate::backend::graph::GraphClient;
use crate::backend::graph::testing::start;
use crate::backend::{Clock, Entropy};
use crate::domain::{
    AppSecretSpec, CredentialKind, DynamicSecret, ItemPath, Kind, LeaseId, PasswordLength, PortalUserSpec,
    SecretId, SecretSpec, Target, TargetId, TargetName, TargetSignIn, Timestamp, Ttl,
};

use super::*;

/// Long enough that everything that was made must have shown up.
const LATER: i64 = 300_000;

fn now() -> Timestamp {
    Clock::system().now()
}

fn item(spec: SecretSpec) -> DynamicSecret {
    DynamicSecret {
        id: SecretId::from_bits(1),
        path: ItemPath::parse("/prod/deploy").unwrap(),
        kind: match spec {
            SecretSpec::AppSecret(_) => Kind::AppSecret,
            SecretSpec::PortalUser(_) => Kind::PortalUser,
            SecretSpec::UserGrants(_) => Kind::UserGrants,
        },
        target: TargetName::parse("contoso").unwrap(),
        spec,
        default_ttl: Ttl::from_seconds(3600).unwrap(),
        max_ttl: Ttl::from_seconds(7200).unwrap(),
        description: String::new(),
        tags: Vec::new(),
        delete_protection: false,
        names: BTreeMap::new(),
        created_at: now(),
        updated_at: now(),
        live_leases: 0,
        last_used_at: None,
        deleting_at: None,
    }
}

fn app_spec(object_id: &str) -> SecretSpec {
    SecretSpec::AppSecret(AppSecretSpec {
        application_object_id: object_id.to_owned(),
    })
}

fn user_spec(emulator: &Emulator) -> PortalUserSpec {
    let facts = emulator.tenant();
    PortalUserSpec {
        domain: facts.domain.clone(),
        username_template: None,
        display_name_template: None,
        groups: vec![
            facts.security_group_id.clone(),
            facts.second_security_group_id.clone(),
        ],
        roles: vec![facts.roles["User Administrator"].clone()],
        credential: CredentialKind::Password,
        password_length: PasswordLength::default(),
        keep_deleted: false,
    }
}

fn plan_of(spec: SecretSpec, entropy: &Entropy) -> Plan {
    let secret = item(spec);
    plan(&PlanInput {
        lease_id: &entropy.lease_id(now()),
        instance_id: "k3v9test",
        secret: &secret,
        requester: "user:admin",
        recipient: None,
        max_expires_at: now().plus_millis(7_200_000),
        entropy,
    })
}

fn target(emulator: &Emulator) -> Target {
    let facts = emulator.tenant();
    Target {
        id: TargetId::from_bits(1),
        name: TargetName::parse("contoso").unwrap(),
        cloud: crate::domain::Cloud::Public,
        tenant_id: crate::domain::TenantId::parse(&facts.tenant_id).unwrap(),
        auth: TargetSignIn::ClientSecret {
            client_id: facts.client_id.clone(),
        },
        credential_set_at: now(),
        created_at: now(),
        updated_at: now(),
        items: 0,
        live_leases: 0,
        deleting_at: None,
    }
}

async fn apply_all(
    graph: &GraphClient,
    plan: &Plan,
    entropy: &Entropy,
) -> Result<Vec<(GrantPlan, Applied)>, GraphError> {
    let mut applied = Vec::new();
    for grant in &plan.grants {
        let done = apply(graph, grant, &applied, entropy).await?;
        applied.push((grant.clone(), done));
    }
    Ok(applied)
}

/// The rows of a lease whose answers all arrived, or all got lost.
fn records(plan: &Plan, applied: &[(GrantPlan, Applied)]) -> Vec<GrantRecord> {
    let at = |index: usize| applied.get(index).map(|(_, applied)| applied.entra_id.clone());
    let rows = plan.grants.iter().enumerate().map(|(index, grant)| GrantRecord {
        plan: grant.clone(),
        entra_id: at(index),
        removed_at: None,
        // Looked for before, for a minute and a half.
        absent_for_millis: 90_000,
        looked_at: Some(now()),
    });
    rows.collect()
}

/// One attempt to take everything back, as the engine makes it: from the last to the first, whatever is refused.
async fn undo_all(
    graph: &GraphClient,
    records: &[GrantRecord],
    now: Timestamp,
) -> Vec<Result<Undo, GraphError>> {
    let mut outcomes = Vec::new();
    for record in records.iter().rev() {
        outcomes.push(undo(graph, record, records, now).await);
    }
    outcomes
}

fn all_gone(outcomes: &[Result<Undo, GraphError>]) -> bool {
    outcomes.iter().all(|outcome| matches!(outcome, Ok(Undo::Gone)))
}

fn no_failure(outcomes: &[Result<Undo, GraphError>]) -> bool {
    outcomes.iter().all(Result::is_ok)
}

#[test]
fn lease_ids_in_markers_are_whole() {
    let lease = LeaseId::from_bits(7);
    assert!(marker("k3v9", &lease).ends_with(lease.as_str()));
}
