//! Addresses for reminders beside those of people who have an account. For `homeward admin`.

use super::error::FlowError;
use crate::domain::authority::Register;
use crate::domain::clock::Clock;
use crate::notices::is_address;
use crate::store::{Contact, Ledger};

/// Who stands for the department among organisations.
pub(super) const DEPARTMENT: &str = "department";

fn contact(register: &Register, organisation: &str, address: &str) -> Result<Contact, FlowError> {
    let organisation = if organisation.eq_ignore_ascii_case(DEPARTMENT) {
        DEPARTMENT.to_owned()
    } else {
        let line = register.by_any_code(organisation).next();
        let unknown = || {
            let problem = format!("{organisation} is neither an authority of the register nor {DEPARTMENT}");
            FlowError::RequestInvalid(problem)
        };
        line.map(|line| line.code.clone()).ok_or_else(unknown)?
    };
    let address = address.trim().to_owned();
    if !is_address(&address) {
        return Err(FlowError::RequestInvalid("that is not an e-mail address".to_owned()));
    }
    Ok(Contact { organisation, address })
}

/// Adds an address; one that is there stays.
pub async fn add_contact(
    ledger: &dyn Ledger,
    register: &Register,
    clock: &dyn Clock,
    organisation: &str,
    address: &str,
) -> Result<Contact, FlowError> {
    let contact = contact(register, organisation, address)?;
    ledger.add_contact(&contact, clock.now()).await.map_err(FlowError::store("add the contact"))?;
    Ok(contact)
}

/// Removes an address; one that is not there is not found.
pub async fn remove_contact(
    ledger: &dyn Ledger,
    register: &Register,
    clock: &dyn Clock,
    organisation: &str,
    address: &str,
) -> Result<Contact, FlowError> {
    let contact = contact(register, organisation, address)?;
    let removed = ledger.remove_contact(&contact, clock.now()).await;
    if removed.map_err(FlowError::store("remove the contact"))? { Ok(contact) } else { Err(FlowError::NotFound) }
}

/// Every address that was entered, by organisation.
pub async fn list_contacts(ledger: &dyn Ledger) -> Result<Vec<Contact>, FlowError> {
    ledger.contacts().await.map_err(FlowError::store("list the contacts"))
}
