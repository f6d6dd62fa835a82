//! App secret: a client secret is added to an application, and removed at the end.
//!
//! Rule: never for the application that the target itself signs in as, whatever the item says.

use std::collections::BTreeMap;

use crate::backend::graph::{AddedPassword, Application, GraphClient, GraphError, Operation, Removal};
use crate::domain::{AppSecretSpec, Issued, IssuedAppSecret, Target, Timestamp};

use super::{Applied, CheckError, CheckMoment, GrantPlan, GrantValue, Plan, PlanInput, marker};

const FIELD: &str = "spec.app_secret.application_object_id";

pub(super) fn plan(spec: &AppSecretSpec, input: &PlanInput<'_>) -> Plan {
    let ends_at = whole_second(input.max_expires_at);
    let application_name = input.secret.name_of(&spec.application_object_id);
    Plan {
        identity: application_name.clone(),
        entra_ends_at: Some(ends_at),
        grants: vec![GrantPlan::AppPassword {
            application_object_id: spec.application_object_id.clone(),
            application_name,
            display_name: marker(input.instance_id, input.lease_id),
            ends_at,
        }],
    }
}

/// The first whole second that is not before this moment: Entra keeps no fractions.
fn whole_second(at: Timestamp) -> Timestamp {
    at.plus_millis((-at.millis()).rem_euclid(1000))
}

pub(super) async fn check(
    graph: &GraphClient,
    spec: &AppSecretSpec,
    moment: CheckMoment,
) -> Result<BTreeMap<String, String>, CheckError> {
    let id = &spec.application_object_id;
    let Some(application) = graph.application(id).await? else {
        return Err(CheckError::refused(
            FIELD,
            format!(
                "the tenant has no application with the object id {id}; take the object id, not the client id"
            ),
        ));
    };
    if graph.is_own(&application) {
        return Err(CheckError::refused(
            FIELD,
            "this is the application that the target itself signs in as; a lease of it would hand out the target's own power",
        ));
    }
    let full = application
        .most_secrets()
        .is_some_and(|most| application.password_credentials.len() >= most);
    if full && moment == CheckMoment::Generate {
        return Err(CheckError::refused(
            FIELD,
            format!(
                "{} is open to personal accounts and may hold only two client secrets, which it does; end a lease of it or remove a secret",
                application.name()
            ),
        ));
    }
    Ok(BTreeMap::from([(id.clone(), application.name().to_owned())]))
}

pub(super) async fn apply(
    graph: &GraphClient,
    object_id: &str,
    display_name: &str,
    ends_at: Timestamp,
) -> Result<Applied, GraphError> {
    let _turn = graph.lock_application(object_id).await;
    let application = read(graph, object_id).await?;
    if graph.is_own(&application) {
        return Err(GraphError::OwnApplication {
            client_id: application.app_id,
        });
    }
    let added = match graph.add_password(object_id, display_name, ends_at).await {
        Err(lost) if lost.is_ambiguous() => again(graph, object_id, display_name, ends_at, lost).await?,
        result => result?,
    };
    Ok(Applied {
        entra_id: added.key_id,
        value: Some(GrantValue::AppPassword {
            client_id: application.app_id,
            client_secret: added.secret_text,
        }),
    })
}

/// Adds the secret once more after an answer was lost, if the lost one can be seen and removed: its value is known to nobody. Where
/// it is not seen it may still show up, and a second one beside it would make the first easy to forget; then the lease fails.
async fn again(
    graph: &GraphClient,
    object_id: &str,
    display_name: &str,
    ends_at: Timestamp,
    lost: GraphError,
) -> Result<AddedPassword, GraphError> {
    if !matches!(remove_lost(graph, object_id, display_name).await, Ok(true)) {
        return Err(lost);
    }
    graph.add_password(object_id, display_name, ends_at).await
}

/// Whether the lost secret was seen and removed.
async fn remove_lost(graph: &GraphClient, object_id: &str, display_name: &str) -> Result<bool, GraphError> {
    let mut patience = graph.until_verified();
    loop {
        let application = read(graph, object_id).await?;
        for key_id in application.secrets_named(display_name) {
            if graph.remove_password(object_id, key_id).await? == Removal::Removed {
                return Ok(true);
            }
        }
        if !patience.wait().await {
            return Ok(false);
        }
    }
}

async fn read(graph: &GraphClient, object_id: &str) -> Result<Application, GraphError> {
    graph
        .application(object_id)
        .await?
        .ok_or_else(|| GraphError::NotFound {
            operation: Operation::ReadApplication,
            message: format!("no application has the object id {object_id}"),
            request_id: None,
        })
}

pub(super) fn issue(target: &Target, applied: &[(GrantPlan, Applied)]) -> Option<Issued> {
    applied.iter().find_map(|(_, applied)| match &applied.value {
        Some(GrantValue::AppPassword {
            client_id,
            client_secret,
        }) => Some(Issued::AppSecret(IssuedAppSecret {
            client_id: client_id.clone(),
            tenant_id: target.tenant_id.to_string(),
            client_secret: client_secret.clone(),
            key_id: applied.entra_id.clone(),
            usable_since: None,
        })),
        Some(GrantValue::UserPassword(_)) | None => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_rounded_up_to_the_second() {
        for (millis, second) in [(0, 0), (1, 1000), (999, 1000), (1000, 1000), (-1, 0)] {
            assert_eq!(whole_second(Timestamp::from_millis(millis)).millis(), second);
        }
    }
}
