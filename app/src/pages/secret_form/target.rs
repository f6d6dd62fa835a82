//! The target that the item acts on.

use leptos::prelude::*;

use super::Draft;
use super::answers::field;
use crate::api::targets;
use crate::components::{ErrorNotice, LinkButton, Notice, SelectField, Tone};
use crate::domain::{Limit, Target};
use crate::routes;

/// The section.
#[component]
pub fn TargetSection(
    /// The form.
    draft: Draft,
) -> impl IntoView {
    let targets = Resource::new(|| (), |()| targets::list(Limit::MAX, None));
    view! {
        <fieldset class="form-section">
            <legend>"3. Target"</legend>
            <Suspense fallback=|| {
                view! { <p class="hint">"Loading the targets…"</p> }
            }>
                {move || {
                    targets
                        .get()
                        .map(|answer| match answer {
                            Ok(page) if page.items.is_empty() => view! { <NoTarget /> }.into_any(),
                            Ok(page) => view! { <TargetField draft targets=page.items /> }.into_any(),
                            Err(error) => view! { <ErrorNotice error /> }.into_any(),
                        })
                }}
            </Suspense>
        </fieldset>
    }
}

#[component]
fn NoTarget() -> impl IntoView {
    view! {
        <Notice tone=Tone::Info title="No target yet">
            <p>"A target is a tenant and the app registration that acts in it. An item needs one."</p>
            <LinkButton href=routes::new_target()>"New target"</LinkButton>
        </Notice>
    }
}

#[component]
fn TargetField(draft: Draft, targets: Vec<Target>) -> impl IntoView {
    let first = targets
        .first()
        .map(|target| target.name.to_string())
        .filter(|_| targets.len() == 1);
    // Where there is but one, there is nothing to choose.
    Effect::new(move |_| {
        if let Some(first) = &first
            && draft.target.with_untracked(String::is_empty)
        {
            draft.target.set(first.clone());
        }
    });
    let mut options = vec![(String::new(), "Choose a target".to_owned())];
    options.extend(targets.into_iter().map(|target| {
        let label = format!(
            "{} · {} · {}",
            target.name,
            target.tenant_id,
            target.cloud.label()
        );
        (target.name.to_string(), label)
    }));
    view! {
        <SelectField
            id=field::TARGET
            label="Target"
            value=draft.target
            options=Signal::stored(options)
            error=draft.error(field::TARGET)
        />
        <p class="hint">
            "Not there? " <a href=routes::new_target()>"New target"</a>
        </p>
    }
}
