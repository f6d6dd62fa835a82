//! A whole installation with a simulated tenant, for one test.

use std::collections::BTreeMap;
use std::time::Duration;

use emulator::{Emulator, Ledger, Options, TenantFacts};
use tempfile::TempDir;

use crate::backend::graph::{GraphClient, Timing, testing};
use crate::backend::items::Checks;
use crate::backend::lease::{GenerateRequest, LeaseQuery};
use crate::backend::{Backend, BackendOptions, Clock, Entropy};
use crate::domain::{
    ApiError, AppSecretSpec, Cloud, CredentialKind, CustomCloud, DynamicSecret, FolderPath, Identity,
    IdentityKind, IssuedLease, ItemPath, Kind, Lease, LeaseId, Limit, NewDynamicSecret, PasswordLength,
    PortalUserSpec, Role, SecretSpec, SecretText, TargetAuth, TargetName, TenantId, Timestamp, Ttl,
    UserGrantsSpec,
};

pub(super) struct World {
    pub(super) emulator: Emulator,
    pub(super) backend: Backend,
    pub(super) by: Identity,
    dir: TempDir,
}

pub(super) fn target_name() -> TargetName {
    TargetName::parse("contoso").unwrap()
}

async fn open(dir: &TempDir, emulator: &Emulator, seed: u64) -> Backend {
    let theirs = emulator.clock();
    let options = BackendOptions {
        data_dir: dir.path().to_owned(),
        clock: Clock::from_fn(move || Timestamp::from_millis(theirs.now_millis())),
        entropy: Entropy::seeded(seed),
        writes_per_second: 0.0,
        secure_cookie: false,
        timing: Timing::for_tests(),
    };
    Backend::open(options).await.unwrap()
}

impl World {
    /// An installation with a target and nothing else. The reaper does not run: tests call it.
    pub(super) async fn new() -> Self {
        let clock = emulator::Clock::fixed(1_790_000_000_000);
        let emulator = Emulator::start_with(Options {
            clock,
            ..Options::default()
        })
        .await
        .unwrap();
        let dir = tempfile::tempdir().unwrap();
        let backend = open(&dir, &emulator, 7).await;
        let by = Identity {
            id: "user:admin".to_owned(),
            name: "admin".to_owned(),
            kind: IdentityKind::User,
            role: Role::Administrator,
            scope: FolderPath::root(),
            claims: BTreeMap::new(),
        };
        let world = Self {
            emulator,
            backend,
            by,
            dir,
        };
        world.target(&world.backend, target_name()).await;
        world
    }

    /// Another target, of the same tenant.
    pub(super) async fn second_target(&self) -> TargetName {
        self.target(&self.backend, TargetName::parse("second").unwrap())
            .await
    }

    /// Another installation on the same tenant, and the folder that it lives in.
    pub(super) async fn neighbour(&self) -> (Backend, TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let backend = open(&dir, &self.emulator, 8).await;
        self.target(&backend, target_name()).await;
        (backend, dir)
    }

    async fn target(&self, backend: &Backend, name: TargetName) -> TargetName {
        let base = self.emulator.url().to_owned();
        let facts = self.emulator.tenant().clone();
        let cloud = Cloud::Custom(CustomCloud {
            authority: base.clone(),
            graph: base,
            arm: None,
        });
        let auth = TargetAuth::ClientSecret {
            client_id: facts.client_id.clone(),
            client_secret: SecretText::new(facts.client_secret.clone()),
        };
        let tenant_id = TenantId::parse(&facts.tenant_id).unwrap();
        let made = backend
            .targets
            .create(&self.by, name, cloud, tenant_id, auth)
            .await;
        made.unwrap().name
    }

    /// Stops the process as if it had been killed, and starts it again from the same data.
    pub(super) async fn restarted(self) -> Self {
        self.backend.shutdown(Duration::from_secs(5)).await;
        let backend = open(&self.dir, &self.emulator, 7).await;
        Self { backend, ..self }
    }

    /// Where the data stands.
    pub(super) fn data_dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    pub(super) async fn item(&self, path: &str, spec: SecretSpec) -> Result<DynamicSecret, ApiError> {
        let new = NewDynamicSecret {
            path: ItemPath::parse(path).unwrap(),
            target: target_name(),
            spec,
            default_ttl: Ttl::parse("1h").unwrap(),
            max_ttl: Ttl::parse("8h").unwrap(),
            description: String::new(),
            tags: vec![],
            delete_protection: false,
        };
        self.backend.items.create(&self.by, new, Checks::Made).await
    }

    /// An item that issues secrets of an application that our own application owns.
    pub(super) async fn app_item(&self) -> DynamicSecret {
        let application_object_id = self.emulator.tenant().owned_application_id.clone();
        let spec = SecretSpec::AppSecret(AppSecretSpec {
            application_object_id,
        });
        self.item("/prod/app", spec).await.unwrap()
    }

    /// An item that makes users with a group and a role.
    pub(super) async fn user_item(&self) -> DynamicSecret {
        self.item("/prod/user", SecretSpec::PortalUser(self.user_spec()))
            .await
            .unwrap()
    }

    /// An item of this kind, whichever it is: what is proven for every kind is proven for a new one too.
    pub(super) async fn item_of(&self, kind: Kind) -> DynamicSecret {
        match kind {
            Kind::AppSecret => self.app_item().await,
            Kind::PortalUser => self.user_item().await,
            Kind::UserGrants => self.grants_item().await,
        }
    }

    /// An item that gives a user who exists a group and a role. [`World::request`] names a user who has neither.
    pub(super) async fn grants_item(&self) -> DynamicSecret {
        self.item("/prod/grants", SecretSpec::UserGrants(self.grants_spec(None)))
            .await
            .unwrap()
    }

    pub(super) fn grants_spec(&self, claim: Option<&str>) -> UserGrantsSpec {
        let facts = self.emulator.tenant();
        UserGrantsSpec {
            claim: claim.map(str::to_owned),
            groups: vec![facts.security_group_id.clone()],
            roles: vec![facts.roles["Directory Readers"].clone()],
        }
    }

    /// The same through a second target of the same tenant.
    pub(super) async fn grants_item_of_second_target(&self) -> DynamicSecret {
        let facts = self.emulator.tenant();
        let cloud = Cloud::Custom(CustomCloud {
            authority: self.emulator.url().to_owned(),
            graph: self.emulator.url().to_owned(),
            arm: None,
        });
        let auth = TargetAuth::ClientSecret {
            client_id: facts.client_id.clone(),
            client_secret: SecretText::new(facts.client_secret.clone()),
        };
        let name = TargetName::parse("contoso-too").unwrap();
        // A tenant can be written in two ways.
        let tenant_id = TenantId::parse(&facts.domain).unwrap();
        let targets = &self.backend.targets;
        targets
            .create(&self.by, name.clone(), cloud, tenant_id, auth)
            .await
            .unwrap();
        let new = NewDynamicSecret {
            path: ItemPath::parse("/prod/grants-too").unwrap(),
            target: name,
            spec: SecretSpec::UserGrants(self.grants_spec(None)),
            default_ttl: Ttl::parse("1h").unwrap(),
            max_ttl: Ttl::parse("8h").unwrap(),
            description: String::new(),
            tags: vec![],
            delete_protection: false,
        };
        self.backend
            .items
            .create(&self.by, new, Checks::Made)
            .await
            .unwrap()
    }

    /// Somebody else who changes the same tenant.
    pub(super) fn somebody_else(&self) -> GraphClient {
        testing::client(&testing::connection(&self.emulator))
    }

    pub(super) fn user_spec(&self) -> PortalUserSpec {
        let facts = self.emulator.tenant();
        PortalUserSpec {
            domain: facts.domain.clone(),
            username_template: None,
            display_name_template: None,
            groups: vec![facts.security_group_id.clone()],
            roles: vec![facts.roles["Directory Readers"].clone()],
            credential: CredentialKind::Password,
            password_length: PasswordLength::default(),
            keep_deleted: false,
        }
    }

    pub(super) fn request(secret: &DynamicSecret) -> GenerateRequest {
        GenerateRequest {
            secret: secret.path.clone(),
            ttl: None,
            reason: None,
            request_id: None,
            wait_usable: false,
            username: secret
                .asks_for_username()
                .then(|| TenantFacts::new("", None).user_principal_name),
        }
    }

    pub(super) async fn generate(&self, secret: &DynamicSecret) -> Result<IssuedLease, ApiError> {
        self.backend
            .leases
            .generate(&self.by, Self::request(secret))
            .await
    }

    pub(super) async fn lease(&self, id: &LeaseId) -> Lease {
        self.backend.leases.get(id).await.unwrap().lease
    }

    /// The one lease that there is.
    pub(super) async fn only_lease(&self) -> Lease {
        let all = self
            .backend
            .leases
            .list(LeaseQuery::default(), Limit::default(), None)
            .await
            .unwrap();
        let [lease] = all.items.try_into().unwrap();
        lease
    }

    /// Moves the clock of both, then lets the reaper do everything that is due.
    pub(super) async fn reap_after(&self, seconds: u64) {
        self.emulator.clock().advance(Duration::from_secs(seconds));
        self.backend.leases.reap_now().await.unwrap();
    }

    /// Lets the reaper work through all its waiting, half a minute at a time, for at most so many minutes.
    pub(super) async fn reap_for_minutes(&self, minutes: u64) {
        self.backend.leases.reap_now().await.unwrap();
        for _ in 0..minutes * 2 {
            self.reap_after(30).await;
        }
    }

    pub(super) fn ledger(&self) -> Ledger {
        self.emulator.ledger()
    }
}
