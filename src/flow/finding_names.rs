//! What a finding is called outside the process: in the ledger, and where it is explained.

use super::Service;
use super::error::FlowError;
use crate::domain::digest::Digest;
use crate::domain::finding::Finding;
use crate::validate::difference::fingerprint;
use std::sync::Arc;

impl Service {
    /// Names findings: by what they are about and the facts they rest on, under the secret of the service.
    pub(super) fn finding_names(&self) -> impl Fn(&Finding) -> Digest + Send + 'static {
        let (specification, secret) = (Arc::clone(self.specification()), self.key_secret().clone());
        move |finding| secret.name_of_finding(&fingerprint(&specification, finding))
    }

    /// Gives the findings that an earlier program explained the names that this one gives them. It kept digests that need no
    /// secret, of which a name can be made and which then are gone.
    pub(super) async fn name_old_findings(&self) -> Result<(), FlowError> {
        let secret = self.key_secret().clone();
        let name = move |digest: &Digest| secret.name_of_finding(digest);
        let named = self.ledger().name_findings(&name).await.map_err(FlowError::store("name explained findings"))?;
        if named > 0 {
            tracing::info!(explanations = named, "explained findings have names that need the secret now");
        }
        Ok(())
    }
}
