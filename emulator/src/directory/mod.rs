//! The tenant's state: objects, memberships, role assignments and grants, each read through the replication lag.
//!
//! Plain data and the rules that hold for it whatever the protocol; the HTTP side lives in [`crate::graph`] and
//! [`crate::token`]. To add a kind of object: name it in [`object::Kind`], give it a schema in
//! [`crate::graph::schema`] and routes in [`crate::graph`].

mod endings;
pub mod lagging;
pub mod ledger;
pub mod names;
pub mod object;
pub mod passwords;
pub mod reach;

use std::collections::BTreeMap;

use endings::{Ending, Endings};
use lagging::Lagging;
use object::{Kind, Object, RoleAssignment};

/// How long a soft-deleted object can be restored.
pub const RESTORABLE_FOR_MILLIS: i64 = 30 * 24 * 60 * 60 * 1000;

/// A domain name of the tenant.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the flags are Graph's own, and independent of each other"
)]
pub struct Domain {
    /// The name itself.
    pub name: String,
    /// Whether new users get it when nothing else is said.
    pub is_default: bool,
    /// Whether it is the `.onmicrosoft.com` name.
    pub is_initial: bool,
    /// Whether its owner has proved that it is theirs.
    pub is_verified: bool,
    /// Whether users of it sign in elsewhere.
    pub is_federated: bool,
}

/// The tenant.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// The time at which the directory is being read or written.
    pub now: i64,
    /// How long readers lag behind writers, in milliseconds.
    pub lag: i64,
    /// The tenant's id.
    pub tenant_id: String,
    /// The tenant's domain names.
    pub domains: Vec<Domain>,
    /// Which application permissions the tenant has granted, by client id.
    pub grants: BTreeMap<String, Vec<String>>,
    objects: BTreeMap<String, Lagging<Object>>,
    /// By group id and member id; the value tells whether it was there from the start.
    memberships: BTreeMap<(String, String), Lagging<bool>>,
    assignments: BTreeMap<String, Lagging<RoleAssignment>>,
    /// The object ids of applications and service principals, by kind and client id in lower case: the last one alive that was
    /// written.
    by_client: BTreeMap<(Kind, String), String>,
    endings: Endings,
}

impl Directory {
    /// A tenant with nothing in it.
    pub fn new(now: i64, tenant_id: &str, domains: Vec<Domain>) -> Self {
        Self {
            now,
            tenant_id: tenant_id.to_owned(),
            domains,
            ..Self::default()
        }
    }

    /// When readers see what is written now.
    pub fn seen_from(&self) -> i64 {
        self.now.saturating_add(self.lag)
    }

    /// Everything of a kind that readers see, soft-deleted objects left out.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.readable(kind).filter(|object| object.deleted_at.is_none())
    }

    /// Everything of a kind that readers see as soft-deleted.
    pub fn deleted(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.readable(kind).filter(|object| object.deleted_at.is_some())
    }

    fn readable(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.objects
            .values()
            .filter_map(|object| object.seen(self.now))
            .filter(move |object| object.kind == kind)
    }

    /// Everything of a kind as it truly is, soft-deleted objects included: what uniqueness is judged by.
    pub fn truth(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.objects
            .values()
            .filter_map(Lagging::truth)
            .filter(move |object| object.kind == kind)
    }

    /// An object as readers see it, alive.
    pub fn get(&self, id: &str) -> Option<&Object> {
        self.objects
            .get(id)?
            .seen(self.now)
            .filter(|object| object.deleted_at.is_none())
    }

    /// An object as readers see it, soft-deleted.
    pub fn get_deleted(&self, id: &str) -> Option<&Object> {
        self.objects
            .get(id)?
            .seen(self.now)
            .filter(|object| object.deleted_at.is_some())
    }

    /// The true state of an object that a writer may change: alive, and already known to readers.
    pub fn for_change(&self, id: &str) -> Option<Object> {
        self.changeable(id).cloned()
    }

    /// The same, to look at.
    pub fn changeable(&self, id: &str) -> Option<&Object> {
        let object = self.objects.get(id)?;
        object.seen(self.now)?;
        object.truth().filter(|object| object.deleted_at.is_none())
    }

    /// Changes an object that a writer may change: where it stands, if no reader lags behind. A change that refuses must have changed
    /// nothing. `None` where there is no such object.
    pub fn change<E>(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut Object) -> Result<(), E>,
    ) -> Option<Result<(), E>> {
        self.changeable(id)?;
        let (now, seen_from) = (self.now, self.seen_from());
        let object = self.objects.get_mut(id)?;
        if seen_from <= now
            && let Some(truth) = object.truth_for_all(now)
        {
            return Some(change(truth));
        }
        let mut changed = object.truth()?.clone();
        let result = change(&mut changed);
        if result.is_ok() {
            self.put(changed);
        }
        Some(result)
    }

    /// Writes an object, new or changed.
    pub fn put(&mut self, object: Object) {
        let (now, seen_from) = (self.now, self.seen_from());
        match object.deleted_at {
            Some(at) => {
                let end = at.saturating_add(RESTORABLE_FOR_MILLIS);
                self.endings.add(end, Ending::Object(object.id.clone()));
            }
            None if matches!(object.kind, Kind::Application | Kind::ServicePrincipal) => {
                let client = (object.kind, object.text("appId").to_ascii_lowercase());
                self.by_client.insert(client, object.id.clone());
            }
            None => {}
        }
        if let Some(known) = self.objects.get_mut(&object.id) {
            known.write(Some(object), now, seen_from);
        } else {
            self.objects
                .insert(object.id.clone(), Lagging::new(object, seen_from));
        }
    }

    /// Soft-deletes an object. Its role assignments go for good, its memberships only sleep.
    pub fn soft_delete(&mut self, mut object: Object) {
        object.deleted_at = Some(self.now);
        if object.kind == Kind::User {
            // Freed for others at once: the name of a deleted user carries its id in front.
            let name = format!(
                "{}{}",
                object.id.replace('-', ""),
                object.text("userPrincipalName")
            );
            object.properties.insert("userPrincipalName".into(), name.into());
        }
        self.drop_assignments_of(&object.id);
        self.put(object);
    }

    /// Brings a soft-deleted object back.
    pub fn restore(&mut self, mut object: Object) {
        object.deleted_at = None;
        let name = original_name(&object).to_owned();
        if object.kind == Kind::User {
            object.properties.insert("userPrincipalName".into(), name.into());
        }
        self.put(object);
    }

    /// Removes an object for good, with everything that refers to it.
    pub fn purge(&mut self, id: &str) {
        let (now, seen_from) = (self.now, self.seen_from());
        if let Some(object) = self.objects.get_mut(id) {
            object.write(None, now, seen_from);
            self.endings.add(seen_from, Ending::Object(id.to_owned()));
        }
        for ((group, member), membership) in &mut self.memberships {
            if (group == id || member == id) && membership.truth().is_some() {
                membership.write(None, now, seen_from);
                let ending = Ending::Membership(group.clone(), member.clone());
                self.endings.add(seen_from, ending);
            }
        }
        self.drop_assignments_of(id);
    }

    /// Whether `member` truly is a direct member of `group`.
    pub fn is_member(&self, group: &str, member: &str) -> bool {
        let key = (group.to_owned(), member.to_owned());
        self.memberships
            .get(&key)
            .is_some_and(|membership| membership.truth().is_some())
    }

    /// Adds a member.
    pub fn add_member(&mut self, group: &str, member: &str, seeded: bool) {
        let (now, seen_from) = (self.now, self.seen_from());
        let key = (group.to_owned(), member.to_owned());
        if let Some(known) = self.memberships.get_mut(&key) {
            known.write(Some(seeded), now, seen_from);
        } else {
            self.memberships.insert(key, Lagging::new(seeded, seen_from));
        }
    }

    /// Removes a member.
    pub fn remove_member(&mut self, group: &str, member: &str) {
        let (now, seen_from) = (self.now, self.seen_from());
        if let Some(known) = self.memberships.get_mut(&(group.to_owned(), member.to_owned())) {
            known.write(None, now, seen_from);
            let ending = Ending::Membership(group.to_owned(), member.to_owned());
            self.endings.add(seen_from, ending);
        }
    }

    /// The direct members of a group that readers see.
    pub fn members(&self, group: &str) -> Vec<&Object> {
        let of_group = self.memberships.iter().filter(|((id, _), _)| id == group);
        self.alive_ends(of_group, |(_, member)| member)
    }

    /// The groups that readers see an object in.
    pub fn groups_of(&self, member: &str) -> Vec<&Object> {
        let of_member = self.memberships.iter().filter(|((_, id), _)| id == member);
        self.alive_ends(of_member, |(group, _)| group)
    }

    fn alive_ends<'a>(
        &'a self,
        memberships: impl Iterator<Item = (&'a (String, String), &'a Lagging<bool>)>,
        end: impl Fn(&'a (String, String)) -> &'a String,
    ) -> Vec<&'a Object> {
        let seen = memberships.filter(|(_, membership)| membership.seen(self.now).is_some());
        seen.filter_map(|(key, _)| self.get(end(key))).collect()
    }

    /// The role assignments that readers see.
    pub fn assignments(&self) -> impl Iterator<Item = &RoleAssignment> {
        self.assignments
            .values()
            .filter_map(|assignment| assignment.seen(self.now))
    }

    /// The role assignments as they truly are.
    pub fn true_assignments(&self) -> impl Iterator<Item = &RoleAssignment> {
        self.assignments.values().filter_map(Lagging::truth)
    }

    /// Writes a new role assignment.
    pub fn assign(&mut self, assignment: RoleAssignment) {
        let seen_from = self.seen_from();
        self.assignments
            .insert(assignment.id.clone(), Lagging::new(assignment, seen_from));
    }

    /// Removes a role assignment that readers know; says whether there was one.
    pub fn unassign(&mut self, id: &str) -> bool {
        let (now, seen_from) = (self.now, self.seen_from());
        match self.assignments.get_mut(id) {
            Some(known) if known.seen(now).is_some() && known.truth().is_some() => {
                known.write(None, now, seen_from);
                self.endings.add(seen_from, Ending::Assignment(id.to_owned()));
                true
            }
            _ => false,
        }
    }

    fn drop_assignments_of(&mut self, principal: &str) {
        let (now, seen_from) = (self.now, self.seen_from());
        for (id, assignment) in &mut self.assignments {
            if assignment
                .truth()
                .is_some_and(|known| known.principal_id == principal)
            {
                assignment.write(None, now, seen_from);
                self.endings.add(seen_from, Ending::Assignment(id.clone()));
            }
        }
    }

    /// The application, as it truly is, that has this client id.
    pub fn application(&self, app_id: &str) -> Option<&Object> {
        self.by_app_id(Kind::Application, app_id)
    }

    /// The service principal, as it truly is, that has this client id.
    pub fn service_principal(&self, app_id: &str) -> Option<&Object> {
        self.by_app_id(Kind::ServicePrincipal, app_id)
    }

    fn by_app_id(&self, kind: Kind, app_id: &str) -> Option<&Object> {
        let id = self.by_client.get(&(kind, app_id.to_ascii_lowercase()))?;
        let object = self.objects.get(id)?.truth()?;
        Some(object).filter(|object| object.deleted_at.is_none())
    }

    /// The user, as it truly is, that has this sign-in name.
    pub fn user_named(&self, name: &str) -> Option<&Object> {
        self.truth(Kind::User)
            .find(|user| same_name(user.text("userPrincipalName"), name))
    }
}

/// The sign-in name that a soft-deleted user had, and gets back.
pub fn original_name(object: &Object) -> &str {
    let name = object.text("userPrincipalName");
    name.strip_prefix(&object.id.replace('-', "")).unwrap_or(name)
}

/// Whether two sign-in names are the same to Entra.
pub fn same_name(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

impl Directory {
    /// Whether a user could sign in with this password now; if not, the AADSTS number that would say why.
    pub fn sign_in(&self, name: &str, password: &str) -> Result<(), u32> {
        let known = self.user_named(name).filter(|user| self.get(&user.id).is_some());
        let user = known.ok_or(50034_u32)?;
        if user.password.as_deref() != Some(password) {
            Err(50126)
        } else if !user.flag("accountEnabled") {
            Err(50057)
        } else if user.must_change_password {
            Err(50055)
        } else {
            Ok(())
        }
    }
}
