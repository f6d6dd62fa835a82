//! Newer and older: links that walk a list by its cursors.
//!
//! The API's cursors lead forward only, so the address carries those that led here (`trail`), and Newer goes back by one.

use leptos::prelude::*;

use super::button::LinkButton;
use super::icon::Icon;
use crate::routes::with_query;

/// A trail longer than this forgets its beginning; Newest still leads there.
const LONGEST_TRAIL: usize = 20;

/// Where in a list one is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The cursor of this piece; none for the first.
    pub after: Option<String>,
    /// The cursors of the pieces before it, oldest first.
    trail: Vec<String>,
}

impl Place {
    /// The place that the address names.
    pub fn from_query(after: Option<String>, trail: Option<&str>) -> Self {
        let after = after.filter(|after| !after.is_empty());
        let trail = trail
            .unwrap_or_default()
            .split(',')
            .filter(|cursor| !cursor.is_empty());
        Self {
            trail: if after.is_some() {
                trail.map(str::to_owned).collect()
            } else {
                Vec::new()
            },
            after,
        }
    }

    fn older(&self, next: String) -> Self {
        let mut trail = self.trail.clone();
        trail.extend(self.after.clone());
        let too_many = trail.len().saturating_sub(LONGEST_TRAIL);
        trail.drain(..too_many);
        Self {
            after: Some(next),
            trail,
        }
    }

    fn newer(&self) -> Self {
        let mut trail = self.trail.clone();
        let after = trail.pop();
        Self { after, trail }
    }

    fn href(&self, path: &str, filters: &[(&'static str, String)]) -> String {
        let trail = self.trail.join(",");
        let mut parameters: Vec<_> = filters
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        parameters.push(("after", self.after.as_deref().unwrap_or_default()));
        parameters.push(("trail", &trail));
        with_query(path, &parameters)
    }
}

/// The links under a list; nothing where all of it is shown.
#[component]
#[expect(clippy::needless_pass_by_value, reason = "a component owns its props")]
pub fn Pager(
    /// The list's page.
    path: String,
    /// The filters of the address, to be kept.
    filters: Vec<(&'static str, String)>,
    /// Where one is.
    place: Place,
    /// The cursor of what follows.
    next: Option<String>,
    /// How many rows are shown.
    shown: usize,
    /// What the way back is called: `Newer`, `Previous`.
    #[prop(default = "Newer")]
    back: &'static str,
    /// What the way on is called: `Older`, `Next`.
    #[prop(default = "Older")]
    on: &'static str,
) -> impl IntoView {
    let newest = place
        .after
        .is_some()
        .then(|| Place::default().href(&path, &filters));
    let newer = place.after.is_some().then(|| place.newer().href(&path, &filters));
    let older = next.map(|next| place.older(next).href(&path, &filters));
    let rows = if shown == 1 {
        "1 row".to_owned()
    } else {
        format!("{shown} rows")
    };
    let first = place.trail.len() + 1;
    view! {
        <div class="pager">
            <span>{rows} {newest.is_some().then(|| format!(", page {first}"))}</span>
            {(newer.is_some() || older.is_some())
                .then(|| {
                    view! {
                        <nav aria-label="Pages">
                            {newest.map(|href| view! { <LinkButton href>"First page"</LinkButton> })}
                            {newer.map(|href| view! { <LinkButton href icon=Icon::ArrowLeft>{back}</LinkButton> })}
                            {older.map(|href| view! { <LinkButton href icon=Icon::ArrowRight>{on}</LinkButton> })}
                        </nav>
                    }
                })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_leads_back_to_where_older_came_from() {
        let first = Place::default();
        let second = first.older("b".to_owned());
        let third = second.older("c".to_owned());
        assert_eq!(
            third.href("/leases", &[("state", "live".to_owned())]),
            "/leases?state=live&after=c&trail=b"
        );
        assert_eq!(third.newer(), second);
        assert_eq!(second.newer(), first);
        assert_eq!(Place::from_query(Some("c".to_owned()), Some("b")), third);
        assert_eq!(Place::from_query(None, Some("b")), first);
    }

    #[test]
    fn a_trail_does_not_grow_for_ever() {
        let far = (0..100).fold(Place::default(), |place, at| place.older(at.to_string()));
        assert_eq!(far.trail.len(), LONGEST_TRAIL);
        assert_eq!(far.after.as_deref(), Some("99"));
    }
}
