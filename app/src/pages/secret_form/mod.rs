//! The parts of the form that makes an item: one file a section, one a kind.
