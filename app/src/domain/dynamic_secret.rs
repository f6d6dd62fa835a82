//! A dynamic secret: a recipe at a path, from which leases are generated. The console lists them as items.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FolderPath, Invalid, ItemPath, Kind, Refusal, SecretId, SecretSpec, TargetName, Timestamp, Ttl};

/// What a person gives to make an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewDynamicSecret {
    /// Where it stands.
    pub path: ItemPath,
    /// The target that it acts on.
    pub target: TargetName,
    /// What it issues.
    pub spec: SecretSpec,
    /// The length of a lease that asks for none.
    pub default_ttl: Ttl,
    /// The longest that a lease can ever become.
    pub max_ttl: Ttl,
    /// For people; at most 500 characters.
    pub description: String,
    /// For finding; at most 20 of at most 40 characters.
    pub tags: Vec<String>,
    /// Whether deleting is refused.
    pub delete_protection: bool,
}

impl NewDynamicSecret {
    /// Checks what can be checked without asking Entra or the store. The error names the field.
    pub fn check(&self) -> Result<(), (String, Invalid)> {
        super::TtlPolicy::new(self.default_ttl, self.max_ttl)
            .map_err(|why| ("default_ttl".to_owned(), why))?;
        if self.description.chars().count() > 500 {
            return Err(("description".to_owned(), Invalid::new("at most 500 characters")));
        }
        if self.tags.len() > 20 {
            return Err(("tags".to_owned(), Invalid::new("at most 20 tags")));
        }
        for (index, tag) in self.tags.iter().enumerate() {
            if tag.trim() != tag || tag.is_empty() || tag.chars().count() > 40 {
                return Err((
                    format!("tags[{index}]"),
                    Invalid::new("a tag has 1 to 40 characters, with no space around it"),
                ));
            }
        }
        self.spec.check()
    }
}

/// A recipe at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DynamicSecret {
    /// Its id; it stays when the item is moved.
    pub id: SecretId,
    /// Where it stands.
    pub path: ItemPath,
    /// The kind of what it issues.
    pub kind: Kind,
    /// The target that it acts on.
    pub target: TargetName,
    /// What it issues.
    pub spec: SecretSpec,
    /// The length of a lease that asks for none.
    pub default_ttl: Ttl,
    /// The longest that a lease can ever become.
    pub max_ttl: Ttl,
    /// For people.
    pub description: String,
    /// For finding.
    pub tags: Vec<String>,
    /// Whether deleting is refused.
    pub delete_protection: bool,
    /// The names that Entra's object ids in `spec` had when the item was last saved.
    pub names: BTreeMap<String, String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Leases that are not ended.
    pub live_leases: u64,
    /// When a lease was last generated.
    pub last_used_at: Option<Timestamp>,
    /// Since when it is being deleted: it gives out no lease any more, and goes with its last one.
    pub deleting_at: Option<Timestamp>,
}

impl DynamicSecret {
    /// Whether leases can be generated from it, and it can be edited: not while it is being deleted.
    pub fn can_be_used(&self) -> Result<(), Refusal> {
        if self.deleting_at.is_none() {
            return Ok(());
        }
        Err(Refusal(match self.live_leases {
            0 => "it is being deleted".to_owned(),
            1 => "it is being deleted, and goes when its last lease is gone from Entra".to_owned(),
            left => format!("it is being deleted, and goes when its {left} leases are gone from Entra"),
        }))
    }

    /// What people recognise of what it acts on: the application's name, the domain of its users, or what users get.
    pub fn subject(&self) -> String {
        match &self.spec {
            SecretSpec::AppSecret(spec) => self.name_of(&spec.application_object_id),
            SecretSpec::PortalUser(spec) => format!("temporary user @{}", spec.domain),
            SecretSpec::UserGrants(spec) => {
                let names = spec.groups.iter().chain(&spec.roles).map(|id| self.name_of(id));
                names.collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// Whether whoever generates a lease has to name a user.
    pub fn asks_for_username(&self) -> bool {
        match &self.spec {
            SecretSpec::AppSecret(_) | SecretSpec::PortalUser(_) => false,
            SecretSpec::UserGrants(spec) => spec.claim.is_none(),
        }
    }

    /// The name of an object of Entra, or its id where no name is known.
    pub fn name_of(&self, entra_id: &str) -> String {
        self.names
            .get(entra_id)
            .cloned()
            .unwrap_or_else(|| entra_id.to_owned())
    }
}

/// A folder of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// Its path.
    pub path: FolderPath,
    /// Items in it and below it.
    pub items: u64,
}
