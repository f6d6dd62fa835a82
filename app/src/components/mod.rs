//! The parts that pages are made of.

pub mod actions;
pub mod generate;
pub mod renew;
pub mod revoke;

pub use actions::{ActionHost, provide_actions};
pub use generate::GenerateButton;
pub use renew::RenewButton;
pub use revoke::RevokeButton;
