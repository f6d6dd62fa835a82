//! What bears our marker in Entra: found by going through the directory, whatever the rows say, and taken out again.
//!
//! Rule: only what bears the marker of this very installation is ever touched. To let a new sort of thing be found: a variant of
//! [`Thing`], its part of [`survey`], and how it is taken out in [`clean`].

use std::collections::BTreeSet;

use crate::backend::graph::{Application, GraphClient, GraphError, PasswordCredential, Removal, User};
use crate::domain::{CheckedPart, Timestamp};

use super::plan::UserPlan;
use super::undo::{GrantRecord, Seen, Undo, undo};
use super::{GrantPlan, marker_prefix};

/// Something in Entra that bears our marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// What it is.
    pub thing: Thing,
    /// What follows the installation in its marker: a lease's id, unless somebody has changed it.
    pub lease: String,
    /// Since when it is there in this form.
    pub since: Option<Timestamp>,
}

/// What bears a marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// A user.
    User {
        /// Its object id.
        id: String,
        /// The name that it signs in with.
        user_principal_name: String,
    },
    /// A user that is deleted, and can be restored.
    DeletedUser {
        /// Its object id.
        id: String,
        /// The name that it signed in with.
        user_principal_name: String,
    },
    /// A client secret.
    AppPassword(Password),
}

/// A client secret of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password {
    /// The application's object id.
    pub application_id: String,
    /// The application's name.
    pub application_name: String,
    /// The secret's id.
    pub key_id: String,
    /// The secret's name.
    pub display_name: Option<String>,
    /// When it ends.
    pub ends_at: Option<Timestamp>,
}

/// What Entra holds, as far as it let us look.
#[derive(Debug, Default)]
pub struct Survey {
    /// What bears our marker.
    pub bearers: Vec<Bearer>,
    /// Client secrets of others that have expired, on the applications that were asked about.
    pub expired: Vec<(Password, Timestamp)>,
    /// What we may not look through.
    pub refused: Vec<(CheckedPart, GraphError)>,
}

/// Goes through everything in the tenant that can bear our marker. A part that Entra refuses to show is told as such; where it shows
/// nothing at all, or does not answer, that is an error.
#[tracing::instrument(skip_all)]
pub async fn survey(
    graph: &GraphClient,
    instance_id: &str,
    applications: &BTreeSet<String>,
    now: Timestamp,
) -> Result<Survey, GraphError> {
    const PARTS: usize = 3;
    let prefix = marker_prefix(instance_id);
    let mut survey = Survey::default();
    match graph.users_marked(&prefix).await {
        Ok(users) => survey
            .bearers
            .extend(users.into_iter().map(|user| living(user, &prefix))),
        Err(failed) => survey.refused(CheckedPart::Users, failed)?,
    }
    match graph.deleted_users_marked(&prefix).await {
        Ok(users) => survey
            .bearers
            .extend(users.into_iter().map(|user| deleted(user, &prefix))),
        Err(failed) => survey.refused(CheckedPart::DeletedUsers, failed)?,
    }
    let mut passwords = Vec::new();
    let looked = graph.each_application(|application| {
        let asked_about = applications.contains(&application.id.to_lowercase());
        for secret in &application.password_credentials {
            let of_us = secret
                .display_name
                .as_deref()
                .and_then(|name| name.strip_prefix(&prefix));
            if of_us.is_some() || asked_about {
                passwords.push((
                    of_us.map(str::to_owned),
                    time(secret.start_date_time.as_deref()),
                    password(&application, secret),
                ));
            }
        }
    });
    match looked.await {
        Ok(()) => survey.sort(passwords, now),
        Err(failed) => survey.refused(CheckedPart::AppPasswords, failed)?,
    }
    if survey.refused.len() < PARTS {
        return Ok(survey);
    }
    let (_, failed) = survey.refused.swap_remove(0);
    Err(failed)
}

impl Survey {
    fn refused(&mut self, part: CheckedPart, failed: GraphError) -> Result<(), GraphError> {
        if matches!(failed, GraphError::Refused { status: 403, .. }) {
            self.refused.push((part, failed));
            Ok(())
        } else {
            Err(failed)
        }
    }

    fn sort(&mut self, passwords: Vec<(Option<String>, Option<Timestamp>, Password)>, now: Timestamp) {
        for (of_us, since, password) in passwords {
            match (of_us, password.ends_at) {
                (Some(lease), _) => self.bearers.push(Bearer {
                    thing: Thing::AppPassword(password),
                    lease,
                    since,
                }),
                (None, Some(ended_at)) if ended_at <= now => self.expired.push((password, ended_at)),
                (None, _) => {}
            }
        }
    }
}

fn time(text: Option<&str>) -> Option<Timestamp> {
    text.and_then(|text| Timestamp::parse(text).ok())
}

fn living(user: User, prefix: &str) -> Bearer {
    Bearer {
        lease: lease_of(&user, prefix),
        since: time(user.created_date_time.as_deref()),
        thing: Thing::User {
            user_principal_name: user.user_principal_name.unwrap_or_else(|| user.id.clone()),
            id: user.id,
        },
    }
}

fn deleted(user: User, prefix: &str) -> Bearer {
    // Entra puts the id, without its hyphens, before the name, so that the name can be taken anew.
    let id = user.id.replace('-', "");
    let name = user.user_principal_name.as_deref().unwrap_or(&user.id);
    let user_principal_name = name.strip_prefix(&id).unwrap_or(name).to_owned();
    Bearer {
        lease: lease_of(&user, prefix),
        since: time(user.deleted_date_time.as_deref()),
        thing: Thing::DeletedUser {
            id: user.id,
            user_principal_name,
        },
    }
}

fn lease_of(user: &User, prefix: &str) -> String {
    let marker = user.marker.as_deref().unwrap_or_default();
    marker.strip_prefix(prefix).unwrap_or_default().to_owned()
}

fn password(application: &Application, secret: &PasswordCredential) -> Password {
    Password {
        application_id: application.id.clone(),
        application_name: application.name().to_owned(),
        key_id: secret.key_id.clone(),
        display_name: secret.display_name.clone(),
        ends_at: time(secret.end_date_time.as_deref()),
    }
}

/// Takes something that bears our marker out of Entra, as it is done at the end of a lease, and verifies that it is gone.
#[tracing::instrument(skip_all)]
pub async fn clean(
    graph: &GraphClient,
    instance_id: &str,
    bearer: &Bearer,
    now: Timestamp,
) -> Result<Undo, GraphError> {
    let marker = format!("{}{}", marker_prefix(instance_id), bearer.lease);
    match &bearer.thing {
        Thing::AppPassword(password) => {
            let plan = GrantPlan::AppPassword {
                application_object_id: password.application_id.clone(),
                application_name: password.application_name.clone(),
                display_name: marker,
                ends_at: password.ends_at.unwrap_or(now),
            };
            let record = seen(plan, &password.key_id);
            undo(graph, &record, std::slice::from_ref(&record), now).await
        }
        Thing::User {
            id,
            user_principal_name,
        } => {
            let stripped = strip(graph, id).await;
            let outcome = clean_user(graph, id, user_principal_name, marker, now).await;
            // Where a role could not be taken back, that is why the user is protected.
            match (outcome, stripped) {
                (Err(_), Err(first)) => Err(first),
                (outcome, _) => outcome,
            }
        }
        Thing::DeletedUser {
            id,
            user_principal_name,
        } => clean_user(graph, id, user_principal_name, marker, now).await,
    }
}

async fn clean_user(
    graph: &GraphClient,
    id: &str,
    user_principal_name: &str,
    marker: String,
    now: Timestamp,
) -> Result<Undo, GraphError> {
    let plan = GrantPlan::User(UserPlan {
        user_principal_name: user_principal_name.to_owned(),
        display_name: user_principal_name.to_owned(),
        mail_nickname: String::new(),
        marker,
        password_length: 0,
        keep_deleted: false,
    });
    let record = seen(plan, id);
    match undo(graph, &record, std::slice::from_ref(&record), now).await? {
        // At the end of a lease it will do that the user is deleted where we may not do more; here it is what we were asked for.
        Undo::Gone if graph.deleted_user_exists(id).await? => Ok(Undo::NotYetSure {
            seen: Seen::Removed,
            reason: "It is deleted, and the app may not delete it for good: that needs the application permission User.DeleteRestore.All. Entra does it by itself 30 days after the deletion".to_owned(),
            look_again_in_millis: 0,
        }),
        outcome @ (Undo::Gone | Undo::NotYetSure { .. }) => Ok(outcome),
    }
}

/// Takes a user's directory roles and groups away: while it holds some, Entra may protect it from us. What can't be listed is passed
/// over: most users have nothing that protects them.
async fn strip(graph: &GraphClient, id: &str) -> Result<(), GraphError> {
    let mut first = Ok(());
    let mut note = |result: Result<Removal, GraphError>| {
        if first.is_ok() {
            first = result.map(drop);
        }
    };
    for assignment in graph.all_assignments(id).await.unwrap_or_default() {
        note(graph.unassign_role(&assignment).await);
    }
    for group in graph.memberships(id).await.ok().flatten().unwrap_or_default() {
        note(graph.remove_member(&group, id).await);
    }
    first
}

/// The record of a thing that Entra shows: its absence, once it is removed, needs no second look.
fn seen(plan: GrantPlan, entra_id: &str) -> GrantRecord {
    GrantRecord {
        plan,
        entra_id: Some(entra_id.to_owned()),
        removed_at: None,
        absent_for_millis: i64::MAX,
        looked_at: None,
    }
}
