//! What a panic says could quote what it was working on, so only its place is told.

use std::panic::Location;

/// From here on a panic of any thread writes its place to standard error and nothing of its message.
pub fn withhold_panic_messages() {
    std::panic::set_hook(Box::new(|panic| eprintln!("{}", told(panic.location()))));
}

fn told(place: Option<&Location<'_>>) -> String {
    let place = place.map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
    format!("homeward: a fault of the program{place}; what it was working on is not repeated. Please report the place.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_tells_its_place() {
        let place = Location::caller();
        let text = told(Some(place));
        assert!(text.contains(&format!("panics.rs:{}", place.line())), "{text}");
    }
}
