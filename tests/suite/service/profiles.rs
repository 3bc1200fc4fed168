//! An authority's own figures: for itself alone, as soon as its return has no errors.

use super::{Actor, Running, homeward, small_return};

#[tokio::test]
async fn an_authority_sees_its_own_profile_and_nobody_elses() {
    let service = Running::start(&[]);
    let submitter = service.acting("submitter", Some("330"));
    let path = "/v1/collections/reunification-2026/profile";
    assert_eq!(submitter.get(path).await.status, 404, "there is no return yet");
    assert_eq!(submitter.upload(small_return("330"), "first").await.status, 201);

    let page = submitter.get(path).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(page.header("cache-control"), "private, no-store");
    let page = String::from_utf8(page.body).expect("UTF-8");
    assert!(page.contains("For Birmingham alone.") && page.contains("No release is published yet"));

    let table = Actor::send(submitter.request("GET", path).header("accept", "text/csv")).await;
    let table = String::from_utf8(table.body).expect("UTF-8");
    assert!(
        table.starts_with("indicator,label,filters,measure,unit,own,rests_on,lower,upper,region,england,released\n")
    );
    assert!(!table.lines().any(|line| line.split(',').nth(5) == Some("c")), "nothing is hidden from itself");
    let pictures = Actor::send(submitter.request("GET", path).header("accept", "image/png")).await;
    assert_eq!(pictures.status, 406);

    assert_eq!(service.acting("signatory", Some("331")).get(path).await.status, 404, "another has its own or none");
    for role in ["collector", "analyst", "operator"] {
        assert_eq!(service.acting(role, None).get(path).await.status, 403, "{role}");
    }
    assert_eq!(submitter.get("/v1/collections/nothing-2026/profile").await.status, 404);
}

#[test]
fn the_command_makes_the_same_profile_without_a_service() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("return.zip");
    std::fs::write(&path, small_return("330")).expect("written");
    let output = folder.path().join("profile.csv");
    let (path, output_path) = (path.display().to_string(), output.display().to_string());
    let done = homeward(&["profile", &path, "--format", "csv", "--output", &output_path]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let table = std::fs::read_to_string(output).expect("the profile");
    assert!(table.lines().count() > 100 && table.contains("\nreturns,"), "{table}");
    let unknown = homeward(&["profile", &path, "--collection", "reunification-1999"]);
    assert_eq!(unknown.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("reunification-2026"));
}
