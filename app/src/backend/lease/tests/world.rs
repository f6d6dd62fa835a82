//! A whole installation with a simulated tenant, for one test.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use emulator::{Emulator, Ledger, Options, TenantFacts};
use tempfile::TempDir;

use crate::backend::graph::{GraphClient, Timing, testing};
use crate::backend::items::Checks;
use crate::backend::lease::{GenerateRequest, LeaseQuery};
use crate::backend::{Backend, BackendOptions, Clock, Entropy};
use crate::domain::{
    ApiError, AppSecretSpec, Cloud, CredentialKind, CustomCloud, DynamicSecret, FolderPath, Identity,
    IdentityKind, IssuedLease, ItemPath, Kind, Lease, LeaseId, LeaseState, LeaseStateFilter, Limit,
    NewDynamicSecret, PasswordLength, PortalUserSpec, Role, SecretSpec, SecretText, TargetAuth, TargetName,
    TenantId, Timestamp, Ttl, UserGrantsSpec,
};

pub(super) struct World {
    pub(super) emulator: Emulator,
    pub(super) backend: Backend,
    pub(super) by: Identity,
    dir: TempDir,
    timing: Timing,
    /// How far our own clock is ahead of Entra's, in milliseconds.
    ahead: Arc<AtomicI64>,
}

/// What a world may have differently.
pub(super) struct Setting {
    /// Entra's clock, and ours.
    pub(super) clock: emulator::Clock,
    /// How long the client waits, and how often it tries.
    pub(super) timing: Timing,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            clock: emulator::Clock::fixed(1_790_000_000_000),
            timing: Timing::for_tests(),
        }
    }
}

fn live() -> LeaseQuery {
    LeaseQuery {
        state: Some(LeaseStateFilter::Live),
        ..LeaseQuery::default()
    }
}

pub(super) fn target_name() -> TargetName {
    TargetName::parse("contoso").unwrap()
}

async fn open(
    dir: &TempDir,
    emulator: &Emulator,
    timing: &Timing,
    ahead: &Arc<AtomicI64>,
    seed: u64,
) -> Backend {
    let (theirs, ahead) = (emulator.clock(), ahead.clone());
    let options = BackendOptions {
        data_dir: dir.path().to_owned(),
        clock: Clock::from_fn(move || {
            Timestamp::from_millis(theirs.now_millis() + ahead.load(Ordering::SeqCst))
        }),
        entropy: Entropy::seeded(seed),
        writes_per_second: 0.0,
        secure_cookie: false,
        timing: timing.clone(),
    };
    Backend::open(options).await.unwrap()
}

impl World {
    /// An installation with a target and nothing else. The reaper does not run: tests call it.
    pub(super) async fn new() -> Self {
        Self::with(Setting::default()).await
    }

    /// The same with something different.
    pub(super) async fn with(Setting { clock, timing }: Setting) -> Self {
        let emulator = Emulator::start_with(Options {
            clock,
            ..Options::default()
        })
        .await
        .unwrap();
        let dir = tempfile::tempdir().unwrap();
        let ahead = Arc::new(AtomicI64::new(0));
        let backend = open(&dir, &emulator, &timing, &ahead, 7).await;
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
            timing,
            ahead,
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
        let backend = open(&dir, &self.emulator, &self.timing, &self.ahead, 8).await;
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
        let backend = open(&self.dir, &self.emulator, &self.timing, &self.ahead, 7).await;
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

    /// Every lease that there is or was, newest first.
    pub(super) async fn all_leases(&self) -> Vec<Lease> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self
                .backend
                .leases
                .list(LeaseQuery::default(), Limit::default(), after.as_deref())
                .await
                .unwrap();
            all.extend(page.items);
            after = page.next;
            if after.is_none() {
                return all;
            }
        }
    }

    /// Makes the next call to Entra sign in first.
    pub(super) async fn forget_token(&self) {
        let target = self.backend.store.target_by_name(&target_name()).await.unwrap();
        let connections = &self.backend.leases.0.connections;
        connections
            .client(&target.unwrap())
            .unwrap()
            .forget_token()
            .unwrap();
    }

    /// Steps our own clock, on or back, while Entra's goes on as it was.
    pub(super) fn step_clock(&self, minutes: i64) {
        self.ahead.fetch_add(minutes * 60_000, Ordering::SeqCst);
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

    /// Moves from one thing that is due to the next, until no lease is being issued or taken back; the credentials that there are
    /// must be accounted for at every moment. Fails where that takes more than so many minutes.
    pub(super) async fn settle(&self, minutes: i64, what: &str) {
        let end = self.emulator.clock().now_millis() + minutes * 60_000;
        self.backend.leases.reap_now().await.unwrap();
        loop {
            self.assert_accounted_for(what).await;
            let live = self.backend.leases.list(live(), Limit::default(), None).await;
            let live = live.unwrap().items;
            let is_moving = |lease: &&Lease| lease.state != LeaseState::Active;
            let moving: Vec<_> = live.iter().filter(is_moving).collect();
            if moving.is_empty() {
                return;
            }
            let now = self.emulator.clock().now_millis();
            assert!(now < end, "{what}: not settled in {minutes} minutes: {moving:#?}");
            let ours = self.backend.clock.now();
            let due = moving.iter().filter_map(|lease| lease.next_attempt_at).min();
            let left = due.map_or(0, |due| due.millis_since(ours));
            // At least a second, so that what waits for something else than its time comes on too.
            let millis = u64::try_from(left.clamp(1_000, 60_000)).unwrap();
            self.emulator.clock().advance(Duration::from_millis(millis));
            self.backend.leases.reap_now().await.unwrap();
        }
    }

    pub(super) fn ledger(&self) -> Ledger {
        self.emulator.ledger()
    }
}
