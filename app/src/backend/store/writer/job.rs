//! A change of its own kind, run under a savepoint.

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::SqliteConnection;
use tokio::sync::oneshot;

use super::{Guard, StoreError};

/// A job whose type of answer is forgotten.
pub(in super::super) trait Job: Send {
    /// Does it, and keeps the answer; the error is a copy of the one that its caller gets.
    fn run<'c>(&'c mut self, connection: &'c mut SqliteConnection) -> BoxFuture<'c, Result<(), StoreError>>;

    /// Gives the answer, unless the batch failed.
    fn answer(self: Box<Self>, outcome: &Result<(), StoreError>);
}

/// Runs a job so that, where it fails, nothing of it is left. The error is one of the transaction.
pub(super) async fn run(
    connection: &mut SqliteConnection,
    job: &mut dyn Job,
    guard: Guard,
) -> Result<(), StoreError> {
    guard.set(connection).await?;
    if let Err(error) = job.run(connection).await {
        guard.undo(connection, &error).await?;
    }
    guard.release(connection).await
}

pub(super) struct Work<T, F> {
    job: Option<F>,
    result: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Work<T, F> {
    pub(super) fn new(job: F, answer: oneshot::Sender<Result<T, StoreError>>) -> Self {
        Self {
            job: Some(job),
            result: None,
            answer,
        }
    }
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
        super::together::give(self.answer, self.result, outcome);
    }
}
