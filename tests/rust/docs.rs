//! Is what the documents say still so?

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The documents at the top and in `docs/`, and the ones that lie beside what they describe.
fn documents() -> Vec<String> {
    let mut paths: Vec<String> =
        ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "tests/vectors/README.md"].map(String::from).into();
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
            paths.push(format!("docs/{name}"));
        }
    }
    paths
}

#[test]
fn the_quick_starts_of_the_readme_are_the_examples() {
    let readme = read("README.md");
    for (language, extension) in [("python", "py"), ("js", "mjs"), ("rust", "rs")] {
        let example = read(&format!("examples/quickstart.{extension}"));
        // Without the first sentence, which names the siblings.
        let (_, story) = example.split_once("\n\n").unwrap();
        assert!(
            readme.contains(&format!("```{language}\n{story}```\n")),
            "quickstart.{extension} is not in README.md"
        );
    }
    let output = read("examples/quickstart.txt");
    assert!(readme.contains(&format!("```text\n{output}```\n")), "quickstart.txt is not in README.md");
}

#[test]
fn links_between_the_documents_lead_somewhere() {
    for document in documents() {
        let text = read(&document);
        let folder = root().join(&document).parent().unwrap().to_path_buf();
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#', ' ']).next().unwrap();
            if !target.is_empty() && !target.contains("://") {
                assert!(folder.join(target).exists(), "{document} links to {target}");
            }
        }
    }
}

#[test]
fn the_architecture_names_every_folder_of_the_source() {
    let architecture = read("docs/ARCHITECTURE.md");
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name == "lib.rs" {
            continue;
        }
        let slash = if entry.path().is_dir() { "/" } else { "" };
        assert!(architecture.contains(&format!("[src/{name}{slash}]")), "src/{name} is not explained");
    }
}

#[test]
fn versions_are_the_same_in_every_file_that_states_one() {
    let (version, rust) = (env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_RUST_VERSION"));
    let package: serde_json::Value = serde_json::from_str(&read("pkg/package.json")).unwrap();
    assert_eq!(package["version"], version, "pkg/package.json");
    assert!(read("CHANGELOG.md").contains(version), "CHANGELOG.md");
    assert!(read("CHANGELOG.md").contains(&format!("Rust {rust} or newer")), "CHANGELOG.md");
    assert!(read("README.md").contains(&format!("nearfold-{version}.tgz")), "README.md");
}

#[test]
fn the_make_targets_that_the_documents_name_exist() {
    let makefile = read("Makefile");
    for document in documents() {
        let text = read(&document);
        let fences =
            text.split('`').skip(1).step_by(2).chain(text.lines().filter_map(|line| line.strip_prefix("$ ")));
        for command in fences.filter_map(|code| code.strip_prefix("make ")) {
            let command = command.split(['#', '\n']).next().unwrap();
            for target in command.split_whitespace() {
                assert!(makefile.contains(&format!("\n{target}:")), "{document} names `make {target}`");
            }
        }
    }
}
