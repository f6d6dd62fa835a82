//! What is printed.

use std::cell::{Cell, RefCell};

use crate::goals::{Aim, Verdict};
use crate::load::Outcome;
use crate::stats::{millis, number, text};

/// Prints as it goes, and remembers what was wrong and what was missed.
#[derive(Default)]
pub struct Report {
    wrong: RefCell<Vec<String>>,
    missed: RefCell<Vec<String>>,
    held: Cell<usize>,
}

impl Report {
    /// A heading.
    pub fn section(&self, title: &str) {
        println!("\n{title}");
    }

    /// A remark.
    pub fn note(&self, text: &str) {
        println!("    {text}");
    }

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

    /// Requests of which only the time counts.
    pub fn latencies(&self, what: &str, outcome: &mut Outcome) {
        println!(
            "{what:<76} p50 {:>6}  p99 {:>6}  max {:>6} ms",
            text(outcome.latencies.at(0.5)),
            text(outcome.latencies.at(0.99)),
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
        let verdicts = measured.iter().map(|&(aim, measured)| Verdict { aim, measured });
        let mut shown = Vec::new();
        for verdict in verdicts {
            if verdict.holds() {
                self.held.set(self.held.get() + 1);
            } else {
                self.missed.borrow_mut().push(format!("{what}: {verdict}"));
            }
            shown.push(verdict.to_string());
        }
        println!("    {}   [{others}]", shown.join(" · "));
    }

    /// The end: whether everything was right.
    pub fn finish(&self) -> bool {
        let (wrong, missed) = (self.wrong.borrow(), self.missed.borrow());
        self.section(&format!(
            "{} aims hold, {} are missed",
            self.held.get(),
            missed.len()
        ));
        for line in missed.iter() {
            self.note(line);
        }
        for line in wrong.iter() {
            self.note(&format!("WRONG: {line}"));
        }
        wrong.is_empty()
    }
}
