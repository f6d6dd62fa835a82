//! A credential in the words of the tools that take it: `az`, shells, Terraform, JSON. Pure text.
//!
//! To add a form: a variant of [`ExportForm`], its label and its text. Every value is quoted for its shell, whatever Entra may
//! put into it one day.

use crate::domain::{Issued, IssuedAppSecret, IssuedPortalUser, IssuedUserGrants};

/// A way to write a credential down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportForm {
    /// `az login` with the secret in the command.
    AzLogin,
    /// `az login` that asks for the secret, so that the shell's history never holds it.
    AzLoginAsking,
    /// Environment variables for bash, zsh and the like.
    Bash,
    /// Environment variables for `PowerShell`.
    PowerShell,
    /// The variables that Terraform's `azurerm` and `azuread` read.
    Terraform,
    /// The answer as the API gives it.
    Json,
    /// Name, password and address, one a line.
    Plain,
}

const FOR_APP_SECRET: [ExportForm; 6] = [
    ExportForm::AzLogin,
    ExportForm::AzLoginAsking,
    ExportForm::Bash,
    ExportForm::PowerShell,
    ExportForm::Terraform,
    ExportForm::Json,
];
const FOR_PORTAL_USER: [ExportForm; 2] = [ExportForm::Plain, ExportForm::Json];
const FOR_USER_GRANTS: [ExportForm; 2] = [ExportForm::Plain, ExportForm::Json];

impl ExportForm {
    /// The forms in which this can be written.
    pub fn of(issued: &Issued) -> &'static [ExportForm] {
        match issued {
            Issued::AppSecret(_) => &FOR_APP_SECRET,
            Issued::PortalUser(_) => &FOR_PORTAL_USER,
            Issued::UserGrants(_) => &FOR_USER_GRANTS,
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::AzLogin => "az login",
            Self::AzLoginAsking => "az login, secret typed",
            Self::Bash => "bash",
            Self::PowerShell => "PowerShell",
            Self::Terraform => "Terraform",
            Self::Json => "JSON",
            Self::Plain => "Text",
        }
    }

    /// Its name in what the browser remembers.
    pub fn name(self) -> &'static str {
        match self {
            Self::AzLogin => "az",
            Self::AzLoginAsking => "az-asking",
            Self::Bash => "bash",
            Self::PowerShell => "powershell",
            Self::Terraform => "terraform",
            Self::Json => "json",
            Self::Plain => "plain",
        }
    }

    /// Whether the text holds the secret, where what was issued has one.
    pub fn holds_secret(self) -> bool {
        match self {
            Self::AzLoginAsking => false,
            Self::AzLogin | Self::Bash | Self::PowerShell | Self::Terraform | Self::Json | Self::Plain => {
                true
            }
        }
    }
}

/// The credential in this form.
pub fn export(form: ExportForm, issued: &Issued) -> String {
    match issued {
        Issued::AppSecret(app) => export_app_secret(form, app),
        Issued::PortalUser(user) => export_user(form, user),
        Issued::UserGrants(granted) => export_grants(form, granted),
    }
}

/// What stands for a secret on the screen: always 24 dots, whatever its length.
pub const MASK: &str = "••••••••••••••••••••••••";

/// The same credential with [`MASK`] in place of every secret, for showing.
pub fn masked(issued: &Issued) -> Issued {
    use crate::domain::SecretText;

    match issued {
        Issued::AppSecret(app) => Issued::AppSecret(IssuedAppSecret {
            client_secret: SecretText::new(MASK),
            ..app.clone()
        }),
        Issued::PortalUser(user) => Issued::PortalUser(IssuedPortalUser {
            password: user.password.as_ref().map(|_| SecretText::new(MASK)),
            temporary_access_pass: user.temporary_access_pass.as_ref().map(|_| SecretText::new(MASK)),
            ..user.clone()
        }),
        Issued::UserGrants(granted) => Issued::UserGrants(granted.clone()),
    }
}

fn export_app_secret(form: ExportForm, app: &IssuedAppSecret) -> String {
    let secret = app.client_secret.expose();
    let azure = [
        ("AZURE_CLIENT_ID", app.client_id.as_str()),
        ("AZURE_TENANT_ID", app.tenant_id.as_str()),
        ("AZURE_CLIENT_SECRET", secret),
    ];
    let az_login = format!(
        "az login --service-principal --username {} --tenant {}",
        bash_quoted(&app.client_id),
        bash_quoted(&app.tenant_id)
    );
    match form {
        // One word with "=": a secret may begin with "-", which az would otherwise take for an option.
        ExportForm::AzLogin => format!("{az_login} --password={}", bash_quoted(secret)),
        ExportForm::AzLoginAsking => format!(
            "read -rs AZURE_CLIENT_SECRET  # paste the secret, then Enter\n\
             {az_login} --password=\"$AZURE_CLIENT_SECRET\"\n\
             unset AZURE_CLIENT_SECRET"
        ),
        ExportForm::Bash => bash_exports(&azure),
        ExportForm::PowerShell => {
            let set = |(name, value): &(&str, &str)| format!("$env:{name} = {}", powershell_quoted(value));
            azure.iter().map(set).collect::<Vec<_>>().join("\n")
        }
        ExportForm::Terraform => bash_exports(&[
            ("ARM_CLIENT_ID", &app.client_id),
            ("ARM_TENANT_ID", &app.tenant_id),
            ("ARM_CLIENT_SECRET", secret),
        ]),
        ExportForm::Json => serde_json::to_string_pretty(app).unwrap_or_default(),
        ExportForm::Plain => lines(&[
            ("Client ID", &app.client_id),
            ("Tenant ID", &app.tenant_id),
            ("Client secret", secret),
        ]),
    }
}

fn export_user(form: ExportForm, user: &IssuedPortalUser) -> String {
    if form == ExportForm::Json {
        return serde_json::to_string_pretty(user).unwrap_or_default();
    }
    let mut rows = vec![("User name", user.user_principal_name.as_str())];
    if let Some(password) = &user.password {
        rows.push(("Password", password.expose()));
    }
    if let Some(pass) = &user.temporary_access_pass {
        rows.push(("Temporary Access Pass", pass.expose()));
    }
    rows.push(("Sign in at", &user.sign_in_url));
    lines(&rows)
}

fn export_grants(form: ExportForm, granted: &IssuedUserGrants) -> String {
    if form == ExportForm::Json {
        return serde_json::to_string_pretty(granted).unwrap_or_default();
    }
    let mut rows = vec![("User name", granted.user_principal_name.as_str())];
    for (label, had, things) in [
        ("Group", false, &granted.groups),
        ("Directory role", false, &granted.roles),
        ("Group had before", true, &granted.groups),
        ("Directory role had before", true, &granted.roles),
    ] {
        let named = things.iter().filter(|thing| thing.had_before == had);
        rows.extend(named.map(|thing| (label, thing.name.as_str())));
    }
    lines(&rows)
}

fn lines(rows: &[(&str, &str)]) -> String {
    let row = |(label, value): &(&str, &str)| format!("{label}: {value}");
    rows.iter().map(row).collect::<Vec<_>>().join("\n")
}

fn bash_exports(variables: &[(&str, &str)]) -> String {
    let export = |(name, value): &(&str, &str)| format!("export {name}={}", bash_quoted(value));
    variables.iter().map(export).collect::<Vec<_>>().join("\n")
}

/// The text as one word for a POSIX shell: inside single quotes, with each quote closed, escaped and opened again.
fn bash_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The text as a literal for `PowerShell`, which takes the typographic single quotes for the plain one: each is doubled.
fn powershell_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        quoted.push(c);
        if matches!(c, '\'' | '‘' | '’' | '‚' | '‛') {
            quoted.push(c);
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SecretText;

    fn app(secret: &str) -> Issued {
        Issued::AppSecret(IssuedAppSecret {
            client_id: "c1".into(),
            tenant_id: "t1".into(),
            client_secret: SecretText::new(secret),
            key_id: "k1".into(),
            usable_since: None,
        })
    }

    fn user() -> Issued {
        Issued::PortalUser(IssuedPortalUser {
            user_principal_name: "a@contoso.com".into(),
            password: Some(SecretText::new("p:w")),
            temporary_access_pass: None,
            sign_in_url: "https://portal.azure.com".into(),
            object_id: "o1".into(),
        })
    }

    #[test]
    fn each_tool_gets_its_own_words() {
        let issued = app("-a'b");
        assert_eq!(
            export(ExportForm::AzLogin, &issued),
            r"az login --service-principal --username 'c1' --tenant 't1' --password='-a'\''b'"
        );
        assert_eq!(
            export(ExportForm::Bash, &issued),
            "export AZURE_CLIENT_ID='c1'\nexport AZURE_TENANT_ID='t1'\nexport AZURE_CLIENT_SECRET='-a'\\''b'"
        );
        assert_eq!(
            export(ExportForm::PowerShell, &app("a'‘b")),
            "$env:AZURE_CLIENT_ID = 'c1'\n$env:AZURE_TENANT_ID = 't1'\n$env:AZURE_CLIENT_SECRET = 'a''‘‘b'"
        );
        assert!(export(ExportForm::Terraform, &issued).contains("export ARM_TENANT_ID='t1'"));
        assert_eq!(
            export(ExportForm::Plain, &user()),
            "User name: a@contoso.com\nPassword: p:w\nSign in at: https://portal.azure.com"
        );
    }

    #[test]
    fn json_is_the_answer_of_the_api() {
        let read: Issued = serde_json::from_str(&export(ExportForm::Json, &app("s\"3"))).unwrap();
        assert_eq!(read, app("s\"3"));
    }

    #[test]
    fn what_a_user_got_is_told_apart_from_what_it_had() {
        use crate::domain::GrantedThing;

        let thing = |name: &str, had_before| GrantedThing {
            id: "g".into(),
            name: name.into(),
            had_before,
        };
        let issued = Issued::UserGrants(IssuedUserGrants {
            user_principal_name: "a@contoso.com".into(),
            object_id: "o1".into(),
            groups: vec![thing("Billing", false), thing("Readers", true)],
            roles: vec![thing("Directory Readers", false)],
        });
        assert_eq!(
            export(ExportForm::Plain, &issued),
            "User name: a@contoso.com\nGroup: Billing\nDirectory role: Directory Readers\nGroup had before: Readers"
        );
        let read: Issued = serde_json::from_str(&export(ExportForm::Json, &issued)).unwrap();
        assert_eq!(read, issued);
        assert_eq!(masked(&issued), issued);
    }

    #[test]
    fn only_the_forms_that_say_so_hold_the_secret() {
        for issued in [app("CANARY"), user()] {
            for form in ExportForm::of(&issued) {
                let text = export(*form, &issued);
                let holds = text.contains("CANARY") || text.contains("p:w");
                assert_eq!(holds, form.holds_secret(), "{form:?}");
                let shown = export(*form, &masked(&issued));
                assert!(!shown.contains("CANARY") && !shown.contains("p:w"), "{form:?}");
            }
        }
    }

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        let nasty = "a'b\"$(touch x)`y`\\ z!";
        let said = std::process::Command::new("sh")
            .args(["-c", &format!("printf %s {}", bash_quoted(nasty))])
            .output()
            .unwrap();
        assert_eq!(said.stdout, nasty.as_bytes());
    }
}
