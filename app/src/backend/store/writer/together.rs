//! Changes of one sort, made by one statement for all that are waiting.
//!
//! Rule: where the statement fails for all, each is made alone, so that only those fail that must.

use futures::future::BoxFuture;
use sqlx::SqliteConnection;
use tokio::sync::oneshot;

use super::{Change, Guard, StoreError};

/// A change that is made for many at once.
pub(in super::super) trait Together: Send + Sync + Sized + 'static {
    /// What its caller is told.
    type Answer: Send + 'static;

    /// It, as it stands in the writer's queue.
    fn queued(member: Member<Self>) -> Change;

    /// Makes all of them; one answer each, in their order.
    fn run<'c>(
        connection: &'c mut SqliteConnection,
        all: &'c [&'c Self],
    ) -> BoxFuture<'c, Result<Vec<Self::Answer>, StoreError>>;
}

/// A change that waits, and who waits for it.
pub(in super::super) struct Member<T: Together> {
    change: T,
    result: Option<Result<T::Answer, StoreError>>,
    answer: oneshot::Sender<Result<T::Answer, StoreError>>,
}

impl<T: Together> Member<T> {
    pub(super) fn new(change: T, answer: oneshot::Sender<Result<T::Answer, StoreError>>) -> Self {
        Self {
            change,
            result: None,
            answer,
        }
    }
}

/// Makes all these changes. The error is one of the transaction.
pub(super) async fn run<T: Together>(
    connection: &mut SqliteConnection,
    members: &mut [Member<T>],
    guard: Guard,
) -> Result<(), StoreError> {
    if members.is_empty() || attempt(connection, members, guard).await? {
        return Ok(());
    }
    for member in members {
        attempt(connection, std::slice::from_mut(member), guard).await?;
    }
    Ok(())
}

/// One try for all of them: false where it failed, with nothing left of it.
async fn attempt<T: Together>(
    connection: &mut SqliteConnection,
    members: &mut [Member<T>],
    guard: Guard,
) -> Result<bool, StoreError> {
    guard.set(connection).await?;
    let changes: Vec<_> = members.iter().map(|member| &member.change).collect();
    let made = T::run(connection, &changes).await;
    match &made {
        Ok(_) => {}
        Err(error) => guard.undo(connection, error).await?,
    }
    guard.release(connection).await?;
    let done = made.is_ok();
    match made {
        Ok(answers) => {
            for (member, answer) in members.iter_mut().zip(answers) {
                member.result = Some(Ok(answer));
            }
        }
        // Of many it is not known whose it is.
        Err(error) => {
            if let [member] = members {
                member.result = Some(Err(error));
            }
        }
    }
    Ok(done)
}

/// Answers all of them.
pub(super) fn answer<T: Together>(members: Vec<Member<T>>, outcome: &Result<(), StoreError>) {
    for member in members {
        give(member.answer, member.result, outcome);
    }
}

/// Gives an answer, unless the batch failed.
pub(super) fn give<T>(
    answer: oneshot::Sender<Result<T, StoreError>>,
    result: Option<Result<T, StoreError>>,
    outcome: &Result<(), StoreError>,
) {
    let told = match (result, outcome) {
        // Its own failure says more than that of the batch.
        (Some(Err(error)), _) => Err(error),
        (Some(Ok(_)) | None, Err(error)) => Err(error.clone()),
        (Some(Ok(value)), Ok(())) => Ok(value),
        (None, Ok(())) => Err(StoreError::Unavailable("the change was not made".to_owned())),
    };
    // The caller may be gone; what it asked is done all the same.
    let _ = answer.send(told);
}
