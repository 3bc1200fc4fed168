//! Where somebody goes after signing in: a path of this service and nowhere else.

/// The path, if it leads nowhere but here: browsers read `//host` and `/\host` as other hosts.
pub(super) fn local(path: &str) -> Option<&str> {
    let rest = path.strip_prefix('/')?;
    let is_local = !rest.starts_with(['/', '\\']) && path.len() <= 500;
    (is_local && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_service_are_taken() {
        for path in ["/", "/v1/returns?state=checked", "/v1/releases/1#a"] {
            assert_eq!(local(path), Some(path));
        }
        let long = format!("/{}", "a".repeat(500));
        for path in
            ["", "v1", "https://evil.example", "//evil.example", "/\\evil.example", "/a\\b", "/a\r\nb", "/\t/e", &long]
        {
            assert_eq!(local(path), None, "{path:?}");
        }
    }
}
