//! What is printed.

use std::cell::{Cell, RefCell};

use crate::goals::{Aim, Verdict};
use crate::load::Outcome;
use crate::stats::{millis, number, text};

/// A heading.
pub fn section(title: &str) {
    println!("\n{title}");
}

/// A remark.
pub fn note(text: &str) {
    println!("    {text}");
}

/// Prints as it goes, and remembers what was wrong and what was missed.
#[derive(Default)]
pub struct Report {
    wrong: RefCell<Vec<String>>,
    missed: RefCell<Vec<String>>,
    held: Cell<usize>,
}

impl Report {
    /// What is not a matter of speed: it makes the run fail.
    pub fn wrong(&self, what: String) {
        println!("    WRONG: {what}");
        self.wrong.borrow_mut().push(what);
    }

    /// Requests: their rate, latencies and costs.
    pub fn requests(&self, what: &str, clients: usize, outcome: &mut Outcome) {
        let count = outcome.latencies.count();
        let rate = number(count) / outcome.elapsed.as_secs_f64();
        let each = |cpu| text(millis(cpu) / number(count));
        println!(
            "{what:<44}{clients:>4} clients {:>8}/s  p50 {:>6}  p99 {:>6}  max {:>6} ms   CPU ms each: ours {}, emulator {}, load {}   ({count} in {} s)",
            text(rate),
            text(outcome.latencies.at(0.5)),
            text(outcome.latencies.at(0.99)),
            text(outcome.latencies.at(1.0)),
            each(outcome.cpu.server),
            each(outcome.cpu.emulator),
            each(outcome.cpu.load),
            text(outcome.elapsed.as_secs_f64()),
        );
        self.failures(what, outcome);
    }

    /// Requests of which only the time counts; `aim` is one for their 99th percentile.
    pub fn latencies(&self, what: &str, outcome: &mut Outcome, aim: Option<Aim>) {
        let p99 = outcome.latencies.at(0.99);
        let verdict = match aim.map(|aim| self.judge(what, aim, p99)) {
            None => "",
            Some(Verdict { holds: true, .. }) => "  holds",
            Some(Verdict { holds: false, .. }) => "  MISSED",
        };
        println!(
            "{what:<76} p50 {:>6}  p99 {:>6}  max {:>6} ms{verdict}",
            text(outcome.latencies.at(0.5)),
            text(p99),
            text(outcome.latencies.at(1.0)),
        );
        self.failures(what, outcome);
    }

    fn failures(&self, what: &str, outcome: &Outcome) {
        if outcome.failed > 0 {
            self.wrong(format!(
                "{what}: {} requests failed, such as {:?}",
                outcome.failed, outcome.errors
            ));
        }
    }

    /// Something measured beside what it is held against.
    pub fn held_against(&self, what: &str, measured: &[(Aim, f64)], others: &str) {
        let judged = measured
            .iter()
            .map(|&(aim, measured)| self.judge(what, aim, measured));
        let shown: Vec<String> = judged.map(|verdict| verdict.text).collect();
        println!("    {}   [{others}]", shown.join(" · "));
    }

    fn judge(&self, what: &str, aim: Aim, measured: f64) -> Verdict {
        let verdict = aim.judge(measured);
        if verdict.holds {
            self.held.set(self.held.get() + 1);
        } else {
            self.missed.borrow_mut().push(format!("{what}: {}", verdict.text));
        }
        verdict
    }

    /// The end: whether everything was right.
    pub fn finish(&self) -> bool {
        let (wrong, missed) = (self.wrong.borrow(), self.missed.borrow());
        section(&format!(
            "{} aims hold, {} are missed",
            self.held.get(),
            missed.len()
        ));
        for line in missed.iter() {
            note(line);
        }
        for line in wrong.iter() {
            note(&format!("WRONG: {line}"));
        }
        wrong.is_empty()
    }
}
