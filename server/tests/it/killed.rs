//! The program killed, asked to stop and short of disk in the middle of its work, and what its next start makes of that.
//!
//! The tenant lives on beside it, on the system's time as the program itself.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use app::backend::Stopwatch;
use emulator::{Emulator, Fault};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::task::TaskTracker;

use crate::harness::{TOKEN, settled};
use crate::process::{PROGRAM, Running};

/// Looks at what the program does by itself, 25 milliseconds apart.
const LOOKS: usize = 800;

/// A tenant, and a data folder with items of it.
struct Site {
    emulator: Emulator,
    folder: TempDir,
    client: Client,
    tasks: TaskTracker,
}

impl Site {
    /// With one item of each of two kinds, and the program started on it.
    async fn new() -> (Self, Running) {
        let site = Self {
            emulator: Emulator::start().await,
            folder: tempfile::tempdir().unwrap(),
            client: Client::new(),
            tasks: TaskTracker::new(),
        };
        let program = site.start();
        let tenant = site.emulator.tenant();
        let target = json!({
            "name": "contoso",
            "cloud": {"custom": {"authority": site.emulator.url(), "graph": site.emulator.url(), "arm": null}},
            "tenant_id": tenant.tenant_id,
            "auth": {"client_secret": {"client_id": tenant.client_id, "client_secret": tenant.client_secret}},
        });
        site.ok(&program, "targets/create", target).await;
        for (path, spec) in [
            (
                "/app",
                json!({"app_secret": {"application_object_id": tenant.owned_application_id}}),
            ),
            (
                "/user",
                json!({"portal_user": {"domain": tenant.domain, "groups": [tenant.security_group_id], "roles": []}}),
            ),
        ] {
            let item = json!({"path": path, "target": "contoso", "spec": spec, "default_ttl": "10m", "max_ttl": "1h"});
            site.ok(&program, "secrets/create", item).await;
        }
        (site, program)
    }

    fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    fn start(&self) -> Running {
        let mut command = Command::new(PROGRAM);
        command.args(self.arguments());
        start_by(command)
    }

    fn arguments(&self) -> [&str; 5] {
        let data_dir = self.data_dir().to_str().unwrap();
        ["serve", "--listen", "127.0.0.1:0", "--data-dir", data_dir]
    }

    fn request(&self, program: &Running, name: &str, arguments: &Value) -> reqwest::RequestBuilder {
        let request = self.client.post(format!("{}/api/v1/{name}", program.url));
        request.bearer_auth(TOKEN).json(arguments)
    }

    async fn call(&self, program: &Running, name: &str, arguments: Value) -> (StatusCode, Value) {
        settled(self.request(program, name, &arguments).send().await.unwrap()).await
    }

    async fn ok(&self, program: &Running, name: &str, arguments: Value) -> Value {
        let (status, answer) = self.call(program, name, arguments).await;
        assert!(status.is_success(), "{name}: {status} {answer}");
        answer
    }

    async fn lease(&self, program: &Running, path: &str) -> Value {
        let arguments = json!({"secret": path, "wait_usable": false});
        self.ok(program, "leases/generate", arguments).await["lease"].take()
    }

    async fn state(&self, program: &Running, lease: &Value) -> String {
        let lease = self
            .ok(program, "leases/get", json!({"lease": lease["id"]}))
            .await;
        lease["state"].as_str().unwrap().to_owned()
    }

    /// Makes a call that nobody will hear the end of, and waits until Entra has been asked for `path` and keeps silent.
    async fn stuck(&self, program: &Running, call: (&str, Value), method: &str, path: &str) {
        self.emulator.fault(Fault::hang().on(method, path).times(1_000));
        let request = self.request(program, call.0, &call.1);
        self.tasks.spawn(async move { drop(request.send().await) });
        self.comes(path, || {
            let asked = self.emulator.requests().into_iter();
            let mut asked = asked.filter(|request| request.method == method);
            asked.any(|request| request.path.contains(path))
        })
        .await;
    }

    /// Waits until something is true of the tenant.
    async fn comes(&self, what: &str, is: impl Fn() -> bool) {
        for _ in 0..LOOKS {
            if is() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{what} never came: {:?}", self.emulator.ledger());
    }

    async fn is_emptied(&self) {
        self.comes("an empty tenant", || self.emulator.ledger().is_empty())
            .await;
    }

    async fn ready(&self, program: &Running) -> (StatusCode, Value) {
        let asked = self.client.get(format!("{}/readyz", program.url)).send();
        settled(asked.await.unwrap()).await
    }
}

fn start_by(command: Command) -> Running {
    Running::by(command, &[("LEASEHOLD_BOOTSTRAP_TOKEN", TOKEN)])
}

/// Stops the program. The tenant lives on this thread and must answer meanwhile.
async fn stopped(program: Running) {
    let stopped = tokio::task::spawn_blocking(move || program.stop());
    stopped.await.unwrap();
}

fn issue(path: &str) -> (&'static str, Value) {
    ("leases/generate", json!({"secret": path, "request_id": "once"}))
}

fn revoke(lease: &Value) -> (&'static str, Value) {
    ("leases/revoke", json!({"lease": lease["id"], "wait": false}))
}

#[tokio::test]
async fn killed_while_issuing_it_takes_back_what_nobody_was_given() {
    let (site, program) = Site::new().await;
    let kept = site.lease(&program, "/app").await;
    site.stuck(&program, issue("/user"), "POST", "members/$ref").await;
    assert_eq!(site.emulator.ledger().users.len(), 1);
    program.kill();
    site.emulator.clear_faults();
    let program = site.start();
    site.comes("the end of the user", || {
        let ledger = site.emulator.ledger();
        ledger.users.is_empty() && ledger.deleted_users.is_empty()
    })
    .await;
    // The lease that was issued is none of its business, and a request made again makes no second lease.
    assert_eq!(site.state(&program, &kept).await, "active");
    assert_eq!(site.emulator.ledger().app_passwords.len(), 1);
    let (status, again) = site.call(&program, issue("/user").0, issue("/user").1).await;
    assert_eq!(status, StatusCode::CONFLICT, "{again}");
    let (call, arguments) = revoke(&kept);
    site.ok(&program, call, arguments).await;
    site.is_emptied().await;
    stopped(program).await;
}

#[tokio::test]
async fn killed_while_taking_back_it_goes_on_with_that() {
    let (site, program) = Site::new().await;
    let lease = site.lease(&program, "/app").await;
    site.stuck(&program, revoke(&lease), "POST", "removePassword")
        .await;
    program.kill();
    site.emulator.clear_faults();
    assert_eq!(site.emulator.ledger().app_passwords.len(), 1);
    let program = site.start();
    assert_eq!(site.state(&program, &lease).await, "revoking");
    // Whoever asks again need not wait until the claim of the dead process is over.
    let (call, arguments) = revoke(&lease);
    site.ok(&program, call, arguments).await;
    site.is_emptied().await;
    stopped(program).await;
}

#[tokio::test]
async fn asked_to_stop_while_entra_is_silent_it_ends_in_time_and_the_next_start_goes_on() {
    let (site, program) = Site::new().await;
    let lease = site.lease(&program, "/app").await;
    site.stuck(&program, revoke(&lease), "POST", "removePassword")
        .await;
    site.stuck(&program, issue("/user"), "POST", "members/$ref").await;
    let watch = Stopwatch::start();
    stopped(program).await;
    assert!(watch.elapsed() < Duration::from_secs(30), "{:?}", watch.elapsed());
    assert!(!site.emulator.ledger().is_empty());
    site.emulator.clear_faults();
    let program = site.start();
    let (call, arguments) = revoke(&lease);
    site.ok(&program, call, arguments).await;
    site.is_emptied().await;
    let counts = site.ok(&program, "leases/counts", json!({})).await;
    assert_eq!(
        (&counts["generating"], &counts["active"]),
        (&json!(0), &json!(0)),
        "{counts}"
    );
    stopped(program).await;
}

/// A limit on the size of files stands in for a disk without room: the write-ahead log can't grow.
#[tokio::test]
async fn without_room_on_the_disk_it_stays_up_says_so_and_loses_no_lease() {
    let (site, program) = Site::new().await;
    let first = site.lease(&program, "/app").await;
    stopped(program).await;
    let database = site.data_dir().join("leasehold.db");
    let blocks = std::fs::metadata(database).unwrap().len() / 512 + 64;
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "ulimit -f \"$1\"; trap '' XFSZ; shift; exec \"$@\"", "sh"])
        .arg(blocks.to_string())
        .arg(PROGRAM)
        .args(site.arguments());
    let program = start_by(command);
    let mut issued = vec![first];
    let refused = loop {
        let (status, mut answer) = site
            .call(
                &program,
                "leases/generate",
                json!({"secret": "/app", "wait_usable": false}),
            )
            .await;
        if !status.is_success() {
            break answer["error"].take();
        }
        issued.push(answer["lease"].take());
        assert!(issued.len() < 500, "the limit is never reached");
    };
    assert_eq!(refused["reason"], "database_unavailable", "{refused}");
    site.emulator.clear_requests();
    let (status, _) = site
        .call(&program, "leases/generate", json!({"secret": "/app"}))
        .await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    let asked = site.emulator.requests();
    assert!(
        !asked.iter().any(|request| request.path.contains("addPassword")),
        "{asked:?}"
    );
    let (status, body) = site.ready(&program).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
    assert!(
        body["reasons"][0].as_str().unwrap().contains("database"),
        "{body}"
    );
    assert_eq!(site.state(&program, &issued[0]).await, "active");
    stopped(program).await;
    let program = site.start();
    assert_eq!(site.ready(&program).await.0, StatusCode::OK);
    for lease in &issued {
        assert_eq!(site.state(&program, lease).await, "active");
    }
    site.comes("what was not issued to go", || {
        site.emulator.ledger().app_passwords.len() == issued.len()
    })
    .await;
    site.ok(&program, "leases/revoke", json!({"target": "contoso"}))
        .await;
    site.is_emptied().await;
    stopped(program).await;
}
