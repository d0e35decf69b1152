//! Files that change.

use std::os::unix::fs::symlink;
use std::sync::Arc;

use super::*;
use crate::web::secured::{Secured, Settings};

/// Looks twice, as time would: the first look notes a change, the second takes it.
fn look_twice(secured: &Secured) -> Arc<Settings> {
    secured.look();
    secured.look();
    secured.settings()
}

#[test]
fn nothing_is_read_again_while_nothing_changes() {
    let folder = Folder::with_certificates(&Authority::new("ca"));
    let file = folder.write("web.yml", "tls_server_config: {cert_file: server.pem, key_file: server.key}");
    let secured = Secured::load(file).unwrap();
    let before = secured.settings();
    assert!(Arc::ptr_eq(&before, &look_twice(&secured)));
}

#[test]
fn a_certificate_that_is_renewed_is_taken_when_its_key_fits() {
    let authority = Authority::new("ca");
    let folder = Folder::with_certificates(&authority);
    let file = folder.write("web.yml", "tls_server_config: {cert_file: server.pem, key_file: server.key}");
    let secured = Secured::load(file).unwrap();
    let before = secured.settings();
    let (chain, key) = authority.server("localhost");
    folder.write("server.pem", &chain);
    assert!(Arc::ptr_eq(&before, &look_twice(&secured)), "the key is still the old one's");
    folder.write("server.key", &key);
    assert!(!Arc::ptr_eq(&before, &look_twice(&secured)));
}

#[test]
fn a_file_that_is_being_written_is_not_read_halfway() {
    let folder = Folder::new();
    let whole = users(&[("alice", "right")]);
    let file = folder.write("web.yml", &whole);
    let secured = Secured::load(file).unwrap();
    let before = secured.settings();
    folder.write("web.yml", "{}");
    secured.look();
    folder.write("web.yml", &format!("{whole}\n"));
    secured.look();
    assert!(Arc::ptr_eq(&before, &secured.settings()), "it changed between two looks");
    secured.look();
    assert!(!Arc::ptr_eq(&before, &secured.settings()));
    assert_eq!(secured.describe(), (false, true));
}

#[test]
fn what_is_bad_leaves_the_old_in_force_until_it_is_good_again() {
    let folder = Folder::new();
    let file = folder.write("web.yml", &users(&[("alice", "right")]));
    let secured = Secured::load(&file).unwrap();
    let before = secured.settings();
    for bad in
        ["", "basic_auth_user: {}", "basic_auth_users: {alice: right}", "tls_server_config: {cert_file: late.pem}"]
    {
        folder.write("web.yml", bad);
        assert!(Arc::ptr_eq(&before, &look_twice(&secured)), "{bad}");
        assert!(!secured.is_followed().unwrap().load(Ordering::Relaxed), "{bad}");
    }
    std::fs::remove_file(&file).unwrap();
    assert!(Arc::ptr_eq(&before, &look_twice(&secured)), "it is gone");
    folder.write("web.yml", &users(&[("bob", "right")]));
    assert!(!Arc::ptr_eq(&before, &look_twice(&secured)));
    assert!(secured.is_followed().unwrap().load(Ordering::Relaxed));
    assert!(Secured::open_to_all().is_followed().is_none());
}

#[test]
fn a_file_that_a_bad_configuration_lacks_is_waited_for() {
    let authority = Authority::new("ca");
    let folder = Folder::with_certificates(&authority);
    let file = folder.write("web.yml", "tls_server_config: {cert_file: server.pem, key_file: server.key}");
    let secured = Secured::load(file).unwrap();
    let before = secured.settings();
    folder.write("web.yml", "tls_server_config: {cert_file: late.pem, key_file: late.key}");
    assert!(Arc::ptr_eq(&before, &look_twice(&secured)));
    let (chain, key) = authority.server("localhost");
    folder.write("late.pem", &chain);
    folder.write("late.key", &key);
    assert!(!Arc::ptr_eq(&before, &look_twice(&secured)));
}

#[test]
fn tls_is_neither_switched_on_nor_off() {
    let tls = "tls_server_config: {cert_file: server.pem, key_file: server.key}";
    for (first, second) in [(tls, "{}"), ("{}", tls)] {
        let folder = Folder::with_certificates(&Authority::new("ca"));
        let secured = Secured::load(folder.write("web.yml", first)).unwrap();
        let before = secured.settings();
        folder.write("web.yml", second);
        assert!(Arc::ptr_eq(&before, &look_twice(&secured)), "{first} to {second}");
    }
}

#[test]
fn links_that_are_swapped_are_changes_as_in_a_mounted_secret() {
    let folder = Folder::new();
    for (version, user) in [("v1", "alice"), ("v2", "bob")] {
        std::fs::create_dir(folder.path().join(version)).unwrap();
        folder.write(&format!("{version}/web.yml"), &users(&[(user, "right")]));
    }
    symlink("v1", folder.path().join("..data")).unwrap();
    symlink("..data/web.yml", folder.path().join("web.yml")).unwrap();
    let secured = Secured::load(folder.path().join("web.yml")).unwrap();
    let before = secured.settings();
    symlink("v2", folder.path().join("..next")).unwrap();
    std::fs::rename(folder.path().join("..next"), folder.path().join("..data")).unwrap();
    let after = look_twice(&secured);
    assert!(!Arc::ptr_eq(&before, &after));
    assert!(format!("{after:?}").contains("bob"), "{after:?}");
}
