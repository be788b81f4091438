//! Text of the documents that is run as it stands there: the recipe of docs/ci.md, and the run of README.md.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::room::{Room, Said, said};

/// The blocks of a language, in order.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}\n");
    let blocks = text.split(&opening).skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// The script of the one step of a workflow that has more than a line.
fn script(workflow: &str) -> String {
    let step = workflow.split("- run: |\n").nth(1).expect("a step of many lines");
    let lines = step.lines().take_while(|line| line.starts_with("          "));
    lines.map(|line| format!("{}\n", line.trim_start())).collect()
}

/// Runs a script as CI does: a command that fails ends it.
fn shell(room: &Room, script: &str) -> Said {
    let binaries = Path::new(env!("CARGO_BIN_EXE_kernmesh")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-e", "-o", "pipefail", "-c", script]).current_dir(room.path("")).stdin(Stdio::null());
    shell.env("PATH", path).env("GITHUB_STEP_SUMMARY", room.path("summary.md"));
    said(shell.output().unwrap())
}

#[cfg(unix)]
#[test]
fn the_recipe_for_ci_works_as_it_is_written() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ci.md")).unwrap();
    let recipe = blocks(&text, "sh");
    let [make, hold, review] = &recipe[..] else { panic!("{} blocks of shell", recipe.len()) };
    let on_github = script(&blocks(&text, "yaml")[0]);
    let room = Room::new();
    let refused = shell(&room, hold);
    assert!(refused.code == 2 && refused.err.contains("--bless"), "{}", refused.err);
    for script in [make, hold, review, &on_github] {
        let said = shell(&room, script);
        assert_eq!(said.code, 0, "{script}{}{}", said.out, said.err);
    }
    let reviewed = |script: &String, options: &str| {
        let _ = fs::remove_file(room.path("summary.md"));
        for file in ["out/mesh_mlo.md", "out/mesh_mlo.xml"] {
            fs::remove_file(room.path(file)).unwrap();
        }
        let said = shell(
            &room,
            &script.replace("kernmesh run mesh_mlo", &format!("kernmesh run mesh_mlo {options}")),
        );
        let printed = fs::read_to_string(room.path("summary.md")).unwrap_or(said.out);
        let junit = fs::read_to_string(room.path("out/mesh_mlo.xml")).unwrap();
        (said.code, printed, junit)
    };
    // As it is; changed; with findings; refused; held to a golden that is not there.
    for (options, code, head, piece) in [
        ("", 0, "### ✅ kernmesh run: PASS\n", "failures=\"0\" errors=\"0\""),
        ("--seed 3", 1, "### ❌ kernmesh run: PASS, and DIFFERENT from the golden\n", "failures=\"1\""),
        ("--sync explicit", 1, "### ❌ kernmesh run: FAIL\n", "name=\"race_raw"),
        ("--machine-set pe.tcm_bytes=4096", 2, "### ❌ kernmesh run: REFUSED\n", "<error message="),
    ] {
        for script in [review, &on_github] {
            let (said, printed, junit) = reviewed(script, options);
            assert_eq!(said, code, "{options}: {printed}");
            assert!(printed.contains(head), "{options}: {printed}");
            assert!(junit.contains(piece), "{options}: {junit}");
        }
    }
    fs::remove_file(room.path("goldens/mesh_mlo.jsonl")).unwrap();
    let (said, printed, _) = reviewed(review, "");
    assert!(said == 2 && printed.contains("there is no golden yet"), "{printed}");
    // An option that is misspelt leaves no file, and its own exit code.
    let said = shell(&Room::new(), &review.replace("--golden", "--goldn"));
    assert!(said.code == 2 && said.err.contains("--goldn"), "{}", said.err);
    assert!(hold.contains("--golden"));
}

#[test]
fn the_readme_shows_lines_of_the_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |name| fs::read_to_string(root.join(name)).unwrap();
    let makefile = read("Makefile");
    let kernel = makefile.lines().find_map(|line| line.strip_prefix("KERNEL")).expect("a kernel");
    let said = Room::new().run(&["run", kernel.trim_start_matches([' ', ':', '=']), "--set", "scale=full"]);
    let readme = read("README.md");
    let shown = readme.split("lines that `make run` prints:\n\n```\n").nth(1).expect("the lines of a run");
    let shown: Vec<&str> = shown.lines().take_while(|line| *line != "```").collect();
    assert_eq!(shown.len(), 6, "{shown:#?}");
    for line in shown {
        assert!(said.out.lines().any(|it| it == line), "README.md has `{line}`:\n{}", said.out);
    }
}
