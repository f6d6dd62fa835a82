//! The one writer: a task that owns a connection, takes jobs from a channel and commits what is waiting in one transaction.
//!
//! Rule: nobody is answered before the commit. Each job runs under a savepoint, so that one which fails takes nothing of the
//! others with it. Where SQLite gave up the whole transaction (a full disk), every job of the batch is told so.

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::StoreError;
use crate::backend::crash_point;

/// Jobs that may wait before a caller has to.
const WAITING: usize = 1024;
/// Jobs in one transaction.
const BATCH: usize = 128;

pub(super) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
    closing: CancellationToken,
    task: TaskTracker,
}

impl Writer {
    /// Starts the task.
    pub(super) fn start(connection: SqliteConnection) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let closing = CancellationToken::new();
        let task = TaskTracker::new();
        task.spawn(run(connection, waiting, closing.clone()));
        task.close();
        Self { jobs, closing, task }
    }

    pub(super) async fn submit<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let closed = || StoreError::Unavailable("it is closed".to_owned());
        let (answer, answered) = oneshot::channel();
        let work = Work {
            job: Some(job),
            result: None,
            answer,
        };
        self.jobs.send(Box::new(work)).await.map_err(|_| closed())?;
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
    mut waiting: mpsc::Receiver<Box<dyn Job>>,
    closing: CancellationToken,
) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            biased;
            () = closing.cancelled(), if !waiting.is_closed() => waiting.close(),
            taken = waiting.recv_many(&mut batch, BATCH) => {
                if taken == 0 {
                    break;
                }
                let outcome = commit_together(&mut connection, &mut batch).await;
                for job in batch.drain(..) {
                    job.answer(&outcome);
                }
            }
        }
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "the database did not close well");
    }
}

/// Runs the jobs and commits; an error is one of the whole batch.
async fn commit_together(
    connection: &mut SqliteConnection,
    batch: &mut [Box<dyn Job>],
) -> Result<(), StoreError> {
    crash_point::reached(format_args!("before a transaction"));
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let mut outcome = run_all(connection, batch).await;
    if outcome.is_ok() {
        crash_point::reached(format_args!("before its commit"));
        outcome = sqlx::query("COMMIT")
            .execute(&mut *connection)
            .await
            .map(|_| ())
            .map_err(StoreError::from);
    }
    if outcome.is_err() {
        // It fails where SQLite has rolled back by itself, which is as good.
        let _ = sqlx::query("ROLLBACK").execute(connection).await;
    }
    crash_point::reached(format_args!("after a transaction, before its answers"));
    outcome
}

async fn run_all(connection: &mut SqliteConnection, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    for job in batch {
        sqlx::query("SAVEPOINT job").execute(&mut *connection).await?;
        if let Err(error) = job.run(connection).await {
            sqlx::query("ROLLBACK TO job")
                .execute(&mut *connection)
                .await
                .map_err(|_| error)?;
        }
        sqlx::query("RELEASE job").execute(&mut *connection).await?;
    }
    Ok(())
}

/// A job whose type of answer is forgotten.
trait Job: Send {
    /// Does it, and keeps the answer; the error is a copy of the one that its caller gets.
    fn run<'c>(&'c mut self, connection: &'c mut SqliteConnection) -> BoxFuture<'c, Result<(), StoreError>>;

    /// Gives the answer, unless the batch failed.
    fn answer(self: Box<Self>, outcome: &Result<(), StoreError>);
}

struct Work<T, F> {
    job: Option<F>,
    result: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Work<T, F>
where
    T: Send,
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send,
{
    fn run<'c>(&'c mut self, connection: &'c mut SqliteConnection) -> BoxFuture<'c, Result<(), StoreError>> {
        Box::pin(async move {
            let Some(job) = self.job.take() else {
                return Ok(());
            };
            // A job that panics must not take the writer, and with it the server, along.
            let done = AssertUnwindSafe(async { job(connection).await })
                .catch_unwind()
                .await;
            let result = done.unwrap_or_else(|_| {
                Err(StoreError::Unavailable(
                    "a fault of ours ended the change".to_owned(),
                ))
            });
            let copy = result.as_ref().map(|_| ()).map_err(Clone::clone);
            self.result = Some(result);
            copy
        })
    }

    fn answer(self: Box<Self>, outcome: &Result<(), StoreError>) {
        let result = match (self.result, outcome) {
            // Its own failure says more than that of the batch.
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(_)) | None, Err(error)) => Err(error.clone()),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(StoreError::Unavailable("the change was not made".to_owned())),
        };
        // The caller may be gone; what it asked is done all the same.
        let _ = self.answer.send(result);
    }
}
