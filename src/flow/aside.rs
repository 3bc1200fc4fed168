//! Work that is not a check: never on the threads that listen, and no more of it at once than there are processors for.
//! What takes longer than about a millisecond belongs here.

use super::Service;
use super::error::FlowError;
use super::threads::{NotDone, Threads};

impl Service {
    /// Runs work of the department or of an authority, once a thread for it is free.
    pub async fn at_work<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, FlowError> {
        done(&self.0.own, doing, work).await
    }

    /// Runs work that anybody may ask for. Whatever the public asks, it holds up nobody's return.
    pub async fn for_the_public<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, FlowError> {
        done(&self.0.public, doing, work).await
    }
}

async fn done<T: Send + 'static>(
    threads: &Threads,
    doing: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, FlowError> {
    threads.run(work).await.map_err(|NotDone| FlowError::internal(doing, "the work ended in a panic"))
}
