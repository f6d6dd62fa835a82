//! App secret: a client secret is added to an application, and removed at the end.
//!
//! Rule: never for the application that the target itself signs in as, whatever the item says.

use std::collections::BTreeMap;

use crate::backend::graph::{AddedPassword, Application, GraphClient, GraphError, Operation, Removal};
use crate::domain::{AppSecretSpec, Issued, IssuedAppSecret, Target, Timestamp};

use super::undo::{GrantRecord, Seen, Undo};
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
    let found = match moment {
        CheckMoment::Save => graph.application(id).await?,
        CheckMoment::Generate => graph.application_lately(id).await?,
    };
    let Some(application) = found else {
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
    if let Some(most) = application.most_secrets()
        && moment == CheckMoment::Generate
        && let Some(now) = graph.application(id).await?
        && now.password_credentials.len() >= most
    {
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
    let application = graph
        .application_lately(object_id)
        .await?
        .ok_or_else(|| gone(object_id))?;
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
        let found = graph.application(object_id).await?;
        let application = found.ok_or_else(|| gone(object_id))?;
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

/// Removes secrets of one application, and verifies that they are gone: those that were recorded, and every other one that bears the
/// marker of one of the leases, since an answer may have been lost. One result each; the error is one of all of them.
pub(super) async fn undo(
    graph: &GraphClient,
    object_id: &str,
    records: &[&GrantRecord],
    now: Timestamp,
) -> Result<Vec<Result<Undo, GraphError>>, GraphError> {
    let _turn = graph.lock_application(object_id).await;
    let mut tries: Vec<_> = records.iter().map(|record| Removing::of(record)).collect();
    let recorded = records
        .iter()
        .enumerate()
        .filter_map(|(index, record)| Some((index, record.entra_id.clone()?)))
        .collect();
    remove(graph, object_id, &mut tries, recorded).await?;
    let mut patience = graph.until_verified();
    loop {
        let Some(application) = graph.application(object_id).await? else {
            // An application that is gone took its secrets with it; but one answer does not prove that.
            return Ok(tries.into_iter().map(|removing| removing.outcome(now)).collect());
        };
        let left: Vec<_> = tries
            .iter()
            .enumerate()
            .filter(|(_, removing)| removing.refused.is_none())
            .flat_map(|(index, removing)| removing.left_of(&application).map(move |id| (index, id)))
            .collect();
        for removing in &mut tries {
            removing.shown = false;
        }
        for (index, _) in &left {
            tries[*index].shown = true;
        }
        if left.is_empty() {
            break;
        }
        remove(graph, object_id, &mut tries, left).await?;
        if !patience.wait().await {
            break;
        }
    }
    Ok(tries.into_iter().map(|removing| removing.outcome(now)).collect())
}

/// A secret that is being removed.
struct Removing<'a> {
    record: &'a GrantRecord,
    display_name: &'a str,
    /// Entra accepted it, now or before.
    removed: bool,
    /// Entra showed it at the last look.
    shown: bool,
    refused: Option<GraphError>,
}

impl<'a> Removing<'a> {
    fn of(record: &'a GrantRecord) -> Self {
        let display_name = match &record.plan {
            GrantPlan::AppPassword { display_name, .. } => display_name,
            GrantPlan::User(_) | GrantPlan::Membership { .. } | GrantPlan::DirectoryRole { .. } => "",
        };
        Self {
            record,
            display_name,
            removed: record.removed_at.is_some(),
            shown: false,
            refused: None,
        }
    }

    /// The ids of its secrets that the application still has.
    fn left_of(&self, application: &Application) -> impl Iterator<Item = String> + use<'_, 'a> {
        let mut ids: Vec<String> = Vec::new();
        for secret in &application.password_credentials {
            if secret.display_name.as_deref() == Some(self.display_name)
                || self.record.entra_id.as_deref() == Some(secret.key_id.as_str())
            {
                ids.push(secret.key_id.clone());
            }
        }
        ids.into_iter()
    }

    fn outcome(self, now: Timestamp) -> Result<Undo, GraphError> {
        match (self.refused, self.shown, self.removed) {
            (Some(refused), _, _) => Err(refused),
            (None, true, true) => Ok(Undo::soon(Seen::Removed, "Entra still shows the client secret")),
            (None, true, false) => Ok(Undo::soon(
                Seen::Lingering,
                "Entra shows the client secret, and does not find it when asked to remove it",
            )),
            (None, false, true) => Ok(Undo::Gone),
            (None, false, false) => Ok(self.record.absent(now, "the client secret has not been seen")),
        }
    }
}

async fn remove(
    graph: &GraphClient,
    object_id: &str,
    tries: &mut [Removing<'_>],
    ids: Vec<(usize, String)>,
) -> Result<(), GraphError> {
    if ids.is_empty() {
        return Ok(());
    }
    let keys: Vec<&str> = ids.iter().map(|(_, id)| id.as_str()).collect();
    let results = graph.remove_passwords(object_id, &keys).await?;
    for ((index, _), result) in ids.iter().zip(results) {
        match result {
            Ok(Removal::Removed) => tries[*index].removed = true,
            Ok(Removal::NotThere) => {}
            Err(refused) => tries[*index].refused = Some(refused),
        }
    }
    Ok(())
}

fn gone(object_id: &str) -> GraphError {
    GraphError::NotFound {
        operation: Operation::ReadApplication,
        message: format!("no application has the object id {object_id}"),
        request_id: None,
    }
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
