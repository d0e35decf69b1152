//! Configurations from the file system.

use prober::config::{LoadError, Origin, load, load_path};
use prober::plan::Way;

use crate::world::fixtures;

#[test]
fn files_are_looked_for_from_the_folder_of_the_configuration() {
    let file = fixtures().join("good/relative_files.yaml");
    let (plan, origin) = load(Some(&file)).unwrap();
    assert_eq!(origin, Origin::File(file));
    assert_eq!(plan.tls.extra_roots.len(), 1);
    let Way::Proxy(proxy) = &plan.paths[0].way else { panic!("{:?}", plan.paths) };
    assert_eq!(proxy.credentials.as_ref().unwrap().password.current().expose(), "correct horse");
}

#[test]
fn faults_name_the_file_as_it_was_named() {
    let file = fixtures().join("bad/site_empty.yaml");
    let Err(LoadError::Faults(faults)) = load(Some(&file)) else { panic!("{} loads", file.display()) };
    assert_eq!(faults.to_string(), format!("{}:1:7: site: a name must not be empty", file.display()));
}

#[test]
fn what_is_no_text_is_said_to_be_none() {
    let file = fixtures().join("files/latin-1");
    assert!(matches!(load(Some(&file)), Err(LoadError::NotText { offset: 4, .. })));
}

#[test]
fn a_path_can_be_had_without_an_endpoint_that_uses_it() {
    let file = fixtures().join("good/unused_path.yaml");
    let way = |name: &str| load_path(Some(&file), name).map(|path| (path.name.clone(), path.way.clone()));
    let (name, Way::Proxy(proxy)) = way("unused-auth").unwrap() else { panic!("no proxy") };
    assert_eq!((name.as_str(), proxy.to_string().as_str()), ("unused-auth", "unused.example:1"));
    assert_eq!(way("direct").unwrap(), ("direct".to_owned(), Way::Direct));
    let error = way("unsued-auth").unwrap_err().to_string();
    assert_eq!(
        error.rsplit('/').next(),
        Some("unused_path.yaml:2:1: there is no path \"unsued-auth\"; did you mean \"unused-auth\"?"),
    );
}
