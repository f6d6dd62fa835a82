//! The process really dies, by SIGKILL, before and after each commit and each remote call of a lease's whole life; the next one
//! finishes the story from the rows.
//!
//! The part of the process that dies is played by this test program, started again (`child.rs`); the tenant lives on here. New
//! kinds of secrets and new moments (`backend/crash_point.rs`) join by themselves. To add a story: a variant of [`Story`], and what
//! the child does in it.

mod child;
mod scene;

use crate::domain::Kind;
use child::Story;
use scene::Scene;

/// The moments are divided among so many tests, which run side by side.
const SHARES: u32 = 6;
/// Fewer moments than that in all stories of one kind, and something no longer counts them.
const FEWEST: u32 = 60;

/// Dies at every [`SHARES`]th moment, from `first` on, of every story of every kind, until a child outlives its story.
async fn die_at_each_of(first: u32) {
    for kind in Kind::ALL {
        let mut deaths = 0;
        for story in Story::ALL {
            let scene = Scene::of(kind).await;
            for moment in (first..).step_by(SHARES as usize) {
                let played = scene.play(story, moment).await;
                scene.recovers(&played).await;
                if !played.died {
                    break;
                }
                deaths += 1;
            }
        }
        assert!(deaths >= FEWEST / SHARES, "{kind:?}: died only {deaths} times");
    }
}

#[tokio::test]
async fn it_dies_at_every_sixth_moment_from_the_first() {
    die_at_each_of(1).await;
}

#[tokio::test]
async fn it_dies_at_every_sixth_moment_from_the_second() {
    die_at_each_of(2).await;
}

#[tokio::test]
async fn it_dies_at_every_sixth_moment_from_the_third() {
    die_at_each_of(3).await;
}

#[tokio::test]
async fn it_dies_at_every_sixth_moment_from_the_fourth() {
    die_at_each_of(4).await;
}

#[tokio::test]
async fn it_dies_at_every_sixth_moment_from_the_fifth() {
    die_at_each_of(5).await;
}

#[tokio::test]
async fn it_dies_at_every_sixth_moment_from_the_sixth() {
    die_at_each_of(6).await;
}
