//! The same work on each thing of a list, on as many threads as there are processors.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// The answers, in the order of the things, whichever thread gave them. A panic of the work is a panic here.
pub fn side_by_side<T: Sync, A: Send>(things: &[T], work: impl Fn(&T) -> A + Sync) -> Vec<A> {
    let answers: Vec<Mutex<Option<A>>> = things.iter().map(|_| Mutex::default()).collect();
    let next = AtomicUsize::new(0);
    let run = || {
        while let Some((thing, cell)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            things.get(at).zip(answers.get(at))
        } {
            let answer = work(thing);
            *cell.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(things.len());
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        run();
        for other in others {
            if let Err(panic) = other.join() {
                // The text is that of the work and not of the thread that did it.
                resume_unwind(panic);
            }
        }
    });
    let answers = answers.into_iter().map(|cell| cell.into_inner().unwrap_or_else(PoisonError::into_inner));
    // Every cell is filled: each thing was taken by one thread, and the scope waited for all of them.
    answers.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_once_in_the_order_of_the_things() {
        let things: Vec<u32> = (0..1000).collect();
        let answers = side_by_side(&things, |thing| {
            if thing % 100 == 0 {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            thing * 2
        });
        assert_eq!(answers, things.iter().map(|thing| thing * 2).collect::<Vec<_>>());
        assert!(side_by_side(&[] as &[u32], |thing| *thing).is_empty());
    }

    #[test]
    #[should_panic(expected = "no answer")]
    fn a_panic_of_the_work_is_not_kept_quiet() {
        side_by_side(&[1, 2, 3], |thing| assert!(*thing != 2, "no answer"));
    }
}
