//! The answers of the form as text, and how they become an item. Pure.
//!
//! To add a kind: its answers here, in `read_spec`, and its fields' ids in [`field_of`].

use crate::domain::spec::{check_claim, check_object_id};
use crate::domain::{
    ApiError, AppSecretSpec, CredentialKind, FolderPath, Invalid, Kind, NewDynamicSecret, PasswordLength,
    PortalUserSpec, SecretSpec, TargetName, Ttl, TtlPolicy, UserGrantsSpec, template,
};

/// The ids of the form's fields, in the order of the page.
pub mod field {
    /// The name.
    pub const NAME: &str = "name";
    /// The folder.
    pub const FOLDER: &str = "folder";
    /// The description.
    pub const DESCRIPTION: &str = "description";
    /// The tags.
    pub const TAGS: &str = "tags";
    /// The target.
    pub const TARGET: &str = "target";
    /// The application.
    pub const APPLICATION: &str = "application";
    /// The domain.
    pub const DOMAIN: &str = "domain";
    /// The user name's template.
    pub const USERNAME: &str = "username-template";
    /// The display name's template.
    pub const DISPLAY_NAME: &str = "display-name-template";
    /// The password's length.
    pub const PASSWORD_LENGTH: &str = "password-length";
    /// Who gets the grants: whether the caller says, or the caller's sign-in.
    pub const CLAIM: &str = "claim";
    /// The groups.
    pub const GROUPS: &str = "groups";
    /// The directory roles.
    pub const ROLES: &str = "roles";
    /// The default TTL.
    pub const DEFAULT_TTL: &str = "default-ttl";
    /// The maximum TTL.
    pub const MAX_TTL: &str = "max-ttl";
}

/// The fields of an item, by the API's path of each, longest first where one begins another.
const API_FIELDS: [(&str, &str); 16] = [
    ("path", field::NAME),
    ("description", field::DESCRIPTION),
    ("tags", field::TAGS),
    ("target", field::TARGET),
    ("spec.app_secret.application_object_id", field::APPLICATION),
    ("spec.portal_user.domain", field::DOMAIN),
    ("spec.portal_user.username_template", field::USERNAME),
    ("spec.portal_user.display_name_template", field::DISPLAY_NAME),
    ("spec.portal_user.password_length", field::PASSWORD_LENGTH),
    ("spec.portal_user.groups", field::GROUPS),
    ("spec.portal_user.roles", field::ROLES),
    ("spec.user_grants.claim", field::CLAIM),
    ("spec.user_grants.groups", field::GROUPS),
    ("spec.user_grants.roles", field::ROLES),
    ("default_ttl", field::DEFAULT_TTL),
    ("max_ttl", field::MAX_TTL),
];

/// The form's field that an error of the API is about: `spec.portal_user.groups[1]` is the groups.
pub fn field_of(error: &ApiError) -> Option<&'static str> {
    let path = error.field.as_deref()?;
    let path = path.split_once('[').map_or(path, |(path, _)| path);
    API_FIELDS
        .iter()
        .find(|(name, _)| *name == path)
        .map(|&(_, id)| id)
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's id.
    pub field: &'static str,
    /// Why it is refused.
    pub text: String,
    /// Whether it is only that nothing was given yet.
    pub missing: bool,
}

/// What was typed and chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// The kind.
    pub kind: Kind,
    /// The item's name.
    pub name: String,
    /// The folder; empty is the outermost.
    pub folder: String,
    /// For people.
    pub description: String,
    /// Parted by commas.
    pub tags: String,
    /// Whether deleting is refused.
    pub delete_protection: bool,
    /// The target's name.
    pub target: String,
    /// The application's object id.
    pub application: String,
    /// The domain of new users.
    pub domain: String,
    /// Empty takes the usual one.
    pub username_template: String,
    /// Empty takes the usual one.
    pub display_name_template: String,
    /// Characters.
    pub password_length: String,
    /// The claim that names the user; nothing where the caller does.
    pub claim: Option<String>,
    /// Object ids.
    pub groups: Vec<String>,
    /// Template ids.
    pub roles: Vec<String>,
    /// The length of a lease that asks for none.
    pub default_ttl: String,
    /// The longest that a lease can become.
    pub max_ttl: String,
}

/// Gathers what is wrong, so that all of it is said at once.
#[derive(Default)]
struct Errors(Vec<FieldError>);

impl Errors {
    /// The value; where it is refused, the reason is noted and there is none.
    fn take<T>(&mut self, field: &'static str, result: Result<T, Invalid>) -> Option<T> {
        result
            .map_err(|why| self.note(field, capitalised(&why.0), false))
            .ok()
    }

    fn note(&mut self, field: &'static str, text: impl Into<String>, missing: bool) {
        self.0.push(FieldError {
            field,
            text: text.into(),
            missing,
        });
    }

    /// The text; where nothing was given, that is noted and there is none.
    fn given<'a>(&mut self, field: &'static str, text: &'a str, what: &str) -> Option<&'a str> {
        let text = text.trim();
        if text.is_empty() {
            self.note(field, what, true);
            return None;
        }
        Some(text)
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// The text, or nothing where it is empty.
fn optional(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

impl Answers {
    /// The tags: what stands between the commas.
    fn tag_list(&self) -> Vec<String> {
        self.tags.split(',').filter_map(optional).collect()
    }

    /// The folder; nothing typed is the outermost.
    pub fn folder_path(&self) -> Result<FolderPath, Invalid> {
        let text = self.folder.trim();
        if text.is_empty() {
            Ok(FolderPath::root())
        } else {
            FolderPath::parse(text)
        }
    }

    /// The item, or everything that is wrong.
    pub fn read(&self) -> Result<NewDynamicSecret, Vec<FieldError>> {
        let mut errors = Errors::default();
        let name = errors.given(field::NAME, &self.name, "Give it a name");
        let folder = errors.take(field::FOLDER, self.folder_path());
        let path = match (folder, name) {
            (Some(folder), Some(name)) => errors.take(field::NAME, folder.join(name)),
            (Some(_) | None, Some(_) | None) => None,
        };
        let target = errors
            .given(field::TARGET, &self.target, "Choose a target")
            .and_then(|name| errors.take(field::TARGET, TargetName::parse(name)));
        let spec = self.read_spec(&mut errors);
        let default_ttl = errors
            .given(field::DEFAULT_TTL, &self.default_ttl, "Give a default TTL")
            .and_then(|text| errors.take(field::DEFAULT_TTL, Ttl::parse(text)));
        let max_ttl = errors
            .given(field::MAX_TTL, &self.max_ttl, "Give a maximum TTL")
            .and_then(|text| errors.take(field::MAX_TTL, Ttl::parse(text)));
        if let (Some(default), Some(max)) = (default_ttl, max_ttl) {
            errors.take(field::DEFAULT_TTL, TtlPolicy::new(default, max));
        }
        let (Some(path), Some(target), Some(spec), Some(default_ttl), Some(max_ttl)) =
            (path, target, spec, default_ttl, max_ttl)
        else {
            return Err(errors.0);
        };
        let new = NewDynamicSecret {
            path,
            target,
            spec,
            default_ttl,
            max_ttl,
            description: self.description.trim().to_owned(),
            tags: self.tag_list(),
            delete_protection: self.delete_protection,
        };
        if errors.0.is_empty()
            && let Err((name, why)) = new.check()
        {
            let id = field_of(&ApiError::invalid(name, "")).unwrap_or(field::NAME);
            errors.note(id, capitalised(&why.0), false);
        }
        if errors.0.is_empty() {
            Ok(new)
        } else {
            Err(errors.0)
        }
    }

    fn read_spec(&self, errors: &mut Errors) -> Option<SecretSpec> {
        match self.kind {
            Kind::AppSecret => {
                let id = errors.given(field::APPLICATION, &self.application, "Choose an application")?;
                errors.take(field::APPLICATION, check_object_id(id))?;
                Some(SecretSpec::AppSecret(AppSecretSpec {
                    application_object_id: id.to_owned(),
                }))
            }
            Kind::PortalUser => self.read_portal_user(errors).map(SecretSpec::PortalUser),
            Kind::UserGrants => self.read_user_grants(errors).map(SecretSpec::UserGrants),
        }
    }

    fn read_user_grants(&self, errors: &mut Errors) -> Option<UserGrantsSpec> {
        let claim = match &self.claim {
            Some(claim) => {
                let claim = errors.given(field::CLAIM, claim, "Name the claim")?;
                errors.take(field::CLAIM, check_claim(claim))?;
                Some(claim.to_owned())
            }
            None => None,
        };
        if self.groups.is_empty() && self.roles.is_empty() {
            errors.note(field::GROUPS, "Choose at least one group or directory role", true);
            return None;
        }
        Some(UserGrantsSpec {
            claim,
            groups: self.groups.clone(),
            roles: self.roles.clone(),
        })
    }

    fn read_portal_user(&self, errors: &mut Errors) -> Option<PortalUserSpec> {
        let domain = errors.given(field::DOMAIN, &self.domain, "Choose a domain");
        let username_template = optional(&self.username_template);
        if let Some(text) = &username_template {
            errors.take(field::USERNAME, template::check_username(text));
        }
        let display_name_template = optional(&self.display_name_template);
        if let Some(text) = &display_name_template {
            errors.take(field::DISPLAY_NAME, template::check(text));
        }
        let length = self.password_length.trim().parse::<i64>().unwrap_or(0);
        let password_length = errors.take(field::PASSWORD_LENGTH, PasswordLength::try_from(length));
        Some(PortalUserSpec {
            domain: domain?.to_owned(),
            username_template,
            display_name_template,
            groups: self.groups.clone(),
            roles: self.roles.clone(),
            credential: CredentialKind::Password,
            password_length: password_length?,
            keep_deleted: false,
        })
    }

    /// What a user's name will look like, where the template is good.
    pub fn username_preview(&self) -> Option<String> {
        let text = optional(&self.username_template).unwrap_or_else(|| template::DEFAULT_USERNAME.to_owned());
        template::check_username(&text).ok()?;
        let variables = template::Variables {
            random: "q7x2m9ka",
            secret: if self.name.trim().is_empty() {
                "name"
            } else {
                self.name.trim()
            },
            requester: "ana",
        };
        let domain = if self.domain.is_empty() {
            "…"
        } else {
            &self.domain
        };
        Some(format!("{}@{domain}", template::username(&text, &variables)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "62e90394-69f5-4237-9190-012177145e10";

    fn answers() -> Answers {
        Answers {
            kind: Kind::AppSecret,
            name: "deploy".into(),
            folder: "/prod/billing".into(),
            description: String::new(),
            tags: " ci, ,billing ".into(),
            delete_protection: false,
            target: "contoso".into(),
            application: ID.into(),
            domain: "contoso.com".into(),
            username_template: String::new(),
            display_name_template: String::new(),
            password_length: "16".into(),
            claim: None,
            groups: Vec::new(),
            roles: Vec::new(),
            default_ttl: "1h".into(),
            max_ttl: "1d".into(),
        }
    }

    fn refused(answers: &Answers) -> Vec<&'static str> {
        answers
            .read()
            .unwrap_err()
            .iter()
            .map(|error| error.field)
            .collect()
    }

    #[test]
    fn good_answers_become_an_item() {
        let new = answers().read().unwrap();
        assert_eq!(new.path.as_str(), "/prod/billing/deploy");
        assert_eq!(new.tags, ["ci", "billing"]);
        assert_eq!(new.spec.kind(), Kind::AppSecret);
        let user = Answers {
            kind: Kind::PortalUser,
            folder: String::new(),
            ..answers()
        }
        .read()
        .unwrap();
        assert_eq!(user.path.as_str(), "/deploy");
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let empty = Answers {
            name: String::new(),
            target: String::new(),
            application: String::new(),
            max_ttl: "1m".into(),
            ..answers()
        };
        assert_eq!(
            refused(&empty),
            [field::NAME, field::TARGET, field::APPLICATION, field::DEFAULT_TTL]
        );
        let user = Answers {
            kind: Kind::PortalUser,
            name: "a b".into(),
            username_template: "fixed".into(),
            password_length: "7".into(),
            ..answers()
        };
        assert_eq!(
            refused(&user),
            [field::NAME, field::USERNAME, field::PASSWORD_LENGTH]
        );
        assert_eq!(
            refused(&Answers {
                tags: "x".repeat(41),
                ..answers()
            }),
            [field::TAGS]
        );
    }

    #[test]
    fn grants_need_something_to_grant_and_a_claim_its_name() {
        let empty = Answers {
            kind: Kind::UserGrants,
            ..answers()
        };
        assert_eq!(refused(&empty), [field::GROUPS]);
        let good = Answers {
            roles: vec![ID.into()],
            ..empty
        };
        assert_eq!(good.read().unwrap().spec.kind(), Kind::UserGrants);
        for (claim, is_good) in [("upn", true), ("", false), ("two words", false)] {
            let read = Answers {
                claim: Some(claim.into()),
                ..good.clone()
            }
            .read();
            assert_eq!(read.is_ok(), is_good, "{claim:?}");
        }
    }

    #[test]
    fn errors_of_the_api_find_their_field() {
        for (path, id) in [
            ("spec.portal_user.groups[1]", Some(field::GROUPS)),
            ("tags[0]", Some(field::TAGS)),
            ("path", Some(field::NAME)),
            ("spec", None),
        ] {
            assert_eq!(field_of(&ApiError::invalid(path, "x")), id);
        }
    }

    #[test]
    fn the_preview_shows_a_whole_name() {
        assert_eq!(
            answers().username_preview().as_deref(),
            Some("lease-deploy-q7x2m9ka@contoso.com")
        );
        assert_eq!(
            Answers {
                username_template: "fixed".into(),
                ..answers()
            }
            .username_preview(),
            None
        );
    }
}
