//! Sees to it that the site's folder exists and that a new site is embedded.
//!
//! `make site` fills the folder. Where it has not run yet, as for `cargo test` alone, the folder is empty and the console has
//! neither style nor WebAssembly.

use std::path::Path;

fn main() {
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/site");
    if let Err(error) = std::fs::create_dir_all(&site) {
        println!("cargo::error=can't make {}: {error}", site.display());
    }
    println!("cargo::rerun-if-changed={}", site.display());
}
