//! The parts that pages are made of.

pub mod actions;
pub mod browser;
pub mod copy_button;
pub mod credential_card;
pub mod exports;
pub mod generate;
pub mod generate_dialog;
pub mod leave_guard;
pub mod modal;
pub mod picker;
pub mod picker_list;
pub mod problem;
pub mod renew;
pub mod reveal_once;
pub mod revoke;
pub mod ttl_field;
pub mod words;

pub use actions::{ActionHost, provide_actions};
pub use generate::GenerateButton;
pub use renew::RenewButton;
pub use revoke::RevokeButton;
