//! The parts that pages are made of.
//!
//! The base kit knows nothing of what is shown: button, field, modal, notice, copy, icon, `page_header`, live, time. Parts
//! that know leases stand beside it: `state_badge`, fuse, `lease_table`. The buttons that act are in generate, renew,
//! revoke, delete, abandon and `clean_up`; their dialogs open in the one `ActionHost`, and are made of modal, `ttl_field`,
//! `credential_card` and their parts.
//! `picker` chooses things of Entra by name.

pub mod abandon;
pub mod actions;
pub mod browser;
pub mod button;
pub mod clean_up;
pub mod copy;
pub mod copy_secret;
pub mod credential_card;
pub mod delete;
pub mod exports;
pub mod field;
pub mod folder_tree;
pub mod frame;
pub mod fuse;
pub mod generate;
pub mod generate_dialog;
pub mod icon;
pub mod lease_table;
pub mod leave_guard;
pub mod live;
pub mod modal;
pub mod notice;
pub mod page_header;
pub mod pager;
pub mod picker;
pub mod picker_list;
pub mod problem;
pub mod refresh;
pub mod renew;
pub mod reveal_once;
pub mod revoke;
pub mod search;
pub mod state_badge;
pub mod time;
pub mod ttl_field;
pub mod user_menu;
pub mod words;

pub use abandon::{AbandonButton, GivenUp};
pub use actions::{ActionHost, provide_actions};
pub use browser::TimeStyle;
pub use button::{Button, IconButton, LinkButton, SubmitButton, Variant};
pub use copy::{CopyButton, CopyId};
pub use delete::{BeingDeleted, DeleteButton, Doomed};
pub use field::{Checkbox, Field, SelectField, TextArea, TextField, described_by};
pub use fuse::{Fuse, FuseFull, FuseLine};
pub use generate::GenerateButton;
pub use icon::{Icon, IconView};
pub use lease_table::LeaseTable;
pub use live::{announcer, hydrated, now, now_until, now_untracked};
pub use notice::{Empty, ErrorNotice, Notice, Tone};
pub use page_header::PageHeader;
pub use pager::{Pager, Place};
pub use refresh::Refresh;
pub use renew::RenewButton;
pub use revoke::RevokeButton;
pub use state_badge::{Backstop, StateBadge, state_note};
pub use time::{Countdown, TimeText, relative, span, ttl_text};
