//! `entra-emulator`: serves an emulated Entra ID until it is interrupted.

use std::{io, net::SocketAddr, path::PathBuf};

use clap::Parser;
use emulator::{Emulator, Options};

/// An emulated Microsoft Entra ID: token endpoint, Microsoft Graph, and levers for tests under /_emulator.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to serve http.
    #[arg(long, default_value = "127.0.0.1:4001")]
    listen: SocketAddr,
    /// Where to serve https, with a certificate of an authority made up at start.
    #[arg(long)]
    https_listen: Option<SocketAddr>,
    /// Where to write that authority's certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "https_listen")]
    ca_out: Option<PathBuf>,
    /// Leave the sample users, groups and applications out.
    #[arg(long)]
    empty: bool,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let emulator = Emulator::start_with(Options {
        listen: arguments.listen,
        https_listen: arguments.https_listen,
        empty: arguments.empty,
        ..Options::default()
    })
    .await?;
    if let (Some(file), Some(pem)) = (&arguments.ca_out, emulator.ca_pem()) {
        tokio::fs::write(file, pem).await?;
    }
    let tenant = emulator.tenant();
    println!("authority     {}", emulator.https_url().unwrap_or(emulator.url()));
    println!("graph         {}", tenant.graph_url);
    println!("tenant        {} ({})", tenant.tenant_id, tenant.domain);
    println!("client id     {}", tenant.client_id);
    println!("client secret {}", tenant.client_secret);
    tokio::signal::ctrl_c().await
}
