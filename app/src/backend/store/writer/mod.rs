//! The one writer: a task that owns a connection, takes changes from a channel and commits what is waiting in one transaction.
//!
//! Rule: nobody is answered before the commit. What can fail alone runs under a savepoint, so that it takes nothing of the others
//! with it. Where SQLite gave up the whole transaction (a full disk), everybody in the batch is told so.
//!
//! Most changes are [`job`]s, run one after the other. Those that a busy server makes all the time are [`together`]: all that are
//! waiting are made by one statement. To make one more of these: an `impl Together`, a variant of [`Change`], a line in [`Batch`].

mod job;
mod together;

use futures::future::BoxFuture;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::StoreError;
use super::kept::Epoch;
use super::leases::{Beginning, Progress, Settling};
use crate::backend::crash_point;
use job::{Job, Work};

pub(super) use together::{Member, Together};

/// Changes that may wait before a caller has to.
const WAITING: usize = 1024;
/// Changes in one transaction.
const BATCH: usize = 256;

/// What a job changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Leases alone, and what belongs to them.
    Leases,
    /// Anything, so that what is kept of the rest is out of date.
    Anything,
}

/// A change that waits for the writer.
pub(super) enum Change {
    Job(Scope, Box<dyn Job>),
    Begin(Box<Member<Beginning>>),
    Progress(Box<Member<Progress>>),
    Settle(Box<Member<Settling>>),
}

pub(super) struct Writer {
    changes: mpsc::Sender<Change>,
    closing: CancellationToken,
    task: TaskTracker,
}

impl Writer {
    /// Starts the task.
    pub(super) fn start(connection: SqliteConnection, epoch: Epoch) -> Self {
        let (changes, waiting) = mpsc::channel(WAITING);
        let closing = CancellationToken::new();
        let task = TaskTracker::new();
        task.spawn(run(connection, waiting, closing.clone(), epoch));
        task.close();
        Self {
            changes,
            closing,
            task,
        }
    }

    /// Runs a job.
    pub(super) async fn submit<T, F>(&self, scope: Scope, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Work::new(job, answer));
        self.send(Change::Job(scope, job), answered).await
    }

    /// Makes a change together with others of its sort.
    pub(super) async fn join<T: Together>(&self, change: T) -> Result<T::Answer, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.send(T::queued(Member::new(change, answer)), answered).await
    }

    async fn send<T>(
        &self,
        change: Change,
        answered: oneshot::Receiver<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let closed = || StoreError::Unavailable("it is closed".to_owned());
        self.changes.send(change).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Commits what is waiting, takes no more, and closes the connection.
    pub(super) async fn close(&self) {
        self.closing.cancel();
        self.task.wait().await;
    }
}

async fn run(
    mut connection: SqliteConnection,
    mut waiting: mpsc::Receiver<Change>,
    closing: CancellationToken,
    epoch: Epoch,
) {
    let mut taken = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            biased;
            () = closing.cancelled(), if !waiting.is_closed() => waiting.close(),
            count = waiting.recv_many(&mut taken, BATCH) => {
                if count == 0 {
                    break;
                }
                Batch::of(&mut taken).commit(&mut connection, &epoch).await;
            }
        }
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "the database did not close well");
    }
}

/// What keeps a change that fails from leaving anything behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    /// The transaction: nothing of it is kept then.
    Transaction,
    /// A savepoint.
    Savepoint,
}

impl Guard {
    async fn set(self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        self.say("SAVEPOINT change", connection).await
    }

    /// Undoes what was done since it was set. The error ends the transaction.
    async fn undo(self, connection: &mut SqliteConnection, why: &StoreError) -> Result<(), StoreError> {
        match self {
            Self::Transaction => Err(why.clone()),
            Self::Savepoint => {
                let undone = self.say("ROLLBACK TO change", connection).await;
                undone.map_err(|_| why.clone())
            }
        }
    }

    async fn release(self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        self.say("RELEASE change", connection).await
    }

    async fn say(self, what: &'static str, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        if self == Self::Savepoint {
            sqlx::query(what).execute(connection).await?;
        }
        Ok(())
    }
}

/// What is committed in one transaction. All of it was asked at the same time, so its order is free.
#[derive(Default)]
struct Batch {
    jobs: Vec<Box<dyn Job>>,
    begins: Vec<Member<Beginning>>,
    progresses: Vec<Member<Progress>>,
    settlings: Vec<Member<Settling>>,
    /// Whether it may change something that is kept in memory.
    touches_kept: bool,
}

impl Batch {
    fn of(taken: &mut Vec<Change>) -> Self {
        let mut batch = Self::default();
        for change in taken.drain(..) {
            match change {
                Change::Job(scope, job) => {
                    batch.touches_kept |= scope == Scope::Anything;
                    batch.jobs.push(job);
                }
                Change::Begin(member) => batch.begins.push(*member),
                Change::Progress(member) => batch.progresses.push(*member),
                Change::Settle(member) => batch.settlings.push(*member),
            }
        }
        batch
    }

    async fn commit(mut self, connection: &mut SqliteConnection, epoch: &Epoch) {
        crash_point::reached(format_args!("before a transaction"));
        let together = self.begins.len() + self.progresses.len() + self.settlings.len();
        let alone = self.jobs.len() + together == 1;
        // Alone in its transaction, a change needs no savepoint. What is made together hardly ever fails, and can be made again.
        let mut guard = if alone || self.jobs.is_empty() {
            Guard::Transaction
        } else {
            Guard::Savepoint
        };
        let outcome = loop {
            let outcome = self.try_commit(connection, guard).await;
            if outcome.is_err() {
                // It fails where SQLite has rolled back by itself, which is as good.
                let _ = sqlx::query("ROLLBACK").execute(&mut *connection).await;
                if guard == Guard::Transaction && !alone {
                    guard = Guard::Savepoint;
                    continue;
                }
            }
            break outcome;
        };
        if self.touches_kept {
            epoch.turn();
        }
        crash_point::reached(format_args!("after a transaction, before its answers"));
        for job in self.jobs {
            job.answer(&outcome);
        }
        together::answer(self.begins, &outcome);
        together::answer(self.progresses, &outcome);
        together::answer(self.settlings, &outcome);
    }

    /// An error is one of the whole batch.
    async fn try_commit(
        &mut self,
        connection: &mut SqliteConnection,
        guard: Guard,
    ) -> Result<(), StoreError> {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        for job in &mut self.jobs {
            job::run(connection, job.as_mut(), guard).await?;
        }
        together::run(connection, &mut self.begins, guard).await?;
        together::run(connection, &mut self.progresses, guard).await?;
        together::run(connection, &mut self.settlings, guard).await?;
        crash_point::reached(format_args!("before its commit"));
        sqlx::query("COMMIT").execute(connection).await?;
        Ok(())
    }
}
