//! The limits by which requests are refused: the closed set of the label `limit`.

/// What refused a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// Requests a minute of a key.
    KeyRequests,
    /// Uploads a minute of a key.
    KeyUploads,
    /// Requests a minute without a valid key of an address.
    AnonymousRequests,
    /// Requests a minute of an address.
    AddressRequests,
    /// Uploads a minute of an address.
    AddressUploads,
    /// Tries a minute to sign in, of an address.
    AddressSignIns,
    /// Tries a minute to sign in with a user name.
    UserSignIns,
    /// Connections open at once of an address.
    AddressConnections,
    /// Uploads under way at once of a key.
    UploadsOfKey,
    /// Uploads under way at once of an address.
    UploadsOfAddress,
    /// Uploads under way at once in all.
    Uploads,
    /// Bytes of all uploads under way.
    SpoolBytes,
    /// Room on the disks of the spool and of the data folder.
    DiskSpace,
    /// The line of those who wait for a worker.
    Queue,
    /// A body that came too slowly.
    SlowBody,
}

impl Limit {
    pub const ALL: [Self; 15] = [
        Self::KeyRequests,
        Self::KeyUploads,
        Self::AnonymousRequests,
        Self::AddressRequests,
        Self::AddressUploads,
        Self::AddressSignIns,
        Self::UserSignIns,
        Self::AddressConnections,
        Self::UploadsOfKey,
        Self::UploadsOfAddress,
        Self::Uploads,
        Self::SpoolBytes,
        Self::DiskSpace,
        Self::Queue,
        Self::SlowBody,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::KeyRequests => "key-requests",
            Self::KeyUploads => "key-uploads",
            Self::AnonymousRequests => "anonymous-requests",
            Self::AddressRequests => "address-requests",
            Self::AddressUploads => "address-uploads",
            Self::AddressSignIns => "address-sign-ins",
            Self::UserSignIns => "user-sign-ins",
            Self::AddressConnections => "address-connections",
            Self::UploadsOfKey => "uploads-of-key",
            Self::UploadsOfAddress => "uploads-of-address",
            Self::Uploads => "uploads",
            Self::SpoolBytes => "spool-bytes",
            Self::DiskSpace => "disk-space",
            Self::Queue => "queue",
            Self::SlowBody => "slow-body",
        }
    }
}
