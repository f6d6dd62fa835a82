//! The figures to beat, measured on two idle processors: `OpenBao` 2.7.2, whose lease makes no remote call, and Infisical. Ours
//! include the calls to the emulated tenant.
//!
//! Rule: an aim is printed beside what was measured and whether it holds; speed is never asserted, since machines differ.

use crate::stats::text;

/// One figure to reach.
#[derive(Clone, Copy)]
pub struct Aim {
    what: &'static str,
    bound: Bound,
    unit: &'static str,
}

#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    Below(f64),
}

const fn at_least(what: &'static str, figure: f64, unit: &'static str) -> Aim {
    Aim {
        what,
        bound: Bound::AtLeast(figure),
        unit,
    }
}

const fn below(what: &'static str, figure: f64, unit: &'static str) -> Aim {
    Aim {
        what,
        bound: Bound::Below(figure),
        unit,
    }
}

/// What was measured beside an aim.
pub struct Verdict {
    /// Whether the aim is reached.
    pub holds: bool,
    /// Both in words.
    pub text: String,
}

impl Aim {
    /// Holds what was measured against it.
    pub fn judge(self, measured: f64) -> Verdict {
        let Self { what, bound, unit } = self;
        let (holds, sign, figure) = match bound {
            Bound::AtLeast(figure) => (measured >= figure, "≥", figure),
            Bound::Below(figure) => (measured < figure, "<", figure),
        };
        let verdict = if holds { "holds" } else { "MISSED" };
        let (measured, figure) = (text(measured), text(figure));
        Verdict {
            holds,
            text: format!("{what} {measured}{unit}, aim {sign} {figure}{unit}: {verdict}"),
        }
    }
}

/// What generating is held against.
pub struct GenerateGoals {
    /// Requests a second.
    pub rate: Aim,
    /// The latency that half of the requests did not exceed.
    pub p50: Option<Aim>,
    /// The latency that 99 of 100 did not exceed.
    pub p99: Option<Aim>,
    /// Our processor time a lease.
    pub cpu: Option<Aim>,
    /// What the others do.
    pub others: &'static str,
}

/// What generating with so many clients is held against.
pub fn generate(clients: usize) -> GenerateGoals {
    match clients {
        0..=1 => GenerateGoals {
            rate: at_least("rate", 495.0, "/s"),
            p50: Some(below("p50", 1.9, " ms")),
            p99: None,
            cpu: None,
            others: "OpenBao 484–495/s, p50 1.9 ms; Infisical 66–76/s",
        },
        2..=16 => GenerateGoals {
            rate: at_least("rate", 2.0 * 1219.0, "/s"),
            p50: None,
            p99: Some(below("p99", 29.0, " ms")),
            cpu: None,
            others: "OpenBao 1,202–1,219/s, p99 29–31 ms; Infisical 125–136/s, p99 218–281 ms",
        },
        _ => GenerateGoals {
            rate: at_least("rate", 2.0 * 1603.0, "/s"),
            p50: None,
            p99: Some(below("p99", 81.0, " ms")),
            cpu: Some(below("our CPU a lease", 0.45, " ms")),
            others: "OpenBao 1,509–1,603/s, p99 81–100 ms, 0.9–1.6 CPU-ms each",
        },
    }
}

/// 10,000 leases that end in the same second.
pub const EXPIRY: Aim = below("all ended after", 1.2, " s");
/// What the others do there.
pub const EXPIRY_OTHERS: &str = "OpenBao 10,016 in 3.0 s, 2,707/s";
/// Any page of a list at 1,000,000 leases: 99 of 100, since one of many may meet a process that is in the way.
pub const LIST: Aim = below("p99", 10.0, " ms");
/// What the others do there.
pub const LIST_OTHERS: &str = "aim of every page: p99 below 10 ms; Infisical lists 10,000 in 141 ms";
/// From start to ready with 1,000,000 leases.
pub const READY: Aim = below("ready after", 0.3, " s");
/// What the others do there.
pub const READY_OTHERS: &str = "OpenBao with 50,000 leases: 3.2 s at 534 MB";
/// Resident memory with no leases.
pub const MEMORY_IDLE: Aim = below("resident", 40.0, " MB");
/// What the others do there.
pub const MEMORY_IDLE_OTHERS: &str = "OpenBao idles at 87 MB, Infisical at 227 MB plus its databases";
/// Resident memory with 1,000,000 leases.
pub const MEMORY_LARGE: Aim = below("resident", 80.0, " MB");
/// What the others do there.
pub const MEMORY_LARGE_OTHERS: &str = "OpenBao with 50,000 leases: 534 MB";
