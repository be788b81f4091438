//! The recipe of docs/ci.md, run as it stands there.

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

fn shell(room: &Room, script: &str) -> Said {
    let binaries = Path::new(env!("CARGO_BIN_EXE_kernmesh")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-e", "-c", script]).current_dir(room.path("")).stdin(Stdio::null());
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
    let summary = String::from_utf8(room.read("summary.md")).unwrap();
    assert!(summary.starts_with("### ✅ kernmesh diff: SAME"), "{summary}");

    // The same kernel with another seed, as if somebody had changed it.
    let change = |script: &str| script.replace("kernmesh run mesh_mlo", "kernmesh run mesh_mlo --seed 3");
    for script in [hold, review, &on_github] {
        let said = shell(&room, &change(script));
        assert_eq!(said.code, 1, "{script}{}{}", said.out, said.err);
    }
    let summary = String::from_utf8(room.read("summary.md")).unwrap();
    assert!(summary.contains("### ❌ kernmesh diff: DIFFERENT"), "{summary}");
    assert!(fs::read_to_string(room.path("out/mesh_mlo.xml")).unwrap().contains("failures=\"1\""));
}
