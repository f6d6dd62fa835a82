//! Where the item stands and what people know it by.

use leptos::prelude::*;

use super::Draft;
use super::answers::field;
use crate::api::secrets;
use crate::components::{Checkbox, Field, TextArea, TextField, described_by};

/// The section.
#[component]
pub fn PlaceSection(
    /// The form.
    draft: Draft,
) -> impl IntoView {
    view! {
        <fieldset class="form-section">
            <legend>"2. Name and location"</legend>
            <TextField
                id=field::NAME
                label="Name"
                value=draft.name
                hint="Letters, digits, \"-\", \"_\" and \".\", as in deploy."
                error=draft.error(field::NAME)
            />
            <FolderField draft />
            <p class="path-preview" role="status">
                {move || preview(&draft)}
            </p>
            <TextArea
                id=field::DESCRIPTION
                label="Description"
                value=draft.description
                error=draft.error(field::DESCRIPTION)
                optional=true
                rows=2
            />
            <TextField
                id=field::TAGS
                label="Tags"
                value=draft.tags
                hint="Parted by commas, as in ci, billing."
                error=draft.error(field::TAGS)
                optional=true
            />
            <Checkbox
                id="delete-protection"
                label="Protect from deletion"
                checked=draft.delete_protection
                hint="Deleting is refused until this is switched off."
            />
        </fieldset>
    }
}

/// A text field that offers the folders that exist; any other makes a new one.
#[component]
fn FolderField(draft: Draft) -> impl IntoView {
    let folders = Resource::new(|| (), |()| secrets::folders());
    let input = NodeRef::<leptos::html::Input>::new();
    // What was typed before the page was live counts.
    Effect::new(move |started: Option<()>| {
        let text = draft.folder.get();
        let Some(input) = input.get() else { return };
        if started.is_none() && !input.value().is_empty() {
            draft.folder.set(input.value());
        } else if input.value() != text {
            input.set_value(&text);
        }
    });
    let error = draft.error(field::FOLDER);
    let options = move || {
        let known = folders
            .get()
            .and_then(Result::ok)
            .map(|page| page.items)
            .unwrap_or_default();
        known
            .into_iter()
            .map(|folder| view! { <option value=folder.path.to_string()></option> })
            .collect_view()
    };
    view! {
        <Field
            id=field::FOLDER
            label="Location"
            hint="A folder that exists or a new one, as in /prod/billing."
            error=error
            optional=true
        >
            <input
                node_ref=input
                type="text"
                id=field::FOLDER
                name=field::FOLDER
                class="mono"
                list="folders"
                value=draft.folder.get_untracked()
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder="/"
                aria-invalid=move || error.get().map(|_| "true")
                aria-describedby=described_by(field::FOLDER)
                on:input:target=move |event| draft.folder.set(event.target().value())
            />
            // Without the folders one can still type: no error is shown for them.
            <Suspense>
                <datalist id="folders">{options}</datalist>
            </Suspense>
        </Field>
    }
}

fn preview(draft: &Draft) -> impl IntoView + use<> {
    let answers = draft.answers();
    let name = answers.name.trim().to_owned();
    let path = answers
        .folder_path()
        .and_then(|folder| folder.join(if name.is_empty() { "name" } else { &name }));
    path.ok().map(|path| {
        view! {
            "Stands at "
            <code>{path.to_string()}</code>
        }
    })
}
