//! Where a process dies: an installation that is set up once for each kind and copied for each death, and what must be true after.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::super::World;
use super::child::{NAME, PART, Part, Story, open};
use crate::backend::lease::LeaseQuery;
use crate::backend::{Backend, Clock};
use crate::domain::{DynamicSecret, Kind, LeaseDetail, LeaseId, LeaseState, Limit, Timestamp};

/// When every scene begins.
const START: i64 = 1_790_000_000_000;
/// As long as the engine may need to finish what a dead process left: its claim, and Entra's replicas.
const RECOVERY: Duration = Duration::from_mins(10);
/// Past the latest end of a lease.
const LONG_AFTER: Duration = Duration::from_hours(9);

pub(super) struct Scene {
    world: World,
    item: DynamicSecret,
}

/// What became of a child.
pub(super) struct Played {
    pub(super) died: bool,
    folder: TempDir,
    /// When it was last heard of.
    at: i64,
    issued: Option<LeaseId>,
    renewed_to: Option<i64>,
    /// Whether the end of its lease had begun.
    ending: bool,
    /// All that it said, for whoever reads why a test failed.
    said: String,
}

impl Scene {
    pub(super) async fn of(kind: Kind) -> Self {
        let world = World::new().await;
        let item = world.item_of(kind).await;
        world.backend.shutdown(Duration::from_secs(5)).await;
        Self { world, item }
    }

    /// Starts a child on fresh data and a fresh tenant, which dies at this moment, or outlives its story.
    pub(super) async fn play(&self, story: Story, moment: u32) -> Played {
        self.world.emulator.clock().set_millis(START);
        self.world.emulator.reset();
        let folder = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(self.world.data_dir()).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
        match story {
            Story::Revoked | Story::Expired => {}
            Story::Interrupted => self.interrupt(folder.path()).await,
        }
        let part = Part {
            data_dir: folder.path().to_owned(),
            now: START,
            by: self.world.by.clone(),
            item: self.item.clone(),
            story,
            moment,
        };
        let mut command = child_of(&part);
        // The tenant lives on this thread.
        let ended = tokio::task::spawn_blocking(move || command.output().unwrap());
        let ended = ended.await.unwrap();
        let said = String::from_utf8(ended.stdout).unwrap();
        let died = ended.status.signal() == Some(9);
        let erred = String::from_utf8_lossy(&ended.stderr);
        assert!(
            died || (ended.status.success() && said.contains("outlived")),
            "{story:?}, moment {moment}: {}\n{said}\n{erred}",
            ended.status
        );
        Played::heard(died, folder, format!("{story:?}, moment {moment}: {said}"))
    }

    /// Leaves a lease behind of which all is in Entra, and whose issuing never came to its end.
    async fn interrupt(&self, data_dir: &Path) {
        let backend = open(data_dir, Clock::manual(Timestamp::from_millis(START)).0, 0).await;
        let issued = backend
            .leases
            .generate(&self.world.by, World::request(&self.item));
        issued.await.unwrap();
        let never_active = "UPDATE leases SET state = 'generating', issued_at = NULL";
        backend.store.tamper(never_active).await;
        backend.shutdown(Duration::from_secs(5)).await;
    }

    /// The next process finishes the story from the rows, and the tenant holds what the live leases say, and nothing else.
    pub(super) async fn recovers(&self, played: &Played) {
        let said = &played.said;
        let clock = self.world.emulator.clock();
        clock.set_millis(played.at);
        let ours = clock.clone();
        let ours = Clock::from_fn(move || Timestamp::from_millis(ours.now_millis()));
        let backend = open(played.folder.path(), ours, 1_000_000).await;
        self.settle(&backend).await;
        let leases = leases_of(&backend).await;
        self.is_exactly_what_lives(&leases, said);
        if let Some(id) = &played.issued {
            let detail = leases.iter().find(|detail| &detail.lease.id == id);
            let lease = &detail
                .unwrap_or_else(|| panic!("an issued lease is lost: {said}"))
                .lease;
            assert!(
                played.ending || lease.state == LeaseState::Active,
                "{lease:?}: {said}"
            );
            assert!(
                played
                    .renewed_to
                    .is_none_or(|end| lease.expires_at.millis() == end),
                "{lease:?}: {said}"
            );
        }
        // Reaping again changes nothing.
        backend.leases.reap_now().await.unwrap();
        assert_eq!(leases_of(&backend).await, leases, "{said}");
        clock.advance(LONG_AFTER);
        self.settle(&backend).await;
        let leases = leases_of(&backend).await;
        assert!(
            leases.iter().all(|detail| detail.lease.state.is_ended()),
            "{leases:?}: {said}"
        );
        self.is_exactly_what_lives(&leases, said);
        backend.shutdown(Duration::from_secs(5)).await;
    }

    /// Reaps whatever falls due while a process recovers.
    async fn settle(&self, backend: &Backend) {
        let clock = self.world.emulator.clock();
        let until = Timestamp::from_millis(clock.now_millis())
            .plus_millis(i64::try_from(RECOVERY.as_millis()).unwrap());
        loop {
            backend.leases.reap_now().await.unwrap();
            match backend.store.next_due().await.unwrap() {
                Some(next) if next <= until => clock.set_millis(next.millis().max(clock.now_millis())),
                Some(_) | None => return,
            }
        }
    }

    fn is_exactly_what_lives(&self, leases: &[LeaseDetail], said: &str) {
        let ledger = self.world.ledger();
        let mut living = 0;
        let found = serde_json::to_value(&ledger).unwrap();
        let text = found.to_string();
        for detail in leases {
            let state = detail.lease.state;
            assert!(
                state == LeaseState::Active || state.is_ended(),
                "{detail:?}: {said}"
            );
            if state == LeaseState::Active {
                living += detail.grants.len();
                for grant in &detail.grants {
                    let id = grant.entra_id.as_ref().unwrap();
                    assert!(
                        text.contains(id.as_str()),
                        "{grant:?} is not in {ledger:?}: {said}"
                    );
                }
            }
        }
        let lists = found.as_object().unwrap().values();
        let alive: usize = lists.filter_map(Value::as_array).map(Vec::len).sum();
        assert_eq!(alive, living, "{ledger:?} {leases:?}: {said}");
    }
}

impl Played {
    fn heard(died: bool, folder: TempDir, said: String) -> Self {
        let mut played = Self {
            died,
            folder,
            at: START,
            issued: None,
            renewed_to: None,
            ending: false,
            said: String::new(),
        };
        for line in said.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["at", at, "issued", id] => {
                    played.at = at.parse().unwrap();
                    played.issued = Some(LeaseId::parse(id).unwrap());
                }
                ["at", at, "renewed", end] => {
                    played.at = at.parse().unwrap();
                    played.renewed_to = Some(end.parse().unwrap());
                }
                ["at", at, what] => {
                    played.at = at.parse().unwrap();
                    played.ending |= what == "ending";
                }
                _ => {}
            }
        }
        played.said = said;
        played
    }
}

/// This very program, asked to run the one test that dies.
fn child_of(part: &Part) -> Command {
    // Without the crate's name, which the names of tests leave out.
    let place = module_path!().split_once("::").unwrap().1;
    let name = format!("{}::child::{NAME}", place.trim_end_matches("::scene"));
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            name.as_str(),
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(PART, serde_json::to_string(part).unwrap());
    command
}

async fn leases_of(backend: &Backend) -> Vec<LeaseDetail> {
    let page = backend
        .leases
        .list(LeaseQuery::default(), Limit::MAX, None)
        .await
        .unwrap();
    let mut details = Vec::new();
    for lease in page.items {
        details.push(backend.leases.get(&lease.id).await.unwrap());
    }
    details
}
