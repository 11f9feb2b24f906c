//! Does the source keep the direction of dependencies that `docs/ARCHITECTURE.md` draws?
//!
//! Reads `src/` as text: what a file imports by `crate::` and `super::`, where `unsafe` and
//! `target_arch` stand, which outside crates a folder names. Comments and test modules don't count.

use std::collections::{BTreeMap, BTreeSet};
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

/// Below these folders no two files import from each other, by however many steps; `""` is all of `src/`.
const NO_CIRCLES: &[&str] = &["exact/", "fold/", "kernel/"];

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

/// Below these folders a file's first line is no question.
const SAYS_WHAT_IT_IS: &[&str] = NO_CIRCLES;

/// Below these folders a type has a name of its own.
const NAMED_ONCE: &[&str] = NO_CIRCLES;

/// Names that users know twice: the keywords of a function and the state of a stream.
const PUBLIC_TWINS: &[&str] = &["Histogram", "Quantiles"];

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

fn is_below(path: &str, folders: &[&str]) -> bool {
    folders.iter().any(|folder| path.starts_with(folder))
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

/// Returns the module that a file is: `kernel/sum.rs` is `kernel::sum`.
fn module_of(path: &str) -> Vec<&str> {
    let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').filter(|name| *name != "lib").collect()
}

/// Returns all paths that a file names, from the root of the crate: those of `use`, and those in expressions that begin
/// with `crate`, `super` or a module below the file.
fn paths_in(code: &str, module: &[&str], is_module: &dyn Fn(&[&str]) -> bool) -> BTreeSet<Vec<String>> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens: Vec<&str> = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let len = match rest.find(|c| !is_name(c)) {
            Some(0) if rest.starts_with("::") => 2,
            Some(0) if rest.starts_with("'\"'") => 3,
            Some(0) if first == '"' => text_len(rest),
            Some(0) => first.len_utf8(),
            end => end.unwrap_or(rest.len()),
        };
        tokens.push(&rest[..len]);
        rest = rest[len..].trim_start();
    }
    let mut paths = BTreeSet::new();
    // The module in which a token stands, and the prefix of each open brace of a `use`.
    let (mut inside, mut braces): (Vec<Vec<&str>>, usize) = (vec![module.to_vec()], 0);
    let mut opened: Vec<usize> = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let here = inside.last().expect("the file's own module is never left").clone();
        match (tokens[i], tokens.get(i + 1), tokens.get(i + 2)) {
            ("mod", Some(name), Some(&"{")) => {
                inside.push([here.as_slice(), &[*name]].concat());
                braces += 1;
                opened.push(braces);
                i += 3;
                continue;
            }
            ("{", ..) => braces += 1,
            ("}", ..) => {
                if opened.last() == Some(&braces) {
                    opened.pop();
                    inside.pop();
                }
                braces -= 1;
            }
            (name, Some(&"::"), _) if name.chars().all(is_name) && (i == 0 || tokens[i - 1] != "::") => {
                let below = [here.as_slice(), &[name]].concat();
                let start = match name {
                    "crate" => Some(Vec::new()),
                    "self" => Some(here),
                    "super" => Some(here[..here.len().saturating_sub(1)].to_vec()),
                    _ if is_module(&below) => Some(below),
                    _ => None,
                };
                if let Some(start) = start {
                    let start = start.into_iter().map(str::to_owned).collect();
                    i = expand(&tokens, i + 2, start, &mut paths);
                    continue;
                }
            }
            _ => {}
        }
        i += 1;
    }
    paths
}

/// Returns the length of a text in quotes at the beginning.
fn text_len(code: &str) -> usize {
    let mut escaped = false;
    let end = code[1..].find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    end.map_or(code.len(), |end| end + 2)
}

/// Reads what follows `start::`, a name, more of a path or a list in braces; returns the place behind it.
fn expand(tokens: &[&str], mut i: usize, mut start: Vec<String>, paths: &mut BTreeSet<Vec<String>>) -> usize {
    loop {
        match tokens.get(i).copied() {
            Some("{") => {
                i += 1;
                while tokens.get(i).is_some_and(|token| *token != "}") {
                    i = expand(tokens, i, start.clone(), paths);
                    while tokens.get(i).is_some_and(|token| !["}", ","].contains(token)) {
                        i += 1; // `as name`
                    }
                    i += usize::from(tokens.get(i) == Some(&","));
                }
                return i + 1;
            }
            Some("super") => _ = start.pop(),
            Some(name) => start.push(name.to_owned()),
            None => return i,
        }
        if tokens.get(i + 1) != Some(&"::") {
            paths.insert(start);
            return i + 1;
        }
        i += 2;
    }
}

/// Returns for each file of `NO_CIRCLES` the other ones that it names.
fn files_named(sources: &[Source]) -> BTreeMap<&str, BTreeSet<&str>> {
    let file_of: BTreeMap<Vec<&str>, &str> =
        sources.iter().map(|source| (module_of(&source.path), source.path.as_str())).collect();
    let counts = |path: &str| is_below(path, NO_CIRCLES);
    let named = |source: &Source| {
        let module = module_of(&source.path);
        let is_module = |path: &[&str]| file_of.contains_key(path);
        let mut named = BTreeSet::new();
        for path in paths_in(&source.code, &module, &is_module) {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            // The longest part of it that is a module says the file.
            let file = (0..=path.len()).rev().find_map(|len| file_of.get(&path[..len]));
            named.extend(file.copied().filter(|file| *file != source.path && counts(file)));
        }
        named
    };
    sources
        .iter()
        .filter(|source| counts(&source.path) && !source.path.contains("/tests/"))
        .map(|source| (source.path.as_str(), named(source)))
        .collect()
}

/// Returns a shortest way from a file back to itself.
fn circle<'a>(named: &BTreeMap<&'a str, BTreeSet<&'a str>>, from: &'a str) -> Option<Vec<&'a str>> {
    let mut ways = vec![vec![from]];
    let mut seen = BTreeSet::new();
    let mut next = 0;
    while let Some(way) = ways.get(next).cloned() {
        next += 1;
        for &file in named.get(way[way.len() - 1]).into_iter().flatten() {
            let longer = [way.as_slice(), &[file]].concat();
            if file == from {
                return Some(longer);
            }
            if seen.insert(file) {
                ways.push(longer);
            }
        }
    }
    None
}

#[test]
fn no_file_imports_from_one_that_imports_from_it() {
    let sources = sources();
    let named = files_named(&sources);
    assert!(named.values().any(|files| files.len() > 3), "no imports were found");
    let circles: BTreeSet<String> =
        named.keys().filter_map(|file| Some(circle(&named, file)?.join(" → "))).collect();
    assert!(circles.is_empty(), "{}", circles.into_iter().collect::<Vec<_>>().join("\n"));
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
        let is = !first.ends_with('?') || !is_below(&source.path, SAYS_WHAT_IT_IS);
        assert!(is, "src/{}: the first line asks instead of saying what the file is", source.path);
    }
}

#[test]
fn a_type_name_is_used_once() {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let sources = sources();
    for source in sources.iter().filter(|source| is_below(&source.path, NAMED_ONCE)) {
        let names = source.code.lines().filter_map(|line| {
            let line =
                line.strip_prefix("pub").map_or(line, |rest| rest.trim_start_matches(|c| c != ' ').trim());
            let kind =
                ["struct ", "enum ", "trait ", "type "].iter().find_map(|kind| line.strip_prefix(kind))?;
            Some(kind.chars().take_while(|c| c.is_alphanumeric()).collect::<String>())
        });
        for name in names.collect::<BTreeSet<_>>() {
            found.entry(name).or_default().push(source.path.clone());
        }
    }
    assert!(found.len() > 50, "no types were found");
    let twice: Vec<_> = found
        .iter()
        .filter(|(name, files)| files.len() > 1 && !PUBLIC_TWINS.contains(&name.as_str()))
        .collect();
    assert!(twice.is_empty(), "{twice:#?}");
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

#[test]
fn the_reader_of_paths_sees_a_circle() {
    let file =
        |path: &str, code: &str| Source { path: path.to_owned(), text: String::new(), code: code.to_owned() };
    let mut sources = vec![
        file("fold/mod.rs", "mod a;\npub use a::A;"),
        file("fold/a.rs", "use super::b::{self, C as D};\nmod inner {\n    use super::super::deep::E;\n}\n"),
        file(
            "fold/b.rs",
            "const S: &str = \"\\\"super::A\"; fn f() -> u8 { $crate::fold::deep::one::g(crate::error::E) }",
        ),
        file("fold/deep/mod.rs", "pub(super) use one::g;"),
        file("fold/deep/one.rs", "fn g() {}"),
    ];
    let list = |files: &[&'static str]| files.iter().copied().collect::<BTreeSet<_>>();
    let named = files_named(&sources);
    assert_eq!(named["fold/mod.rs"], list(&["fold/a.rs"]));
    assert_eq!(named["fold/a.rs"], list(&["fold/b.rs", "fold/deep/mod.rs"]));
    assert_eq!(named["fold/b.rs"], list(&["fold/deep/one.rs"]));
    assert_eq!(named["fold/deep/mod.rs"], list(&["fold/deep/one.rs"]));
    assert!(named.keys().all(|file| circle(&named, file).is_none()));

    // A name that the front door only passes on closes the circle as well.
    sources[4].code = "use super::super::A;".to_owned();
    let named = files_named(&sources);
    let way = ["fold/a.rs", "fold/b.rs", "fold/deep/one.rs", "fold/mod.rs", "fold/a.rs"];
    assert_eq!(circle(&named, "fold/a.rs").unwrap(), way);
}
