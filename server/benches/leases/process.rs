//! The processes that are measured, and what `/proc` tells of them.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use app::backend::Stopwatch;

use crate::Result;

/// The administrator's API token.
pub const TOKEN: &str = "bootstrap-token-of-the-benchmark-0123456789";
/// A tick of the counters in `/proc/PID/stat`, the same on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// A child process, ended with this value.
pub struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    /// Starts it, and hears what it says on standard output.
    pub fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().ok_or("the child has no standard output")?;
        Ok(Self {
            child,
            lines: BufReader::new(out),
        })
    }

    /// The next line that it says.
    pub fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.lines.read_line(&mut line)? == 0 {
            return Err("a child process ended early; its log stands in its data folder".into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// Its id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// `leasehold serve` on a port of its own.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// From its start to the answer that it is ready.
    pub ready_after: Duration,
    running: Running,
}

impl Server {
    /// Starts it on this folder, with the settings that it is shipped with save that writes are not paced, and waits until it
    /// is ready.
    pub fn start(program: &Path, data_dir: &Path) -> Result<Self> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(data_dir.with_extension("log"))?;
        let watch = Stopwatch::start();
        let mut command = Command::new(program);
        command
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--writes-per-second",
                "0",
                "--data-dir",
            ])
            .arg(data_dir)
            .env("LEASEHOLD_BOOTSTRAP_TOKEN", TOKEN)
            .env("LEASEHOLD_ADMIN_PASSWORD", "a password for the benchmark")
            .stderr(log);
        let mut running = Running::start(&mut command)?;
        let line = running.line()?;
        let address = line
            .strip_prefix("leasehold listening on http://")
            .ok_or("no ready line")?
            .parse()?;
        while !is_ready(address)? {
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(Self {
            address,
            ready_after: watch.elapsed(),
            running,
        })
    }

    /// Its process's id.
    pub fn pid(&self) -> u32 {
        self.running.pid()
    }

    /// Asks it to stop, and waits.
    pub fn stop(mut self) -> Result<()> {
        let pid = self.pid().to_string();
        if !Command::new("kill").args(["-TERM", &pid]).status()?.success() {
            return Err("the server can't be told to stop".into());
        }
        let ended = self.running.child.wait()?;
        if ended.success() {
            Ok(())
        } else {
            Err(format!("the server ended with {ended}").into())
        }
    }
}

fn is_ready(address: SocketAddr) -> Result<bool> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}

/// The processor time that a process has had.
pub fn cpu_of(pid: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the program's name in brackets, with whatever in it.
    let (_, fields) = stat.rsplit_once(')').ok_or("no fields in /proc/PID/stat")?;
    let mut ticks = 0;
    for field in fields.split_whitespace().skip(11).take(2) {
        ticks += field.parse::<u32>()?;
    }
    Ok(TICK * ticks)
}

/// The memory of a process that is resident, in MB of 1,000,000 bytes.
pub fn resident(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: u32 = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .ok_or("no VmRSS in /proc/PID/status")?
        .parse()?;
    Ok(f64::from(kib) * 1024.0 / 1e6)
}
