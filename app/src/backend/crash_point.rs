//! Moments at which the process may die, for the tests that let it: around each commit and each remote call.
//!
//! Rule: outside of tests nothing is counted and nothing is kept. To add a point, say [`reached`] where a death must not matter;
//! the tests of `lease/tests/crash` then die there too.

/// A moment passes at which the process may die.
#[cfg(not(test))]
#[inline]
pub(super) fn reached(_moment: std::fmt::Arguments<'_>) {}

#[cfg(test)]
pub(super) use armed::{arm, reached};

#[cfg(test)]
mod armed {
    use std::fmt::Arguments;
    use std::process::Command;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Moments still to pass, that of death included; 0 where nobody is to die.
    static LEFT: AtomicU32 = AtomicU32::new(0);

    /// From now on, the process dies at the so-manieth moment.
    pub(in crate::backend) fn arm(moments: u32) {
        LEFT.store(moments, Ordering::SeqCst);
    }

    pub(in crate::backend) fn reached(moment: Arguments<'_>) {
        let before = LEFT.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if before == Ok(1) {
            println!("dying {moment}");
            die();
        }
    }

    /// By SIGKILL, from which nothing can be saved: no destructor runs, no buffer is written.
    fn die() -> ! {
        let me = std::process::id().to_string();
        drop(Command::new("kill").args(["-KILL", &me]).status());
        // The signal may arrive a moment after the command has ended.
        loop {
            std::thread::park();
        }
    }
}
