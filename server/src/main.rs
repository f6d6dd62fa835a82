//! The program: reads the command line and does as it says.

use std::process::ExitCode;

use clap::Parser as _;
use leasehold_server::settings::CommandLine;
use leasehold_server::{commands, logging};

#[tokio::main]
async fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    logging::start(command_line.command.log_level());
    match commands::run(command_line, &|name| std::env::var(name).ok()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("leasehold: {error}");
            ExitCode::FAILURE
        }
    }
}
