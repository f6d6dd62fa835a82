//! The model test: random sequences of what people, machines, Entra, clocks and kills do to an installation, against a model of
//! what must be true of the leases.
//!
//! | file | what |
//! |---|---|
//! | `step` | what can happen, and how it is made up |
//! | `reference` | which step may follow which |
//! | `installation` | the processes that run one after the other on the same data, and the tenant |
//! | `system` | the machine under test: which step is done where |
//! | `asking`, `ending`, `passing` | do the steps, and hold each answer against the book |
//! | `book` | the model: the leases that were answered, and what has become of them |
//! | `ledger` | what a grant is in the tenant's ledger |
//! | `found` | the sequences that failed once |
//! | `invariants` | what holds always, and what holds once all is quiet |
//!
//! To add a step: a variant of `Step`, its chance in `reference`, its deed in `system` or beside it; the compiler lists the rest. A new kind
//! takes part by itself.
//!
//! `make soak` runs thousands of longer sequences. A failure tells its seed, which gives the same sequences again, and the fewest
//! steps that fail; write those into `found`, so that they are tried ever after. `MODEL_TRACE=1` shows what each step answered.

mod asking;
mod book;
mod ending;
mod found;
mod installation;
mod invariants;
mod ledger;
mod passing;
mod reference;
mod runs;
mod step;
mod system;
