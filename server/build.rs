//! Sees to it that the site's folder exists and that a new site is embedded.
//!
//! `make site` fills the folder. Where it has not run yet, as for `cargo test` alone, the folder is empty and the console has
//! neither style nor WebAssembly.

use std::path::Path;

fn main() {
    // As it is now, not as it was when this was compiled: folders of the same sources can share what they build.
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let site = Path::new(&package).join("../target/site");
    if let Err(error) = std::fs::create_dir_all(&site) {
        println!("cargo::error=can't make {}: {error}", site.display());
    }
    println!("cargo::rerun-if-changed={}", site.display());
}
