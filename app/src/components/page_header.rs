//! The head of a page: where one is, what this is, what can be done with it.

use leptos::html;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use super::browser;

/// Where the focus was last put by a navigation, in context.
#[derive(Debug, Clone, Copy)]
struct LastPage(StoredValue<Option<String>>);

/// Makes navigation move the focus: called once, in `App`.
pub fn provide_page_focus() {
    provide_context(LastPage(StoredValue::new(None)));
}

/// One step of the way to a page: its name and its address.
pub type Crumb = (String, String);

/// The head of a page: way, title, state, actions. It sets the document's title, and takes the focus after a navigation.
#[component]
pub fn PageHeader(
    /// What this is: the one `h1`.
    #[prop(into)]
    title: String,
    /// The way here, from the outermost; nothing for the pages of the rail.
    #[prop(optional)]
    crumbs: Vec<Crumb>,
    /// A line under the title.
    #[prop(optional, into)]
    lead: MaybeProp<String>,
    /// A state beside the title.
    #[prop(optional, into)]
    badge: ViewFnOnce,
    /// What can be done: buttons, the primary one last.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let heading = NodeRef::<html::H1>::new();
    let last = use_context::<LastPage>();
    let path = use_location().pathname;
    // After a navigation in the page nothing else tells a screen reader that it is another one. The first page is the
    // browser's own navigation, and a refresh of the same page must leave the focus where it is.
    Effect::new(move |_| {
        let (Some(last), Some(heading)) = (last, heading.get()) else {
            return;
        };
        let path = path.get_untracked();
        let previous = last.0.get_value();
        if previous.as_ref().is_some_and(|previous| *previous != path) {
            // A page that waited for its data is built before it stands in the document; only there can it take the focus.
            browser::after(0, move || {
                // Nothing is lost where it can't be focused.
                let _ = heading.focus();
            });
        }
        last.0.set_value(Some(path));
    });
    view! {
        <Title text=title.clone() />
        <nav class="crumbs" aria-label="Breadcrumb">
            <ol>
                {crumbs
                    .into_iter()
                    .map(|(name, href)| {
                        view! {
                            <li>
                                <a href=href>{name}</a>
                            </li>
                        }
                    })
                    .collect_view()}
                <li aria-current="page">{title.clone()}</li>
            </ol>
        </nav>
        <header class="page-head">
            <div class="page-title">
                <h1 node_ref=heading tabindex="-1">
                    {title}
                </h1>
                {badge.run()}
            </div>
            {children.map(|children| view! { <div class="page-actions">{children()}</div> })}
            {lead.get_untracked().map(|lead| view! { <p class="lead">{lead}</p> })}
        </header>
    }
}
