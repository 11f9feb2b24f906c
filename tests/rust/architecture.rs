//! Does the source keep the direction of dependencies that `docs/ARCHITECTURE.md` draws?
//!
//! Reads `src/` as text: what a file imports by `crate::` and `super::`, where `unsafe` and
//! `target_arch` stand, which outside crates a folder names. Comments and test modules don't count.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each layer may import from. A layer is a folder or a file directly under `src/`.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("error", &["text"]),
    ("text", &[]),
    ("kernel", &[]),
    ("pool", &[]),
    ("storage", &[]),
    ("exact", &["kernel", "error"]),
    ("fold", &["exact", "kernel", "pool", "text", "error"]),
    ("distance", &["kernel", "text", "error"]),
    ("codec", &["kernel", "pool", "distance", "text", "error"]),
    ("columns", &["kernel", "text", "error"]),
    ("near", &["kernel", "pool", "distance", "codec", "columns", "format", "text", "error"]),
    ("format", &["kernel", "distance", "codec", "columns", "near", "text", "error"]),
    // Formats in, arrays out.
    ("ingest", &["fold", "text", "error"]),
    // Faces see what any user of the crate sees.
    ("wasm", FRONT_DOOR),
    ("python", FRONT_DOOR),
];
const FRONT_DOOR: &[&str] =
    &["fold", "near", "columns", "distance", "ingest", "storage", "pool", "text", "error"];
const FACES: &[&str] = &["wasm", "python", "bin"];

/// Where `unsafe` may stand: the kernels, the view of `&[bool]` as bytes, and the faces that read
/// memory which another language owns.
const MAY_BE_UNSAFE: &[&str] = &["kernel/", "fold/values.rs", "wasm/", "python/"];

/// Outside crates and the only layers that may name them.
const BELONGS_TO: &[(&str, &[&str])] = &[
    ("wasm_bindgen", &["wasm"]),
    ("js_sys", &["wasm"]),
    ("serde_wasm_bindgen", &["wasm"]),
    ("numpy", &["python"]),
    ("pyo3", &["python"]),
    ("clap", &["bin"]),
    ("indicatif", &["bin"]),
    ("hnsw_rs", &["near"]),
    ("std::fs", &["bin", "python", "storage"]),
    ("std::net", &[]),
    ("std::env", &["bin"]),
    ("std::process", &["bin", "storage"]),
    ("std::time", &["bin"]),
];

struct Source {
    /// Below `src/`, with `/`.
    path: String,
    /// As written.
    text: String,
    /// Without comments and without the test module at the end.
    code: String,
}

impl Source {
    fn layer(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    fn is_face(&self) -> bool {
        FACES.contains(&self.layer())
    }
}

fn sources() -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![src.clone()];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let path = path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
        let code = code_of(&text);
        Source { path, text, code }
    };
    let sources: Vec<Source> = files.into_iter().map(read).collect();
    assert!(sources.len() > 10, "src/ was not found");
    sources
}

/// Drops comments and what follows `#[cfg(test)] mod`.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" && lines.peek().is_some_and(|next| next.contains("mod ")) {
            if lines.peek().is_some_and(|next| next.trim_end().ends_with(';')) {
                lines.next();
                continue;
            }
            break;
        }
        let comment = line.find("//").filter(|&at| !line[..at].ends_with(':'));
        code.push_str(comment.map_or(line, |at| &line[..at]));
        code.push('\n');
    }
    code
}

/// The first names after each `prefix`: one for `prefix::a::b`, several for `prefix::{a::b, c}`.
fn names_after(code: &str, prefix: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut item = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => names.push(name(&std::mem::take(&mut item))),
                    _ => {}
                }
                if c != ',' || depth > 0 {
                    item.push(c);
                }
            }
            names.push(name(&item));
        } else {
            names.push(name(rest));
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The layers that a file imports from.
fn imports(source: &Source) -> BTreeSet<String> {
    let mut names = names_after(&source.code, "crate::");
    // `super` of a file directly in a layer's folder is the layer; of the layer's root it is the crate.
    let is_root = !source.path.contains('/')
        || source.path.ends_with("/mod.rs") && source.path.matches('/').count() == 1;
    if is_root {
        names.extend(names_after(&source.code, "super::"));
    } else {
        names.extend(
            names_after(&source.code, "super::super::")
                .into_iter()
                .filter(|_| source.path.matches('/').count() == 1 && !source.path.ends_with("/mod.rs")),
        );
    }
    let layer_of = |name: String| match name.as_str() {
        "Error" | "Result" => "error".to_owned(),
        "Metric" => "distance".to_owned(),
        "Index" | "Neighbors" | "Params" | "SearchParams" | "Storage" => "near".to_owned(),
        _ => name,
    };
    names.into_iter().map(layer_of).filter(|name| name != source.layer()).collect()
}

#[test]
fn imports_go_in_one_direction() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.path != "lib.rs" && source.layer() != "bin") {
        let layer = source.layer();
        let (_, allowed) = MAY_IMPORT
            .iter()
            .find(|(name, _)| *name == layer)
            .unwrap_or_else(|| panic!("src/{}: a layer that MAY_IMPORT does not know", source.path));
        for name in imports(source) {
            if !allowed.contains(&name.as_str()) {
                wrong.push(format!("src/{} imports {name}; {layer} may import {allowed:?}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_command_line_uses_the_crate_from_outside() {
    for source in sources().iter().filter(|source| source.layer() == "bin") {
        for private in ["kernel", "codec", "format"] {
            assert!(
                !names_after(&source.code, "nearfold::").contains(&private.to_owned()),
                "{}",
                source.path
            );
        }
    }
}

#[test]
fn outside_crates_stay_in_their_layer() {
    let mut wrong = Vec::new();
    for source in &sources() {
        for (name, layers) in BELONGS_TO {
            let names_it = source.code.match_indices(name).any(|(at, _)| {
                let before = source.code[..at].chars().next_back().unwrap_or(' ');
                let after = source.code[at + name.len()..].chars().next().unwrap_or(' ');
                !before.is_alphanumeric()
                    && !"_\":".contains(before)
                    && !after.is_alphanumeric()
                    && !"_\"".contains(after)
            });
            if names_it && !layers.contains(&source.layer()) {
                wrong.push(format!("src/{} names {name}, which belongs to {layers:?}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsafe_stands_only_where_it_may() {
    for source in sources() {
        let has_it =
            source.code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe");
        let may = MAY_BE_UNSAFE.iter().any(|prefix| source.path.starts_with(prefix));
        assert!(!has_it || may, "src/{} has unsafe code", source.path);
    }
}

#[test]
fn faces_are_chosen_by_feature_and_kernels_by_machine() {
    for source in sources() {
        if source.is_face() || source.path == "lib.rs" {
            assert!(
                !source.code.contains("target_arch"),
                "src/{}: a browser and Pyodide are both wasm32",
                source.path
            );
        }
        if source.layer() == "kernel" {
            // kernel/mod.rs says which kernels each half needs.
            let halves = ["feature = \"fold\"", "feature = \"near\"", "target_feature"];
            let other = halves.iter().fold(source.code.clone(), |code, half| code.replace(half, ""));
            assert!(!other.contains("feature ="), "src/{}: gated by feature", source.path);
        } else {
            assert!(
                !source.code.contains("target_feature"),
                "src/{}: machine code lives in kernel",
                source.path
            );
        }
    }
}

#[test]
fn every_file_says_first_what_it_is_for() {
    for source in sources() {
        let first = source.text.lines().next().unwrap_or_default();
        let says = first.strip_prefix("//! ").is_some_and(|sentence| sentence.len() > 15);
        assert!(says || first.starts_with("#![doc"), "src/{}: the first line is {first:?}", source.path);
    }
}

#[test]
fn the_library_does_not_print() {
    for source in sources().iter().filter(|source| source.layer() != "bin") {
        for word in ["println!", "print!", "dbg!"] {
            assert!(!source.code.contains(word), "src/{} calls {word}", source.path);
        }
    }
}

#[test]
fn the_reader_of_imports_sees_them() {
    let code = "use crate::error::{Error, Result};\nuse crate::{fold::{a, b}, near};\nlet x = mycrate::no; $crate::m!()";
    assert_eq!(names_after(code, "crate::"), ["error", "fold", "near"]);
    let code = code_of("a // crate::x\n/// crate::y\nb\n#[cfg(test)]\nmod tests {\n    use crate::z;\n}\n");
    assert_eq!(code.trim(), "a \n\nb".trim());
}
