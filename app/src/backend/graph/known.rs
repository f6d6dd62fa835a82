//! Applications that were read within the last seconds, so that a busy one is not read again for each lease.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::backend::Stopwatch;

use super::Application;

/// How long what was read is believed.
const BELIEVED_FOR: Duration = Duration::from_secs(10);
/// Applications that are remembered; more of them begin anew.
const MOST: usize = 10_000;

/// The applications that are known.
#[derive(Debug)]
pub(super) struct Known {
    watch: Stopwatch,
    applications: Mutex<HashMap<String, (Duration, Application)>>,
}

impl Known {
    pub(super) fn new() -> Self {
        Self {
            watch: Stopwatch::start(),
            applications: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Duration, Application)>> {
        self.applications.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, object_id: &str) -> Option<Application> {
        let now = self.watch.elapsed();
        let applications = self.lock();
        let (read_at, application) = applications.get(object_id)?;
        (now.saturating_sub(*read_at) < BELIEVED_FOR).then(|| application.clone())
    }

    pub(super) fn keep(&self, application: Application) {
        let mut applications = self.lock();
        if applications.len() >= MOST {
            applications.clear();
        }
        applications.insert(application.id.clone(), (self.watch.elapsed(), application));
    }

    pub(super) fn forget(&self, object_id: &str) {
        self.lock().remove(object_id);
    }
}
