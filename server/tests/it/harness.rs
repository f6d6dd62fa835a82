//! A whole server on a port of its own, with a simulated tenant and a database in a temporary folder.

use app::backend::graph::Timing;
use app::backend::store::{AuditEvent, FirstAccounts, Store, StoredToken, StoredUser};
use app::backend::{Backend, BackendOptions, Entropy};
use app::domain::{FolderPath, Role, SecretText, Timestamp};
use emulator::Emulator;
use leasehold_server::commands::demo::shared_clock;
use leasehold_server::http::{HttpOptions, router};
use leasehold_server::lifecycle;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The administrator's password.
pub const PASSWORD: &str = "correct horse battery staple";
/// The administrator's API token.
pub const TOKEN: &str = "bootstrap-token-of-the-integration-tests";
/// The SHA-256 of [`TOKEN`].
const TOKEN_HASH: [u8; 32] = [
    0x4c, 0x1a, 0x2c, 0xad, 0x9d, 0xb3, 0x80, 0x0d, 0x7f, 0xc5, 0xfc, 0x73, 0x36, 0xc6, 0xa6, 0xa9, 0x89,
    0x59, 0x0f, 0xec, 0xcf, 0x9f, 0x5d, 0x78, 0xb6, 0xaa, 0x5d, 0xa1, 0x7c, 0x98, 0x0a, 0x16,
];

/// A running server. Dropping it stops it.
pub struct TestServer {
    /// Where it listens, as in `http://127.0.0.1:40123`.
    pub url: String,
    /// The tenant, whose clock is the server's.
    pub emulator: Emulator,
    /// What is behind the calls.
    pub backend: Backend,
    /// The folder of the database and the key.
    pub data_dir: TempDir,
    client: Client,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl TestServer {
    /// A server with an administrator, and nothing else.
    pub async fn start() -> Self {
        Self::start_at(None).await
    }

    /// The same, reached by browsers at this address.
    pub async fn start_at(public_url: Option<&str>) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), public_url).await
    }

    /// A server on which [`TOKEN`] is an auditor's, who may look and change nothing.
    pub async fn start_for_an_auditor() -> Self {
        let data_dir = tempfile::tempdir().unwrap();
        let created_at = Timestamp::from_millis(0);
        let user = StoredUser {
            id: "user:ana".to_owned(),
            name: "ana".to_owned(),
            password_hash: String::new(),
            role: Role::Auditor,
            created_at,
        };
        let token = StoredToken {
            id: "token:look".to_owned(),
            name: "look".to_owned(),
            token_hash: TOKEN_HASH.to_vec(),
            role: Role::Auditor,
            scope: FolderPath::root(),
            created_at,
            expires_at: None,
            revoked_at: None,
        };
        let store = Store::open(data_dir.path()).await.unwrap();
        let event = AuditEvent::new(created_at, "test", "account.create", "user:ana");
        let first = FirstAccounts {
            user,
            token: Some(token),
        };
        assert!(store.insert_first_accounts(first, event).await.unwrap());
        store.close().await;
        Self::start_in(data_dir, None).await
    }

    async fn start_in(data_dir: TempDir, public_url: Option<&str>) -> Self {
        let emulator = Emulator::start().await;
        let public_url = public_url.map(|url| url.parse::<leasehold_server::settings::PublicUrl>().unwrap());
        let backend = Backend::open(BackendOptions {
            data_dir: data_dir.path().to_owned(),
            clock: shared_clock(&emulator),
            entropy: Entropy::system(),
            writes_per_second: 0.0,
            secure_cookie: public_url
                .as_ref()
                .is_some_and(leasehold_server::settings::PublicUrl::is_secure),
            // Tests of outages would otherwise wait as long as people do.
            timing: Timing::for_tests(),
        });
        let backend = backend.await.unwrap();
        let first = backend
            .auth
            .first_start(Some(SecretText::new(PASSWORD)), Some(SecretText::new(TOKEN)));
        first.await.unwrap();
        backend.start();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = router(HttpOptions {
            backend: backend.clone(),
            public_url,
            simulated: true,
        });
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(lifecycle::serve(
            listener,
            router,
            backend.clone(),
            stop.clone().cancelled_owned(),
        ));
        let client = Client::builder()
            .no_gzip()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            url,
            emulator,
            backend,
            data_dir,
            client,
            stop,
            tasks,
        }
    }

    /// A request by a stranger.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// A GET by the administrator's token.
    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path)
            .bearer_auth(TOKEN)
            .send()
            .await
            .unwrap()
    }

    /// A call by the administrator's token: its status and its answer.
    pub async fn call(&self, name: &str, arguments: Value) -> (StatusCode, Value) {
        let request = self
            .request(Method::POST, &format!("/api/v1/{name}"))
            .bearer_auth(TOKEN);
        settled(request.json(&arguments).send().await.unwrap()).await
    }

    /// A call that must succeed.
    pub async fn ok(&self, name: &str, arguments: Value) -> Value {
        let (status, answer) = self.call(name, arguments).await;
        assert!(status.is_success(), "{name}: {status} {answer}");
        answer
    }

    /// The cookie of a new session of the administrator, as `name=value`.
    pub async fn session(&self) -> String {
        let arguments = serde_json::json!({"username": "admin", "password": PASSWORD});
        let answer = self
            .request(Method::POST, "/api/v1/session/sign-in")
            .json(&arguments)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// Stops the server and waits until it is gone.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// An answer's status and JSON.
pub async fn settled(answer: Response) -> (StatusCode, Value) {
    let status = answer.status();
    let text = answer.text().await.unwrap();
    let json = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}, not JSON: {text}"));
    (status, json)
}
