//! Completions and manual pages.

use super::econn;

#[test]
fn every_shell_gets_completions_that_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = econn(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("diagnose") && text.contains("fail-on"), "{shell}: {text}");
    }
}

#[test]
fn each_command_has_a_manual_page_and_hidden_ones_have_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("man1");
    let output = econn(&["man", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let mut pages: Vec<String> = std::fs::read_dir(&path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    assert!(pages.contains(&"econn.1".to_owned()), "{pages:?}");
    assert!(pages.contains(&"econn-diagnose.1".to_owned()), "{pages:?}");
    assert!(!pages.iter().any(|page| page.contains("agent")), "{pages:?}");
    let page = std::fs::read_to_string(path.join("econn-diagnose.1")).unwrap();
    assert!(page.contains("allow"), "{page}");
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    super::refused(&["man", file.to_str().unwrap()], 2, "give a folder that can be written");
}
