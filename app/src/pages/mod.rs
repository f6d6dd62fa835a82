//! The screens, one file each.

pub mod secret_form;
pub mod secret_new;

pub use secret_new::SecretNewPage;
