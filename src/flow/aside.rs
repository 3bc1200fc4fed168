//! Work for readers, which is not a check: never on the threads that listen, and no more of it at once than there are
//! processors for. What takes longer than about a millisecond belongs here.

use super::Service;
use super::error::FlowError;
use tracing::Span;

impl Service {
    /// Runs work on a thread of its own, once there is a place for it.
    pub async fn at_work<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, FlowError> {
        let place = self.data_sets().place().await.map_err(|closed| FlowError::internal(doing, closed))?;
        // What the work logs belongs to the request that asked for it.
        let span = Span::current();
        let work = tokio::task::spawn_blocking(move || {
            // Held until the work ends, also where nobody waits for it any more.
            let _place = place;
            span.in_scope(work)
        });
        work.await.map_err(|_| FlowError::internal(doing, "the work ended in a panic"))
    }
}
