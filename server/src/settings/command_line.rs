//! The command line. Its values stay text here; `super::Settings` checks them together with the other sources.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Short-lived Microsoft Entra ID credentials on lease.
#[derive(Debug, Clone, Parser)]
#[command(name = "leasehold", version, arg_required_else_help = true)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Run the product with a simulated Entra tenant; everything is gone at the end
    Demo(DemoFlags),
    /// Run the product
    Serve(ServeFlags),
}

impl Command {
    /// What is logged where nobody says otherwise. The demo's terminal shows how to sign in, and keeps showing it.
    pub fn log_level(&self) -> &'static str {
        match self {
            Self::Demo(_) => "warn",
            Self::Serve(_) => "info",
        }
    }
}

/// The flags of `demo`.
#[derive(Debug, Clone, Default, Args)]
pub struct DemoFlags {
    /// Address to listen on; port 0 picks one [env: `LEASEHOLD_LISTEN`; default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Open the console in the browser
    #[arg(long)]
    pub open: bool,
}

/// The flags of `serve`.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeFlags {
    /// The settings.
    #[command(flatten)]
    pub common: CommonFlags,
}

/// A flag for each setting.
#[derive(Debug, Clone, Default, Args)]
pub struct CommonFlags {
    /// Address to listen on; port 0 picks one [env: `LEASEHOLD_LISTEN`; default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Folder of the database and the key [env: `LEASEHOLD_DATA_DIR`; default: ./leasehold-data]
    #[arg(long, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// Where browsers reach the console [env: `LEASEHOLD_PUBLIC_URL`; default: from --listen]
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Pace of writes to Entra, a target; 0 for none [env: `LEASEHOLD_WRITES_PER_SECOND`; default: 18]
    #[arg(long, value_name = "NUMBER")]
    pub writes_per_second: Option<f64>,
    /// File with the first administrator's password [env: `LEASEHOLD_ADMIN_PASSWORD`, the password itself; default: made and
    /// printed once]
    #[arg(long, value_name = "FILE")]
    pub admin_password_file: Option<PathBuf>,
    /// TOML file with the same names, as in `data_dir` [env: `LEASEHOLD_CONFIG`]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}
