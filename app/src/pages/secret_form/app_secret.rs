//! The fields of an app secret: the application.

use leptos::prelude::*;

use super::Draft;
use super::answers::field;
use crate::api::directory;
use crate::components::picker::{Choice, Picker, Search};
use crate::domain::{ApiError, DirectoryApplication, TargetName};

/// The fields.
#[component]
pub fn AppSecretFields(
    /// The form.
    draft: Draft,
) -> impl IntoView {
    let search = Search::new(move |query| find(draft.target.get_untracked(), query));
    view! {
        <Picker
            id=field::APPLICATION
            label="Application"
            hint="The app registration that gets a client secret for each lease."
            chosen=draft.application
            search=search
            error=draft.error(field::APPLICATION)
        />
    }
}

async fn find(target: String, query: String) -> Result<Vec<Choice>, ApiError> {
    let target = TargetName::parse(&target).map_err(|_| super::target_first())?;
    let found = directory::applications(target, query).await?;
    Ok(found.items.into_iter().map(choice).collect())
}

fn choice(application: DirectoryApplication) -> Choice {
    let secrets = match application.secrets {
        0 => "no client secrets".to_owned(),
        1 => "1 client secret".to_owned(),
        count => format!("{count} client secrets"),
    };
    Choice {
        note: format!("client ID {} · {secrets}", application.app_id),
        id: application.id,
        name: application.display_name,
        badge: None,
        refusal: application.is_own.then(|| {
            "it is the app that this target signs in with, and whoever holds its secret could do all that the target can"
                .to_owned()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_targets_own_application_is_refused_with_a_reason() {
        let application = |is_own| DirectoryApplication {
            id: "i".into(),
            app_id: "c".into(),
            display_name: "Billing".into(),
            sign_in_audience: None,
            secrets: 1,
            is_own,
        };
        assert!(choice(application(true)).refusal.is_some());
        let other = choice(application(false));
        assert_eq!(
            (other.refusal, other.note.as_str()),
            (None, "client ID c · 1 client secret")
        );
    }
}
