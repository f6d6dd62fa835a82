//! An HTTP double of Microsoft Entra ID: token endpoint, Microsoft Graph, faults and truth for tests.
//!
//! A test starts one in-process with [`Emulator::start`]; the binary `entra-emulator` serves one to anything else. It
//! starts with a tenant called Contoso (see [`TenantFacts`]), keeps everything in memory, refuses what Entra refuses,
//! and runs on a [`Clock`] that tests can move.
//!
//! | part | what it is |
//! |---|---|
//! | `server`, `wire`, `tls` | connections, decoded requests, the made-up certificate authority |
//! | `token` | discovery, the token endpoint, signed tokens |
//! | `graph` | Microsoft Graph, one module per resource |
//! | `directory` | the tenant's state and the rules that hold whatever the protocol |
//! | `seed`, `facts` | the tenant that every emulator starts with |
//! | `control`, `faults`, `log` | the levers of tests, in-process and under `/_emulator` |

mod clock;
mod control;
mod directory;
mod emulator;
mod entropy;
mod facts;
mod faults;
mod graph;
mod log;
mod seed;
mod server;
mod tls;
mod token;
mod wire;
mod world;
mod writing;

pub use crate::{
    clock::Clock,
    directory::ledger::{
        Ledger, LedgerApplication, LedgerMembership, LedgerPassword, LedgerRoleAssignment, LedgerUser,
    },
    emulator::{Emulator, Options},
    facts::TenantFacts,
    faults::{Fault, FaultKind},
    log::LoggedRequest,
};
