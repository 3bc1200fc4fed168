//! The organisations to which people and keys belong: the register's authorities, and the department.

use super::account::Roles;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How the department is named in lists and in the ledger.
const DEPARTMENT: &str = "department";

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Organisation {
    /// Whoever runs the collections.
    Department,
    /// One authority, by its three-digit code.
    Authority(String),
}

impl Organisation {
    /// `department`, or the authority's code.
    pub fn id(&self) -> &str {
        match self {
            Self::Department => DEPARTMENT,
            Self::Authority(code) => code,
        }
    }

    /// The authority's code; none of the department.
    pub fn authority(&self) -> Option<&str> {
        match self {
            Self::Department => None,
            Self::Authority(code) => Some(code),
        }
    }

    /// Whether somebody of the organisation can have all of these roles.
    pub fn may_have(&self, roles: Roles) -> bool {
        roles.iter().all(|role| role.belongs_to_an_authority() == self.authority().is_some())
    }
}

impl From<String> for Organisation {
    fn from(id: String) -> Self {
        if id == DEPARTMENT { Self::Department } else { Self::Authority(id) }
    }
}

impl From<Organisation> for String {
    fn from(organisation: Organisation) -> Self {
        organisation.id().to_owned()
    }
}

impl fmt::Display for Organisation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Role;

    #[test]
    fn roles_belong_to_an_authority_or_to_the_department() {
        let (authority, department) = (Organisation::from("330".to_owned()), Organisation::Department);
        assert_eq!((authority.authority(), department.authority()), (Some("330"), None));
        assert!(authority.may_have([Role::Submitter, Role::Signatory].into_iter().collect()));
        assert!(!authority.may_have([Role::Submitter, Role::Collector].into_iter().collect()));
        assert!(department.may_have([Role::Collector, Role::Operator].into_iter().collect()));
        assert!(!department.may_have(Roles::one(Role::Signatory)));
        assert_eq!(Organisation::from(String::from(department.clone())), department);
    }
}
