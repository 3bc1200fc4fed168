//! Identifiers that the service itself gives out. None of them says anything about a child.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new identifier that sorts by the given time (UUID version 7, RFC 9562).
            pub fn new(now: DateTime<Utc>) -> Self {
                let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
                let time = uuid::Timestamp::from_unix(uuid::NoContext, seconds, now.timestamp_subsec_nanos());
                Self(Uuid::new_v7(time))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

identifier!(
    /// One uploaded version of an authority's return.
    ReturnId
);
identifier!(
    /// One release of statistics.
    ReleaseId
);
identifier!(
    /// One key of the API.
    KeyId
);
identifier!(
    /// One person who signs in.
    PersonId
);
identifier!(
    /// One reminder by one channel: its `Message-ID` and its delivery.
    ReminderId
);
identifier!(
    /// One certificate of deletion.
    CertificateId
);
