//! What every room talks about: identifiers, periods, authorities, tables of text, locations, findings, the clock.
//!
//! This room never does I/O, is never async, and never knows a particular collection.
//! Any room may call it; it calls none.

pub mod account;
pub mod authority;
pub mod clock;
pub mod collecting;
pub mod course;
pub mod digest;
pub mod evidence;
pub mod finding;
pub mod guarded;
pub mod identifier;
pub mod local_time;
pub mod network;
pub mod organisation;
pub mod period;
pub mod place;
pub mod release;
pub mod reminder;
pub mod report;
pub mod side_by_side;
pub mod stage;
pub mod state;
pub mod table;
