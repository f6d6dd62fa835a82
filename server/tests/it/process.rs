//! The program as a process of its own, started and ended in every way.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Where the program stands.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_leasehold");

/// The program, serving.
pub struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
    /// The lines up to and with the ready line.
    pub said: Vec<String>,
    /// Where it listens.
    pub url: String,
}

impl Running {
    /// Starts it with these arguments, and waits until it serves.
    pub fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(arguments);
        Self::by(command, variables)
    }

    /// The same, started by a command that becomes the program.
    pub fn by(mut command: Command, variables: &[(&str, &str)]) -> Self {
        let mut child = command
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut running = Self {
            child,
            out,
            said: Vec::new(),
            url: String::new(),
        };
        while running.url.is_empty() {
            let mut line = String::new();
            assert_ne!(
                running.out.read_line(&mut line).unwrap(),
                0,
                "it ended after {:?}",
                running.said
            );
            let line = line.trim_end();
            running.said.push(line.to_owned());
            if let Some(url) = line.strip_prefix("leasehold listening on ") {
                url.clone_into(&mut running.url);
            }
        }
        running
    }

    /// Asks it to stop; gives back what it had still to say.
    pub fn stop(mut self) -> String {
        let asked = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(asked.success());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success());
        rest
    }

    /// Kills it, as nothing can be prepared for.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        assert!(!self.child.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, save where a test failed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
