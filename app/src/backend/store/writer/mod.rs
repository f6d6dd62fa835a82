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
use super::leases::{Beginning, Progress};
use job::{Job, Work};

pub(super) use together::{Member, Together};

/// Changes that may wait before a caller has to.
const WAITING: usize = 1024;
/// Changes in one transaction.
const BATCH: usize = 256;

/// A change that waits for the writer.
pub(super) enum Change {
    Job(Box<dyn Job>),
    Begin(Member<Beginning>),
    Progress(Member<Progress>),
}

pub(super) struct Writer {
    changes: mpsc::Sender<Change>,
    closing: CancellationToken,
    task: TaskTracker,
}

impl Writer {
    /// Starts the task.
    pub(super) fn start(connection: SqliteConnection) -> Self {
        let (changes, waiting) = mpsc::channel(WAITING);
        let closing = CancellationToken::new();
        let task = TaskTracker::new();
        task.spawn(run(connection, waiting, closing.clone()));
        task.close();
        Self {
            changes,
            closing,
            task,
        }
    }

    /// Runs a job.
    pub(super) async fn submit<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.send(Change::Job(Box::new(Work::new(job, answer))), answered)
            .await
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
                Batch::of(&mut taken).commit(&mut connection).await;
            }
        }
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "the database did not close well");
    }
}

/// What is committed in one transaction. All of it was asked at the same time, so its order is free.
#[derive(Default)]
struct Batch {
    jobs: Vec<Box<dyn Job>>,
    begins: Vec<Member<Beginning>>,
    progresses: Vec<Member<Progress>>,
}

impl Batch {
    fn of(taken: &mut Vec<Change>) -> Self {
        let mut batch = Self::default();
        for change in taken.drain(..) {
            match change {
                Change::Job(job) => batch.jobs.push(job),
                Change::Begin(member) => batch.begins.push(member),
                Change::Progress(member) => batch.progresses.push(member),
            }
        }
        batch
    }

    async fn commit(mut self, connection: &mut SqliteConnection) {
        let outcome = self.try_commit(connection).await;
        if outcome.is_err() {
            // It fails where SQLite has rolled back by itself, which is as good.
            let _ = sqlx::query("ROLLBACK").execute(connection).await;
        }
        for job in self.jobs {
            job.answer(&outcome);
        }
        together::answer(self.begins, &outcome);
        together::answer(self.progresses, &outcome);
    }

    /// An error is one of the whole batch.
    async fn try_commit(&mut self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        for job in &mut self.jobs {
            job::run_alone(connection, job.as_mut()).await?;
        }
        together::run(connection, &mut self.begins).await?;
        together::run(connection, &mut self.progresses).await?;
        sqlx::query("COMMIT").execute(connection).await?;
        Ok(())
    }
}
