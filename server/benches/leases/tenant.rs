//! The emulated tenant, in a process of its own: the benchmark runs itself once more.

use std::io::Read as _;
use std::net::SocketAddr;
use std::process::Command;

use emulator::{Emulator, Ledger, Options, TenantFacts};
use serde_json::{Value, json};

use crate::Result;
use crate::http::Client;
use crate::process::Running;

/// The argument that makes this program an emulator.
pub const EMULATE: &str = "emulate";

/// Serves a tenant, tells of it in one line, and ends with whoever started it.
pub async fn emulate() -> Result<()> {
    let emulator = Emulator::start_with(Options::default()).await?;
    println!("{}", serde_json::to_string(emulator.tenant())?);
    // Standard input ends with the parent, however that ends.
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(())
}

/// The tenant.
pub struct Tenant {
    /// What is in it.
    pub facts: TenantFacts,
    address: SocketAddr,
    running: Running,
}

impl Tenant {
    /// Starts it.
    pub fn start() -> Result<Self> {
        let mut running = Running::start(Command::new(std::env::current_exe()?).arg(EMULATE))?;
        let facts: TenantFacts = serde_json::from_str(&running.line()?)?;
        let address = facts.authority_url.trim_start_matches("http://").parse()?;
        Ok(Self {
            facts,
            address,
            running,
        })
    }

    /// Its process's id.
    pub fn pid(&self) -> u32 {
        self.running.pid()
    }

    /// Registers so many applications, owned by the broker, and gives their object ids.
    pub async fn register(&self, count: usize) -> Result<Vec<String>> {
        let token = self.token().await?;
        let mut client = Client::connect(self.address, Some(&token)).await?;
        let mut ids = Vec::with_capacity(count);
        for number in 0..count {
            let body = json!({"displayName": format!("Benchmark {number:04}")}).to_string();
            let status = client.post("/v1.0/applications", &body).await?;
            let made = client.json()?;
            let id = made["id"].as_str().filter(|_| status == 201);
            ids.push(
                id.ok_or_else(|| format!("no application: {status} {made}"))?
                    .to_owned(),
            );
        }
        Ok(ids)
    }

    async fn token(&self) -> Result<String> {
        let TenantFacts {
            client_id,
            client_secret,
            tenant_id,
            ..
        } = &self.facts;
        let scope = "https%3A%2F%2Fgraph.microsoft.com%2F.default";
        let form: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", client_id)
            .append_pair("client_secret", client_secret)
            .finish();
        let form = format!("grant_type=client_credentials&scope={scope}&{form}");
        let mut client = Client::connect(self.address, None).await?;
        let path = format!("/{tenant_id}/oauth2/v2.0/token");
        client
            .send("POST", &path, "application/x-www-form-urlencoded", &form)
            .await?;
        let token = client.json()?["access_token"].take();
        Ok(token.as_str().ok_or("the tenant gave no token")?.to_owned())
    }

    /// What clients have made and not taken away, the applications of the benchmark left out.
    pub async fn left_behind(&self) -> Result<Ledger> {
        let mut client = Client::connect(self.address, None).await?;
        client
            .send("GET", "/_emulator/ledger", "application/json", "")
            .await?;
        let mut ledger: Ledger = serde_json::from_value(client.json()?)?;
        ledger.applications.clear();
        Ok(ledger)
    }

    /// The arguments of the call that makes it a target.
    pub fn target(&self) -> Value {
        json!({
            "name": "contoso",
            "cloud": {"custom": {"authority": self.facts.authority_url, "graph": self.facts.authority_url, "arm": null}},
            "tenant_id": self.facts.tenant_id,
            "auth": {"client_secret": {"client_id": self.facts.client_id, "client_secret": self.facts.client_secret}},
        })
    }
}
