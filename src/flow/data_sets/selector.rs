//! Which version of a data set a reader means: `1.2`, `2`, `2.*`, `*`.

use crate::domain::release::DataVersion;

/// A version, or the newest of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionSelector {
    Latest,
    /// The newest with this major number.
    Major(u32),
    /// The newest with these numbers, whatever its patch.
    Minor(u32, u32),
    Exactly(DataVersion),
}

impl VersionSelector {
    /// Reads what a reader wrote. Numbers that are left out are nought, as DfE's service has it; an asterisk stands for the
    /// newest, and only an asterisk may follow one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('v').unwrap_or(text);
        let parts = text.split('.').map(|part| match part {
            "*" => Some(None),
            digits => {
                let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                is_number.then(|| digits.parse::<u32>().ok()).flatten().map(Some)
            }
        });
        let parts: Vec<Option<u32>> = parts.collect::<Option<_>>()?;
        match parts.as_slice() {
            [None] | [None, None] | [None, None, None] => Some(Self::Latest),
            [Some(major), None] | [Some(major), None, None] => Some(Self::Major(*major)),
            [Some(major), Some(minor), None] => Some(Self::Minor(*major, *minor)),
            [Some(major)] => Some(Self::exactly(*major, 0, 0)),
            [Some(major), Some(minor)] => Some(Self::exactly(*major, *minor, 0)),
            [Some(major), Some(minor), Some(patch)] => Some(Self::exactly(*major, *minor, *patch)),
            _ => None,
        }
    }

    const fn exactly(major: u32, minor: u32, patch: u32) -> Self {
        Self::Exactly(DataVersion { major, minor, patch })
    }

    pub fn means(&self, version: DataVersion) -> bool {
        match *self {
            Self::Latest => true,
            Self::Major(major) => version.major == major,
            Self::Minor(major, minor) => (version.major, version.minor) == (major, minor),
            Self::Exactly(exactly) => version == exactly,
        }
    }

    /// Whether it means one version for ever.
    pub const fn is_pinned(&self) -> bool {
        matches!(self, Self::Exactly(_))
    }
}
