//! Does the command line do what its help says? Runs it as a process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use nearfold::fold::{self, Options};
use nearfold::{Index, Metric, Params, SearchParams, Storage};
use serde_json::Value;

use crate::lcg::Lcg;

/// A folder of its own for each test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<_> = fs::read_dir(&self.0).unwrap().map(name).collect();
        names.sort();
        names
    }

    /// Runs `nearfold` in this folder.
    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_nearfold")).args(args).current_dir(&self.0).output().unwrap()
    }

    /// Runs it, and returns what it printed.
    fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stderr.is_empty(), "no progress where standard error is not a terminal");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs it, and returns the one line of the error.
    fn error(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let line = String::from_utf8(output.stderr).unwrap();
        assert!(line.starts_with("nearfold: ") && line.matches('\n').count() == 1, "{line:?}");
        line.trim_end().to_owned()
    }
}

fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    let mut file = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    file.extend(format!("{text:<117}\n").bytes());
    file.extend(data);
    file
}

fn vectors(seed: u64, rows: usize, dim: usize) -> Vec<f32> {
    let mut lcg = Lcg(seed);
    (0..rows * dim).map(|_| lcg.next_f32()).collect()
}

fn f32_npy(values: &[f32], rows: usize, dim: usize) -> Vec<u8> {
    let data: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    npy("<f4", &format!("({rows}, {dim})"), &data)
}

fn f64_npy(values: &[f64]) -> Vec<u8> {
    let data: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    npy("<f8", &format!("({},)", values.len()), &data)
}

const DIM: usize = 6;

/// A folder with 2,300 vectors (enough for a graph), 3 queries, and the index that they give.
fn with_index(test: &str) -> (Folder, Index) {
    let folder = Folder::new(test);
    let base = vectors(1, 2300, DIM);
    folder.write("base.npy", &f32_npy(&base, 2300, DIM));
    folder.write("queries.npy", &f32_npy(&vectors(2, 3, DIM), 3, DIM));
    let params = Params::new(Metric::Cosine).storage(Storage::I8).m(8).ef_construction(40);
    let mut index = Index::new(DIM, params).unwrap();
    index.add(&base, None).unwrap();
    (folder, index)
}

const BUILD: &[&str] = &[
    "build",
    "base.npy",
    "-o",
    "x.nearfold",
    "--metric",
    "cosine",
    "--m",
    "8",
    "--ef-construction",
    "40",
    "--storage",
    "i8",
];

#[test]
fn build_writes_the_bytes_that_the_library_gives_with_any_number_of_threads() {
    let (folder, index) = with_index("build");
    let summary = folder.ok(BUILD);
    assert!(summary.starts_with("x.nearfold: 2,300 vectors of 6, cosine, i8, "), "{summary}");
    assert!(folder.read("x.nearfold") == index.to_bytes());
    for threads in ["1", "2", "5"] {
        assert_eq!(folder.ok(&[BUILD, &["--quiet", "--threads", threads]].concat()), "");
        assert!(folder.read("x.nearfold") == index.to_bytes(), "{threads} threads");
    }
    assert_eq!(folder.names(), ["base.npy", "queries.npy", "x.nearfold"], "nothing else is left");
}

#[test]
fn search_prints_what_the_library_finds() {
    let (folder, index) = with_index("search");
    folder.ok(BUILD);
    let expected = index.search_many(&vectors(2, 3, DIM), 4, &SearchParams::default().ef_search(50)).unwrap();
    let args = ["search", "x.nearfold", "--query", "queries.npy", "-k", "4", "--ef-search", "50"];
    let text = folder.ok(&args);
    let line = |i: usize| format!("{}\t{}\t{:?}", i / 4, expected.ids[i], expected.distances[i]);
    assert_eq!(text.lines().collect::<Vec<_>>(), (0..12).map(line).collect::<Vec<_>>());

    let explained = folder.ok(&[&args[..], &["--explain"]].concat());
    let (_, how) =
        index.search_explained(&vectors(2, 1, DIM), 4, &SearchParams::default().ef_search(50), None).unwrap();
    let expected_line =
        format!("# 0\tgraph\tef_search 50\tdistances {}\treranked {}", how.distances, how.reranked);
    assert_eq!(explained.lines().next().unwrap(), expected_line);
    assert_eq!(
        explained.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>(),
        text.lines().collect::<Vec<_>>()
    );
    let all = folder.ok(&[
        "search",
        "x.nearfold",
        "-q",
        "queries.npy",
        "--recall",
        "0.9999",
        "--explain",
        "--format",
        "json",
    ]);
    let first: Value = serde_json::from_str(all.lines().next().unwrap()).unwrap();
    let asked = SearchParams::default().recall(0.9999);
    let (found, how) = index.search_explained(&vectors(2, 1, DIM), 10, &asked, None).unwrap();
    assert_eq!(first["explained"]["distances"], how.distances, "{first}");
    assert_eq!(first["ids"], serde_json::json!(found.ids));

    let json = folder.ok(&[&args[..], &["--format", "json"]].concat());
    for (query, line) in json.lines().enumerate() {
        let found: Value = serde_json::from_str(line).unwrap();
        let row = query * 4..query * 4 + 4;
        assert_eq!(found["query"], query);
        assert_eq!(found["ids"], serde_json::json!(expected.ids[row.clone()]));
        let distances: Vec<f32> =
            found["distances"].as_array().unwrap().iter().map(|d| d.to_string().parse().unwrap()).collect();
        assert_eq!(distances, expected.distances[row]);
    }
    assert_eq!(json.lines().count(), 3);

    let exact = index.search(&vectors(2, 1, DIM), 1, &SearchParams::default().exact(true)).unwrap();
    let text = folder.ok(&["search", "x.nearfold", "--query", "queries.npy", "-k", "1", "--exact"]);
    assert!(text.starts_with(&format!("0\t{}\t", exact.ids[0])), "{text}");
}

#[test]
fn ids_come_from_a_file_of_integers() {
    let folder = Folder::new("ids");
    folder.write("base.npy", &f32_npy(&vectors(3, 5, 2), 5, 2));
    folder.write("query.npy", &npy("<f4", "(2,)", &[0; 8]));
    let ids: Vec<u8> = [50_i64, 40, 30, 20, 10].iter().flat_map(|id| id.to_le_bytes()).collect();
    folder.write("ids.npy", &npy("<i8", "(5,)", &ids));
    folder.ok(&["build", "base.npy", "-o", "x.nearfold", "--ids", "ids.npy"]);
    let text = folder.ok(&["search", "x.nearfold", "-q", "query.npy", "-k", "9"]);
    let mut found: Vec<u64> =
        text.lines().map(|line| line.split('\t').nth(1).unwrap().parse().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(found, [10, 20, 30, 40, 50]);

    folder.write("ids.npy", &npy("<i8", "(2,)", &ids[..16]));
    assert!(
        folder
            .error(&["build", "base.npy", "-o", "x.nearfold", "--ids", "ids.npy"])
            .contains("shape_mismatch")
    );
}

#[test]
fn info_says_what_the_index_was_built_with() {
    let (folder, index) = with_index("info");
    folder.ok(BUILD);
    let facts: Value = serde_json::from_str(&folder.ok(&["info", "x.nearfold", "--json"])).unwrap();
    assert_eq!(facts["len"], 2300);
    assert_eq!(facts["dim"], 6);
    assert_eq!(facts["metric"], "cosine");
    assert_eq!(facts["storage"], "i8");
    assert_eq!(facts["m"], 8);
    assert_eq!(facts["ef_construction"], 40);
    let opened = Index::from_bytes(&index.to_bytes()).unwrap();
    assert_eq!(facts["memory_bytes"]["vectors"], opened.memory().vectors);
    assert_eq!(facts["rerank"], Value::Null);
    assert_eq!(facts["health"]["nodes"], 2300);
    assert_eq!(facts["health"]["orphans"], 0);
    let health = opened.health();
    for (name, value) in [
        ("not_finite", 0.0),
        ("zeros", 0.0),
        ("norm_min", health.norm_min),
        ("norm_mean", health.norm_mean),
        ("norm_max", health.norm_max),
    ] {
        assert_eq!(facts["health"][name].as_f64(), Some(value), "{name}");
    }
    assert!((health.norm_mean - 1.0).abs() < 0.01, "cosine keeps unit vectors: {health:?}");
    let text = folder.ok(&["info", "x.nearfold"]);
    let norms = format!(
        "health: norms: {:.6} to {:.6}, {:.6} on average; 0 zero, 0 not finite\n",
        health.norm_min, health.norm_max, health.norm_mean
    );
    assert!(text.contains(&norms), "{text}");
    folder.ok(&[&BUILD[..BUILD.len() - 1], &["b1", "--quiet", "--rerank", "i8"]].concat());
    let reranked: Value = serde_json::from_str(&folder.ok(&["info", "x.nearfold", "--json"])).unwrap();
    assert_eq!((&reranked["storage"], &reranked["rerank"]), (&"b1".into(), &"i8".into()));
    // One word and two factors; six bytes and a scale. Words and bytes fill whole cache lines.
    let lines = |n: usize| n.next_multiple_of(64);
    assert_eq!(reranked["memory_bytes"]["vectors"], lines(2300 * 8) + 2300 * 8 + 6 * 4);
    assert_eq!(reranked["memory_bytes"]["rerank"], lines(2300 * 6) + 2300 * 4 + 6 * 4);
    let text = folder.ok(&["info", "x.nearfold"]);
    assert!(text.starts_with("vectors          2,300\n"), "{text}");
}

#[test]
fn fold_prints_exact_numbers() {
    let folder = Folder::new("fold");
    folder.write("x.npy", &f64_npy(&[1e16, 1.0, -1e16, 0.5]));
    let text = folder.ok(&["fold", "x.npy", "--op", "sum,mean,argmax"]);
    assert_eq!(text, "array     float64 [4]\nsum       1.5\nmean      0.375\nargmax    0\n");
    assert_eq!(
        folder.ok(&["fold", "x.npy", "--op", "max,argmin", "--json"]),
        "{\"max\":1e16,\"argmin\":2}\n"
    );
    let var = fold::var(&[1e16, 1.0, -1e16, 0.5], &Options::default().ddof(1.0)).unwrap().to_f64().unwrap();
    assert_eq!(
        folder.ok(&["fold", "x.npy", "--op", "var", "--ddof", "1", "--json"]),
        format!("{{\"var\":{var:?}}}\n")
    );

    folder.write("m.npy", &npy("|i1", "(2, 3)", &[1, 2, 3, 4, 5, 255]));
    assert_eq!(folder.ok(&["fold", "m.npy", "--op", "sum", "--axis", "0", "--json"]), "{\"sum\":[5,7,2]}\n");
    assert_eq!(
        folder.ok(&["fold", "m.npy", "--op", "min", "--axis", "-1", "--keepdims", "--json"]),
        "{\"min\":[[1],[-1]]}\n"
    );
    assert_eq!(folder.ok(&["fold", "m.npy", "--op", "sum", "--axis", "0,1", "--json"]), "{\"sum\":14}\n");
    folder.write("nan.npy", &f64_npy(&[f64::NAN, 1.0]));
    assert_eq!(folder.ok(&["fold", "nan.npy", "--op", "sum", "--json"]), "{\"sum\":\"nan\"}\n");
    let quantiles = ["fold", "m.npy", "--op", "quantile,median", "--q", "0,0.5,1", "--json"];
    assert_eq!(folder.ok(&quantiles), "{\"quantile\":[-1.0,2.5,5.0],\"median\":2.5}\n");
    // Without --op: everything that describes an array.
    assert!(folder.ok(&["fold", "x.npy"]).lines().count() >= 6);
}

#[test]
fn bad_data_is_one_line_with_a_code_and_exit_code_1() {
    let (folder, index) = with_index("errors");
    let bytes = index.to_bytes();
    folder.write("cut.nearfold", &bytes[..bytes.len() / 2]);
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 0x10;
    folder.write("flipped.nearfold", &flipped);
    folder.write("x.nearfold", &bytes);
    folder.write("nan.npy", &f32_npy(&[0.0, f32::NAN], 1, 2));
    folder.write("cube.npy", &npy("<f4", "(1, 1, 1)", &[0; 4]));
    folder.write("text.npy", &npy("<U1", "(1,)", &[0; 4]));
    folder.write("empty.npy", &f64_npy(&[]));
    // No elements, but a result of 2^60 of them.
    folder.write("wide.npy", &npy("|u1", "(0, 1152921504606846976)", &[]));
    folder.write("other.npy", &f32_npy(&[0.0; 5], 1, 5));
    folder.write("many.npz", b"PK\x03\x04\x14\x00\x00\x00");
    for (args, start) in [
        (&["info", "none.nearfold"][..], "nearfold: io: none.nearfold: "),
        (&["info", "cut.nearfold"], "nearfold: corrupt: cut.nearfold: "),
        (&["info", "flipped.nearfold"], "nearfold: corrupt: flipped.nearfold: "),
        (&["info", "base.npy"], "nearfold: corrupt: base.npy: "),
        (&["fold", "x.nearfold"], "nearfold: corrupt: x.nearfold: "),
        (
            &["build", "many.npz", "-o", "y.nearfold"],
            "nearfold: corrupt: many.npz: cannot be read: npy header: a .npz file, ",
        ),
        (&["fold", "text.npy"], "nearfold: unsupported_dtype: text.npy: "),
        (&["fold", "empty.npy", "--op", "max"], "nearfold: empty: "),
        (&["fold", "wide.npy", "--op", "sum", "--axis", "0"], "nearfold: out_of_memory: "),
        (&["fold", "base.npy", "--op", "sum", "--axis", "2"], "nearfold: axis_out_of_range: "),
        (&["build", "nan.npy", "-o", "y.nearfold"], "nearfold: not_finite: "),
        (&["build", "cube.npy", "-o", "y.nearfold"], "nearfold: shape_mismatch: "),
        (&["build", "base.npy", "-o", "y.nearfold", "--m", "0"], "nearfold: bad_parameter: "),
        (
            &["build", "base.npy", "-o", "no/such/folder/y.nearfold"],
            "nearfold: io: no/such/folder/y.nearfold: ",
        ),
        (&["search", "x.nearfold", "-q", "other.npy"], "nearfold: dimension_mismatch: "),
        (&["search", "x.nearfold", "-q", "queries.npy", "-k", "0"], "nearfold: bad_parameter: "),
    ] {
        let line = folder.error(args);
        assert!(line.starts_with(start), "{args:?}: {line}");
    }
    assert!(!folder.names().iter().any(|name| name.contains("y.nearfold")), "{:?}", folder.names());
}

#[test]
fn a_command_that_is_not_understood_exits_with_2() {
    let folder = Folder::new("usage");
    for args in [
        &[][..],
        &["serve"],
        &["build", "x.npy"],
        &["build", "x.npy", "-o", "y", "--metric", "l3"],
        &["build", "x.npy", "-o", "y", "--storage", "f8"],
        &["fold", "x.npy", "--op", "medain"],
        &["search", "x.nearfold", "-q", "q.npy", "-k", "ten"],
        &["search", "x.nearfold", "-q", "q.npy", "-k", "3", "--radius", "0.5"],
        &["add", "x.nearfold", "x.npy", "--threads", "0"],
        &["remove", "x.nearfold"],
        &["update", "x.nearfold", "x.npy"],
        &["info", "x.nearfold", "--ef-search", "10"],
    ] {
        let output = folder.run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{args:?}");
    }
    let error =
        String::from_utf8(folder.run(&["build", "x.npy", "-o", "y", "--metric", "l3"]).stderr).unwrap();
    assert!(error.contains("l2sq, ip, cosine"), "names what there is: {error}");
}

#[test]
fn help_explains_every_command_and_shows_examples() {
    let folder = Folder::new("help");
    let help = folder.ok(&["--help"]);
    for word in ["build", "add", "update", "remove", "compact", "search", "info", "fold", "Exit codes"] {
        assert!(help.contains(word), "{word}");
    }
    for command in ["build", "add", "remove", "search", "fold"] {
        assert!(folder.ok(&[command, "--help"]).contains("Examples:"), "{command}");
    }
    assert_eq!(folder.ok(&["--version"]), concat!("nearfold ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_failed_save_keeps_the_old_index() {
    let (folder, index) = with_index("atomic");
    folder.write("x.nearfold", &index.to_bytes());
    folder.write("nan.npy", &f32_npy(&[f32::NAN; 2], 1, 2));
    folder.error(&["build", "nan.npy", "-o", "x.nearfold"]);
    assert!(folder.read("x.nearfold") == index.to_bytes());
    assert_eq!(folder.names(), ["base.npy", "nan.npy", "queries.npy", "x.nearfold"], "nothing else is left");
}

#[test]
fn the_file_that_is_read_is_not_written() {
    let (folder, _) = with_index("over_input");
    let base = folder.read("base.npy");
    for output in ["base.npy", "./base.npy"] {
        let line = folder.error(&["build", "base.npy", "-o", output]);
        assert!(line.starts_with("nearfold: bad_parameter: output: "), "{line}");
    }
    folder.write("ids.npy", &npy("<i8", "(1,)", &[0; 8]));
    folder.error(&["build", "base.npy", "-o", "ids.npy", "--ids", "ids.npy"]);
    assert!(folder.read("base.npy") == base && folder.read("ids.npy").starts_with(b"\x93NUMPY"));
}

/// The vectors of this test are no file at all: a place that cannot be written is told before they are read.
#[test]
fn where_nothing_can_be_written_nothing_is_built() {
    let folder = Folder::new("unwritable");
    for output in [".", "no/such/folder/x.nearfold"] {
        let line = folder.error(&["build", "none.npy", "-o", output]);
        assert!(line.starts_with(&format!("nearfold: io: {output}: ")), "{line}");
    }
    let output = folder.run(&["build", "none.npy", "-o", "x", "--threads", "65000"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_name_as_long_as_a_name_may_be_is_written_to() {
    let (folder, index) = with_index("long_name");
    let name = "x".repeat(255);
    folder.ok(&[&["build", "base.npy", "-o", &name], &BUILD[4..]].concat());
    assert!(folder.read(&name) == index.to_bytes());
}

#[test]
#[cfg(unix)]
fn what_is_no_file_is_written_to_and_read_from_as_it_is() {
    use std::os::unix::fs::FileTypeExt;

    let (folder, _) = with_index("no_file");
    folder.ok(&["build", "base.npy", "-o", "/dev/null"]);
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());

    let mut child = Command::new(env!("CARGO_BIN_EXE_nearfold"))
        .args(["fold", "/dev/stdin", "--op", "count_nonzero"])
        .current_dir(&folder.0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &f64_npy(&[1.0; 20_000])).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "array     float64 [20000]\ncount_nonzero 20000\n");
}

/// A device without end is read as far as it takes to see that it is no index and no array.
#[test]
#[cfg(unix)]
fn a_device_without_end_is_refused_and_a_pipe_of_an_index_is_read() {
    let (folder, index) = with_index("endless");
    for args in
        [&["info", "/dev/zero"][..], &["fold", "/dev/zero"], &["build", "/dev/zero", "-o", "x.nearfold"]]
    {
        let line = folder.error(args);
        assert!(line.starts_with("nearfold: corrupt: /dev/zero: "), "{line}");
    }
    let args = ["build", "base.npy", "-o", "x.nearfold", "--columns", "/dev/zero"];
    let line = folder.error(&args);
    let expected = "nearfold: bad_parameter: /dev/zero: columns: expected one JSON object a line, got line 1: more than ";
    assert!(line.starts_with(expected), "{line}");
    assert!(folder.error(&["info", "/dev/null"]).contains("0 bytes: a header has 128"));
    let info = |bytes: &[u8]| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_nearfold"))
            .args(["info", "/dev/stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), bytes).unwrap();
        let output = child.wait_with_output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let bytes = index.to_bytes();
    assert!(info(&bytes).starts_with("vectors          2,300\n"));
    assert!(info(&[&bytes[..], &[0]].concat()).contains("corrupt"), "a byte too many");
    assert!(info(&bytes[..bytes.len() - 1]).contains("corrupt"), "a byte too few");
}

#[test]
#[cfg(unix)]
fn who_could_not_read_the_old_index_cannot_read_the_new_one() {
    use std::os::unix::fs::PermissionsExt;

    let (folder, _) = with_index("mode");
    folder.write("x.nearfold", b"old");
    let path = folder.0.join("x.nearfold");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    folder.ok(BUILD);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
#[cfg(unix)]
fn a_reader_that_leaves_early_is_no_error() {
    let (folder, _) = with_index("pipe");
    folder.ok(BUILD);
    folder.write("many.npy", &f32_npy(&vectors(9, 500, DIM), 500, DIM));
    let mut child = Command::new(env!("CARGO_BIN_EXE_nearfold"))
        .args(["search", "x.nearfold", "-q", "many.npy", "-k", "100"])
        .current_dir(&folder.0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn values_beside_the_vectors_are_filtered_and_printed() {
    let folder = Folder::new("columns");
    folder.write("line.npy", &f32_npy(&[0.0, 1.0, 2.0, 3.0], 4, 1));
    folder.write("query.npy", &f32_npy(&[0.25, 2.75], 2, 1));
    let meta = "{\"year\": 1999, \"lang\": \"de\"}\n{\"year\": 2004, \"score\": 0.5}\n{\"year\": 2010, \"lang\": \"e\\tn\"}\n{}\n";
    folder.write("meta.jsonl", meta.as_bytes());
    folder.ok(&[
        "build",
        "line.npy",
        "-o",
        "x.nearfold",
        "--columns",
        "meta.jsonl",
        "--storage",
        "f32",
        "-q",
    ]);
    let search =
        ["search", "x.nearfold", "-q", "query.npy", "-k", "2", "--filter", r#"{"year":{"gte":2000}}"#];
    let text = folder.ok(&[&search[..], &["--with", "year,lang"]].concat());
    let expected = [
        "0\t1\t0.5625\t2004\tnull\n",
        "0\t2\t3.0625\t2010\t\"e\\tn\"\n",
        "1\t2\t0.5625\t2010\t\"e\\tn\"\n",
        "1\t1\t3.0625\t2004\tnull\n",
    ];
    assert_eq!(text, expected.concat());
    let json = folder.ok(&[&search[..], &["--with", "score", "--format", "json"]].concat());
    let first: Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["ids"], &first["columns"]),
        (&serde_json::json!([1, 2]), &serde_json::json!({"score": [0.5, null]}))
    );
    // Ids and values at once, within a radius or among the nearest.
    folder.write("among.npy", &ids_npy(&[0, 2, 3]));
    let both = folder.ok(&[&search[..], &["--among", "among.npy"]].concat());
    assert_eq!(both, "0\t2\t3.0625\n1\t2\t0.5625\n");
    let radius = [
        "search",
        "x.nearfold",
        "-q",
        "query.npy",
        "--radius",
        "4",
        "--filter",
        r#"{"year":{"exists":true}}"#,
    ];
    let within = folder.ok(&[&radius[..], &["--with", "year"]].concat());
    let of_first = "0\t0\t0.0625\t1999\n0\t1\t0.5625\t2004\n0\t2\t3.0625\t2010\n";
    assert_eq!(within, format!("{of_first}1\t2\t0.5625\t2010\n1\t1\t3.0625\t2004\n"));
    let within = folder.ok(&[&radius[..], &["--among", "among.npy"]].concat());
    assert_eq!(within, "0\t0\t0.0625\n0\t2\t3.0625\n1\t2\t0.5625\n");

    let info: Value = serde_json::from_str(&folder.ok(&["info", "x.nearfold", "--json"])).unwrap();
    assert_eq!(info["columns"], serde_json::json!({"lang": "string", "score": "float", "year": "int"}));
    assert!(info["memory_bytes"]["columns"].as_u64().unwrap() > 0);
    assert!(folder.ok(&["info", "x.nearfold"]).contains("column: year     int\n"));

    folder.write("short.jsonl", b"{\"year\": 1}\n");
    folder.write("broken.jsonl", b"{\"year\": 1}\n{\"year\"\n");
    let build = |file| folder.error(&["build", "line.npy", "-o", "y.nearfold", "--columns", file]);
    assert!(build("short.jsonl").starts_with("nearfold: shape_mismatch: "));
    let broken = build("broken.jsonl");
    assert!(
        broken.starts_with("nearfold: bad_parameter: broken.jsonl: ") && broken.contains("line 2"),
        "{broken}"
    );
    let unknown = folder.error(&["search", "x.nearfold", "-q", "query.npy", "--filter", r#"{"yaer":1}"#]);
    assert!(unknown.ends_with("columns of the index: lang, score, year, got \"yaer\""), "{unknown}");
    assert!(folder.error(&["search", "x.nearfold", "-q", "query.npy", "--with", "day"]).contains("\"day\""));
    assert_eq!(
        folder.run(&["search", "x.nearfold", "-q", "query.npy", "--filter", "{"]).status.code(),
        Some(2)
    );
}

#[test]
fn times_lists_and_json_are_read_filtered_found_and_printed() {
    let folder = Folder::new("values");
    folder.write("line.npy", &f32_npy(&[0.0, 1.0, 2.0], 3, 1));
    folder.write("more.npy", &f32_npy(&[3.0], 1, 1));
    let meta = "{\"day\": \"2024-05-31\", \"tags\": [\"red\", \"green\"], \"price\": 5, \"about\": {\"b\": 1.0, \"a\": [null]}}\n\
        {\"day\": \"2024-05-31T12:30:00.5+02:00\", \"tags\": [], \"price\": 7}\n{\"about\": 3}\n";
    folder.write("meta.jsonl", meta.as_bytes());
    let types = ["--types", "day=datetime"];
    folder
        .ok(&[&["build", "line.npy", "-o", "x.nearfold", "--columns", "meta.jsonl", "-q"], &types[..]]
            .concat());
    // A number that is no whole one, and a column that is new.
    folder.write("more.jsonl", b"{\"price\": 5.99, \"note\": \"a note\"}\n");
    folder.ok(&["add", "x.nearfold", "more.npy", "--columns", "more.jsonl", "-q"]);
    let info: Value = serde_json::from_str(&folder.ok(&["info", "x.nearfold", "--json"])).unwrap();
    let kinds = serde_json::json!({"about": "json", "day": "datetime", "note": "string", "price": "float", "tags": "strings"});
    assert_eq!(info["columns"], kinds);

    let find = |filter: &str, more: &[&str]| {
        folder.ok(&[&["find", "x.nearfold", "--filter", filter], more].concat())
    };
    let all = find("{}", &["--with", "day,tags,price,about,note"]);
    let expected = [
        "0\t\"2024-05-31T00:00:00Z\"\t[\"red\",\"green\"]\t5.0\t{\"b\":1.0,\"a\":[null]}\tnull\n",
        "1\t\"2024-05-31T10:30:00.500000Z\"\t[]\t7.0\tnull\tnull\n",
        "2\tnull\tnull\tnull\t3\tnull\n",
        "3\tnull\tnull\t5.99\tnull\t\"a note\"\n",
    ];
    assert_eq!(all, expected.concat());
    assert_eq!(find(r#"{"day":{"gt":"2024-05-31T10:00Z"}}"#, &[]), "1\n");
    assert_eq!(find(r#"{"tags":{"any":["blue","green"]}}"#, &["--format", "json"]), "{\"ids\":[0]}\n");
    assert_eq!(find(r#"{"tags":{"exists":false}}"#, &["--limit", "1"]), "2\n");
    assert_eq!(find(r#"{"note":{"prefix":"a n","contains":"ote"}}"#, &[]), "3\n");
    let found = find(r#"{"price":{"lt":6}}"#, &["--with", "price,day", "--format", "json"]);
    assert_eq!(
        found,
        "{\"ids\":[0,3],\"columns\":{\"price\":[5.0,5.99],\"day\":[\"2024-05-31T00:00:00Z\",null]}}\n"
    );
    let filter = ["search", "x.nearfold", "-q", "more.npy", "--filter", r#"{"tags":{"contains":"red"}}"#];
    assert_eq!(folder.ok(&[&filter[..], &["--with", "tags"]].concat()), "0\t0\t9.0\t[\"red\",\"green\"]\n");
}

#[test]
fn json_that_says_a_thing_twice_or_a_number_beyond_64_bits_is_refused() {
    let folder = Folder::new("json");
    folder.write("line.npy", &f32_npy(&[0.0], 1, 1));
    for (line, why) in [
        (r#"{"a": 1, "b": 2, "a": 3}"#, "each name once in an object, not \"a\" twice"),
        (r#"{"a": 18446744073709551616}"#, "integers from -2^63 to 2^63 - 1"),
        (r#"{"a": [{"b": -9223372036854775809}]}"#, "integers from -2^63 to 2^63 - 1"),
        ("[1]", "got line 1: a list"),
    ] {
        folder.write("meta.jsonl", line.as_bytes());
        let refused = folder.error(&["build", "line.npy", "-o", "x.nearfold", "--columns", "meta.jsonl"]);
        assert!(
            refused.starts_with("nearfold: bad_parameter: meta.jsonl: ") && refused.contains(why),
            "{refused}"
        );
    }
    folder.write("meta.jsonl", b"{\"a\": 1}\n");
    folder.ok(&["build", "line.npy", "-o", "x.nearfold", "--columns", "meta.jsonl"]);
    for filter in [r#"{"a":1,"a":2}"#, r#"{"a":{"lt":18446744073709551616}}"#] {
        let output = folder.run(&["find", "x.nearfold", "--filter", filter]);
        assert_eq!(output.status.code(), Some(2));
    }
    let typed = folder.run(&["build", "line.npy", "-o", "y.nearfold", "--types", "day=date"]);
    assert!(String::from_utf8_lossy(&typed.stderr).contains("datetime, ints, floats, strings, json"));
}

fn ids_npy(ids: &[u64]) -> Vec<u8> {
    let data: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
    npy("<u8", &format!("({},)", ids.len()), &data)
}

#[test]
fn an_index_file_is_added_to_updated_thinned_and_compacted_as_the_library_does() {
    let (folder, index) = with_index("change");
    folder.write("x.nearfold", &index.to_bytes());
    let mut index = Index::from_bytes(&index.to_bytes()).unwrap();
    let same = |index: &Index| assert!(folder.read("x.nearfold") == index.to_bytes());

    let more = vectors(3, 40, DIM);
    folder.write("more.npy", &f32_npy(&more, 40, DIM));
    let ids: Vec<u64> = (5000..5040).collect();
    folder.write("ids.npy", &ids_npy(&ids));
    for threads in ["1", "2"] {
        let add =
            ["add", "x.nearfold", "more.npy", "--ids", "ids.npy", "-o", "y.nearfold", "--threads", threads];
        folder.ok(&add);
        let mut added = Index::from_bytes(&index.to_bytes()).unwrap();
        added.add(&more, Some(&ids)).unwrap();
        assert!(folder.read("y.nearfold") == added.to_bytes(), "{threads} threads");
    }
    let said = folder.ok(&["add", "x.nearfold", "more.npy", "--ids", "ids.npy"]);
    assert!(said.starts_with("x.nearfold: 2,340 vectors, "), "{said}");
    index.add(&more, Some(&ids)).unwrap();
    same(&index);
    // What comes from a file is the index that it says, as every command sees it.
    let mut index = Index::from_bytes(&index.to_bytes()).unwrap();

    let other = vectors(4, 40, DIM);
    folder.write("other.npy", &f32_npy(&other, 40, DIM));
    folder.ok(&["update", "x.nearfold", "other.npy", "--ids", "ids.npy", "--quiet"]);
    index.update(&other, &ids).unwrap();
    same(&index);
    let mut index = Index::from_bytes(&index.to_bytes()).unwrap();

    folder.write("gone.npy", &ids_npy(&[7, 5039]));
    folder.ok(&["remove", "x.nearfold", "--id", "3,17", "--ids", "gone.npy"]);
    index.remove(&[3, 17, 7, 5039]).unwrap();
    same(&index);
    let mut index = Index::from_bytes(&index.to_bytes()).unwrap();

    let before = folder.read("x.nearfold");
    assert!(folder.error(&["remove", "x.nearfold", "--id", "3"]).contains("id_not_found"));
    assert!(folder.error(&["add", "x.nearfold", "more.npy", "--ids", "ids.npy"]).contains("duplicate_id"));
    assert!(folder.error(&["add", "x.nearfold", "more.npy", "-o", "more.npy"]).contains("bad_parameter"));
    folder.write("flat.npy", &f32_npy(&[0.5; 4], 2, 2));
    assert!(folder.error(&["add", "x.nearfold", "flat.npy"]).contains("dimension_mismatch"));
    assert!(folder.read("x.nearfold") == before, "what is refused changes nothing");

    folder.ok(&["compact", "x.nearfold", "-o", "y.nearfold"]);
    index.compact().unwrap();
    assert!(folder.read("y.nearfold") == index.to_bytes());
    assert!(folder.read("x.nearfold") == before, "another file was asked for");
}

#[test]
fn values_come_and_stay_with_added_and_updated_vectors() {
    let folder = Folder::new("change_values");
    folder.write("base.npy", &f32_npy(&vectors(3, 3, 2), 3, 2));
    folder.write("one.npy", &f32_npy(&[9.0, 9.0], 1, 2));
    folder.write("years.jsonl", b"{\"year\":1999}\n{\"year\":2001}\n{\"year\":2002}\n");
    folder.write("new.jsonl", b"{\"year\":2020}\n");
    folder.write("id.npy", &ids_npy(&[1]));
    folder.ok(&["build", "base.npy", "-o", "x.nearfold", "--columns", "years.jsonl"]);
    folder.ok(&["add", "x.nearfold", "one.npy", "--columns", "new.jsonl"]);
    folder.ok(&["update", "x.nearfold", "one.npy", "--ids", "id.npy"]);
    let found = folder.ok(&["search", "x.nearfold", "-q", "one.npy", "-k", "2", "--with", "year"]);
    assert_eq!(found, "0\t1\t0.0\t2001\n0\t3\t0.0\t2020\n");
}

#[test]
fn search_finds_all_within_a_radius_and_only_those_among_given_ids() {
    let (folder, index) = with_index("radius");
    folder.write("x.nearfold", &index.to_bytes());
    let text =
        folder.ok(&["search", "x.nearfold", "-q", "queries.npy", "--radius", "0.2", "--recall", "0.99"]);
    let asked = SearchParams::default().recall(0.99);
    let mut expected = String::new();
    for (query, row) in vectors(2, 3, DIM).chunks(DIM).enumerate() {
        let found = index.search_radius(row, 0.2, &asked).unwrap();
        for (id, distance) in found.ids.iter().zip(&found.distances) {
            expected += &format!("{query}\t{id}\t{distance:?}\n");
        }
    }
    assert!(expected.lines().count() > 3, "the radius holds some");
    assert_eq!(text, expected);
    assert!(
        folder.error(&["search", "x.nearfold", "-q", "queries.npy", "--radius", "nan"]).contains("radius")
    );

    let among: Vec<u64> = (0..2300).step_by(9).collect();
    folder.write("among.npy", &ids_npy(&among));
    let filter = index.filter_ids(&among);
    let args =
        ["search", "x.nearfold", "-q", "queries.npy", "--radius", "0.2", "--among", "among.npy", "--explain"];
    let text = folder.ok(&args);
    let (found, how) = index
        .search_radius_explained(&vectors(2, 1, DIM), 0.2, &SearchParams::default(), Some(&filter))
        .unwrap();
    let first = format!(
        "# 0\t{}\tef_search {}\tdistances {}\treranked {}",
        how.plan.name(),
        how.ef_search,
        how.distances,
        how.reranked
    );
    assert_eq!(text.lines().next(), Some(&first[..]));
    let of_first = text.lines().filter(|line| line.starts_with("0\t"));
    assert_eq!(
        of_first.map(|line| line.split('\t').nth(1).unwrap().parse().unwrap()).collect::<Vec<u64>>(),
        found.ids
    );
    let text = folder.ok(&["search", "x.nearfold", "-q", "queries.npy", "-k", "4", "--among", "among.npy"]);
    let found = index.search_filtered(&vectors(2, 1, DIM), 4, &SearchParams::default(), &filter).unwrap();
    let ids: Vec<u64> = text.lines().map(|line| line.split('\t').nth(1).unwrap().parse().unwrap()).collect();
    assert_eq!(ids[..4], found.ids);
    assert!(ids.len() == 12 && ids.iter().all(|id| id % 9 == 0));

    let mask: Vec<u8> = (0..2300).map(|id| u8::from(id % 9 == 0)).collect();
    folder.write("mask.npy", &npy("|b1", "(2300,)", &mask));
    let masked = folder.ok(&["search", "x.nearfold", "-q", "queries.npy", "-k", "4", "--among", "mask.npy"]);
    assert_eq!(masked, text);
}

#[test]
fn info_measures_recall_where_it_is_asked_to() {
    let (folder, index) = with_index("recall");
    folder.write("x.nearfold", &index.to_bytes());
    assert!(!folder.ok(&["info", "x.nearfold"]).contains("recall@"));
    for (more, params) in [
        (&[][..], SearchParams::default()),
        (&["--ef-search", "12"][..], SearchParams::default().ef_search(12)),
    ] {
        let expected = index.recall(10, &params).unwrap().unwrap();
        let text = folder.ok(&[&["info", "x.nearfold", "--recall", "10"], more].concat());
        assert!(text.contains(&format!("recall@10: {expected:.4}\n")), "{text}");
        let json = folder.ok(&[&["info", "x.nearfold", "--json", "--recall", "10"], more].concat());
        let facts: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(facts["recall"].to_string().parse(), Ok(expected));
    }
}

#[test]
fn ids_that_are_strings_come_from_a_text_file_a_line_each_and_are_printed() {
    let folder = Folder::new("strings");
    folder.write("v.npy", &f32_npy(&[0.0, 0.0, 1.0, 0.0, 5.0, 5.0], 3, 2));
    folder.write("q.npy", &f32_npy(&[0.5, 0.0], 1, 2));
    folder.write("ids.txt", "notes/ä.md\r\nnotes/b.md\n\"tab\t\"\n".as_bytes());
    folder.ok(&["build", "v.npy", "-o", "x.nearfold", "--ids", "ids.txt", "--storage", "f32"]);
    let search = ["search", "x.nearfold", "-q", "q.npy"];
    let text = folder.ok(&search);
    assert_eq!(text, "0\tnotes/b.md\t0.25\n0\tnotes/ä.md\t0.25\n0\t\"\\\"tab\\t\\\"\"\t45.25\n");
    let json: Value =
        serde_json::from_str(&folder.ok(&[&search[..], &["--format", "json"]].concat())).unwrap();
    assert_eq!(json["ids"], serde_json::json!(["notes/b.md", "notes/ä.md", "\"tab\t\""]));
    folder.write("one.txt", "notes/ä.md\nabsent".as_bytes());
    let among = folder.ok(&[&search[..], &["--among", "one.txt"]].concat());
    assert_eq!(among, "0\tnotes/ä.md\t0.25\n");

    folder.write("two.npy", &f32_npy(&[9.0, 9.0, 0.5, 0.0], 2, 2));
    folder.write("two.txt", b"new\nnotes/b.md\n");
    folder.write("two.jsonl", b"{\"year\": 2026}\n{\"year\": 2027}\n");
    let printed =
        folder.ok(&["upsert", "x.nearfold", "two.npy", "--ids", "two.txt", "--columns", "two.jsonl"]);
    assert!(printed.starts_with("x.nearfold: 4 vectors, "), "{printed}");
    let found = folder.ok(&[&search[..], &["-k", "1", "--with", "year"]].concat());
    assert_eq!(found, "0\tnotes/b.md\t0.0\t2027\n");

    assert!(
        folder.error(&["remove", "x.nearfold", "--id", "new,absent"]).contains("id_not_found: id \"absent\"")
    );
    assert!(
        folder
            .error(&["add", "x.nearfold", "q.npy"])
            .contains("expected strings, as the index holds, got none")
    );
    folder.ok(&["remove", "x.nearfold", "--id", "new,absent", "--missing", "ignore"]);
    folder.ok(&[
        "remove",
        "x.nearfold",
        "--ids",
        "ids.txt",
        "--id",
        "x",
        "--missing",
        "ignore",
        "-o",
        "none.nearfold",
    ]);
    assert!(Index::from_bytes(&folder.read("none.nearfold")).unwrap().is_empty());
    let opened = Index::from_bytes(&folder.read("x.nearfold")).unwrap();
    assert_eq!(opened.id_list(), ["\"tab\t\"", "notes/b.md", "notes/ä.md"].into());
    folder.write("bad.txt", b"a\n\xff\nb");
    let refused = folder.error(&["build", "v.npy", "-o", "y.nearfold", "--ids", "bad.txt"]);
    assert!(
        refused.ends_with("bad.txt: ids: expected lines of UTF-8, got other bytes in line 2"),
        "{refused}"
    );
}
