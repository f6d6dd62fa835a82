//! What every measure begins with: a tenant with applications, and a data folder with a target and an item for each of them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use crate::Result;
use crate::load::{Crowd, Watched};
use crate::process::Server;
use crate::tenant::Tenant;

/// Longer than anything takes.
pub const NO_LIMIT: Duration = Duration::from_hours(1);

/// The tenant and the folders.
pub struct World {
    /// The tenant.
    pub tenant: Tenant,
    /// The paths of the items, each of an application of its own.
    pub items: Vec<String>,
    program: PathBuf,
    root: TempDir,
}

/// The folder that every other is a copy of.
const TEMPLATE: &str = "template";

impl World {
    /// A tenant with so many applications and the items for them. The folders stand on disk, beside what is built.
    pub async fn make(program: &Path, applications: usize) -> Result<Self> {
        let root = tempfile::Builder::new()
            .prefix("bench-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let tenant = Tenant::start()?;
        let ids = tenant.register(applications).await?;
        let items: Vec<String> = (0..ids.len())
            .map(|number| format!("/team-{:02}/app-{number:04}", number % 40))
            .collect();
        let template = root.path().join(TEMPLATE);
        std::fs::create_dir(&template)?;
        let server = Server::start(program, &template)?;
        let watched = Watched {
            server: server.pid(),
            emulator: tenant.pid(),
        };
        let target = tenant.target().to_string();
        let mut crowd = Crowd::connect(server.address, 16).await?;
        let once = |number| (number == 0).then(|| target.clone());
        let made = crowd
            .call("targets/create", NO_LIMIT, watched, once, |_| {})
            .await?;
        let item = |number: usize| {
            let arguments = json!({
                "path": items.get(number)?,
                "target": "contoso",
                "spec": {"app_secret": {"application_object_id": ids.get(number)?}},
                "default_ttl": "30m",
                "max_ttl": "12h",
            });
            Some(arguments.to_string())
        };
        let all = crowd
            .call("secrets/create", NO_LIMIT, watched, item, |_| {})
            .await?;
        if made.failed + all.failed > 0 {
            return Err(format!("no items to measure with: {:?} {:?}", made.errors, all.errors).into());
        }
        server.stop()?;
        Ok(Self {
            tenant,
            items,
            program: program.to_owned(),
            root,
        })
    }

    /// A fresh data folder with the target and the items.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.root.path().join(name);
        copy(&self.root.path().join(TEMPLATE), &folder)?;
        Ok(folder)
    }

    /// A server on this folder.
    pub fn serve(&self, folder: &Path) -> Result<Server> {
        Server::start(&self.program, folder)
    }

    /// The processes, of which this is the server.
    pub fn watched(&self, server: &Server) -> Watched {
        Watched {
            server: server.pid(),
            emulator: self.tenant.pid(),
        }
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
