//! The screens, one file each.

pub mod home;
pub mod item;
pub mod items;
pub mod lease;
pub mod leases;
pub mod not_found;
pub mod secret_form;
pub mod secret_new;
pub mod sign_in;
pub mod target;
pub mod target_left;
pub mod target_new;
pub mod targets;

pub use home::HomePage;
pub use item::ItemPage;
pub use items::ItemsPage;
pub use lease::LeasePage;
pub use leases::LeasesPage;
pub use not_found::NotFoundPage;
pub use secret_new::SecretNewPage;
pub use sign_in::SignInPage;
pub use target::TargetPage;
pub use target_new::TargetNewPage;
pub use targets::TargetsPage;
