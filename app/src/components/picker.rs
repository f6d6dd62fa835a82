//! A picker: a text field that searches a directory, a list of what was found, and what was chosen as a list.
//!
//! The ARIA 1.2 editable combobox with a listbox popup: the focus stays in the field, arrows move through the list, Enter
//! adds, Esc closes the list and nothing else, Backspace in the empty field removes the last (twice, so that it is never by
//! accident). Answers that come late are dropped. Where searching is refused, the reason stands in place and an id can be
//! typed instead.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use leptos::ev;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::field::{Field, described_by};
use super::live::hydrated;
use super::notice::ErrorNotice;
use super::picker_list::{Chosen, Listbox};
use crate::domain::ApiError;
use crate::domain::spec::check_object_id;

/// How long after the last keystroke the search begins.
const DEBOUNCE: Duration = Duration::from_millis(200);
/// Text shorter than this is not searched for.
const LEAST: usize = 2;

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is saved: an object or template id.
    pub id: String,
    /// Its name, first.
    pub name: String,
    /// What else helps to recognise it.
    pub note: String,
    /// A word that warns: `Privileged`.
    pub badge: Option<&'static str>,
    /// Why it can't be chosen, where it can't.
    pub refusal: Option<String>,
}

impl Choice {
    /// An object of which only the id is known.
    pub fn unnamed(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: "Name unknown".to_owned(),
            note: "given by its id".to_owned(),
            badge: None,
            refusal: None,
        }
    }
}

type Found = Pin<Box<dyn Future<Output = Result<Vec<Choice>, ApiError>>>>;

/// How the picker searches.
#[derive(Clone)]
pub struct Search(Arc<dyn Fn(String) -> Found + Send + Sync>);

impl Search {
    /// A search by this function of what was typed.
    pub fn new<F, A>(ask: F) -> Self
    where
        F: Fn(String) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Vec<Choice>, ApiError>> + 'static,
    {
        Self(Arc::new(move |query| Box::pin(ask(query))))
    }
}

/// What the list shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Results {
    /// Nothing was asked yet.
    Idle,
    /// The directory is being asked.
    Asking,
    /// This was found.
    Found(Vec<Choice>),
    /// Asking was refused.
    Refused(ApiError),
}

/// The parts of a picker that its list and its field share.
#[derive(Debug, Clone, Copy)]
pub struct State {
    /// The ids of its elements begin with this.
    pub id: &'static str,
    /// What is typed.
    pub query: RwSignal<String>,
    /// What was chosen.
    pub chosen: RwSignal<Vec<Choice>>,
    /// What was found.
    pub results: RwSignal<Results>,
    /// Whether the list is shown.
    pub open: RwSignal<bool>,
    /// The row that Enter would add.
    pub active: RwSignal<usize>,
    /// What a screen reader is told.
    pub said: RwSignal<String>,
    /// Whether more than one can be chosen.
    pub multiple: bool,
    /// Whether the next Backspace removes the last.
    removing: RwSignal<bool>,
    /// The number of the latest question; answers to earlier ones are dropped.
    asked: StoredValue<u64>,
    waiting: StoredValue<Option<TimeoutHandle>>,
}

impl State {
    /// The rows of the list: what was found and isn't chosen yet, and a typed id as it stands where nothing was found.
    pub fn rows(self) -> Vec<Choice> {
        let chosen = self.chosen.get();
        let query = self.query.get().trim().to_ascii_lowercase();
        let typed = || -> Vec<Choice> {
            let is_id = check_object_id(&query).is_ok() && chosen.iter().all(|it| it.id != query);
            is_id.then(|| Choice::unnamed(&query)).into_iter().collect()
        };
        match self.results.get() {
            Results::Found(found) if !found.is_empty() => found
                .into_iter()
                .filter(|it| chosen.iter().all(|other| other.id != it.id))
                .collect(),
            Results::Found(_) | Results::Refused(_) => typed(),
            Results::Idle | Results::Asking => Vec::new(),
        }
    }

    /// Adds a choice, unless it is refused: then the reason is said.
    pub fn choose(self, choice: Choice) {
        if let Some(why) = &choice.refusal {
            self.said.set(format!("{} can't be chosen: {why}", choice.name));
            return;
        }
        self.said.set(format!("Added {}", choice.name));
        self.chosen.update(|chosen| {
            if !self.multiple {
                chosen.clear();
            }
            chosen.push(choice);
        });
        self.query.set(String::new());
        self.close();
    }

    /// Removes a choice.
    pub fn remove(self, id: &str) {
        let mut gone = None;
        self.chosen.update(|chosen| {
            gone = chosen
                .iter()
                .position(|it| it.id == id)
                .map(|at| chosen.remove(at));
        });
        if let Some(choice) = gone {
            self.said.set(format!("Removed {}", choice.name));
        }
        super::browser::focus_id(self.id);
    }

    fn close(self) {
        self.open.set(false);
        self.forget();
        self.results.set(Results::Idle);
    }

    /// Drops the question that waits and the answers that are under way.
    fn forget(self) {
        self.asked.update_value(|asked| *asked += 1);
        if let Some(Some(timer)) = self.waiting.try_update_value(Option::take) {
            timer.clear();
        }
    }

    fn ask(self, search: Search, after: Duration) {
        self.forget();
        let number = self.asked.get_value();
        self.active.set(0);
        self.open.set(true);
        self.results.set(Results::Asking);
        let go = move || {
            let query = self.query.get_untracked().trim().to_owned();
            spawn_local(async move {
                let answer = (search.0)(query).await;
                if self.asked.try_get_value() == Some(number) {
                    self.take(answer);
                }
            });
        };
        self.waiting.set_value(set_timeout_with_handle(go, after).ok());
    }

    fn take(self, answer: Result<Vec<Choice>, ApiError>) {
        self.said.set(match &answer {
            Ok(found) if found.is_empty() => "Nothing found".to_owned(),
            Ok(found) if found.len() == 1 => "1 result".to_owned(),
            Ok(found) => format!("{} results", found.len()),
            Err(error) => error.message.clone(),
        });
        self.results
            .set(answer.map_or_else(Results::Refused, Results::Found));
    }

    fn type_in(self, text: String, search: &Search) {
        self.removing.set(false);
        let length = text.trim().chars().count();
        self.query.set(text);
        if length >= LEAST {
            self.ask(search.clone(), DEBOUNCE);
        } else {
            self.close();
        }
    }

    fn step(self, forward: bool, search: &Search) {
        if !self.open.get_untracked() {
            return self.ask(search.clone(), Duration::ZERO);
        }
        let count = untrack(|| self.rows()).len();
        if count > 0 {
            self.active
                .update(|at| *at = if forward { *at + 1 } else { *at + count - 1 } % count);
        }
    }

    fn on_key(self, event: &ev::KeyboardEvent, search: &Search) {
        if event.is_composing() {
            return;
        }
        let key = event.key();
        if key != "Backspace" {
            self.removing.set(false);
        }
        match key.as_str() {
            "ArrowDown" | "ArrowUp" => {
                event.prevent_default();
                self.step(key == "ArrowDown", search);
            }
            "Enter" => {
                // Never the form's own Enter: it would create the item while somebody is still choosing.
                event.prevent_default();
                let row = untrack(|| self.rows())
                    .into_iter()
                    .nth(self.active.get_untracked());
                if let Some(choice) = row.filter(|_| self.open.get_untracked()) {
                    self.choose(choice);
                }
            }
            "Escape" if self.open.get_untracked() => {
                event.prevent_default();
                event.stop_propagation();
                self.close();
            }
            "Backspace" if self.query.with_untracked(String::is_empty) => self.backspace(),
            _ => {}
        }
    }

    fn backspace(self) {
        let Some(last) = self.chosen.with_untracked(|chosen| chosen.last().cloned()) else {
            return;
        };
        if self.removing.get_untracked() {
            self.removing.set(false);
            self.remove(&last.id);
        } else {
            self.removing.set(true);
            self.said
                .set(format!("Press Backspace again to remove {}", last.name));
        }
    }
}

/// A field that searches and chooses.
#[component]
pub fn Picker(
    /// The field's id.
    id: &'static str,
    /// Its label.
    label: &'static str,
    /// A line under it.
    #[prop(into)]
    hint: String,
    /// What was chosen.
    chosen: RwSignal<Vec<Choice>>,
    /// How it searches.
    search: Search,
    /// Whether more than one can be chosen.
    #[prop(optional)]
    multiple: bool,
    /// Why what was chosen is refused.
    #[prop(into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    let state = State {
        id,
        query: RwSignal::new(String::new()),
        chosen,
        results: RwSignal::new(Results::Idle),
        open: RwSignal::new(false),
        active: RwSignal::new(0),
        said: RwSignal::new(String::new()),
        multiple,
        removing: RwSignal::new(false),
        asked: StoredValue::new(0),
        waiting: StoredValue::new(None),
    };
    let live = hydrated();
    let (typing, pressing, clicking) = (search.clone(), search.clone(), search);
    let active_id = move || {
        let rows = state.rows();
        (state.open.get() && !rows.is_empty()).then(|| format!("{id}-row-{}", state.active.get()))
    };
    view! {
        <Field id=id label=label hint=hint error=error>
            <Chosen state=state />
            <div class="picker-box">
                <input
                    type="text"
                    id=id
                    role="combobox"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    placeholder="Search by name or id"
                    disabled=move || !live.get()
                    aria-autocomplete="list"
                    aria-expanded=move || state.open.get().to_string()
                    aria-controls=format!("{id}-list")
                    aria-activedescendant=active_id
                    aria-describedby=format!("{} {id}-refused", described_by(id))
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    prop:value=move || state.query.get()
                    on:input=move |event| state.type_in(event_target_value(&event), &typing)
                    on:keydown=move |event| state.on_key(&event, &pressing)
                    on:click=move |_| {
                        if !state.open.get_untracked() {
                            state.ask(clicking.clone(), Duration::ZERO);
                        }
                    }
                    on:blur=move |_| state.open.set(false)
                />
                <Listbox state=state label=label />
            </div>
            <div id=format!("{id}-refused")>
                {move || match state.results.get() {
                    Results::Refused(error) => Some(view! { <CantSearch error=error /> }),
                    Results::Idle | Results::Asking | Results::Found(_) => None,
                }}
            </div>
            <p class="visually-hidden" role="status">
                {move || state.said.get()}
            </p>
        </Field>
    }
}

#[component]
fn CantSearch(error: ApiError) -> impl IntoView {
    view! {
        <ErrorNotice error />
        <p class="field-note">
            "Until it can be searched, type an object id, such as 62e90394-69f5-4237-9190-012177145e10, and press Enter."
        </p>
    }
}
